package archive

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
)

// Format is the form of the files that hold articles. Compression (gzip, zstd,
// bzip2) and containers (tar, zip) are no formats: they are told by their
// content, whatever the format of the files in them.
type Format string

// The formats.
const (
	FormatAuto     Format = ""
	FormatJSONL    Format = "jsonl"    // an object a line, or a file of JSON; items of ninjs too
	FormatCSV      Format = "csv"      // cells with a separator, below a header
	FormatTSV      Format = "tsv"      // the same, usually with tabs
	FormatParquet  Format = "parquet"  // a row an article
	FormatText     Format = "text"     // a file an article
	FormatMarkdown Format = "markdown" // a file an article
	FormatHTML     Format = "html"     // a file an article
	FormatWARC     Format = "warc"     // WARC and WET
	FormatFeed     Format = "feed"     // RSS and Atom
	FormatNewsML   Format = "newsml"   // NewsML-G2
)

var formats = []Format{
	FormatJSONL, FormatCSV, FormatTSV, FormatParquet, FormatText,
	FormatMarkdown, FormatHTML, FormatWARC, FormatFeed, FormatNewsML,
}

// ParseFormat returns the format of a name; "" and "auto" stand for FormatAuto.
func ParseFormat(name string) (Format, error) {
	if name == "" || name == "auto" {
		return FormatAuto, nil
	}
	if f := Format(name); slices.Contains(formats, f) {
		return f, nil
	}
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f)
	}
	return "", fmt.Errorf("there is no format %q: use auto, %s", name, strings.Join(names, ", "))
}

// Fields are the names of keys and columns in rows. An empty one stands for the name in
// DefaultFields.
type Fields struct {
	ID, Title, Text, HTML, Language, Published, URL string
}

// DefaultFields returns the names that stand for empty ones.
func DefaultFields() Fields {
	return Fields{ID: "id", Title: "title", Text: "text", HTML: "html", Language: "language", Published: "published", URL: "url"}
}

// Options say how to read. The zero value tells every format by itself.
type Options struct {
	Format Format
	Fields Fields
	Shard  Shard // which articles and errors are yielded

	// Delimiter separates the cells of CSV and TSV files; 0 is told by the header.
	Delimiter byte

	Stdin io.Reader // what the path "-" stands for; nil is empty

	// KeepItems sets Entry.Item.
	KeepItems bool

	// Stored, if set, counts the bytes that have been read of the files, as they
	// are stored.
	Stored *atomic.Int64

	// Exclude, if set, picks out files and directories that are passed over, by their
	// identity and not by their names.
	Exclude func(fs.FileInfo) bool

	// Skipped, if set, is told of everything that is passed over. It is called
	// by the goroutine that ranges over the sequence.
	Skipped func(Location, Skip)
}

func (o *Options) excludes(info fs.FileInfo) bool { return o.Exclude != nil && o.Exclude(info) }
