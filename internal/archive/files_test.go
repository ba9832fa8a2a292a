package archive

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilesInTheirOrder(t *testing.T) {
	dir := t.TempDir()
	first := put(t, dir, "first.jsonl", []byte("{\"id\":\"a\",\"text\":\"t\"}\n{\"id\":\"b\",\"text\":\"t\"}\n"))
	second := put(t, dir, "second.jsonl", []byte("{\"id\":\"d\",\"text\":\"t\"}"))
	put(t, dir, "some/x.jsonl", []byte(`{"id":"x","text":"t"}`))
	put(t, dir, "some/y.jsonl", []byte(`{"id":"y","text":"t"}`))
	missing := filepath.Join(dir, "missing.jsonl")
	got := table(dir, outcomes(t,
		[]string{first, missing, Stdin, filepath.Join(dir, "some", "*.jsonl"), filepath.Join(dir, "no*"), second},
		Options{Stdin: strings.NewReader("{\"id\":\"c\",\"text\":\"t\"}\n")}))
	want := []string{
		"a DIR/first.jsonl:1",
		"b DIR/first.jsonl:2",
		"INPUT_UNREADABLE: cannot be opened: no such file or directory",
		"c -:1",
		"x DIR/some/x.jsonl:1",
		"y DIR/some/y.jsonl:1",
		"INPUT_UNREADABLE: cannot be opened: file does not exist",
		"d DIR/second.jsonl:1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFilesThatSeveralInputsLeadTo(t *testing.T) {
	dir := t.TempDir()
	one := put(t, dir, "a/one.txt", []byte("A story of one line."))
	put(t, dir, "a/two.txt", []byte("Another story of one line."))
	skipped := 0
	got := table(dir, outcomes(t, []string{filepath.Join(dir, "a"), filepath.Join(dir, "a", "*.txt"), one},
		Options{Skipped: func(_ Location, what Skip) {
			if what == SkipDuplicate {
				skipped++
			}
		}}))
	if len(got) != 2 || skipped != 3 {
		t.Errorf("%d passed over, articles %q", skipped, got)
	}
}

// A named pipe is read as it comes, and what cannot be read so is told why.
func TestFilesThatArePipes(t *testing.T) {
	for content, want := range map[string]string{
		`{"id":"a","text":"A story."}`: "a DIR/pipe:1",
		"PAR1":                         "FORMAT_UNKNOWN: a Parquet file cannot be read from a pipe or out of another file: name the file itself",
		"PK\x03\x04":                   "FORMAT_UNKNOWN: a zip archive has to be a file: it cannot be read from a pipe or out of another file",
	} {
		dir := t.TempDir()
		pipe := filepath.Join(dir, "pipe")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Skipf("no named pipes: %v", err)
		}
		written := make(chan error)
		go func() { written <- os.WriteFile(pipe, []byte(content), 0) }()
		if diff := cmp.Diff([]string{want}, table(dir, outcomes(t, []string{pipe}, Options{}))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if err := <-written; err != nil {
			t.Error(err)
		}
	}
}

func TestFilesOfADirectory(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "b/story.txt", []byte("A story of one line."))
	put(t, dir, "a/rows.jsonl", []byte("{\"id\":\"r1\",\"text\":\"t\"}\n"))
	put(t, dir, "picture.png", []byte("\x89PNG\r\n\x1a\n\x00\x00"))
	put(t, dir, ".hidden.txt", []byte("not read"))
	put(t, dir, ".git/config.txt", []byte("not read"))
	for link, to := range map[string]string{
		"c-circle": ".", "d-gone.txt": "nowhere.txt", "e-loop.txt": "e-loop.txt", "f-link.txt": "b/story.txt",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	skipped := map[Skip]int{}
	all := outcomes(t, []string{dir}, Options{Skipped: func(_ Location, what Skip) { skipped[what]++ }})
	var got []string
	for _, o := range all {
		if o.Article != nil {
			got = append(got, strings.ReplaceAll(o.Article.Location.String(), dir, "DIR"))
		} else {
			got = append(got, o.String())
		}
	}
	want := []string{
		"DIR/a/rows.jsonl:1",
		"DIR/b/story.txt",
		"INPUT_UNREADABLE: cannot be opened: no such file or directory",
		"INPUT_UNREADABLE: cannot be opened: too many levels of symbolic links",
		"DIR/f-link.txt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[Skip]int{SkipFile: 1, SkipLink: 1}, skipped); diff != "" {
		t.Errorf("skipped: -want +got:\n%s", diff)
	}
}

func TestFilesStopsEarly(t *testing.T) {
	n := 0
	options := Options{Stdin: strings.NewReader("{\"id\":\"a\",\"text\":\"t\"}\n{\"id\":\"b\",\"text\":\"t\"}\n")}
	for _, err := range Files([]string{Stdin, Stdin}, options) {
		if err != nil {
			t.Error(err)
		}
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d articles", n)
	}
}

func TestFormatOf(t *testing.T) {
	for _, tt := range []struct {
		name, head string
		want       Format
	}{
		{"-", "{\"text\":\"t\"}\n", FormatJSONL},
		{"-", "\uFEFF\n {\"text\"", FormatJSONL},
		{"-", "id,title,text\n1,T,t\n", FormatCSV},
		{"-", "id\t\"text\"\n", FormatTSV},
		{"-", "The text, it said, was lost.\n", FormatText},
		{"-", "<!doctype html><html>", FormatHTML},
		{"-", "<p>The tag &lt;rss> is old.", FormatHTML},
		{"-", "<html><body><feed>", FormatHTML},
		{"-", "<?xml version=\"1.0\"?>\n<rss version=\"2.0\">", FormatFeed},
		{"page.html", "<?xml version=\"1.0\"?><feed xmlns=\"x\">", FormatFeed},
		{"sitemap.xml", "<?xml version=\"1.0\"?>\n<!-- x --><urlset xmlns=\"x\"><url>", FormatAuto},
		{"page.xml", "<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"x\">", FormatHTML},
		{"story.xml", "<?xml version=\"1.0\"?><nitf><head>", FormatHTML},
		{"page.xhtml", "<?xml version=\"1.0\"?><urlset>", FormatHTML},
		{"seq.txt", "\x1e{\"text\":\"t\"}\n", FormatJSONL},
		{"-", "WARC/1.1\r\n", FormatWARC},
		{"x.csv", "WARC/1.0\r\n", FormatWARC},
		{"x.md", "{curly} beginning", FormatMarkdown},
		{"x.TXT", "{curly} beginning", FormatText},
		{"-", "PAR1\x15\x00", FormatParquet},
		{"-", "\x00\x01\x02", FormatAuto},
		{"photo.jpg", "\xff\xd8\xff\xe0", FormatAuto},
		{"-", "", FormatAuto},
		{"-", "caf\xc3", FormatText}, // a character that the window cuts
		{"-", "La maire a d\xe9clar\xe9 mardi que la r\xe9paration du pont co\xfbterait tr\xe8s cher \xe0 la r\xe9gion.\n", FormatText},
		{"-", "# Ferry line reopens\n\nThe ferry", FormatMarkdown},
		{"x.txt", "# Ferry line reopens\n\nThe ferry", FormatText},
		{"-", "#1 in the charts\n\nThe song", FormatText},
		{"-", "\xff\xd8\xff\xe0\x00\x10JFIF", FormatAuto},
	} {
		if got := formatOf([]byte(tt.head), tt.name, Fields{}.columns()); got != tt.want {
			t.Errorf("formatOf(%q, %s) = %q, want %q", tt.head, tt.name, got, tt.want)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range formats {
		if got, err := ParseFormat(string(f)); err != nil || got != f {
			t.Errorf("ParseFormat(%q) = %q, %v", f, got, err)
		}
	}
	if got, err := ParseFormat("auto"); err != nil || got != FormatAuto {
		t.Errorf("auto: %q, %v", got, err)
	}
	if _, err := ParseFormat("docx"); err == nil || !strings.Contains(err.Error(), "jsonl") {
		t.Errorf("docx: %v; want an error that lists the formats", err)
	}
}
