package systemtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/cleantext"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// ferryPage is an article as a page.
const ferryPage = `<!doctype html><html><head><title>Ferry line reopens</title><script>var x = 1;</script></head><body><article>
<h1>Ferry line reopens after the flood</h1>
<p>The ferry between Lorn and Skerry sailed again on Friday, three weeks after the flood tore away the landing stage.</p>
<p>The harbour authority said the repair had cost two million crowns. A second landing stage will follow in the autumn.</p>
<p>Passengers cheered as the first boat left at dawn. Tickets cost as much as before the flood.</p>
<p>The flood in March was the highest since measurements began, according to the river survey.</p>
</article></body></html>`

// An output and the files beside it are no inputs, however the inputs lead to them. The limit
// ends a run that reads its own output.
func TestBatchDoesNotReadItsOutput(t *testing.T) {
	link := func(make func(from, to string) error, name string) func(*testing.T, string, string) {
		return func(t *testing.T, directory, out string) {
			if err := os.WriteFile(out, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := make(out, filepath.Join(directory, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name    string
		out     string // relative to the directory of the inputs
		prepare func(t *testing.T, directory, out string)
		args    []string // DIR stands for the directory
	}{
		{name: "directory", out: "out.jsonl", args: []string{"DIR"}},
		{name: "pattern", out: "out.jsonl", args: []string{"DIR/*"}},
		{name: "other spelling", out: "out.jsonl", args: []string{"DIR/../in/."}},
		{name: "table", out: "out.csv", args: []string{"DIR"}},
		{name: "table by a pattern", out: "out.csv", args: []string{"DIR/*"}},
		{name: "in order", out: "out.jsonl", args: []string{"DIR", "--ordered"}},
		{name: "link", out: "../out.jsonl", prepare: link(os.Symlink, "link.jsonl"), args: []string{"DIR", "--overwrite"}},
		{name: "hard link", out: "../out.jsonl", prepare: link(os.Link, "link.jsonl"), args: []string{"DIR", "--overwrite"}},
		{name: "output behind a link", out: "link.jsonl", prepare: func(t *testing.T, directory, _ string) {
			target := filepath.Join(directory, "target.jsonl")
			link(os.Symlink, "link.jsonl")(t, directory, target)
		}, args: []string{"DIR", "--overwrite"}},
		{name: "left by a killed run", out: "out.jsonl", prepare: func(t *testing.T, _, out string) {
			for _, name := range []string{".tmp", ".prior", ".state", ".lock"} {
				if err := os.WriteFile(out+name, []byte(archiveOf(2)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}, args: []string{"DIR", "--overwrite"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			directory := filepath.Join(t.TempDir(), "in")
			if err := os.Mkdir(directory, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(directory, "a.txt"), []byte(strike), 0o600); err != nil {
				t.Fatal(err)
			}
			// Later in the order of names, so that it is read after the article has its row.
			out := filepath.Join(directory, tt.out)
			if tt.prepare != nil {
				tt.prepare(t, directory, out)
			}
			args := []string{"batch", "-o", out, "--concurrency", "1", "--limit", "20"}
			for _, arg := range tt.args {
				args = append(args, strings.ReplaceAll(arg, "DIR", directory))
			}
			got := cli(t, nil, "", args...)
			if got.code != exitOK || !strings.Contains(got.stderr, "done: 1 rows") {
				t.Errorf("code %d, %s", got.code, got.stderr)
			}
			if !strings.Contains(got.stderr, "passed over: file that this run writes: ") {
				t.Errorf("the file is not mentioned: %s", got.stderr)
			}
		})
	}
}

// TestSameReading gives one article in several encodings, forms and sources to each way in,
// which all make the same of it.
func TestSameReading(t *testing.T) {
	s := serve(t, nil)
	accented := strings.ReplaceAll(ferryPage, "Skerry", "Skérry")
	row, err := json.Marshal(map[string]string{"text": accented})
	if err != nil {
		t.Fatal(err)
	}
	declared := func(charset string) string {
		return strings.Replace(accented, "<title>", `<meta charset="`+charset+`"><title>`, 1)
	}
	western := mustEncode(t, charmap.Windows1252.NewEncoder().String, declared("windows-1252"))
	wide := mustEncode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String, accented)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(accented))
	_ = z.Close()
	markdown := "# Ferry line reopens after the flood\n" + strings.NewReplacer("<p>", "\n", "</p>", "\n").Replace(
		accented[strings.Index(accented, "<p>"):strings.LastIndex(accented, "</article>")])

	plain := strings.TrimPrefix(markdown, "# ")

	var want string
	for _, tt := range []struct{ file, content string }{
		{"page.html", accented},
		{"page", accented},
		{"page.htm", declared("iso-8859-1")}, // which it is not
		{"western.html", western},
		{"western", western},
		{"wide.html", wide},
		{"wide", wide},
		{"page.html.gz", zipped.String()},
		{"page.md", markdown},
		{"markdown", markdown},
		{"plain.txt", plain},
		{"plain", plain},
		{"western.txt", mustEncode(t, charmap.Windows1252.NewEncoder().String, plain)},
		{"western text", mustEncode(t, charmap.Windows1252.NewEncoder().String, plain)},
		{"row.jsonl", string(row) + "\n"}, // as over gRPC, without a media type
	} {
		path := write(t, tt.file, tt.content)
		out := write(t, "out.jsonl", "")
		if err := os.Remove(out); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		if got := cli(t, nil, "", "batch", path, "-o", out); got.code != exitOK {
			t.Fatalf("%s: batch: %+v", tt.file, got)
		}
		written, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		var row struct {
			Title  string
			Result json.RawMessage
		}
		if err := json.Unmarshal(written, &row); err != nil {
			t.Fatal(err)
		}
		got["batch"] = summaryOf(t, row.Result)
		if tt.file != "row.jsonl" {
			got["analyze"] = summaryOf(t, []byte(cli(t, nil, "", "analyze", "--json", path).stdout))
			got["analyze -"] = summaryOf(t, []byte(cli(t, nil, tt.content, "analyze", "--json", "-").stdout))
			got["gRPC"] = summaryOf(t, []byte(cli(t, nil, "", "analyze", "--json", "--addr", s.grpc, path).stdout))
		}
		var read cleantext.CleanText
		if err := json.Unmarshal([]byte(cli(t, nil, "", "read", "--json", path).stdout), &read); err != nil {
			t.Fatal(err)
		}
		if read.Title != "Ferry line reopens after the flood" || !strings.HasPrefix(read.Text, "The ferry between Lorn and Skérry sailed") || read.Language != "en" {
			t.Errorf("%s: read: %+v", tt.file, read)
		}
		if row.Title != read.Title {
			t.Errorf("%s: the row has the title %q", tt.file, row.Title)
		}
		for way, summary := range got {
			if want == "" {
				want = summary
			}
			if summary != want || !strings.Contains(summary, "Skérry") {
				t.Errorf("%s: %s: %q, want %q", tt.file, way, summary, want)
			}
		}
	}
}

// TestGuessedEncoding gives a page without a declaration to each command, all of which say
// that its encoding is a guess.
func TestGuessedEncoding(t *testing.T) {
	page := mustEncode(t, japanese.ShiftJIS.NewEncoder().String, "<html><body><p>フェリーの運航が再開した。市議会は月曜日に桟橋の修理を承認し、島への便が戻った。</p><p>住民は喜んでいる。運賃は秋まで変わらないと市長は話した。</p></body></html>")
	path := write(t, "page.html", page)
	out := filepath.Join(t.TempDir(), "out.jsonl")
	if got := cli(t, nil, "", "batch", path, "-o", out); got.code != exitOK {
		t.Fatalf("batch: %+v", got)
	}
	rows, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for way, printed := range map[string]string{
		"batch":          string(rows),
		"analyze --json": cli(t, nil, "", "analyze", "--json", path).stdout,
		"analyze -":      cli(t, nil, page, "analyze", "--json", "-").stdout,
		"read --json":    cli(t, nil, "", "read", "--json", path).stdout,
	} {
		if !strings.Contains(printed, `"ENCODING_GUESSED"`) || !strings.Contains(printed, `{"encoding":"shift_jis"}`) || !strings.Contains(printed, "市議会") {
			t.Errorf("%s: %s", way, printed)
		}
	}
	for _, command := range []string{"analyze", "read"} {
		printed := strings.Join(strings.Fields(cli(t, nil, "", command, path).stdout), " ")
		if !strings.Contains(printed, "read as shift_jis (ENCODING_GUESSED)") {
			t.Errorf("%s: %s", command, printed)
		}
	}
}

func summaryOf(t *testing.T, answer []byte) string {
	t.Helper()
	var a struct{ Summary struct{ Text string } }
	if err := json.Unmarshal(answer, &a); err != nil {
		t.Fatalf("%q: %v", answer, err)
	}
	return a.Summary.Text
}

func mustEncode(t *testing.T, encode func(string) (string, error), text string) string {
	t.Helper()
	encoded, err := encode(text)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
