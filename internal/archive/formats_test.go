package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// report is an article as the writers of this test see it.
type report struct {
	ID        string    `json:"id" parquet:"id"`
	Title     string    `json:"title" parquet:"title,optional"`
	Text      string    `json:"text" parquet:"text,zstd"`
	Language  string    `json:"language" parquet:"language,dict"`
	Published time.Time `json:"published" parquet:"published,timestamp(millisecond)"`
	URL       string    `json:"url" parquet:"url"`
	Words     int64     `json:"words" parquet:"words"`
}

// dozen are the articles that every format is written with.
func dozen() []report {
	places := []string{
		"Orvale", "Brenmark", "Tolwick", "São Tadeu", "Zürnau", "Kallavere",
		"Ostřin", "Nakhodna", "Lac-Vert", "Pëllumbas", "Dún Áine", "Mirović",
	}
	var all []report
	for i, place := range places {
		all = append(all, report{
			ID:    fmt.Sprintf("r-%02d", i+1),
			Title: fmt.Sprintf("Harbour of %s reopens", place),
			Text: fmt.Sprintf("The harbour of %s, closed since the storm, reopened on Monday.\n\n"+
				"\"We lost %d weeks,\" said the harbour master, \"and, frankly, some trust.\"\n\nFerries sail again.", place, i+2),
			Language:  "en",
			Published: time.Date(2031, 5, i+1, 6, 30, 0, 0, time.UTC),
			URL:       fmt.Sprintf("https://news.example/%d", i+1),
			Words:     23,
		})
	}
	return all
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func asJSONL(all []report) []byte {
	var out bytes.Buffer
	for _, r := range all {
		out.Write(append(must(json.Marshal(r)), '\n'))
	}
	return out.Bytes()
}

func asCSV(all []report, comma rune) []byte {
	var out bytes.Buffer
	out.WriteString("\uFEFF")
	w := csv.NewWriter(&out)
	w.Comma = comma
	_ = w.Write([]string{"words", "url", "published", "language", "text", "title", "id"})
	for _, r := range all {
		_ = w.Write([]string{"23", r.URL, r.Published.Format(time.RFC3339), r.Language, r.Text, r.Title, r.ID})
	}
	w.Flush()
	return out.Bytes()
}

func asParquet(all []report) []byte {
	var out bytes.Buffer
	w := parquet.NewGenericWriter[report](&out, parquet.MaxRowsPerRowGroup(5))
	must(w.Write(all))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// asPage is a report as a site has it.
func asPage(r report) string {
	return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + r.Title + "</title></head><body><article><h1>" + r.Title +
		"</h1><p>" + strings.ReplaceAll(html.EscapeString(r.Text), "\n\n", "</p><p>") + "</p></article></body></html>"
}

func asMarkdown(r report) string {
	return fmt.Sprintf("---\nid: %s\ntitle: %q\nlang: en\ndate: %q\nurl: %s\n---\n%s\n", r.ID, r.Title, r.Published.Format(time.RFC3339), r.URL, r.Text)
}

func asFeed(all []report, atom, full bool) []byte {
	var out strings.Builder
	if atom {
		out.WriteString(`<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Harbours</title>`)
	} else {
		out.WriteString(`<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Harbours</title><language>en</language>`)
	}
	for _, r := range all {
		body, stamp := html.EscapeString(r.Text), r.Published.Format(time.RFC1123Z)
		if atom {
			stamp = r.Published.Format(time.RFC3339)
		}
		switch {
		case atom && full:
			fmt.Fprintf(&out, `<entry><id>%s</id><title>%s</title><link href="%s"/><published>%s</published><content>%s</content></entry>`, r.ID, r.Title, r.URL, stamp, body)
		case atom:
			fmt.Fprintf(&out, `<entry><id>%s</id><title>%s</title><link href="%s"/><published>%s</published><summary>%s</summary></entry>`, r.ID, r.Title, r.URL, stamp, body)
		case full:
			fmt.Fprintf(&out, `<item><guid>%s</guid><title>%s</title><link>%s</link><pubDate>%s</pubDate><description>Short.</description><content:encoded>%s</content:encoded></item>`, r.ID, r.Title, r.URL, stamp, body)
		default:
			fmt.Fprintf(&out, `<item><guid>%s</guid><title>%s</title><link>%s</link><pubDate>%s</pubDate><description>%s</description></item>`, r.ID, r.Title, r.URL, stamp, body)
		}
	}
	if atom {
		return []byte(out.String() + "</feed>")
	}
	return []byte(out.String() + "</channel></rss>")
}

// warcRecordOf writes one record in the form of ISO 28500.
func warcRecordOf(kind, id, uri, contentType string, block []byte) []byte {
	head := fmt.Sprintf("WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:%s>\r\nWARC-Date: 2031-05-01T00:00:00Z\r\nWARC-Target-URI: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		kind, id, uri, contentType, len(block))
	return append(append([]byte(head), block...), "\r\n\r\n"...)
}

// httpBlock is the answer of a server, in one of several encodings.
func httpBlock(body, contentType, encoding string, chunked bool) []byte {
	response := &http.Response{
		StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {contentType}},
		Body: io.NopCloser(bytes.NewReader(encoded(encoding, []byte(body)))), ContentLength: int64(len(encoded(encoding, []byte(body)))),
	}
	if encoding != "" {
		response.Header.Set("Content-Encoding", encoding)
	}
	if chunked {
		response.TransferEncoding, response.ContentLength = []string{"chunked"}, -1
	}
	return must(httputil.DumpResponse(response, true))
}

func encoded(encoding string, body []byte) []byte {
	var out bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		w = must(zstd.NewWriter(&out))
	default:
		return body
	}
	must(w.Write(body))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// asWARC writes a page a record, each in a gzip member of its own, among records
// that are no pages.
func asWARC(all []report) []byte {
	var out bytes.Buffer
	member := func(record []byte) { out.Write(encoded("gzip", record)) }
	member(warcRecordOf("warcinfo", "info", "", "application/warc-fields", []byte("software: test\r\n")))
	for i, r := range all {
		member(warcRecordOf("request", "q"+r.ID, r.URL, "application/http; msgtype=request", []byte("GET / HTTP/1.1\r\n\r\n")))
		encoding := []string{"", "gzip", "br", "zstd"}[i%4]
		member(warcRecordOf("response", r.ID, r.URL, "application/http; msgtype=response", httpBlock(asPage(r), "text/html; charset=utf-8", encoding, i%3 == 0)))
	}
	member(warcRecordOf("response", "image", "https://news.example/i", "application/http; msgtype=response", httpBlock("\x89PNG", "image/png", "", false)))
	return out.Bytes()
}

func asWET(all []report) []byte {
	var out bytes.Buffer
	for _, r := range all {
		out.Write(encoded("gzip", warcRecordOf("conversion", r.ID, r.URL, "text/plain", []byte(r.Text))))
	}
	return out.Bytes()
}

// asTar writes files in one directory.
func asTar(files map[string]string) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	_ = w.WriteHeader(&tar.Header{Name: "news/", Typeflag: tar.TypeDir, Mode: 0o700})
	for i, r := range dozen() {
		for name, content := range files {
			if strings.HasPrefix(name, r.ID) {
				_ = w.WriteHeader(&tar.Header{Name: "news/" + name, Mode: 0o600, Size: int64(len(content)), Format: []tar.Format{tar.FormatPAX, tar.FormatGNU}[i%2]})
				must(w.Write([]byte(content)))
			}
		}
	}
	_ = w.Close()
	return out.Bytes()
}

func asZip(files map[string]string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	must(w.Create("news/"))
	for _, r := range dozen() {
		for name, content := range files {
			if strings.HasPrefix(name, r.ID) {
				must(must(w.Create("news/" + name)).Write([]byte(content)))
			}
		}
	}
	_ = w.Close()
	return out.Bytes()
}

// Every format gives the same dozen articles, as far as it can hold them.
func TestEveryFormat(t *testing.T) {
	all := dozen()
	texts, pages, markdown := map[string]string{}, map[string]string{}, map[string]string{}
	for _, r := range all {
		texts[r.ID+".txt"], pages[r.ID+".html"], markdown[r.ID+".md"] = r.Text, asPage(r), asMarkdown(r)
	}
	const (
		body = 1 << iota // the text, or the page that holds it
		id
		title
		language
		date
		url
		standfirst
		everything = body | id | title | language | date | url
	)
	tests := []struct {
		name    string
		content []byte
		holds   int
	}{
		{"all.jsonl", asJSONL(all), everything},
		{"all.ndjson.gz", encoded("gzip", asJSONL(all)), everything},
		{"all.jsonl.zst", encoded("zstd", asJSONL(all)), everything},
		{"rows", asJSONL(all), everything},
		{"all.csv", asCSV(all, ','), everything},
		{"table", asCSV(all, ','), everything},
		{"all.tsv.gz", encoded("gzip", asCSV(all, '\t')), everything},
		{"all.parquet", asParquet(all), everything},
		{"columns", asParquet(all), everything},
		{"texts.tar", asTar(texts), body},
		{"texts.tar.gz", encoded("gzip", asTar(texts)), body},
		{"texts.tgz", encoded("gzip", asTar(texts)), body},
		{"pages.tar.zst", encoded("zstd", asTar(pages)), body},
		{"texts.zip", asZip(texts), body},
		{"pages.zip", asZip(pages), body},
		{"markdown.zip", asZip(markdown), everything},
		{"crawl.warc.gz", asWARC(all), body | id | url},
		{"crawl.wet.gz", asWET(all), body | id | url},
		{"full.rss", asFeed(all, false, true), everything},
		{"short.xml", asFeed(all, false, false), everything | standfirst},
		{"full.atom", asFeed(all, true, true), everything &^ language},
		{"short.atom.xml", asFeed(all, true, false), everything&^language | standfirst},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := put(t, t.TempDir(), tt.name, tt.content)
			got := outcomes(t, []string{path}, Options{})
			if len(got) != len(all) {
				t.Fatalf("%d outcomes for %d articles: %v", len(got), len(all), got)
			}
			seen := map[string]bool{}
			for i, o := range got {
				a, r := o.Article, all[i]
				if a == nil {
					t.Fatalf("article %d: %v", i, o)
				}
				if seen[a.ID] || a.ID == "" {
					t.Errorf("article %d: id %q is empty or stands twice", i, a.ID)
				}
				seen[a.ID] = true
				held := plain(a)
				for _, paragraph := range strings.Split(r.Text, "\n\n") {
					if !strings.Contains(held, paragraph) {
						t.Errorf("article %d lacks %q in %q", i, paragraph, held)
					}
				}
				check := func(part int, got, want any) {
					if diff := cmp.Diff(want, got); tt.holds&part != 0 && diff != "" {
						t.Errorf("article %d: -want +got:\n%s", i, diff)
					}
				}
				check(id, a.ID, r.ID)
				check(title, a.Title, r.Title)
				check(language, a.Language, r.Language)
				check(date, a.Published.UTC(), r.Published)
				check(url, a.URL, r.URL)
				if a.StandfirstOnly != (tt.holds&standfirst != 0) {
					t.Errorf("article %d: StandfirstOnly = %t", i, a.StandfirstOnly)
				}
			}
		})
	}
}

// plain is the text of an article without the markup of this test.
func plain(a *Entry) string {
	if a.Text != "" {
		return a.Text
	}
	return html.UnescapeString(a.HTML)
}

// Directories of documents, and all that compresses a stream, also work from
// standard input and in one run with others.
func TestDocumentsOfADirectory(t *testing.T) {
	dir := t.TempDir()
	for i, r := range dozen() {
		switch i % 3 {
		case 0:
			put(t, dir, r.ID+".txt", []byte(r.Text))
		case 1:
			put(t, dir, r.ID+".html", []byte(asPage(r)))
		default:
			put(t, dir, r.ID+".md.gz", encoded("gzip", []byte(asMarkdown(r))))
		}
	}
	got := outcomes(t, []string{dir}, Options{})
	if len(got) != len(dozen()) {
		t.Fatalf("%d outcomes: %v", len(got), got)
	}
	for i, o := range got {
		if o.Article == nil || !strings.Contains(plain(o.Article), dozen()[i].Text[:40]) {
			t.Errorf("article %d: %v", i, o)
		}
	}
}

func TestCompressedStdin(t *testing.T) {
	for _, encoding := range []string{"", "gzip", "zstd"} {
		got := fromStdin(t, bytes.NewReader(encoded(encoding, asJSONL(dozen()))), FormatAuto)
		if len(got) != len(dozen()) || got[11].Article == nil {
			t.Errorf("%q: %v", encoding, got)
		}
	}
	got := fromStdin(t, bytes.NewReader(encoded("gzip", asTar(map[string]string{"r-01.txt": "One line."}))), FormatAuto)
	if len(got) != 1 || got[0].Article == nil || got[0].Article.Location.Member != "news/r-01.txt" {
		t.Errorf("tar: %v", got)
	}
}

func TestNamesOfFields(t *testing.T) {
	fields := Fields{ID: "key", Text: "body", Title: "head line", Published: "when"}
	for name, content := range map[string]string{
		"x.jsonl": `{"key":7,"body":"B.","head line":"H","when":"2031-01-02","text":"not this","id":"nor this"}`,
		"x.csv":   "text,id,key,body,head line,when\nnot this,nor this,7,B.,H,2031-01-02\n",
		"x.tsv":   "text\tid\tkey\tbody\thead line\twhen\nnot this\tnor this\t7\tB.\tH\t2031-01-02\n",
	} {
		got := outcomes(t, []string{put(t, t.TempDir(), name, []byte(content))}, Options{Fields: fields})
		if len(got) != 1 || got[0].Article == nil {
			t.Fatalf("%s: %v", name, got)
		}
		a := got[0].Article
		if a.ID != "7" || a.Text != "B." || a.Title != "H" || a.Published.Format(time.DateOnly) != "2031-01-02" {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// The format that is named wins over name and content.
func TestInputFormat(t *testing.T) {
	path := put(t, t.TempDir(), "odd.csv", []byte("{\"id\":\"x\",\"text\":\"t\"}\n"))
	if got := outcomes(t, []string{path}, Options{Format: FormatJSONL}); len(got) != 1 || got[0].Article == nil {
		t.Errorf("jsonl: %v", got)
	}
	if got := outcomes(t, []string{path}, Options{Format: FormatText}); len(got) != 1 || got[0].Article == nil || !strings.HasPrefix(got[0].Article.Text, "{") {
		t.Errorf("text: %v", got)
	}
	if got := outcomes(t, []string{filepath.Dir(path)}, Options{}); len(got) != 1 || got[0].Reason != RowInvalid {
		t.Errorf("auto: %v", got)
	}
}

// Directories of many small files are common: what each costs beside its articles counts.
func BenchmarkSmallFiles(b *testing.B) {
	for name, content := range map[string][]byte{
		"in.jsonl": []byte(`{"id":"a","text":"A story."}`),
		"in.csv":   asCSV(dozen()[:2], ','),
		"in.rss":   asFeed(dozen()[:2], false, true),
		"in.warc":  warcRecordOf("response", "a", "u", "application/http", httpBlock("<p>A story.", "text/html", "gzip", true)),
		"in.txt":   []byte("A story."),
	} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), name)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range Files([]string{path}, Options{}) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
