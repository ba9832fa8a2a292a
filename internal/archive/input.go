package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
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

// sniffBytes is how much of a file its format is told by.
const sniffBytes = 1024

// read undoes compression, tells the format and reads.
func (r *scanner) read(in *inputFile) bool {
	for range 2 { // a compressed file that was compressed again happens
		buffered := bufio.NewReaderSize(in.Reader, 64<<10)
		in.Reader = buffered
		head, err := buffered.Peek(sniffBytes)
		if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
			return r.unreadable(in.location, "cannot be read", err)
		}
		opened, extension, err := decompress(buffered, head)
		if err != nil {
			return r.unreadable(in.location, "cannot be decompressed", err)
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

// decompress returns a reader of what in holds compressed, and the extension
// that such files have; nil where in is not compressed.
func decompress(in io.Reader, head []byte) (opened io.ReadCloser, extension string, err error) {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, "", err
		}
		return z, ".gz", nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(128<<20))
		if err != nil {
			return nil, "", err
		}
		return z.IOReadCloser(), ".zst", nil
	case bytes.HasPrefix(head, []byte("BZh")) && len(head) > 4 && bytes.HasPrefix(head[4:], []byte{0x31, 0x41, 0x59, 0x26}):
		return io.NopCloser(bzip2.NewReader(in)), ".bz2", nil
	}
	return nil, "", nil
}

// dispatch reads in, of which head is the beginning, as what it is.
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
	if format == FormatAuto {
		format = formatOf(head, in.name, r.columns)
	}
	switch {
	case format != FormatAuto:
		return r.readAs(format, in)
	case len(head) < sniffBytes && len(bytes.TrimSpace(head)) == 0:
		return true // nothing is in it
	case in.named:
		return r.fail(in.location, FormatUnknown, "its format is not known: name it, as one of %v", formats)
	}
	return r.skip(in.location, SkipFile)
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
	case FormatAuto, FormatText, FormatMarkdown, FormatHTML:
	}
	return r.document(in, format)
}

// containerOf returns "tar", "zip" or "". Tar files from before POSIX have no
// mark, only their name.
func containerOf(head []byte, name string) string {
	const mark = 257
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return "zip"
	case len(head) > mark && bytes.HasPrefix(head[mark:], []byte("ustar")):
		return "tar"
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".tar", ".tgz":
		return "tar"
	case ".zip":
		return "zip"
	}
	return ""
}

// extensions tell formats that their content does not tell for certain.
var extensions = map[string]Format{
	".jsonl": FormatJSONL, ".ndjson": FormatJSONL, ".jsonlines": FormatJSONL, ".json": FormatJSONL,
	".csv": FormatCSV, ".tsv": FormatTSV, ".tab": FormatTSV,
	".parquet": FormatParquet,
	".txt":     FormatText, ".text": FormatText,
	".md": FormatMarkdown, ".markdown": FormatMarkdown,
	".html": FormatHTML, ".htm": FormatHTML, ".xhtml": FormatHTML,
	".warc": FormatWARC, ".wet": FormatWARC,
	".rss": FormatFeed, ".atom": FormatFeed,
}

// formatOf tells a format, by marks that are certain, then by the name, then by
// what the content looks like.
func formatOf(head []byte, name string, columns columns) Format {
	head = bytes.TrimPrefix(head, []byte("\uFEFF"))
	start := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("PAR1")):
		return FormatParquet
	case bytes.HasPrefix(head, []byte("WARC/")):
		return FormatWARC
	case looksLikeFeed(start):
		return FormatFeed
	}
	if format, ok := extensions[strings.ToLower(path.Ext(filepath.ToSlash(name)))]; ok {
		return format
	}
	line, _, _ := bytes.Cut(start, []byte("\n"))
	switch {
	case bytes.HasPrefix(start, []byte("{")):
		return FormatJSONL
	case bytes.HasPrefix(start, []byte("<")):
		return FormatHTML
	case columns.inHeader(string(line), "\t"):
		return FormatTSV
	case columns.inHeader(string(line), ","):
		return FormatCSV
	case len(start) > 0 && isText(head):
		return FormatText
	}
	return FormatAuto
}

// looksLikeFeed reports whether the root element of a document is that of a
// feed.
func looksLikeFeed(start []byte) bool {
	if !bytes.HasPrefix(start, []byte("<")) {
		return false
	}
	for _, root := range []string{"<rss", "<feed", "<rdf:RDF"} {
		i := bytes.Index(start, []byte(root))
		// Only a declaration, comments and processing instructions stand before.
		if i >= 0 && (i == 0 || bytes.HasPrefix(start, []byte("<?xml")) || bytes.HasPrefix(start, []byte("<!--"))) {
			return !bytes.Contains(start[:i], []byte("<html"))
		}
	}
	return false
}

// expansionLimit bounds how much larger than a file its content may be.
type expansionLimit struct {
	stored   int64 // bytes of the file
	expanded int64 // bytes out of every decompressor
}

var errExpands = fmt.Errorf("it expands to more than %d times its size: an archive of articles does not", maxExpansionRatio)

// bound returns a reader of in that fails once too much has come out.
func (e *expansionLimit) bound(in io.Reader) io.Reader {
	return &counter{in: in, n: &e.expanded, check: func() error {
		if e.expanded > expansionAllowance && e.expanded/maxExpansionRatio > e.stored {
			return errExpands
		}
		return nil
	}}
}

// counter counts what is read.
type counter struct {
	in    io.Reader
	n     *int64
	total *atomic.Int64 // nil: nowhere else
	check func() error  // nil: no bound
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	*c.n += int64(n)
	if c.total != nil {
		c.total.Add(int64(n))
	}
	if c.check != nil && err == nil {
		err = c.check()
	}
	return n, err
}
