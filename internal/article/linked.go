package article

import (
	"encoding/json"
	"html"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// This file reads what a page says of its article in JSON-LD, for pages that show their
// text by a script only.

// linkedArticle is the article in the JSON-LD of a page.
type linkedArticle struct {
	headline string
	body     Span // of articleBody in the source, between its quotes
}

// read takes note of the first headline and text in a script, which stands at offset in
// the source. A script that is no JSON is read as far as it is.
func (a *linkedArticle) read(script string, offset int) {
	tokens := json.NewDecoder(strings.NewReader(script))
	var inObject []bool // by the depth
	key, isKey := "", false
	for {
		before := int(tokens.InputOffset())
		token, err := tokens.Token()
		if err != nil {
			return
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '{' || token == '[' {
				inObject = append(inObject, token == '{')
			} else {
				inObject = inObject[:len(inObject)-1]
			}
			key = ""
			isKey = len(inObject) > 0 && inObject[len(inObject)-1]
			continue
		case string:
			if isKey {
				key, isKey = token, false
				continue
			}
			begin := before + strings.IndexByte(script[before:], '"') + 1
			a.note(key, token, Span{offset + begin, offset + int(tokens.InputOffset()) - 1})
		}
		key = ""
		isKey = len(inObject) > 0 && inObject[len(inObject)-1]
	}
}

// note takes note of a value, which stands at where in the source.
func (a *linkedArticle) note(key, value string, where Span) {
	switch {
	case key == "headline" && a.headline == "":
		a.headline = plainTitle(html.UnescapeString(value[:min(len(value), maxTitle)]))
	case key == "articleBody" && a.body.Len() == 0 && !strings.Contains(value, "</"):
		a.body = where
	}
}

// Bounds of a text that takes the place of what the page shows.
const (
	minLinked   = 200 // bytes
	linkedShare = 4   // times the prose that the page shows
)

// linkedPage returns the text of JSON-LD in place of the lines of p where the page shows
// none, else p. Text is the source.
func (s *htmlScanner) linkedPage(p *rawPage, text string) *rawPage {
	prose, size := 0, 0
	for _, l := range p.lines {
		size += l.Len()
		if p.isRunning(l) {
			prose += l.Len()
		}
	}
	if body := s.linked.body; body.Len() < minLinked || body.Len() < linkedShare*prose {
		return p
	}
	w := htmlScanner{state: elementState{pre: true}}
	for i, end := s.linked.body.Begin, s.linked.body.End; i < end; {
		n := strings.IndexByte(text[i:end], '\\')
		if n < 0 {
			n = end - i
		}
		w.writeText(text[i:i+n], i)
		if i += n; i == end {
			break
		}
		decoded, n := unescapeJSON(text[i:end])
		if decoded == '\n' {
			w.breakBlock()
		} else {
			w.writeDecoded(string(decoded), Span{i, i + n})
		}
		i += n
	}
	linked := w.page()
	linked.title, linked.lang, linked.unseen = p.title, p.lang, p.unseen+size
	for _, r := range p.removals {
		linked.unseen += r.Len()
	}
	return linked
}

// unescapeJSON decodes the escape that begins s with a backslash, and returns its length.
func unescapeJSON(s string) (r rune, n int) {
	if len(s) < 2 {
		return utf8.RuneError, len(s)
	}
	switch s[1] {
	case 'n':
		return '\n', 2
	case 'b', 'f', 'r', 't':
		return ' ', 2
	case 'u':
		if len(s) < 6 {
			return utf8.RuneError, len(s)
		}
		if r = hexRune(s[2:6]); utf16.IsSurrogate(r) && len(s) >= 12 && s[6:8] == `\u` {
			if pair := utf16.DecodeRune(r, hexRune(s[8:12])); pair != utf8.RuneError {
				return pair, 12
			}
		}
		if utf16.IsSurrogate(r) {
			r = utf8.RuneError
		}
		return r, 6
	}
	return rune(s[1]), 2
}

// hexRune returns the code unit that four hexadecimal digits write.
func hexRune(digits string) (r rune) {
	for _, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | (c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | (c | 0x20 - 'a' + 10)
		}
	}
	return r
}
