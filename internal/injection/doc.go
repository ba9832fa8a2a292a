// Package injection finds text that tries to instruct a language model: Screen
// withholds it from a document, IsInstruction judges one sentence.
//
// A rule (rules.go) is a pattern over plain text (text.go: lower case, one form for
// each letter, no invisible characters), and is tried only where the text has a
// word of each group that the rule names. One look at a text finds these words
// (words.go), so that ordinary news, of which nearly all texts are, costs some 5 ns
// a byte. Text in base64 or hexadecimal digits counts as an instruction as well
// (encoded.go).
package injection
