package batch

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-59202292/summarizer/internal/archive"
)

// rowHeader is what a row says of itself. The status is empty for a line that is no row.
type rowHeader struct {
	source archive.Location
	digest digest
	status string
	// degraded says that the language model should have made the answer.
	degraded bool
	story    string // empty: the article is identified by its place
	version  storyVersion
}

// key returns what identifies the article of a row: its place, or for a story a place that
// stands for all its versions.
func (r *rowHeader) key() archive.Location {
	if r.story != "" {
		return storyPlace(r.story)
	}
	return r.source
}

// storyPlace returns the place that stands for a story. No file has its path.
func storyPlace(story string) archive.Location {
	return archive.Location{Path: "\x00story", Member: story}
}

// isDone reports whether a resumed run keeps the row.
func (r *rowHeader) isDone() bool { return r.status == StatusOK || r.status == StatusSkipped }

// eachRow calls do for each line of a file, with its end where it has one; both are valid
// until do returns. A file that does not exist has none.
func eachRow(path string, do func(line []byte, row rowHeader) error) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	var decoder headerDecoder
	for line, failure := range lines(file) {
		if failure != nil {
			return failure
		}
		if err := do(line, decoder.header(line)); err != nil {
			return err
		}
	}
	return nil
}

// lines yields the lines of a file with their ends; a last one may have none. A line is
// valid until the next.
func lines(file io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		in := bufio.NewReaderSize(file, 1<<20)
		var long []byte
		for {
			part, err := in.ReadSlice('\n')
			line := part
			if len(long) > 0 || errors.Is(err, bufio.ErrBufferFull) {
				long = append(long, part...)
				line = long
			}
			switch {
			case errors.Is(err, bufio.ErrBufferFull):
				continue
			case err != nil && !errors.Is(err, io.EOF):
				yield(nil, err)
				return
			case len(line) > 0 && !yield(line, nil), err != nil:
				return
			}
			long = long[:0]
		}
	}
}

// headerDecoder decodes the headers of rows, and checks the syntax of the rest: token by token,
// in a third of the time that structs take (BenchmarkRowHeader), as a resumed run begins
// with all rows. Its buffers are reused.
type headerDecoder struct {
	in   bytes.Reader
	json jsontext.Decoder
}

// maxLine bounds the line number of a row.
const maxLine = 1 << 36

// header returns the header of a line; a zero one if the line is no whole row.
func (d *headerDecoder) header(line []byte) (row rowHeader) {
	if !bytes.HasSuffix(line, []byte("\n")) {
		return rowHeader{}
	}
	d.in.Reset(line)
	d.json.Reset(&d.in)
	row.digest = anyDigest
	ok := d.object(func(name string) {
		switch name {
		case "source":
			d.source(&row)
		case "digest":
			row.digest = parseDigest(d.text())
		case "status":
			row.status = d.text()
		case "story":
			d.story(&row)
		case "result":
			d.result(&row)
		default:
			_ = d.json.SkipValue()
		}
	})
	if _, err := d.json.ReadToken(); !ok || !errors.Is(err, io.EOF) || row.source.Line < 0 || row.source.Line > maxLine {
		return rowHeader{}
	}
	if row.story != "" {
		row.version.place, row.version.digest = row.source, row.digest
	}
	return row
}

// source decodes where the row comes from.
func (d *headerDecoder) source(row *rowHeader) {
	d.object(func(name string) {
		switch name {
		case "path":
			row.source.Path = d.text()
		case "member":
			row.source.Member = d.text()
		case "ordinal":
			row.source.Ordinal = d.int()
		case "line":
			row.source.Line = d.int()
		default:
			_ = d.json.SkipValue()
		}
	})
}

// result decodes whether summary or topics are degraded.
func (d *headerDecoder) result(row *rowHeader) {
	d.object(func(name string) {
		if name != "summary" && name != "classification" {
			_ = d.json.SkipValue()
			return
		}
		d.object(func(name string) {
			if name != "provenance" {
				_ = d.json.SkipValue()
				return
			}
			d.object(func(name string) {
				row.degraded = row.degraded || name == "degraded" && d.json.PeekKind() == 't'
				_ = d.json.SkipValue()
			})
		})
	})
}

// story decodes which version of which story the row is.
func (d *headerDecoder) story(row *rowHeader) {
	d.object(func(name string) {
		switch name {
		case "id":
			row.story = d.text()
		case "version":
			row.version.version.Number = d.int()
		case "modified":
			row.version.version.Modified, _ = time.Parse(time.RFC3339, d.text())
		case "status":
			row.version.withdrawn = d.text() != ""
		default:
			_ = d.json.SkipValue()
		}
	})
}

// object calls member for each member of an object, which reads its value, and reports
// whether there was a whole object. After a fault of the syntax every read fails.
func (d *headerDecoder) object(member func(name string)) bool {
	if d.json.PeekKind() != '{' {
		_ = d.json.SkipValue()
		return false
	}
	_, _ = d.json.ReadToken()
	for d.json.PeekKind() == '"' {
		name, err := d.json.ReadToken()
		if err != nil {
			return false
		}
		member(name.String())
	}
	end, err := d.json.ReadToken()
	return err == nil && end.Kind() == '}'
}

// text returns a string; empty for another value.
func (d *headerDecoder) text() string {
	if d.json.PeekKind() != '"' {
		_ = d.json.SkipValue()
		return ""
	}
	value, err := d.json.ReadToken()
	if err != nil {
		return ""
	}
	return value.String()
}

// int returns a number; -1 for another value.
func (d *headerDecoder) int() int64 {
	if d.json.PeekKind() != '0' {
		_ = d.json.SkipValue()
		return -1
	}
	value, err := d.json.ReadToken()
	if err != nil {
		return -1
	}
	n, err := value.Int()
	if err != nil {
		return -1
	}
	return n
}
