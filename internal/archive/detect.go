package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// sniffBytes is the length of the beginning of a file by which its form is told.
const sniffBytes = 1024

// sniffMarkupBytes is the limit for markup, whose root element may stand behind a long comment.
const sniffMarkupBytes = 64 << 10

// Decompressed returns the content of in, decompressed where it is compressed with gzip, zstd,
// bzip2 or xz. To close it closes in, which is closed where there is an error.
func Decompressed(in io.ReadCloser) (io.ReadCloser, error) {
	buffered := bufio.NewReaderSize(in, 64<<10)
	head, err := buffered.Peek(sniffBytes)
	var opened io.ReadCloser
	if err == nil || errors.Is(err, io.EOF) {
		opened, _, err = decompress(buffered, head)
	}
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	if opened == nil {
		opened = io.NopCloser(buffered)
	}
	return struct {
		io.Reader
		io.Closer
	}{opened, closers{opened, in}}, nil
}

// closers are closed in their order.
type closers []io.Closer

// Close implements io.Closer.
func (c closers) Close() (err error) {
	for _, one := range c {
		err = errors.Join(err, one.Close())
	}
	return err
}

// decompress returns a reader of the decompressed content of in, and the extension
// of such files; nil where in is not compressed.
func decompress(in io.Reader, head []byte) (opened io.ReadCloser, extension string, err error) {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, "", err
		}
		return z, ".gz", nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), isSkippableFrame(head):
		z, err := openZstd(in, head)
		return z, ".zst", err
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		z, err := xz.NewReader(in, maxXZDictionary)
		return io.NopCloser(&xzReader{z}), ".xz", xzError(err)
	case bytes.HasPrefix(head, []byte("BZh")) && len(head) > 4 && bytes.HasPrefix(head[4:], []byte{0x31, 0x41, 0x59, 0x26}):
		return io.NopCloser(bzip2.NewReader(in)), ".bz2", nil
	}
	return nil, "", nil
}

// isSkippableFrame reports whether zstd data begins with a frame that is not part of the
// content.
func isSkippableFrame(head []byte) bool {
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.HasPrefix(head[1:], []byte{0x2a, 0x4d, 0x18})
}

// The limits of xz and zstd.
const (
	maxXZDictionary   = 64 << 20 // what its highest preset takes
	maxZstdWindow     = 128 << 20
	maxZstdDictionary = 8 << 20
)

// openZstd returns a reader of zstd data. A first frame of the kind 0x5D holds the
// dictionary of the others, perhaps compressed, as the format of .warc.zst has it.
func openZstd(in io.Reader, head []byte) (io.ReadCloser, error) {
	options := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxZstdWindow)}
	if isSkippableFrame(head) && head[0] == 0x5d {
		var frame [8]byte
		if _, err := io.ReadFull(in, frame[:]); err != nil {
			return nil, err
		}
		size := binary.LittleEndian.Uint32(frame[4:])
		if size > maxZstdDictionary {
			return nil, errors.New("its zstd dictionary is too long")
		}
		dictionary := make([]byte, size)
		if _, err := io.ReadFull(in, dictionary); err != nil {
			return nil, errors.Join(io.ErrUnexpectedEOF, err)
		}
		if bytes.HasPrefix(dictionary, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxZstdDictionary))
			if err != nil {
				return nil, err
			}
			defer z.Close()
			if dictionary, err = z.DecodeAll(dictionary, nil); err != nil {
				return nil, errors.New("its zstd dictionary is damaged")
			}
		}
		if bytes.HasPrefix(dictionary, []byte{0x37, 0xa4, 0x30, 0xec}) {
			options = append(options, zstd.WithDecoderDicts(dictionary))
		}
	}
	z, err := zstd.NewReader(in, options...)
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}

// xzReader names the errors of xz.
type xzReader struct{ in io.Reader }

var errXZDictionary = fmt.Errorf("its dictionary is longer than %d bytes", maxXZDictionary)

// Read implements io.Reader.
func (x *xzReader) Read(p []byte) (int, error) {
	n, err := x.in.Read(p)
	return n, xzError(err)
}

func xzError(err error) error {
	switch {
	case errors.Is(err, xz.ErrMemlimit):
		return errXZDictionary
	case errors.Is(err, xz.ErrBuf):
		return io.ErrUnexpectedEOF
	}
	return err
}

// compressions are forms of compression without a reader, by their first bytes.
var compressions = []struct{ mark, name string }{
	{"\x04\x22\x4d\x18", "lz4"},
	{"\x02\x21\x4c\x18", "lz4"}, // its first form
	{"\x89LZO\x00\r\n\x1a\n", "lzop"},
	{"LRZI", "lrzip"},
	{"7z\xbc\xaf\x27\x1c", "7-Zip"},
	{"Rar!\x1a\x07", "RAR"},
	{"LZIP\x01", "lzip"},
	{"\x1f\x9d", "compress"},
	{"\x5d\x00\x00", "LZMA"}, // with the properties that every encoder writes
}

// unsupportedCompression returns the name of a compression that is not read; empty for
// none.
func unsupportedCompression(head []byte, name string) string {
	if path.Ext(filepath.ToSlash(name)) == ".br" && !isText(head) {
		return "Brotli" // it has no mark
	}
	for _, c := range compressions {
		if bytes.HasPrefix(head, []byte(c.mark)) {
			return c.name
		}
	}
	return ""
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

// unsupported returns a form that holds articles and has no reader, and what to do
// about it.
func unsupported(head []byte) (form, remedy string) {
	switch {
	case bytes.HasPrefix(head, []byte("filedesc://")), arcRecord.Match(head):
		return "an ARC file", "convert it to WARC first, for example with warcio recompress"
	case bytes.HasPrefix(head, []byte("PARE")):
		return "a Parquet file with an encrypted footer", "decrypt it first"
	}
	if root, _ := rootElement(bytes.TrimSpace(decodeHead(head))); root == "newsml" {
		return "NewsML 1", "take the publisher's NewsML-G2 or ninjs"
	}
	return "", ""
}

// arcRecord matches the line that begins a record of an ARC file: URL, address, time,
// media type and length.
var arcRecord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:\S+ [0-9A-Fa-f.:]+ [0-9]{8,14} \S+ (?:\S+ ){0,5}[0-9]+\r?\n`)

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
	head = decodeHead(head)
	start := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("PAR1")):
		return FormatParquet
	case isWARC(head):
		return FormatWARC
	case bytes.HasPrefix(start, []byte{recordSeparator}):
		return FormatJSONL
	}
	switch root, _ := rootElement(start); root {
	case "rss", "feed", "rdf":
		return FormatFeed
	case "newsmessage", "newsitem", "packageitem", "conceptitem", "knowledgeitem", "planningitem", "catalogitem":
		return FormatNewsML
	}
	format, ok := extensions[strings.ToLower(path.Ext(filepath.ToSlash(name)))]
	switch {
	case format == FormatText && jsonStart.Match(start): // the name that many exports have
		return FormatJSONL
	case ok:
		return format
	}
	return formatOfContent(head, start, columns)
}

// formatOfContent tells a format by what the content looks like. Start is head without
// white space.
func formatOfContent(head, start []byte, columns columns) Format {
	line := start
	if end := bytes.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	switch {
	case bytes.HasPrefix(start, []byte("{")), jsonStart.Match(start):
		return FormatJSONL
	case isForeignXML(start):
		return FormatAuto
	case bytes.HasPrefix(start, []byte("<")):
		return FormatHTML
	case columns.inHeader(string(line), "\t"):
		return FormatTSV
	case isTable(line, columns):
		return FormatCSV
	case len(start) > 0 && isMarkdown(start):
		return FormatMarkdown
	case len(start) > 0 && (isText(head) || isLegacyText(head)):
		return FormatText
	}
	return FormatAuto
}

// isMarkdown reports whether the beginning of a text is Markdown: it is a heading with a
// number sign and a blank line below it.
func isMarkdown(start []byte) bool { return isText(start) && markdownHeading.Match(start) }

var markdownHeading = regexp.MustCompile(`^#{1,3} [^\r\n#]*\pL[^\r\n]*(?:\r?\n){2}`)

// isTable reports whether a line is the header of a table, or the line before it that names
// the separator.
func isTable(line []byte, columns columns) bool {
	return bytes.HasPrefix(line, []byte("sep=")) || slices.ContainsFunc(separators, func(separator byte) bool {
		return columns.inHeader(string(line), string(separator))
	})
}

// jsonStart matches the beginning of an object with a member, or of an array of objects.
var jsonStart = regexp.MustCompile(`^(?:\[\s*)?\{\s*"[^"\n]{1,80}"\s*:`)

// rootElement returns the name of the root element of markup, without prefix and in small
// letters, and the length of what stands before it: declarations, comments and processing
// instructions. The name is empty if there is none.
func rootElement[T string | []byte](markup T) (name string, prolog int) {
	for rest := string(markup); ; {
		rest = strings.TrimLeft(rest, " \t\r\n")
		end := ">"
		switch {
		case strings.HasPrefix(rest, "<!--"):
			end = "-->"
		case strings.HasPrefix(rest, "<?"):
			end = "?>"
		case strings.HasPrefix(rest, "<!"):
			if tag, _, _ := strings.Cut(rest, ">"); strings.Contains(tag, "[") {
				end = "]>"
			}
		default:
			match := startTag.FindStringSubmatch(rest)
			if match == nil {
				return "", 0
			}
			return strings.ToLower(match[1]), len(markup) - len(rest)
		}
		_, behind, found := strings.Cut(rest, end)
		if !found {
			return "", 0
		}
		rest = behind
	}
}

var startTag = regexp.MustCompile(`^<(?:[A-Za-z_][A-Za-z0-9._-]*:)?([A-Za-z_][A-Za-z0-9._-]*)[\s/>]`)
