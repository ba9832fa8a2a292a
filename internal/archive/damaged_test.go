package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Damaged inputs give a clear error each, and what is whole is read. A good file
// stands behind each to show that the reading goes on.
func TestDamaged(t *testing.T) {
	rows := asJSONL(dozen()[:3])
	compressed := encoded("gzip", rows)
	story := map[string]string{"r-01.txt": "A story.", "r-02.txt": "Another one."}
	crawl := warcRecordOf("conversion", "one", "https://news.example/1", "text/plain", []byte("A story."))
	tests := []struct {
		name    string
		content []byte
		want    []string
	}{
		{"cut.jsonl.gz", compressed[:len(compressed)-12], []string{
			"r-01 cut.jsonl.gz:1", "r-02 cut.jsonl.gz:2", "r-03 cut.jsonl.gz:3",
			"INPUT_UNREADABLE: cannot be read: it breaks off",
		}},
		{"flipped.jsonl.gz", flip(compressed, len(compressed)-5), []string{
			"r-01 flipped.jsonl.gz:1", "r-02 flipped.jsonl.gz:2", "r-03 flipped.jsonl.gz:3",
			"INPUT_UNREADABLE: cannot be read: gzip: invalid checksum",
		}},
		{"header.gz", []byte{0x1f, 0x8b, 8}, []string{"INPUT_UNREADABLE: cannot be decompressed: it breaks off"}},
		{"torn.jsonl", []byte("{\"id\":\"a\",\"text\":\"t\"}\n{\"id\":\"b\",\"te"), []string{
			"a torn.jsonl:1", "ROW_INVALID: the row is not valid JSON at byte 13",
		}},
		{"array.json", []byte("[\n{\"id\":\"a\",\"text\":\"t\"}\n]\n"), []string{"a array.json:1"}},
		{"outside.tar", outside(), []string{
			"MEMBER_REFUSED: its name leads out of the archive", "MEMBER_REFUSED: its name leads out of the archive", "TEXT good.txt",
		}},
		{"cut.tar", asTar(story)[:len(asTar(story))-1792], []string{"TEXT news/r-01.txt", "INPUT_UNREADABLE: its archive cannot be read any further: it breaks off"}},
		{"nested.tar", nested(), []string{"MEMBER_REFUSED: it is a zip inside an archive: unpack it first"}},
		{"cut.zip", asZip(story)[:100], []string{"INPUT_UNREADABLE: is not a zip archive that can be read: zip: not a valid zip file"}},
		{"flipped.zip", flip(asZip(story), bytes.Index(asZip(story), []byte("r-01.txt"))+14), []string{"INPUT_UNREADABLE: cannot be read: zip: not a valid zip file", "TEXT news/r-02.txt"}},
		{"cut.parquet", asParquet(dozen())[:500], []string{"INPUT_UNREADABLE: is not a Parquet file that can be read: it is damaged"}},
		{"latin.txt", must(charmap.ISO8859_1.NewEncoder().Bytes([]byte("Ein Café in Zürnau."))), []string{"TEXT "}},
		{"greek.txt", must(charmap.ISO8859_7.NewEncoder().Bytes([]byte("Το λιμάνι άνοιξε."))), []string{"TEXT "}},
		{"thai.txt", must(charmap.Windows874.NewEncoder().Bytes([]byte("ท่าเรือเปิดแล้ว"))), []string{
			"ROW_INVALID: the document is not valid UTF-8 and does not say in what other encoding it is: convert it to UTF-8",
		}},
		{"latin.csv", []byte("id,text\n1,good\n2,caf\xe9\n3,good\n"), []string{
			"1 latin.csv:2", "2 latin.csv:3", "3 latin.csv:4",
		}},
		{"wide.txt", must(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte("Wide text."))), []string{"TEXT "}},
		{"lying.html", []byte("<meta charset=\"utf-8\"><p>" + strings.Repeat("Zür", 9) + strings.Repeat("\xfc\xe4", 9)), []string{
			"ROW_INVALID: the page says that it is in utf-8, but is not: convert it to UTF-8",
		}},
		{"empty.txt", nil, []string{"ROW_INVALID: the document is empty"}},
		{"empty.jsonl", nil, nil},
		{"empty.csv", nil, nil},
		{"blank.txt", []byte(" \n\n"), []string{"ROW_INVALID: the document is empty"}},
		{"long.txt", bytes.Repeat([]byte("word "), 1<<20), []string{"ROW_TOO_LARGE: the document is longer than 4194304 bytes"}},
		{"columns.csv", []byte("id,body\n1,t\n"), []string{
			`ROW_INVALID: its header has neither a column "text" nor "html": say which columns hold what`,
		}},
		{"twice.csv", []byte("id,text,text\n1,t,u\n"), []string{`ROW_INVALID: its header names the column "text" twice`}},
		{"quotes.csv", []byte("id,text\n1,say \"what\"\n2,good\n3,\"never closed\n4,x\n"), []string{
			"1 quotes.csv:2", "2 quotes.csv:3",
			"ROW_INVALID: the row is not valid CSV: a quotation mark is not closed", "4 quotes.csv:5",
		}},
		{"wide.csv", []byte("id,text\n1,t,more\n2,u\n3\n"), []string{
			"ROW_INVALID: the row has 3 cells and the header 2", "2 wide.csv:3", "3 wide.csv:4",
		}},
		{"binary", []byte{0, 1, 2, 3}, []string{
			"FORMAT_UNKNOWN: its format is not known: name it, as one of [jsonl csv tsv parquet text markdown html warc feed newsml]",
		}},
		{"noise.warc", append([]byte("WARC/1.0\r\nContent-Length: minus\r\n\r\nnoise\r\n"), crawl...), []string{
			"ROW_INVALID: it is not a WARC record; reading goes on with the next record that can be recognised",
			"ROW_INVALID: it is not a WARC record; reading goes on with the next record that can be recognised",
			"one noise.warc:3",
		}},
		{"cut.warc", append(bytes.Clone(crawl), crawl[:len(crawl)-8]...), []string{"one cut.warc:1", "one cut.warc:2", "INPUT_UNREADABLE: cannot be read: it breaks off"}},
		{"deep.rss", []byte("<rss><channel>" + strings.Repeat("<x>", 1<<20)), []string{"ROW_INVALID: its elements are nested more than 10000 deep"}},
		{"broken.rss", []byte("<rss><channel><item><title>x"), []string{"ROW_INVALID: it is not a feed that can be read"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := put(t, dir, tt.name, tt.content)
			last := put(t, dir, "good.jsonl", []byte(`{"id":"good","text":"t"}`))
			got := outcomes(t, []string{path, last}, Options{})
			n := len(got) - 1
			if n < 0 || got[n].Article == nil || got[n].Article.ID != "good" {
				t.Fatalf("the file behind was not read: %v", got)
			}
			var rows []string
			for _, o := range got[:n] {
				row := strings.ReplaceAll(o.String(), dir+"/", "")
				if o.Article != nil && o.Article.Location.Line == 0 {
					row = "TEXT " + o.Article.Location.Member
				}
				rows = append(rows, row)
			}
			if diff := cmp.Diff(tt.want, rows); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		// Root reads everything: a directory in the place of a file fails alike.
		t.Log("running as root: permission is not denied to root")
	}
	dir := t.TempDir()
	path := put(t, dir, "secret.jsonl", []byte("{}"))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	got := outcomes(t, []string{path, dir + "/none"}, Options{})
	if len(got) != 2 || os.Geteuid() != 0 && got[0].Message != "cannot be opened: permission denied" {
		t.Errorf("%v", got)
	}
}

func flip(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[at] ^= 0x55
	return data
}

// outside is a tar archive of members that would be written elsewhere.
func outside() []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range []string{"../../etc/story.txt", "/etc/story.txt", "good.txt"} {
		_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: 8})
		must(w.Write([]byte("A story.")))
	}
	_ = w.WriteHeader(&tar.Header{Name: "link.txt", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink})
	_ = w.Close()
	return out.Bytes()
}

func nested() []byte {
	inner := asZip(map[string]string{"r-01.txt": "A story."})
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	_ = w.WriteHeader(&tar.Header{Name: "inner.zip", Mode: 0o600, Size: int64(len(inner))})
	must(w.Write(inner))
	_ = w.Close()
	return out.Bytes()
}

// A bomb is told by its size beside the file's, whatever it holds.
func TestBombs(t *testing.T) {
	zeros := func(w io.Writer) {
		block := bytes.Repeat([]byte(" "), 1<<20)
		for range 80 {
			must(w.Write(block))
		}
	}
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	zeros(must(z.Create("rows.jsonl")))
	_ = z.Close()
	var rows bytes.Buffer
	zeros(&rows)
	for name, content := range map[string][]byte{
		"bomb.zip":       zipped.Bytes(),
		"bomb.jsonl.gz":  encoded("gzip", rows.Bytes()),
		"bomb.jsonl.zst": encoded("zstd", rows.Bytes()),
	} {
		got := outcomes(t, []string{put(t, t.TempDir(), name, content)}, Options{})
		if len(got) != 1 || got[0].Reason != ExpandsTooMuch {
			t.Errorf("%s of %d bytes: %v; want EXPANDS_TOO_MUCH", name, len(content), got)
		}
	}
}

// A line of 100 MB costs its time, not its memory.
func TestLongLineInFlatMemory(t *testing.T) {
	input := io.MultiReader(
		strings.NewReader("{\"id\":\"a\",\"text\":\"t\"}\n{\"text\":\""),
		io.LimitReader(&repeat{line: bytes.Repeat([]byte("word "), 1<<10)}, 100<<20),
		strings.NewReader("\"}\n{\"id\":\"b\",\"text\":\"t\"}\n"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := table("never", fromStdin(t, input, FormatJSONL))
	runtime.ReadMemStats(&after)
	want := []string{"a -:1", fmt.Sprintf("ROW_TOO_LARGE: the row is longer than %d bytes", MaxRowBytes), "b -:3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 40<<20 {
		t.Errorf("%d MB were allocated over a line of 100 MB", took>>20)
	}
}

// Whatever is yielded, the counts add up: each row that is not blank is an
// article or an error.
func TestSkippedIsCounted(t *testing.T) {
	dir := t.TempDir()
	skipped := map[Skip]int{}
	count := Options{Skipped: func(_ Location, what Skip) { skipped[what]++ }}
	got := outcomes(t, []string{
		put(t, dir, "rows.jsonl", []byte("\n{\"id\":\"a\",\"text\":\"t\"}\n \n\n{\"id\":\"b\",\"text\":\"t\"}\n")),
		put(t, dir, "crawl.warc.gz", asWARC(dozen())),
		put(t, dir, "errors.warc", warcRecordOf("response", "x", "https://news.example/x", "application/http",
			[]byte("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<p>Gone."))),
		filepath.Join(dir, "rows.jsonl"),
	}, count)
	if len(got) != 2+12 {
		t.Errorf("%d outcomes", len(got))
	}
	want := map[Skip]int{SkipBlank: 3, SkipDuplicate: 1, SkipRecord: 13, SkipMedia: 1, SkipStatus: 1, SkipNoArticle: 1}
	if diff := cmp.Diff(want, skipped); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
