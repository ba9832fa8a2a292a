package archive

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// warc reads the pages of a WARC or WET file (ISO 28500): response records with
// the answer of a web server, resource records with a page, and conversion
// records with its text. Gzip members were undone before.
func (r *scanner) warc(in *inputFile) bool {
	records := &warcRecords{in: bufio.NewReaderSize(in.Reader, 64<<10), location: in.location}
	for {
		record, err := records.next()
		var proceed bool
		switch {
		case errors.Is(err, io.EOF):
			return true
		case errors.Is(err, errNoRecord):
			proceed = r.fail(records.location, RowInvalid, "it is not a WARC record; the next one that can be told was gone on with")
		case errors.Is(err, errRecordTooLarge):
			proceed = r.fail(records.location, RowTooLarge, "the record is longer than %d bytes", MaxRowBytes)
		case err != nil:
			return r.unreadable(records.location, "cannot be read", err)
		default:
			proceed = r.record(records.location, record)
		}
		if !proceed {
			return false
		}
	}
}

// record yields the article of a record, if it has one.
func (r *scanner) record(location Location, record *warcRecord) bool {
	a := &Entry{
		ID:       strings.TrimSuffix(strings.TrimPrefix(record.header.Get("WARC-Record-ID"), "<urn:uuid:"), ">"),
		URL:      strings.Trim(record.header.Get("WARC-Target-URI"), "<>"),
		Location: location,
	}
	contentType, body := record.header.Get("Content-Type"), record.block
	switch kind(record.header) {
	case "response":
		media, _, _ := mime.ParseMediaType(contentType)
		if media != "application/http" {
			return r.skip(location, SkipRecord)
		}
		answer, err := readHTTPResponse(record)
		switch {
		case err != nil:
			return r.fail(location, RowInvalid, "the server's answer cannot be read: %s", err)
		case answer.status != http.StatusOK:
			return r.skip(location, SkipStatus)
		}
		contentType, body = answer.contentType, answer.body
	case "resource", "conversion":
	default:
		return r.skip(location, SkipRecord)
	}
	return r.page(a, contentType, body)
}

// page yields the article of a page with its content type.
func (r *scanner) page(a *Entry, contentType string, body []byte) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
	}
	var to *string
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "text/html", "application/xhtml+xml":
		to = &a.HTML
	case "text/plain":
		to = &a.Text
	default:
		return r.skip(a.Location, SkipMedia)
	}
	var fault string
	if *to, fault = decodePage(body, contentType); fault != "" {
		return r.fail(a.Location, RowInvalid, "%s", fault)
	}
	return r.article(a)
}

// warcRecord is a record whose block is complete, or truncated by the crawler.
type warcRecord struct {
	header textproto.MIMEHeader
	block  []byte // valid until the next record
}

// warcRecords splits a file into its records.
type warcRecords struct {
	in       *bufio.Reader
	location Location // Line counts the records, and the gaps between them
	found    bool     // the line that begins the next record has been read
	block    bytes.Buffer
}

var (
	errNoRecord       = errors.New("no WARC record")
	errRecordTooLarge = errors.New("the record is too long")
	errLineTooLong    = errors.New("a line is too long")
)

// The bounds on the header of a record.
const (
	maxHeaderLine  = 64 << 10
	maxHeaderLines = 1000
)

// next returns the next record, io.EOF at the end, or an error after which it can
// go on: errNoRecord or errRecordTooLarge. Any other is final.
func (w *warcRecords) next() (*warcRecord, error) {
	if !w.found {
		lost, err := w.find()
		if lost {
			w.found = err == nil
			w.location.Line++
			return nil, errNoRecord
		}
		if err != nil {
			return nil, err
		}
	}
	w.found = false
	w.location.Line++
	header, err := w.header()
	if err != nil {
		return nil, err
	}
	length, err := strconv.ParseInt(strings.TrimSpace(header.Get("Content-Length")), 10, 64)
	if err != nil || length < 0 {
		return nil, errNoRecord
	}
	return w.body(header, length)
}

// find reads up to the line that begins a record. Lost says that something else
// than blank lines stood before it.
func (w *warcRecords) find() (lost bool, err error) {
	for {
		line, err := w.line()
		switch {
		case errors.Is(err, errLineTooLong):
			lost = true
		case err != nil:
			return lost, err
		case isWARC(line):
			return lost, nil
		case strings.TrimSpace(line) != "":
			lost = true
		}
	}
}

// isWARC reports whether a line begins a record. Names and keywords of the format are
// matched regardless of case.
func isWARC[T string | []byte](line T) bool {
	const mark = "WARC/"
	return len(line) >= len(mark) && strings.EqualFold(string(line[:len(mark)]), mark)
}

// kind returns the type of a record.
func kind(header textproto.MIMEHeader) string { return strings.ToLower(header.Get("WARC-Type")) }

// body reads the block of a record. One that is no page may be of any size.
func (w *warcRecords) body(header textproto.MIMEHeader, length int64) (*warcRecord, error) {
	w.block.Reset()
	if wanted := slices.Contains([]string{"response", "resource", "conversion"}, kind(header)); !wanted || length > MaxRowBytes {
		if n, err := io.CopyN(io.Discard, w.in, length); err != nil {
			return nil, isTruncated(err, n, length)
		}
		if wanted {
			return nil, errRecordTooLarge
		}
		return &warcRecord{header: header}, nil
	}
	if n, err := io.CopyN(&w.block, w.in, length); err != nil {
		return nil, isTruncated(err, n, length)
	}
	return &warcRecord{header: header, block: w.block.Bytes()}, nil
}

func isTruncated(err error, n, length int64) error {
	if errors.Is(err, io.EOF) && n < length {
		return io.ErrUnexpectedEOF
	}
	return err
}

// header reads the named fields of a record up to the blank line. A line that begins with
// white space continues the field before it, up to the maximum length of a line.
func (w *warcRecords) header() (textproto.MIMEHeader, error) {
	header := make(textproto.MIMEHeader)
	name, value := "", ""
	for range maxHeaderLines {
		line, err := w.line()
		switch {
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case errors.Is(err, errLineTooLong):
			continue
		case err != nil:
			return nil, err
		case line != "" && (line[0] == ' ' || line[0] == '\t'):
			if len(value)+len(line) <= maxHeaderLine {
				value = strings.TrimSpace(value + " " + strings.TrimSpace(line))
			}
			continue
		}
		if name != "" {
			header.Add(name, value)
		}
		if line == "" {
			return header, nil
		}
		name, value, _ = strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	}
	return nil, errNoRecord
}

// line reads a line without its end. One over the bound is read to its end and
// reported as errLineTooLong.
func (w *warcRecords) line() (string, error) {
	var line []byte
	tooLong := false
	for {
		part, err := w.in.ReadSlice('\n')
		if len(line)+len(part) > maxHeaderLine {
			tooLong, line = true, line[:0]
		}
		if !tooLong {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case tooLong && (err == nil || errors.Is(err, io.EOF)):
			return "", errLineTooLong
		case errors.Is(err, io.EOF) && len(line) > 0:
		case err != nil:
			return "", err
		}
		return strings.TrimRight(string(line), "\r\n"), nil
	}
}

// httpResponse is what a web server sent.
type httpResponse struct {
	status      int
	contentType string
	body        []byte
}

// readHTTPResponse undoes transfer and content encodings of a recorded answer. What
// the crawler itself cut off is taken as far as it goes.
func readHTTPResponse(record *warcRecord) (*httpResponse, error) {
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(record.block)), nil)
	if err != nil {
		return nil, errors.New("it has no HTTP header that can be read")
	}
	defer response.Body.Close()
	a := &httpResponse{status: response.StatusCode, contentType: response.Header.Get("Content-Type")}
	if a.status != http.StatusOK {
		return a, nil
	}
	truncated := record.header.Get("WARC-Truncated") != ""
	body, err := io.ReadAll(response.Body)
	if err != nil && !truncated {
		// Some crawlers undo the chunks or the encoding and leave the headers that
		// speak of them as they were.
		_, rest, found := bytes.Cut(record.block, []byte("\r\n\r\n"))
		if !found {
			return nil, errors.New("its body breaks off")
		}
		body = rest
	}
	a.body, err = decodeContent(body, response.Header.Values("Content-Encoding"), truncated)
	return a, err
}

// decodeContent undoes content encodings, of which the last was applied last.
func decodeContent(body []byte, encodings []string, truncated bool) ([]byte, error) {
	names := strings.Split(strings.ToLower(strings.Join(encodings, ",")), ",")
	for i := len(names) - 1; i >= 0; i-- {
		name := strings.TrimSpace(names[i])
		if name == "" || name == "identity" {
			continue
		}
		opened, err := contentDecoder(name, body)
		if err != nil {
			return nil, err
		}
		if opened == nil {
			continue // it was undone when it was recorded
		}
		decoded, err := io.ReadAll(io.LimitReader(opened, MaxRowBytes+1))
		switch {
		case len(decoded) > MaxRowBytes:
			return nil, fmt.Errorf("its body is longer than %d bytes once decoded", MaxRowBytes)
		case err != nil && !truncated:
			return nil, fmt.Errorf("its body is not valid %s", name)
		}
		body = decoded
	}
	return body, nil
}

// contentDecoder returns a reader of what body holds encoded, or nil where it is
// plain although its header names an encoding.
func contentDecoder(name string, body []byte) (io.Reader, error) {
	in := bytes.NewReader(body)
	switch name {
	case "gzip", "x-gzip":
		if z, err := gzip.NewReader(in); err == nil {
			return z, nil
		}
		return nil, nil
	case "deflate": // with or without the header of zlib: servers disagree
		if z, err := zlib.NewReader(in); err == nil {
			return z, nil
		}
		return flate.NewReader(bytes.NewReader(body)), nil
	case "br":
		return brotli.NewReader(in), nil
	case "zstd":
		if !bytes.HasPrefix(body, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			return nil, nil
		}
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, errors.New("its body is not valid zstd")
		}
		return z.IOReadCloser(), nil
	}
	return nil, fmt.Errorf("its content encoding is not known")
}
