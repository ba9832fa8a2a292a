package article

import "strings"

// This file decodes character references that a text holds by mistake: encoded once more
// than the text was, or in plain text, and "#39;", which a feed left of one.

// mistakenNames are the character references that mistakes leave.
var mistakenNames = words(`amp quot apos nbsp lsquo rsquo ldquo rdquo ndash mdash hellip laquo raquo`)

// reference decodes the character reference that begins s with an ampersand or a number
// sign and ends with a semicolon, and returns its length; 0 if there is none. Ampersands
// may be encoded: "&amp;#39;".
func reference(s string) (decoded string, n int) {
	name, encoded := strings.CutPrefix(s, "&")
	for range 2 {
		if rest, ok := strings.CutPrefix(name, "amp;"); ok && encoded && (strings.HasPrefix(rest, "#") || beginsName(rest)) {
			name = rest
		}
	}
	end := strings.IndexByte(name[:min(len(name), longestEntity)], ';')
	if end < 2 {
		return "", 0
	}
	if !isReferenceName(name[:end], encoded) {
		return "", 0
	}
	decoded, m := entity("&" + name[:end+1])
	if decoded == "" || m != end+2 {
		return "", 0
	}
	return decoded, len(s) - len(name) + end + 1
}

// isReferenceName reports whether name, behind an ampersand or not, is of a reference that
// mistakes leave.
func isReferenceName(name string, ampersand bool) bool {
	if number, ok := strings.CutPrefix(name, "#"); ok {
		return ampersand || number == "39" || number == "039"
	}
	return ampersand && mistakenNames.has(name)
}

// beginsName reports whether s begins with the name of a reference that mistakes leave.
func beginsName(s string) bool {
	end := strings.IndexByte(s[:min(len(s), longestEntity)], ';')
	return end > 0 && mistakenNames.has(s[:end])
}

// mayMistake reports whether text may hold a reference that HTML does not know as one.
func mayMistake(text string) bool {
	if strings.IndexByte(text, ';') < 0 {
		return false // as nearly all
	}
	return strings.Contains(text, "&amp;") || strings.Contains(text, "#39;") || strings.Contains(text, "#039;")
}

// writeReferences writes text, which stands at offset in the source, with references
// decoded and what stands between them written by write.
func (w *pageWriter) writeReferences(text string, offset int, write func(text string, offset int)) {
	for text != "" {
		at, n, decoded := nextReference(text)
		write(text[:at], offset)
		if n > 0 {
			w.writeDecoded(decoded, Span{offset + at, offset + at + n})
		}
		text, offset = text[at+n:], offset+at+n
	}
}

// nextReference returns the index and the length of the first reference in s, and its
// characters; the length of s and 0 if there is none.
func nextReference(s string) (at, n int, decoded string) {
	for at < len(s) {
		next := strings.IndexAny(s[at:], "&#")
		if next < 0 {
			break
		}
		at += next
		if decoded, n = reference(s[at:]); n > 0 {
			return at, n, decoded
		}
		at++
	}
	return len(s), 0, ""
}

// decodeReferences returns s with its references decoded.
func decodeReferences(s string) string {
	var b strings.Builder
	for s != "" {
		at, n, decoded := nextReference(s)
		b.WriteString(s[:at])
		b.WriteString(decoded)
		s = s[at+n:]
	}
	return b.String()
}
