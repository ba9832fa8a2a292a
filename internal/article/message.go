package article

import (
	"cmp"
	"encoding/base64"
	"io"
	"mime"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// This file reads e-mails as servers hand them on (RFC 2045 to 2047): of several parts, in
// transfer encodings and charsets. The article is in the plain text, else in the page, that
// a mail program would show.

// Bounds of what is read of a message.
const (
	maxMessageHeader = 256 << 10 // bytes
	maxMessageDepth  = 8         // parts in parts
	maxMessageParts  = 64        // that are shown
)

// messagePart is a part of a message, or the whole of it.
type messagePart struct {
	fields    map[string]string // of the header that are known, by name in lower case
	mediaType string            // in lower case; text/plain where the header names none
	parameter map[string]string
	body      Span // of the source
}

// shownPart is a part that a mail program shows, decoded.
type shownPart struct {
	tracedText
	body Span
	page bool // it is HTML
}

// messageFields are the fields of a header that are read.
var messageFields = words(`from subject message-id received return-path delivered-to mime-version content-type content-transfer-encoding content-disposition`)

// readMessage reads text if it is a message, else it returns nil. A header that somebody
// pasted is left to readMail.
func readMessage(text string) *rawPage {
	message, ok := partAt(text, Span{0, len(text)})
	if !ok || !message.isMessage() {
		return nil
	}
	parts := shownParts(text, message, 0)
	if len(parts) == 0 {
		if (message.isText() || message.isMultipart()) && len(splitParts(text, message)) == 0 {
			return nil
		}
		parts = []shownPart{{body: Span{len(text), len(text)}}} // nothing but attachments
	}
	var t tracedText
	var outside []Removal
	end := 0 // of the last part that is read
	leaveOut := func(begin int) {
		if strings.TrimSpace(text[end:begin]) != "" {
			outside = append(outside, Removal{Span: Span{end, begin}, Rule: RuleMail, Text: OneLine(head(text[end:begin], longestLabel))})
		}
	}
	for _, part := range parts {
		if part.page != parts[0].page {
			continue
		}
		leaveOut(part.body.Begin)
		if end > 0 {
			t.put("\n\n", Span{t.sourceEnd(), part.body.Begin})
		}
		t.carry(part.text.String(), part.trace, Span{0, part.text.Len()})
		end = part.body.End
	}
	leaveOut(len(text))

	read := readPlain
	if parts[0].page {
		read = readHTML
	}
	p := readTraced(&t, read)
	p.outside = outside
	p.message = true
	p.title = cmp.Or(message.subject(), p.title)
	return p
}

// subject returns the subject of a message on one line, without "Re:" and the like.
func (m messagePart) subject() string {
	subject, err := (&mime.WordDecoder{CharsetReader: charsetReader}).DecodeHeader(m.fields["subject"])
	if err != nil {
		subject = m.fields["subject"]
	}
	subject, _ = withoutMarks(OneLine(Printable(subject)))
	return subject
}

// readTraced reads t, which was made of a source, and traces the page to that.
func readTraced(t *tracedText, read func(string) *rawPage) *rawPage {
	var through tracedText
	text := t.text.String()
	p := read(text)
	for i, seg := range p.trace {
		end := len(p.text)
		if i+1 < len(p.trace) {
			end = p.trace[i+1].begin()
		}
		if seg.verbatim {
			through.carry(text, t.trace, seg.source())
		} else {
			through.put(p.text[seg.begin():end], original(t.trace, seg.source()))
		}
	}
	p.trace = through.trace
	return p
}

// isMessage reports whether the header is one that servers hand on, or tells how the text
// is encoded.
func (m messagePart) isMessage() bool {
	has := func(field string) bool { return m.fields[field] != "" }
	if has("from") && slices.ContainsFunc(serverFields, has) {
		return true
	}
	if !has("from") && !has("mime-version") && !has("content-type") {
		return false
	}
	switch m.transferEncoding() {
	case "quoted-printable", "base64":
		return true
	}
	return m.mediaType == MediaTypeHTML || m.isMultipart()
}

func (m messagePart) isMultipart() bool { return strings.HasPrefix(m.mediaType, "multipart/") }

func (m messagePart) isText() bool {
	return m.mediaType == MediaTypePlain || m.mediaType == MediaTypeHTML
}

// serverFields are fields that only servers write.
var serverFields = []string{"mime-version", "message-id", "received", "return-path", "delivered-to"}

// transferEncoding returns the name of the encoding of the body, in lower case.
func (m messagePart) transferEncoding() string {
	return strings.ToLower(m.fields["content-transfer-encoding"])
}

// partAt reads the header of the part that s of text holds. It reports false where s does
// not begin with one. Lines that are no fields are passed over where most others are.
func partAt(text string, s Span) (part messagePart, ok bool) {
	part.body = Span{s.End, s.End}
	name, limit := "", min(s.End, s.Begin+maxMessageHeader)
	fields, others := 0, 0
	for at := s.Begin; at < limit; {
		line, next := lineAt(text, at, s.End)
		field, value, isField := strings.Cut(line, ":")
		switch {
		case fields == 0 && (line == "" && at == s.Begin || strings.HasPrefix(line, "From ")): // of a mailbox
		case line == "":
			part.body.Begin = next
			return part.typed(), len(part.fields) > 0 && others < fields
		case line[0] == ' ', line[0] == '\t':
			if name != "" {
				part.fields[name] += " " + strings.TrimSpace(line)
			}
		case !isField || strings.ContainsAny(field, " \t"):
			if others++; others > fields {
				return part, false
			}
		default:
			fields++
			if name = ""; messageFields.has(field) {
				name = strings.ToLower(field)
				part.put(name, strings.TrimSpace(value))
			}
		}
		at = next
	}
	return part, false
}

// put sets a field. A table is made for the first one only: few texts have any.
func (m *messagePart) put(name, value string) {
	if m.fields == nil {
		m.fields = map[string]string{}
	}
	m.fields[name] = value
}

// typed returns m with the media type that its header names, as far as it can be read.
func (m messagePart) typed() messagePart {
	value := m.fields["content-type"]
	mediaType, parameter, err := mime.ParseMediaType(value)
	if err != nil {
		parts := strings.Split(value, ";")
		mediaType, parameter = strings.ToLower(strings.TrimSpace(parts[0])), map[string]string{}
		for _, part := range parts[1:] {
			name, value, _ := strings.Cut(part, "=")
			parameter[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(value, " \t\"")
		}
	}
	m.mediaType, m.parameter = mediaType, parameter
	if mediaType == "" {
		m.mediaType = MediaTypePlain
	}
	return m
}

// lineAt returns the line of text at the offset at, without its break, and the offset of
// the next line, at most end.
func lineAt(text string, at, end int) (line string, next int) {
	line, next = text[at:end], end
	if n := strings.IndexByte(line, '\n'); n >= 0 {
		line, next = line[:n], at+n+1
	}
	return strings.TrimSuffix(line, "\r"), next
}

// shownParts returns the parts of part that a mail program shows and that hold letters.
func shownParts(text string, part messagePart, depth int) []shownPart {
	disposition := strings.ToLower(part.fields["content-disposition"])
	switch {
	case depth > maxMessageDepth, strings.HasPrefix(disposition, "attachment"):
		return nil
	case part.isText():
		shown := shownPart{tracedText: part.decode(text), body: part.body, page: part.mediaType == MediaTypeHTML}
		if !hasLetters(shown.text.String()) {
			return nil
		}
		return []shownPart{shown}
	case part.mediaType == "message/rfc822":
		message, _ := partAt(text, part.body)
		return shownParts(text, message, depth+1)
	}
	var shown []shownPart
	for _, s := range splitParts(text, part) {
		inner, ok := partAt(text, s)
		if !ok {
			inner = messagePart{mediaType: MediaTypePlain, body: s} // it has no header
		}
		parts := shownParts(text, inner, depth+1)
		switch {
		case len(parts) == 0 || len(shown) == maxMessageParts:
		case part.mediaType != "multipart/alternative":
			shown = append(shown, parts...)
		case len(shown) == 0 || shown[0].page && !parts[0].page: // plain text rather than a page
			shown = parts
		}
		if part.mediaType == "multipart/related" && len(shown) > 0 {
			break // the others belong to it
		}
	}
	return shown
}

// splitParts returns where the parts of a multipart stand in text.
func splitParts(text string, part messagePart) (parts []Span) {
	boundary := part.parameter["boundary"]
	if boundary == "" || !part.isMultipart() {
		return nil
	}
	begin := -1 // of the part, after the line with the boundary
	for at := part.body.Begin; at < part.body.End; {
		line, next := lineAt(text, at, part.body.End)
		rest, isBoundary := strings.CutPrefix(line, "--"+boundary)
		rest = strings.TrimRight(rest, " \t")
		if isBoundary && (rest == "" || rest == "--") {
			if begin >= 0 {
				parts = append(parts, Span{begin, at})
			}
			if begin = next; rest == "--" {
				return parts
			}
		}
		at = next
	}
	if begin >= 0 { // the message breaks off
		parts = append(parts, Span{begin, part.body.End})
	}
	return parts
}

// carriedBytes are bytes in a charset, each with where in the source it comes from.
type carriedBytes struct {
	bytes []byte
	from  []Span
}

func (c *carriedBytes) add(b byte, from Span) {
	c.bytes, c.from = append(c.bytes, b), append(c.from, from)
}

// decode returns the body of a part as text.
func (m messagePart) decode(text string) (t tracedText) {
	switch m.transferEncoding() {
	case "quoted-printable":
		decodeCharset(&t, text, quotedPrintable(text, m.body), m.parameter["charset"])
	case "base64":
		if first, _ := lineAt(text, m.body.Begin, m.body.End); strings.Contains(strings.TrimSpace(first), " ") {
			break // words
		}
		decodeCharset(&t, text, base64Bytes(text, m.body), m.parameter["charset"])
	}
	if t.text.Len() == 0 {
		t.copy(text[m.body.Begin:m.body.End], m.body.Begin) // it is UTF-8 as the whole
	}
	return t
}

// quotedPrintable decodes s of text from quoted-printable (RFC 2045, 6.7). Other text is
// taken as it stands.
func quotedPrintable(text string, s Span) (c carriedBytes) {
	for at := s.Begin; at < s.End; {
		if text[at] != '=' {
			c.add(text[at], Span{at, at + 1})
			at++
			continue
		}
		line, next := lineAt(text, at, s.End)
		if strings.TrimRight(line, " \t") == "=" { // the line goes on
			at = next
			continue
		}
		b, err := strconv.ParseUint(text[at+1:min(s.End, at+3)], 16, 8)
		if err != nil || at+3 > s.End {
			c.add('=', Span{at, at + 1})
			at++
			continue
		}
		c.add(byte(b), Span{at, at + 3})
		at += 3
	}
	return c
}

// base64Bytes decodes s of text from Base64. Characters outside its alphabet are passed
// over (RFC 2045, 6.8).
func base64Bytes(text string, s Span) (c carriedBytes) {
	var group [4]byte
	var at [4]int // where they stand
	n := 0
	for i := s.Begin; i <= s.End; i++ {
		if i < s.End && (isASCIILetter(text[i]) || isDigit(text[i]) || text[i] == '+' || text[i] == '/') {
			group[n], at[n] = text[i], i
			n++
		}
		if n < 4 && i < s.End {
			continue
		}
		var decoded [3]byte
		size, _ := base64.RawStdEncoding.Decode(decoded[:], group[:n])
		for k, b := range decoded[:size] {
			c.add(b, Span{at[k], at[k] + 1})
		}
		if size == 3 {
			c.from[len(c.from)-1].End = at[3] + 1
		}
		n = 0
	}
	return c
}

// decodeCharset appends what c says in a charset to t. A charset that is not known is taken
// for UTF-8.
func decodeCharset(t *tracedText, text string, c carriedBytes, charset string) {
	decoder := encoding.UTF8Validator
	if e, err := htmlindex.Get(charset); err == nil {
		decoder = e.NewDecoder().Transformer
	}
	var word []byte // letters and digits of ASCII that are no part of the source
	var from Span
	flush := func() {
		t.put(string(word), from)
		word = word[:0]
	}
	for at := 0; at < len(c.bytes); {
		decoded, n := decodeOne(decoder, c.bytes[at:])
		source := Span{c.from[at].Begin, c.from[at+n-1].End}
		at += n
		switch b := firstByte(decoded); {
		case decoded == text[source.Begin:source.End]:
			flush()
			t.copy(decoded, source.Begin)
		case isASCIILetter(b), isDigit(b):
			if len(word) == 0 {
				from = source
			}
			word, from.End = append(word, decoded...), source.End
		default:
			flush()
			t.put(decoded, source)
		}
	}
	flush()
}

// charsetReader reads in, text in a charset, as UTF-8.
func charsetReader(charset string, in io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return e.NewDecoder().Reader(in), nil
}

// decodeOne decodes the first character of b, which is not empty, and returns it and the
// number of bytes that it takes, at least one. It may be empty where the bytes only switch
// the charset.
func decodeOne(decoder transform.Transformer, b []byte) (decoded string, n int) {
	var buf [2 * utf8.UTFMax]byte
	for size := 1; size <= len(buf); size++ {
		written, read, _ := decoder.Transform(buf[:size], b, true)
		if read > 0 {
			return string(buf[:written]), read
		}
	}
	return "\uFFFD", 1
}
