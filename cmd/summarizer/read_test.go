package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"github.com/seed-59202292/summarizer/internal/cleantext"
)

func TestRead(t *testing.T) {
	page, rows := write(t, "b", minePage), write(t, "c.jsonl", archiveOf(1)+"{\n")
	got := cli(t, nil, mine, "read", "--json", "-", page, rows, "/nowhere")
	if got.code != exitSomeFailed || strings.Count(got.stderr, "\n") != 2 || !strings.Contains(got.stderr, "c.jsonl:2: ") || !strings.Contains(got.stderr, "(ROW_INVALID)") {
		t.Errorf("code %d, standard error %q", got.code, got.stderr)
	}
	var all []cleantext.CleanText
	for line := range strings.Lines(got.stdout) {
		var one cleantext.CleanText
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, one)
	}
	if len(all) != 3 {
		t.Fatalf("%d articles, want 3:\n%s", len(all), got.stdout)
	}
	if all[0].ID != "-" || !strings.HasPrefix(all[0].Text, "The republic of Tessaly") || all[0].Removed[0].Rule != "dateline" {
		t.Errorf("standard input: %+v", all[0])
	}
	if all[1].ID != page || all[1].Title != "Ferry line reopens after the flood" || strings.Contains(all[1].Text, "<p>") {
		t.Errorf("page: %+v", all[1])
	}
	if all[2].ID == "" || strings.Contains(all[2].ID, "jsonl") {
		t.Errorf("the row of an archive has an id of its own, not %q", all[2].ID)
	}

	if text := cli(t, nil, mine, "read", "-"); text.code != exitOK || !strings.HasPrefix(text.stdout, "-\ntitle: Coastal republic") {
		t.Errorf("code %d, %q", text.code, text.stdout)
	}
	if nothing := cli(t, nil, "", "read", "-"); nothing.code != exitNothingDone || nothing.stdout != "" {
		t.Errorf("code %d, %q, %q", nothing.code, nothing.stdout, nothing.stderr)
	}
	if empty := cli(t, nil, "", "read", "--allow-empty", "-"); empty.code != exitOK || empty.stderr != "" {
		t.Errorf("code %d, %q", empty.code, empty.stderr)
	}
}

// TestSameReading gives one article in several encodings, forms and sources to each way in,
// which all make the same of it.
func TestSameReading(t *testing.T) {
	s := serve(t, nil)
	accented := strings.ReplaceAll(minePage, "Skerry", "Skérry")
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
		{"row.jsonl", `{"text":` + mustJSON(accented) + "}\n"}, // as over gRPC, without a media type
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

// TestSameRefusal gives texts that the service does not take to each way in.
func TestSameRefusal(t *testing.T) {
	for name, text := range map[string]string{
		"TEXT_TOO_LARGE": strings.Repeat("The ferry between Lorn and Skerry sailed again on Friday. ", 20_000),
		"TEXT_EMPTY":     "<p hidden>The ferry sailed.</p>",
	} {
		path := write(t, "a.html", text)
		for _, command := range []string{"read", "analyze"} {
			got := cli(t, nil, "", command, path)
			if got.code != exitNothingDone || !strings.Contains(got.stderr, "article.text: has ") || !strings.Contains(got.stderr, "("+name+")") {
				t.Errorf("%s %s: %d, %s", command, name, got.code, got.stderr)
			}
			if command == "read" && strings.Contains(got.stdout, "hidden") != (name == "TEXT_EMPTY") {
				t.Errorf("read %s prints %.200s", name, got.stdout)
			}
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
