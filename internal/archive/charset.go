package archive

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// stripMark takes a byte order mark off, and turns UTF-16 that has one into UTF-8.
func stripMark(in io.Reader) io.Reader {
	buffered := bufio.NewReaderSize(in, 64<<10)
	head, _ := buffered.Peek(3)
	switch {
	case bytes.HasPrefix(head, []byte("\uFEFF")):
		_, _ = buffered.Discard(3)
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return transform.NewReader(buffered, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	}
	return buffered
}

// isText reports whether the beginning of a file looks like text in UTF-8, or
// in UTF-16 with its mark.
func isText(head []byte) bool {
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return true
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	for cut := 0; cut < utf8.UTFMax; cut++ { // a character may be cut in two
		if len(head) >= cut && utf8.Valid(head[:len(head)-cut]) {
			return true
		}
	}
	return false
}

// plainText decodes a document whose encoding nobody declares: UTF-8, or UTF-16
// with its mark. Guessing among the others would garble names without a word.
func plainText(raw []byte) (text, fault string) {
	decoded, err := io.ReadAll(stripMark(bytes.NewReader(raw)))
	if err != nil || !utf8.Valid(decoded) {
		return "", "the document is not valid UTF-8: convert it first"
	}
	return string(decoded), ""
}

// decodePage decodes a page of HTML, or a text that came with a content type, by its
// mark, by what the content type or the page itself declares, or as UTF-8. An
// undeclared page that is not UTF-8 is read as windows-1252, as browsers do.
func decodePage(raw []byte, contentType string) (text, fault string) {
	encoding, name, _ := charset.DetermineEncoding(raw, contentType)
	if name == "utf-8" || utf8.Valid(raw) && name == "windows-1252" {
		encoding, _ = htmlindex.Get("utf-8")
	}
	decoded, err := encoding.NewDecoder().Bytes(raw)
	if err != nil {
		return "", fmt.Sprintf("the page is not valid %s", name)
	}
	decoded = bytes.TrimPrefix(decoded, []byte("\uFEFF"))
	if !utf8.Valid(decoded) {
		decoded = bytes.ToValidUTF8(decoded, []byte("\uFFFD"))
	}
	// A broken byte here and there is the way of the web; more mean that the
	// page is in another encoding than it says.
	if wrong := bytes.Count(decoded, []byte("\uFFFD")); wrong > 3 && wrong > utf8.RuneCount(decoded)/100 {
		return "", fmt.Sprintf("the page says that it is in %s, but is not", name)
	}
	return string(decoded), ""
}
