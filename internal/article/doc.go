// Package article turns an article as its caller has it, plain text or HTML
// with whatever a newsroom or a web page put around it, into a clean Document:
// headline, standfirst and body, cut into sentences, with the language and a
// map back to the original bytes.
//
// Clean works in passes, each linear in the size of the text and without regular
// expressions:
//
//   - the source is read into lines of normalised text (plain.go, html.go), out of the
//     parts and encodings of an e-mail (message.go) and the cues of subtitles
//     (subtitles.go);
//   - passages that are not for publication, contacts, and what only mail programs
//     write are left out (confidential.go, contacts.go, mail.go);
//   - hard-wrapped lines are joined to paragraphs (unwrap.go);
//   - speakers and stage directions of transcripts are cut (transcript.go);
//   - each paragraph is headline, standfirst, body, or left out by a rule: lines.go
//     tells by where it stands, head.go and tail.go do for agency copy;
//   - what stays is cut into sentences (sentences.go, abbreviations.go).
//
// The files between hold tables, one for each kind of marker, with the wording of each
// agency and language: agencies.go, dateline.go, bylines.go, dates.go, headline.go,
// notes.go, trailers.go, notices.go for newspapers and web pages, and pasted.go for pages
// that were copied as plain text. Each part that is
// left out is in Document.Removed, with its rule (removed.go). Every pass carries the
// origin of its bytes along (trace.go), so that any span of the clean text maps to the
// span of the source it was made from, markup and all.
//
// HTML is read with the tokenizer of golang.org/x/net/html, whose raw tokens give the byte
// offsets that the evidence of a summary needs. regions.go tells the article from what
// stands around it, titles.go finds its headline, linked.go reads JSON-LD.
//
// The rules lean towards keeping: a line is dropped because of its words
// (a byline, a date, a credit, a source line) or because it is a short label
// between two paragraphs of prose, never because it looks unimportant. A text
// made of short lines only, such as a poem or a list, loses nothing but lines
// of the first kind.
//
// A plain article of 4 KB takes about 65 µs and 15 allocations on one core, 1 MB about
// 13 ms. A web page as newspapers serve them, of 120 KB, takes about 1 ms.
package article
