package archive

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
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
			proceed = r.fail(records.location, RowInvalid, "it is not a WARC record; reading goes on with the next record that can be recognised")
		case errors.Is(err, errRecordTooLarge):
			proceed = r.fail(records.location, RowTooLarge, "the record is longer than %d bytes", MaxRowBytes)
		case err != nil:
			if record != nil && !r.brokenRecord(records, record) {
				return false
			}
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
		ID:        strings.TrimSuffix(strings.TrimPrefix(record.header.Get("WARC-Record-ID"), "<urn:uuid:"), ">"),
		URL:       strings.Trim(record.header.Get("WARC-Target-URI"), "<>"),
		Location:  location,
		Truncated: record.header.Get("WARC-Truncated") != "",
	}
	contentType, body := record.header.Get("Content-Type"), record.block
	switch kind(record.header) {
	case "response":
		if mediaOf(contentType) != "application/http" {
			return r.skip(location, SkipRecord)
		}
		answer, err := readHTTPResponse(record.block, a.Truncated)
		switch {
		case err != nil:
			return r.fail(location, RowInvalid, "the server's answer cannot be read: %s", err)
		case answer.status != http.StatusOK:
			return r.skip(location, SkipStatus)
		}
		contentType, body = answer.contentType, answer.body
		a.Truncated = a.Truncated || answer.truncated
	case "resource":
		if isCrawlerFile(a.URL) {
			return r.skip(location, SkipRecord)
		}
	case "conversion":
	case "revisit":
		return r.skip(location, SkipRevisit)
	default:
		return r.skip(location, SkipRecord)
	}
	return r.page(a, contentType, body)
}

// brokenRecord yields the page of a record in which the file breaks off, as far as it
// goes. The place behind it is for the error of the file.
func (r *scanner) brokenRecord(records *warcRecords, record *warcRecord) bool {
	before := r.found
	record.header.Set("WARC-Truncated", "disconnect")
	if strings.TrimSpace(string(pageBytes(record))) != "" && !r.record(records.location, record) {
		return false
	}
	if r.found > before {
		records.location.Line++
	}
	return true
}

// pageBytes returns the body of a record as it is stored: empty where the file breaks off
// before it.
func pageBytes(record *warcRecord) []byte {
	if kind(record.header) != "response" {
		return record.block
	}
	_, body := cutHTTPHeader(record.block)
	return body
}

// isCrawlerFile reports whether a resource is a log or manifest that the crawler has
// added: wget and wpull do.
func isCrawlerFile(uri string) bool {
	uri = strings.ToLower(uri)
	return strings.HasPrefix(uri, "metadata:") || strings.HasPrefix(uri, "urn:x-wpull:")
}

// mediaOf returns the media type of a content type, in small letters; empty where it names
// none, as in "text" or "*/*". A parameter may follow it without a semicolon.
func mediaOf(contentType string) string {
	media := strings.ToLower(contentType)
	if end := strings.IndexAny(media, ";, \t"); end >= 0 {
		media = media[:end]
	}
	switch kind, form, _ := strings.Cut(media, "/"); {
	case kind == "", form == "", kind == "*", form == "*", form == "unknown", kind == "unknown":
		return ""
	}
	return media
}

const mediaText = "text/plain"

// isPage reports whether a content type may hold an article.
func isPage(contentType string) bool {
	media := mediaOf(contentType)
	return media == "text/html" || media == "application/xhtml+xml" || media == mediaText
}

// page yields the article of a page with its content type.
func (r *scanner) page(a *Entry, contentType string, body []byte) bool {
	if !isPage(contentType) {
		return r.skip(a.Location, SkipMedia)
	}
	to := &a.HTML
	if mediaOf(contentType) == mediaText {
		to = &a.Text
	}
	if a.Truncated {
		body = trimCutRune(body)
	}
	page, fault := decodePage(body, contentType)
	if fault != "" {
		return r.fail(a.Location, RowInvalid, "%s", fault)
	}
	*to, a.GuessedEncoding = page.text, page.guessed
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
// go on: errNoRecord or errRecordTooLarge. Any other is final, and may come with the record
// in which the file breaks off.
func (w *warcRecords) next() (*warcRecord, error) {
	if !w.found {
		lost, err := w.find()
		if lost {
			w.found = err == nil
			w.location.Line++
			return nil, errNoRecord
		}
		if err != nil {
			w.location.Line++
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
	n, err := io.CopyN(&w.block, w.in, length)
	return &warcRecord{header: header, block: w.block.Bytes()}, isTruncated(err, n, length)
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
