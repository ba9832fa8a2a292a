package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	wide "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// The encoding of characters is determined here for every format, by the first of: a
// byte order mark, the zero bytes of wide characters, the declaration (a content type,
// XML, the meta element of a page), UTF-8. Undeclared text that is not UTF-8 is guessed,
// with a warning, and refused where no guess is likely: no article is garbled without a
// word.

// decodedText is text in UTF-8.
type decodedText struct {
	text    string
	guessed string // the encoding, in the web's name, where it is a guess from the bytes; else empty
}

// wideEncodings are the encodings that the first bytes reveal. UTF-32LE stands before
// UTF-16LE, whose mark is the beginning of its own.
var wideEncodings = []struct {
	mark     string
	zero     [4]bool // which of the first bytes are zero where there is no mark
	encoding encoding.Encoding
}{
	{"\xef\xbb\xbf", [4]bool{}, wide.UTF8},
	{"\xff\xfe\x00\x00", [4]bool{false, true, true, true}, utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
	{"\x00\x00\xfe\xff", [4]bool{true, true, true, false}, utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
	{"\xff\xfe", [4]bool{false, true, false, true}, wide.UTF16(wide.LittleEndian, wide.IgnoreBOM)},
	{"\xfe\xff", [4]bool{true, false, true, false}, wide.UTF16(wide.BigEndian, wide.IgnoreBOM)},
}

// wideEncoding returns the encoding that the first bytes of a file reveal and the length
// of its mark; nil when they reveal none.
func wideEncoding(head []byte) (e encoding.Encoding, mark int) {
	for _, one := range wideEncodings {
		if bytes.HasPrefix(head, []byte(one.mark)) {
			return one.encoding, len(one.mark)
		}
	}
	if len(head) < 4 {
		return nil, 0
	}
	var zero [4]bool
	for i, b := range head[:4] {
		if zero[i] = b == 0; b >= utf8.RuneSelf {
			return nil, 0 // formats begin with a character of ASCII
		}
	}
	for _, one := range wideEncodings {
		if one.zero == zero && zero != [4]bool{} {
			return one.encoding, 0
		}
	}
	return nil, 0
}

// decodeWide undoes a wide encoding, and takes a byte order mark off. Anything else
// passes through as it is.
func decodeWide(in io.Reader) io.Reader {
	buffered := bufio.NewReaderSize(in, 64<<10)
	head, _ := buffered.Peek(4)
	e, mark := wideEncoding(head)
	_, _ = buffered.Discard(mark)
	if e == nil || e == wide.UTF8 {
		return buffered // the reader of the format says where it is not valid
	}
	return transform.NewReader(buffered, e.NewDecoder())
}

// decodeHead returns the beginning of a file in UTF-8 if it is text in a wide encoding
// or begins with a byte order mark, and else as it is.
func decodeHead(head []byte) []byte {
	e, mark := wideEncoding(head)
	if e == nil || e == wide.UTF8 {
		return head[mark:]
	}
	decoded, err := e.NewDecoder().Bytes(head[mark:])
	decoded = bytes.TrimSuffix(decoded, []byte("\uFFFD")) // a character may be cut in two
	if err != nil || !isText(decoded) || bytes.Contains(decoded, []byte("\uFFFD")) {
		return head
	}
	return decoded
}

// isBlank reports whether a file has white space alone, in any encoding. Half a character
// at its end is something that its reader has to report.
func isBlank(file []byte) bool {
	if e, mark := wideEncoding(file); e == nil || e == wide.UTF8 {
		return len(bytes.TrimSpace(file[mark:])) == 0
	}
	decoded, err := io.ReadAll(decodeWide(bytes.NewReader(file)))
	return err == nil && len(bytes.TrimSpace(decoded)) == 0
}

// isText reports whether the beginning of a file looks like text in UTF-8.
func isText(head []byte) bool {
	if bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' && !unicode.IsSpace(r) && r != '\x1b' }) {
		return false
	}
	for cut := 0; cut < utf8.UTFMax; cut++ { // a character may be cut in two
		if len(head) >= cut && utf8.Valid(head[:len(head)-cut]) {
			return true
		}
	}
	return false
}

// isLegacyText reports whether the beginning of a file looks like text in an encoding from
// before Unicode: it has no control characters, and one of words that are likely in it.
func isLegacyText(head []byte) bool {
	for _, b := range head {
		if b < ' ' && !bytes.ContainsRune([]byte("\t\n\v\f\r\x1b"), rune(b)) || b == 0x7f {
			return false
		}
	}
	e, _ := guessEncoding(head)
	return e != nil
}

// plainText decodes a document that has no place for a declaration of its encoding.
func plainText(raw []byte) (to decodedText, fault string) {
	return decodeMarkup("document", raw, nil, "")
}

// decodePage decodes a page of HTML, or a text that came with a content type. A label
// that is not known is passed over.
func decodePage(raw []byte, contentType string) (to decodedText, fault string) {
	if utf8.Valid(raw) && hasWideRune(raw) {
		return decodeMarkup("page", raw, wide.UTF8, "utf-8") // whatever it declares: no other encoding looks so
	}
	for _, label := range []string{charsetOf(contentType), xmlLabel(raw), metaLabel(raw)} {
		if e, name := lookupEncoding(label); e != nil {
			return decodeMarkup("page", raw, e, name)
		}
	}
	return decodeMarkup("page", raw, nil, "")
}

var charsetParameter = regexp.MustCompile(`(?i)[;,\s]charset\s*=\s*["']?([^"'\s;,]+)`)

// charsetOf returns the encoding in a content type; empty if there is none.
func charsetOf(contentType string) string {
	if match := charsetParameter.FindStringSubmatch(contentType); match != nil {
		return match[1]
	}
	return ""
}

// metaLabel returns the encoding in the meta element of a page; empty if there is none.
func metaLabel(raw []byte) string {
	e, name, _ := charset.DetermineEncoding(raw, "")
	if e == charmap.Windows1252 || e == encoding.Nop {
		return "" // a guess from the bytes: a declared label never gives either of these
	}
	return name
}

// decodeFeed decodes XML, and takes its declaration off, which names the former encoding.
func decodeFeed(raw []byte) (to decodedText, fault string) {
	label := xmlLabel(raw)
	e, name := lookupEncoding(label)
	if e == nil {
		// Text in an unknown encoding of seven bits is valid UTF-8, too.
		if label != "" && (!utf8.Valid(raw) || bytes.IndexByte(raw, '\x1b') >= 0) {
			return decodedText{}, fmt.Sprintf("the encoding that the feed says it is in is not known%s: convert it to UTF-8", quoteLabel(label))
		}
	}
	to, fault = decodeMarkup("feed", raw, e, name)
	to.text = xmlDeclaration.ReplaceAllString(to.text, "")
	return to, fault
}

// quoteLabel quotes a label of plausible length.
func quoteLabel(label string) string {
	if len(label) > 40 {
		return ""
	}
	return fmt.Sprintf(" %q", label)
}

var (
	xmlDeclaration = regexp.MustCompile(`^\s*<\?xml\s[^>]{0,200}\?>`)
	xmlEncoding    = regexp.MustCompile(`^\s*<\?xml\s[^>]{0,100}?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,100})\s*["']`)
)

// xmlLabel returns the encoding in the declaration of XML; empty if there is none.
func xmlLabel(raw []byte) string {
	if match := xmlEncoding.FindSubmatch(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))); match != nil {
		return string(match[1])
	}
	return ""
}

// lookupWeb returns the encoding of a label of the web, nil for none. GBK is read as GB18030,
// which adds characters of four bytes: its decoder is the same in browsers.
func lookupWeb(label string) (e encoding.Encoding, name string) {
	e, name = charset.Lookup(label)
	if name == "gbk" {
		e = simplifiedchinese.GB18030
	}
	return e, name
}

// lookupEncoding returns the encoding of a label: as the web knows it, else as the
// registry of IANA does. It is nil for one that is not known.
func lookupEncoding(label string) (e encoding.Encoding, name string) {
	if label == "" {
		return nil, ""
	}
	if e, name = lookupWeb(label); e == nil {
		e, _ = ianaindex.IANA.Encoding(label)
		name = strings.ToLower(label)
	}
	switch {
	case name == "replacement":
		return nil, "" // browsers do not decode it, as it was used in attacks
	case name == "utf-8", strings.HasPrefix(name, "utf-16"), strings.HasPrefix(name, "utf-32"):
		return wide.UTF8, name // a declaration that can be read is not in a wide encoding
	}
	return e, name
}

// decodeMarkup decodes markup in its declared encoding, nil for an undeclared one, unless
// the first bytes reveal another.
func decodeMarkup(what string, raw []byte, e encoding.Encoding, name string) (to decodedText, fault string) {
	if told, mark := wideEncoding(raw); told != nil {
		return decodeNarrow(what, raw[mark:], told, cmp.Or(name, "the encoding of its first bytes"))
	}
	return decodeNarrow(what, raw, e, name)
}

// decodeNarrow decodes text in its declared encoding, nil for an undeclared one. It
// guesses the encoding of text that should be UTF-8 and is not.
func decodeNarrow(what string, raw []byte, e encoding.Encoding, name string) (to decodedText, fault string) {
	wrong := fmt.Sprintf("the %s says that it is in %s, but is not: convert it to UTF-8", what, name)
	if e == nil {
		if utf8.Valid(raw) {
			wrong = fmt.Sprintf("the %s is full of control or replacement characters, so it is no text in UTF-8: convert it", what)
		} else {
			wrong = fmt.Sprintf("the %s is not valid UTF-8 and does not say in what other encoding it is: convert it to UTF-8", what)
		}
		e = wide.UTF8
	}
	if e == wide.UTF8 {
		if e, to.guessed = insteadOfUTF8(what, raw); e == nil {
			return decodedText{}, wrong
		}
	}
	text, err := e.NewDecoder().Bytes(raw)
	if text = bytes.TrimPrefix(text, []byte("\uFEFF")); err != nil || isNoise(text) {
		return decodedText{}, wrong
	}
	to.text = string(text)
	return to, ""
}

// insteadOfUTF8 returns the encoding of text that should be UTF-8, and its name if that is a
// guess of another; nil for none that can be read.
func insteadOfUTF8(what string, raw []byte) (e encoding.Encoding, guessed string) {
	code := iso2022.FindSubmatch(raw)
	switch {
	case code == nil && (utf8.Valid(raw) || isBrokenUTF8(raw)):
		return wide.UTF8, ""
	case code == nil:
		return guessEncoding(raw)
	case what != "row" && strings.Contains("@B", string(code[1])): // in a row its bytes look like separators
		return japanese.ISO2022JP, "iso-2022-jp"
	}
	return nil, ""
}

// iso2022 matches the sequences by which text in the encodings of ISO-2022 goes over to
// characters of two bytes. They are of seven bits, so their text is valid UTF-8.
var iso2022 = regexp.MustCompile(`\x1b\$([@AB]|[()*+][@-_])`)

// isNoise reports whether more than some characters of a text are broken or control a
// device. A broken byte here and there is the way of the web; more mean that the text is in
// another encoding, or is none.
func isNoise(text []byte) bool {
	wrong, all := 0, 0
	for _, r := range string(text) {
		if all++; r == utf8.RuneError || isControl(r) {
			wrong++
		}
	}
	return wrong > 3 && wrong > all/100
}

// isControl reports whether a character of ASCII controls a device and not a text.
func isControl(r rune) bool { return r < ' ' && (r < '\b' || r > '\r') && r != '\x1b' || r == 0x7f }

// isBrokenUTF8 reports whether text that is not valid UTF-8 is that nevertheless: it has
// more characters of several bytes than wrong bytes. Pairs of bytes of other encodings are
// valid now and then.
func isBrokenUTF8(raw []byte) bool {
	characters, wrong := 0, 0
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		switch {
		case size > 1:
			characters++
		case r == utf8.RuneError:
			wrong++
		}
		raw = raw[size:]
	}
	return characters >= wrong
}

// hasWideRune reports whether any character is one of several bytes in UTF-8.
func hasWideRune(raw []byte) bool {
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		if size > 1 && r != utf8.RuneError {
			return true
		}
		raw = raw[size:]
	}
	return false
}
