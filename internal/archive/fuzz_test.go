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

func FuzzCSV(f *testing.F) {
	f.Add(asCSV(dozen()[:2], ','))
	f.Add([]byte("id,text\n1,\"a\nb\"\n\n2,x\"y\n\"open"))
	f.Add([]byte("sep=;\rid;text\r1;\"a\"\"\r\n\"b\r\r"))
	f.Add([]byte("id\ttext\n1\t\"a\" b\n2\t\"c\td\"\n3\t\"open"))
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
	f.Add(page("Transfer-Encoding: gzip, chunked\r\nbad\r\nContent-Encoding: deflate, none\r\n", chunked(string(encoded("gzip", []byte("A story."))))))
	f.Add(warcRecordOf("response", "2", "u", "application/http", httpBlock("<p>A story.", "text/html", "gzip", true)))
	f.Add(warcRecordOf("response", "3", "u", "application/http", httpBlock("<p>A story.", "text/html; charset=koi8-r", "br", false)))
	fuzzReader(f, FormatWARC, "in.warc")
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte(`<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>a:b</a:id><a:content type="image/x" mode="base64">PHA+</a:content></a:entry><a:entry>`))
	f.Add([]byte(`<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>a:b</a:id><a:content type="image/x" mode="base64">PHe+</a:content></a:entry><a:entry>`))
	f.Add([]byte(`<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>a:b</a:id><a:content type="image/x" mode="base64">PHe+</b><a:c></a:entry><a:entry>`))
	f.Add([]byte(`<rss><channel><item><body xmlns="x"><h:p>A</h:p></body></item><item><c:items><r:value><![CDATA[x]]></r:value></c:items></item></chan`))
	f.Add(asFeed(dozen()[:2], false, true))
	f.Add(asFeed(dozen()[:2], true, false))
	f.Add(in(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), rssOf("utf-16", "José", "A story.")))
	f.Add(in(charmap.Windows1252, rssOf("", "¿Qué?", "A story.")))
	f.Add(in(japanese.ISO2022JP, rssOf("iso-2022-jp", "港", "A story.")))
	fuzzReader(f, FormatFeed, "in.xml")
}

func FuzzNewsML(f *testing.F) {
	f.Add([]byte(newsItem(3, "usable", "<inlineXML contenttype=\"application/xhtml+xml\"><html><body><p>A story.</p></body></html></inlineXML>")))
	f.Add([]byte("<newsMessage><itemSet>" + newsItem(1, "canceled", "") + "<packageItem/></itemSet></newsMessage>"))
	fuzzReader(f, FormatNewsML, "in.xml")
}

func FuzzContainer(f *testing.F) {
	story := map[string]string{"r-01.txt": "A story.", "r-02.html": "<p>Another."}
	f.Add(asTar(story))
	f.Add(asZip(story))
	f.Add(encoded("gzip", asTar(story)))
	f.Add(encoded("zstd", asTar(story)))
	f.Add([]byte("\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x02\x00!\x01\x16\x00\x00\x00t/\xe5\xa3"))
	f.Add([]byte("\x5d\x2a\x4d\x18\x04\x00\x00\x00\x37\xa4\x30\xec"))
	f.Add(append(tarOf("a.txt", "a.txt"), tarOf("a.txt")...))
	f.Add([]byte("filedesc://x.arc 192.0.2.1 20310501000000 text/plain 69\n"))
	f.Add([]byte("PARE\x00\x01\x02\x03PARE"))
	fuzzReader(f, FormatAuto, "in")
}

func FuzzMarkdown(f *testing.F) {
	f.Add([]byte("---\ntitle: T\ndate: 2031-01-01\n---\n# H\n\nA *story*.\n"))
	f.Add([]byte("\xff\xfeA\x00"))
	f.Add([]byte("+++\ntitle = \"T\"\ndate = 2031-01-01\n+++\nA story.\n"))
	f.Add([]byte("> - 1. > a *b* `c` [d](e)\n\n<div>\n\n| a | b |\n|---|---|\n"))
	fuzzReader(f, FormatMarkdown, "in.md")
}

func FuzzPage(f *testing.F) {
	f.Add([]byte("<meta charset=utf-16><p>A story."))
	f.Add([]byte("<meta charset=\"x-user-defined\">\xff\x81"))
	fuzzReader(f, FormatHTML, "in.html")
}
