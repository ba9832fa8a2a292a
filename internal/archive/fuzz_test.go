package archive

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// The fuzz targets feed each reader with damaged files. A reader may give what
// it likes of them, but every article has an id and is valid UTF-8, every error
// is a *ReadError with a reason and a message, and the reading ends.

func fuzzReader(f *testing.F, format Format, name string) {
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for a, err := range Files([]string{path}, Options{Format: format}) {
			if err == nil {
				if a.ID == "" || !utf8.ValidString(a.ID+a.Title+a.Text+a.HTML+a.Language+a.URL) {
					t.Fatalf("bad article at %v", a.Location)
				}
				continue
			}
			var bad *ReadError
			if !errors.As(err, &bad) || bad.Reason == "" || bad.Message == "" || a != nil {
				t.Fatalf("yielded %v, %v", a, err)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add(asJSONL(dozen()[:2]))
	f.Add([]byte(`[{"id":"a","text":"t"},{"id":1,"html":"u","x":[{}]},null]`))
	f.Add([]byte("{\n\"id\": \"a\",\n\"text\": \"t\"\n}\n{\n"))
	f.Add([]byte("\xff\xfe{\x00\"\x00a\x00"))
	fuzzReader(f, FormatJSONL, "in.json")
}

func FuzzCSV(f *testing.F) {
	f.Add(asCSV(dozen()[:2], ','))
	f.Add([]byte("id,text\n1,\"a\nb\"\n\n2,x\"y\n\"open"))
	fuzzReader(f, FormatCSV, "in.csv")
}

func FuzzParquet(f *testing.F) {
	f.Add(asParquet(dozen()[:2]))
	for _, name := range []string{"lz4-2", "delta_byte_array", "int96"} {
		content, err := os.ReadFile("../parquet/testdata/" + name + ".parquet")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	fuzzReader(f, FormatParquet, "in.parquet")
}

func FuzzWARC(f *testing.F) {
	f.Add(warcRecordOf("conversion", "1", "u", "text/plain", []byte("A story.")))
	f.Add(warcRecordOf("response", "2", "u", "application/http", httpBlock("<p>A story.", "text/html", "gzip", true)))
	f.Add(warcRecordOf("response", "3", "u", "application/http", httpBlock("<p>A story.", "text/html; charset=koi8-r", "br", false)))
	fuzzReader(f, FormatWARC, "in.warc")
}

func FuzzFeed(f *testing.F) {
	f.Add(asFeed(dozen()[:2], false, true))
	f.Add(asFeed(dozen()[:2], true, false))
	f.Add(in(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), rssOf("utf-16", "José", "A story.")))
	f.Add(in(charmap.Windows1252, rssOf("", "¿Qué?", "A story.")))
	f.Add(in(japanese.ISO2022JP, rssOf("iso-2022-jp", "港", "A story.")))
	fuzzReader(f, FormatFeed, "in.xml")
}

func FuzzContainer(f *testing.F) {
	story := map[string]string{"r-01.txt": "A story.", "r-02.html": "<p>Another."}
	f.Add(asTar(story))
	f.Add(asZip(story))
	f.Add(encoded("gzip", asTar(story)))
	f.Add(encoded("zstd", asTar(story)))
	f.Add(append(tarOf("a.txt", "a.txt"), tarOf("a.txt")...))
	f.Add([]byte("filedesc://x.arc 192.0.2.1 20310501000000 text/plain 69\n"))
	f.Add([]byte("PARE\x00\x01\x02\x03PARE"))
	fuzzReader(f, FormatAuto, "in")
}

func FuzzMarkdown(f *testing.F) {
	f.Add([]byte("---\ntitle: T\ndate: 2031-01-01\n---\n# H\n\nA *story*.\n"))
	f.Add([]byte("\xff\xfeA\x00"))
	f.Add([]byte("> - 1. > a *b* `c` [d](e)\n\n<div>\n\n| a | b |\n|---|---|\n"))
	fuzzReader(f, FormatMarkdown, "in.md")
}

func FuzzPage(f *testing.F) {
	f.Add([]byte("<meta charset=utf-16><p>A story."))
	f.Add([]byte("<meta charset=\"x-user-defined\">\xff\x81"))
	fuzzReader(f, FormatHTML, "in.html")
}
