package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func TestJSONL(t *testing.T) {
	full := `{"id":"a1","title":"T","text":"Body.","html":"<p>Body.</p>","language":"en",` +
		`"published":"2031-03-03T16:40:00Z","url":"https://x.example/a","section":{"ignored":[1]}}`
	published := time.Date(2031, 3, 3, 16, 40, 0, 0, time.UTC)
	at := func(line int64) Location { return Location{Path: "-", Line: line} }
	text := func(line int64, id, text string) outcome {
		return outcome{Article: &Entry{ID: id, Text: text, Location: at(line)}, Line: line}
	}
	invalid := func(line int64, message string) outcome {
		return outcome{Line: line, Reason: RowInvalid, Message: message}
	}
	guessed := text(1, "x", "café")
	guessed.Article.GuessedEncoding = "windows-1252"
	tests := []struct {
		name, input string
		want        []outcome
	}{
		{"nothing", "", nil},
		{"blank lines only", "\n  \r\n\t\n", nil},
		{"every field", full + "\n", []outcome{{Article: &Entry{
			ID: "a1", Title: "T", Text: "Body.", HTML: "<p>Body.</p>", Language: "en",
			Published: published, URL: "https://x.example/a", Location: at(1),
		}, Line: 1}}},
		{"no newline at the end", `{"id":"x","text":"t"}`, []outcome{text(1, "x", "t")}},
		{"mark, carriage returns and blank lines", "\uFEFF{\"id\":\"x\",\"text\":\"t\"}\r\n\r\n{\"id\":\"y\",\"text\":\"u\"}\r\n", []outcome{
			text(1, "x", "t"), text(3, "y", "u"),
		}},
		{"lines that end with CR", "{\"id\":\"x\",\"text\":\"t\"}\r\r{\"id\":\"y\",\"text\":\"u\"}\r{\"id\":\"z\"", []outcome{
			text(1, "x", "t"), text(3, "y", "u"), invalid(4, "the row is not valid JSON at byte 9"),
		}},
		{"object over lines that end with CR", "{\r\"id\":\"x\",\r\"text\":\"t\"\r}\r{\r\"id\":\"y\",\r\"text\":\"u\"\r}\r", []outcome{text(1, "x", "t"), text(2, "y", "u")}},
		{"array over lines that end with CR", "[\r{\"id\":\"x\",\"text\":\"t\"},\r{\"id\":\"y\",\"text\":\"u\"}\r]\r", []outcome{text(1, "x", "t"), text(2, "y", "u")}},
		{"CR within a string", "{\"id\":\"x\",\"text\":\"t}\r.\"}\n{\"id\":\"y\",\"text\":\"u\"}\n", []outcome{
			invalid(1, "the row is not valid JSON at byte 20"), text(2, "y", "u"),
		}},
		{"text sequence", "\x1e{\"id\":\"x\",\"text\":\"t\"}\n\x1e{\n  \"id\": \"y\",\n  \"text\": \"u\"\n}\n\x1e\x1e{\"id\":\"z\",\"te\x1e{\"id\":\"w\",\"text\":\"v\"}\n", []outcome{
			text(1, "x", "t"), text(2, "y", "u"), invalid(4, "the row is not valid JSON at byte 13"), text(5, "w", "v"),
		}},
		{"number as id", `{"id":12345678901234567890,"text":"t"}`, []outcome{text(1, "12345678901234567890", "t")}},
		{"no id", `{"text":"t"}`, []outcome{text(1, at(1).ID(), "t")}},
		{"null id and fields", `{"id":null,"title":null,"text":"t"}`, []outcome{text(1, at(1).ID(), "t")}},
		{"date in no known form", `{"id":"x","text":"t","published":"last Monday"}`, []outcome{text(1, "x", "t")}},
		{"language that is no tag", `{"id":"x","text":"t","language":"English"}`, []outcome{text(1, "x", "t")}},
		{"date as a number", `{"id":"x","text":"t","published":1930000000}`, []outcome{text(1, "x", "t")}},
		{"torn row between good ones", "{\"id\":\"x\",\"text\":\"t\"}\n{\"id\":\"y\",\"te\n{\"id\":\"z\",\"text\":\"v\"}\n", []outcome{
			text(1, "x", "t"), invalid(2, "the row is not valid JSON at byte 13"), text(3, "z", "v"),
		}},
		{"torn last row", `{"id":"x","text":"secret`, []outcome{invalid(1, "the row is not valid JSON at byte 24")}},
		{"two objects on a line", `{"id":"x","text":"t"} {"id":"y","text":"t"}`, []outcome{invalid(1, "the row is not valid JSON at byte 23")}},
		{"array", `["t"]`, []outcome{invalid(1, "the row is not a JSON object")}},
		{"wrong type", `{"text":["secret"]}`, []outcome{invalid(1, `the field "text" must be a string`)}},
		{"wrong id", `{"id":true}`, []outcome{invalid(1, `the field "id" must be a string or a number`)}},
		{"western encoding", "{\"id\":\"x\",\"text\":\"caf\xe9\"}", []outcome{guessed}},
		{"unknown encoding", "{\"id\":\"x\",\"text\":\"\xeb\xe9\xec\xdc\xed\xe9\"}", []outcome{
			invalid(1, "the row is not valid UTF-8 and does not say in what other encoding it is: convert it to UTF-8"),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(tt.input), iotest.OneByteReader(strings.NewReader(tt.input))} {
				if diff := cmp.Diff(tt.want, fromStdin(t, in, FormatJSONL)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

func TestJSONLLongRows(t *testing.T) {
	row := func(size int) string {
		const empty = `{"id":"x","text":""}`
		return `{"id":"x","text":"` + strings.Repeat("a", size-len(empty)) + `"}` + "\n"
	}
	input := row(MaxRowBytes) + row(MaxRowBytes+10) + row(3*MaxRowBytes) + row(100)
	got := fromStdin(t, strings.NewReader(input), FormatJSONL)
	if len(got) != 4 || got[0].Article == nil || got[3].Article == nil {
		t.Fatalf("want rows 1 and 4 read, got %d outcomes", len(got))
	}
	tooLong := fmt.Sprintf("the row is longer than %d bytes", MaxRowBytes)
	want := []outcome{{Line: 2, Reason: RowTooLarge, Message: tooLong}, {Line: 3, Reason: RowTooLarge, Message: tooLong}}
	if diff := cmp.Diff(want, got[1:3]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestJSONLBrokenInput(t *testing.T) {
	in := io.MultiReader(strings.NewReader("{\"id\":\"x\",\"text\":\"t\"}\n{\"id\":\"y\",\"text\":\"t\"}"), iotest.ErrReader(errors.New("disk on fire")))
	got := fromStdin(t, in, FormatJSONL)
	if len(got) != 2 || got[0].Article == nil {
		t.Fatalf("want an article and an error, got %+v", got)
	}
	want := outcome{Line: 2, Reason: InputUnreadable, Message: "cannot be read: disk on fire"}
	if diff := cmp.Diff(want, got[1]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSourceID(t *testing.T) {
	seen := map[string]Location{}
	for _, s := range []Location{
		{},
		{Path: "a"},
		{Path: "a", Line: 1},
		{Path: "a", Line: 2},
		{Path: "b", Line: 1},
		{Path: "a", Member: "b", Line: 1},
		{Path: "ab", Line: 1},
		{Member: "a", Line: 1},
	} {
		id := s.ID()
		if len(id) != 32 || id != s.ID() {
			t.Errorf("%v: id %q", s, id)
		}
		if other, ok := seen[id]; ok {
			t.Errorf("%v and %v have the same id", s, other)
		}
		seen[id] = s
	}
}

func BenchmarkJSONL(b *testing.B) {
	line := []byte(`{"id":"x","title":"T","text":"` + strings.Repeat("A sentence of news. ", 200) + `"}` + "\n")
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	left := b.N
	for _, err := range Files([]string{Stdin}, Options{Format: FormatJSONL, Stdin: &repeat{line: line}}) {
		if err != nil {
			b.Fatal(err)
		}
		if left--; left <= 0 {
			return
		}
	}
}

// repeat reads as line over and over.
type repeat struct{ line, rest []byte }

func (r *repeat) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		r.rest = r.line
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte("{\"id\":\"x\",\"text\":\"t\"}\n\n{\"id\":1}\r\n[]\n{"))
	f.Add([]byte("\uFEFF{\"text\":\"\\ud800\",\"published\":\"2031-03-03\"}"))
	f.Add([]byte("{\"TEXT\":\"t\",\"text\":null}\n\xff\n"))
	f.Add([]byte("{\"text\":\"t\"}\r{\"text\":\"t\"}"))
	f.Add([]byte("\x1e{\"text\":\"t\"}\n\x1e{\n\"text\":\"t\"}\n\x1e"))
	f.Add([]byte("{\"text\":\"t\"}\n\x1e"))
	f.Add([]byte("\xff\x00\x00\x00x\n{}\n[]\n"))
	f.Add([]byte("\x00\x00\x00 \x00G"))
	f.Add([]byte(`[{"id":"a","text":"t"},{"id":1,"html":"u","x":[{}]},null]`))
	f.Add([]byte("{\n\"id\": \"a\",\n\"text\": \"t\"\n}\n{\n"))
	f.Add([]byte("\xff\xfe{\x00\"\x00a\x00"))
	for _, item := range []string{ninjs1, ninjs2, ninjs3} {
		f.Add([]byte(item))
	}
	f.Add([]byte("{\"text\":\"t\",\"O\nt:n\n\xff\x01"))
	f.Add([]byte("[\n{\"text\":\"t\"},\n{\"text\":"))
	f.Add([]byte("\x1f\x9d{}\n{}"))
	f.Add([]byte("[\"text\"\n{}\n\x1e"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if opened, _, err := decompress(bufio.NewReader(bytes.NewReader(data)), data); err != nil || opened != nil || unsupportedCompression(data, "") != "" || containerOf(data, "") != "" {
			t.Skip("FuzzContainer has what is packed")
		}
		got := fromStdin(t, bytes.NewReader(data), FormatJSONL)
		decoded, err := io.ReadAll(decodeWide(bytes.NewReader(data)))
		if err != nil {
			t.Fatal(err)
		}
		const limit = 64 << 10
		beginning := decoded[:min(len(decoded), limit)]
		rows := 0
		for line := range bytes.SplitSeq(decoded, []byte{lineEnd(beginning)}) {
			if len(bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\uFEFF")))) > 0 {
				rows++
			}
		}
		isDocument := isJSONDocument(beginning, limit)
		if len(got) != rows && !isDocument && !bytes.Contains(decoded, []byte("uri")) { // items of ninjs may be passed over
			t.Fatalf("%d outcomes for %d rows", len(got), rows)
		}
		for _, o := range got {
			if a := o.Article; a != nil && (a.ID == "" || !utf8.ValidString(a.ID+a.Title+a.Text+a.HTML+a.Language+a.URL)) {
				t.Errorf("line %d: bad article %+v", o.Line, a)
			}
		}
	})
}

// A file of JSON that is not one object a line is read item by item, or refused once.
func TestJSONDocuments(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	utf16 := func(text string) string {
		return string(must(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(text))))
	}
	tests := []struct {
		name, content string
		want          []string
	}{
		{"array.json", `[{"id":"a","text":"t"}, {"id":"b","text":"u"}]`, []string{"a DIR:1", "b DIR:2"}},
		{"pretty.json", "[\n  {\n    \"id\": \"a\",\n    \"text\": \"t\"\n  },\n  {\n    \"id\": \"b\",\n    \"text\": \"u\"\n  }\n]\n", []string{"a DIR:1", "b DIR:2"}},
		{"object.json", "{\n  \"id\": \"a\",\n  \"text\": \"t\"\n}\n", []string{"a DIR:1"}},
		{"comma.json", "{ \"id\": \"a\"\n, \"text\": \"t\"\n}\n", []string{"a DIR:1"}},
		{"several.json", "{\n\"id\": \"a\",\n\"text\": \"t\"\n}\n{\n\"id\": \"b\",\n\"text\": \"u\"\n}\n", []string{"a DIR:1", "b DIR:2"}},
		{"old-mac.json", "{\r\"id\": \"a\",\r\"text\": \"t\"\r}\r", []string{"a DIR:1"}},
		{"wide.json", utf16("[\n{\"id\": \"ä\",\n\"text\": \"t\"}]"), []string{"ä DIR:1"}},
		{"wide.jsonl", utf16("{\"id\":\"ä\",\"text\":\"t\"}\n{\"id\":\"b\",\"text\":\"u\"}\n"), []string{"ä DIR:1", "b DIR:2"}},
		{"unmarked.jsonl", strings.TrimPrefix(utf16("{\"id\":\"ä\",\"text\":\"t\"}\n{\"id\":\"b\",\"text\":\"u\"}\n"), "\xff\xfe"), []string{"ä DIR:1", "b DIR:2"}},
		{"rows.txt", "{\"id\":\"a\",\"text\":\"t\"}\n{\"id\":\"b\",\"text\":\"u\"}\n", []string{"a DIR:1", "b DIR:2"}},
		{"array", `[ {"id":"a","text":"t"} ]`, []string{"a DIR:1"}},
		{"empty.json", "[\n]", nil},
		{"nothing.json", "[]", nil},
		{"null-first.json", `[null, {"id":"b","text":"t"}]`, []string{"ROW_INVALID: the row is not a JSON object", "b DIR:2"}},
		{"long-name.json", `[{"` + strings.Repeat("x", 100) + `":1,"id":"a","text":"t"}]`, []string{"a DIR:1"}},
		{"escaped-name.json", `[{"\"x\"":1,"id":"a","text":"t"},{}]`, []string{"a DIR:1", `ROW_INVALID: no "text"`}},
		{"empty-object.json", `[{},{"id":"a","text":"t"}]`, []string{`ROW_INVALID: no "text"`, "a DIR:2"}},
		{"opened.json", "{\n\"id\": \"a\", \"x\":\n{\"y\":1},\n\"text\": \"t\"\n}\n", []string{"a DIR:1"}},
		{"opened-first.json", "{\"x\":\n{\"y\":1},\n\"id\": \"a\",\n\"text\": \"t\"\n}\n", []string{"a DIR:1"}},
		{"cut-at-value.jsonl", "{\"id\":\"a\",\"text\":\n{\"id\":\"b\",\"text\":\"t\"}\n{\"id\":\"c\",\"text\":\"t\"}\n", []string{"ROW_INVALID: the row is not valid JSON at byte 17", "b DIR:2", "c DIR:3"}},
		{"cut-before-last.jsonl", "{\"id\":\"a\",\"text\":\n{\"id\":\"b\",\"text\":\"t\"}", []string{"ROW_INVALID: the row is not valid JSON at byte 17", "b DIR:2"}},
		{"bracket-first.jsonl", "[\n{\"id\":\"b\",\"text\":\"t\"}\n{\"id\":\"c\",\"text\":\"t\"}\n", []string{"ROW_INVALID: the row is not valid JSON at byte 1", "b DIR:2", "c DIR:3"}},
		{"fields.json", "{\n\"articles\": [\n{\"id\":\"a\",\"text\":\"t\"}\n]}", []string{`ROW_INVALID: no "text", but a list "articles": give its items, one a line`}},
		{"numbers.json", "[\n1,\n2,\n3\n]", []string{"ROW_INVALID: its items are not JSON objects"}},
		{"mixed.json", `[{"id":"a","text":"t"},null,{"id":"c","text":"v"}]`, []string{"a DIR:1", "ROW_INVALID: the row is not a JSON object", "c DIR:3"}},
		{"comma-at-end.json", `[{"id":"a","text":"t"},]`, []string{"a DIR:1", "ROW_INVALID: the file is not valid JSON at byte 22; what follows in it was not read"}},
		{"cut.json", `[{"id":"a","text":"t"},{"id":"b","te`, []string{"a DIR:1", "INPUT_UNREADABLE: cannot be read any further: it breaks off"}},
		{"deep.json", deep, []string{"ROW_INVALID: the row is not valid JSON at byte 10000"}},
		{"deep.jsonl", "{\"id\":\"a\",\"text\":\"t\"}\n{\"id\":\"b\",\"x\":" + deep + "\n", []string{"a DIR:1", "ROW_INVALID: the row is not valid JSON at byte 10013"}},
		{"long.json", `[{"id":"a","text":"t"},{"id":"b","text":"` + strings.Repeat("word ", 1<<20) + `"}]`, []string{"a DIR:1", fmt.Sprintf("ROW_TOO_LARGE: the item is longer than %d bytes", MaxRowBytes)}},
		{"body.jsonl", "{\"id\":\"a\",\"body\":\"t\"}\n{\"id\":\"b\",\"text\":null}\n", []string{`ROW_INVALID: no "text"`, `ROW_INVALID: no "text"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := put(t, t.TempDir(), tt.name, []byte(tt.content))
			got := outcomes(t, []string{path}, Options{})
			if diff := cmp.Diff(tt.want, table(path, got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			places := map[int64]bool{}
			for _, o := range got {
				if places[o.Line] {
					t.Errorf("two rows of the place %d", o.Line)
				}
				places[o.Line] = true
			}
		})
	}
}

// The error of a row names the article where it can.
func TestIDOfFaultyRow(t *testing.T) {
	path := put(t, t.TempDir(), "in.jsonl", []byte(`{"id":"a","body":"t"}`))
	for _, err := range Files([]string{path}, Options{}) {
		var unread *ReadError
		if !errors.As(err, &unread) || unread.ID != "a" {
			t.Errorf("%+v", err)
		}
	}
}

// An item in another encoding is read in it, not garbled.
func TestNinjsInWindows1252(t *testing.T) {
	item := `{"uri":"urn:ports:1","headline":"El señor llegó","body_text":"El barco salió mañana."}`
	raw := must(charmap.Windows1252.NewEncoder().Bytes([]byte(item)))
	for _, name := range []string{"in.jsonl", "in.json"} {
		got := outcomes(t, []string{put(t, t.TempDir(), name, raw)}, Options{KeepItems: true})
		if len(got) != 1 || got[0].Article == nil {
			t.Fatalf("%v", got)
		}
		if a := got[0].Article; a.Title != "El señor llegó" || a.Text != "El barco salió mañana." || string(a.Item) != item {
			t.Errorf("%q, %q, item %q", a.Title, a.Text, a.Item)
		}
	}
}
