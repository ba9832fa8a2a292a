package archive

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// inputFile is a file, a member of an archive or standard input, on its way to the
// reader of its format.
type inputFile struct {
	io.Reader
	file     *randomAccess   // for formats that are not read from front to back; nil where there is none
	limit    *expansionLimit // shared by all that one file holds
	location Location
	name     string // what tells the format; extensions of compression are taken off
	named    bool   // the user named it, so it has to be of a known format
	nested   bool   // it is the member of an archive
}

// read reads in. A panic of a library over a damaged file ends the reading of that
// file only.
func (r *scanner) read(in *inputFile) (proceed bool) {
	defer func() {
		if v := recover(); v != nil {
			if r.yielding {
				panic(v)
			}
			proceed = r.unreadable(in.location, "cannot be read any further", errDamaged)
		}
	}()
	return r.open(in)
}

var errDamaged = errors.New("it is damaged")

// open undoes compression, tells the format and reads.
func (r *scanner) open(in *inputFile) bool {
	for range 2 { // a compressed file that was compressed again happens
		buffered := bufio.NewReaderSize(in.Reader, 64<<10)
		in.Reader = buffered
		head, err := buffered.Peek(sniffBytes)
		if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
			return r.unreadable(in.location, "cannot be read", err)
		}
		if strings.HasPrefix(strings.TrimLeft(string(decodeHead(head)), " \t\r\n"), "<") {
			head, _ = buffered.Peek(sniffMarkupBytes)
		}
		opened, extension, err := decompress(buffered, head)
		if err != nil {
			return r.unreadable(in.location, "cannot be decompressed", err)
		}
		if name := unsupportedCompression(head, in.name); name != "" {
			return r.fail(in.location, FormatUnsupported, "it is compressed with %s, which is not read: decompress it first, or use gzip, zstd, bzip2 or xz", name)
		}
		if opened == nil {
			return r.dispatch(in, head)
		}
		defer opened.Close()
		in.Reader = in.limit.bound(opened)
		in.file = nil
		in.name = strings.TrimSuffix(in.name, extension)
	}
	return r.fail(in.location, MemberRefused, "it is compressed more than once: decompress it first")
}

// dispatch reads in with the reader of its format; head is its beginning.
func (r *scanner) dispatch(in *inputFile, head []byte) bool {
	container := containerOf(head, in.name)
	if container != "" && in.nested {
		return r.fail(in.location, MemberRefused, "it is a %s inside an archive: unpack it first", container)
	}
	switch container {
	case "tar":
		return r.tar(in)
	case "zip":
		return r.zip(in)
	}
	format := r.options.Format
	if format == FormatAuto || format == FormatWARC {
		if form, remedy := unsupported(head); form != "" {
			return r.fail(in.location, FormatUnsupported, "it is %s, which is not read: %s", form, remedy)
		}
	}
	if format == FormatAuto {
		if what := documentOf(head); what != "" {
			return r.refuseDocument(in, what)
		}
		format = formatOf(head, in.name, r.columns)
	}
	if len(head) < sniffBytes && isBlank(head) {
		return r.blank(in, format)
	}
	if format == FormatAuto {
		if in.named {
			return r.fail(in.location, FormatUnknown, "its format is not known: name it, as one of %v", formats)
		}
		return r.skip(in.location, SkipFile)
	}
	return r.readAs(format, in)
}

// blank accounts for an empty file: a missing article, or an archive without articles.
func (r *scanner) blank(in *inputFile, format Format) bool {
	switch format {
	case FormatText, FormatMarkdown, FormatHTML:
		return r.fail(in.location, RowInvalid, "the document is empty")
	case FormatParquet, FormatFeed, FormatNewsML:
		return r.fail(in.location, RowInvalid, "the file is empty")
	case FormatAuto, FormatJSONL, FormatCSV, FormatTSV, FormatWARC:
	}
	r.found++
	return r.skip(in.location, SkipEmptyFile)
}

// readAs reads in as a file of a format.
func (r *scanner) readAs(format Format, in *inputFile) bool {
	switch format {
	case FormatJSONL:
		return r.jsonl(in)
	case FormatCSV:
		return r.csv(in, ',')
	case FormatTSV:
		return r.csv(in, '\t')
	case FormatParquet:
		return r.parquet(in)
	case FormatWARC:
		return r.warc(in)
	case FormatFeed:
		return r.feed(in)
	case FormatNewsML:
		return r.newsml(in)
	case FormatAuto, FormatText, FormatMarkdown, FormatHTML:
	}
	return r.document(in, format)
}

// whole returns the content of in, or yields why it cannot be had.
func (r *scanner) whole(in *inputFile, what string) (raw []byte, ok, proceed bool) {
	raw, err := io.ReadAll(io.LimitReader(in.Reader, MaxRowBytes+1))
	switch {
	case err != nil:
		return nil, false, r.unreadable(in.location, "cannot be read", err)
	case len(raw) > MaxRowBytes:
		return nil, false, r.fail(in.location, RowTooLarge, "the %s is longer than %d bytes", what, MaxRowBytes)
	}
	return raw, true, true
}
