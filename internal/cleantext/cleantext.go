// Package cleantext shows what the service reads of an article: the clean text that every
// engine is given, and what was left out of the source by which rule.
//
// Of prints nothing that an engine does not see, and calls the same functions in the
// same order as the service, so that it answers the question why a sentence is in a
// summary, or why it is not.
package cleantext

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// CleanText is an article as the service reads it. Its JSON form is a line of read --json.
type CleanText struct {
	ID       string    `json:"id"`       // the path of a document, else the article's own id
	Title    string    `json:"title"`    // on one line; empty if there is none
	Text     string    `json:"text"`     // clean, below the headline; paragraphs apart by a blank line
	Language string    `json:"language"` // BCP-47; "und" when it is not known
	Removed  []Removed `json:"removed"`  // ordered by where it begins; never nil

	Warnings []archive.SourceWarning `json:"warnings"` // about the source; never nil

	Refused error `json:"-"` // why the service does not take the text; an *summarizer.Error, or nil
}

// Removed is a part of the source that is not in the clean text.
type Removed struct {
	Rule  string `json:"rule"`        // one word in lower case, such as "byline"
	Text  string `json:"text"`        // without markup
	Begin int    `json:"beginOffset"` // in the source, decoded to UTF-8; bytes
	End   int    `json:"endOffset"`   // exclusive
}

// Of returns what the service reads of an entry.
func Of(entry *archive.Entry) *CleanText {
	document := clean(entry)
	sent, _ := entry.Content()
	read := &CleanText{
		ID: entry.ID, Title: document.Title, Text: below(document), Language: document.Language,
		Removed: make([]Removed, len(document.Removed)), Warnings: entry.Warnings(),
		Refused: summarizer.CheckText(sent, document),
	}
	if entry.Location.IsDocument() {
		read.ID = entry.Location.String()
	}
	for i, r := range document.Removed {
		read.Removed[i] = Removed{Rule: r.Rule.String(), Text: r.Text, Begin: r.Begin, End: r.End}
	}
	return read
}

// Refusal returns reason and message of a text that the service refuses; empty for another.
func (a *CleanText) Refusal() (reason, message string) {
	var refused *summarizer.Error
	if !errors.As(a.Refused, &refused) {
		return "", ""
	}
	return string(refused.Reason), refused.Message
}

// clean returns the document that the service makes of an entry.
func clean(entry *archive.Entry) *article.Document {
	text, mediaType := entry.Content()
	return article.Clean(article.Raw{
		Text: text, Title: entry.Title, MediaType: mediaType, LanguageCode: entry.Language,
	})
}

// Title returns the title of an entry as engines and rows see it; empty if there is none.
// Plain text in one line has no headline, and is not cleaned for the want of one.
func Title(entry *archive.Entry) string {
	if text, mediaType := entry.Content(); entry.Title == "" && mediaType == "" && !slices.ContainsFunc(headlineSigns, func(sign string) bool { return strings.Contains(text, sign) }) {
		return ""
	}
	return clean(entry).Title
}

// headlineSigns are line breaks and the beginning of markup: text without any has no headline.
var headlineSigns = []string{"\n", "\r", "<", "\v", "\f", "\u0085", "\u2028", "\u2029"}

// below returns the text of a document without the headline that leads it.
func below(d *article.Document) string {
	if len(d.Sentences) == 0 || d.Sentences[0].Role != article.RoleHeadline {
		return d.Text
	}
	return strings.TrimSpace(d.Text[d.Sentences[0].End:])
}

// WriteJSON writes a as one line.
func (a *CleanText) WriteJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(a)
}

// WriteText writes a for people: title, text, a line for each part that was removed, and warnings.
// It leaves out control characters, which could steer a terminal.
func (a *CleanText) WriteText(out io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n", article.Printable(a.ID))
	fmt.Fprintf(&b, "title: %s\nlanguage: %s\n\n", cmp.Or(article.Printable(a.Title), "none"), article.Printable(a.Language))
	for line := range strings.Lines(cmp.Or(a.Text, "(no text)")) {
		fmt.Fprintf(&b, "%s\n", article.Printable(line))
	}
	if len(a.Removed) > 0 {
		fmt.Fprint(&b, "\nremoved:\n")
	}
	for _, r := range a.Removed {
		fmt.Fprintf(&b, "  %-12s  %s\n", r.Rule, article.Printable(article.OneLine(r.Text)))
	}
	for _, w := range a.Warnings {
		fmt.Fprintf(&b, "\nWarning: %s (%s)\n", w.Message, w.Reason)
	}
	_, err := out.Write(b.Bytes())
	return err
}
