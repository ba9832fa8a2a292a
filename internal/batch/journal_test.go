package batch

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/atomicfile"
)

// open opens a journal in the directory of the test.
func open(t *testing.T, path string, o JournalOptions) *Journal {
	t.Helper()
	o.Path = path
	if o.Identity == "" {
		o.Identity = "same"
	}
	j, err := OpenJournal(o)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// runInto runs n numbered articles into a journal and closes it; the articles of
// failing fail. It returns the texts that the analyzer was asked for.
func runInto(t *testing.T, j *Journal, n int, ordered bool, failing ...string) []string {
	t.Helper()
	var articles []*archive.Entry
	for i := range n {
		articles = append(articles, article(i))
	}
	return runArticles(t, j, articles, ordered, failing...)
}

// runArticles does the same with any articles.
func runArticles(t *testing.T, j *Journal, articles []*archive.Entry, ordered bool, failing ...string) []string {
	t.Helper()
	var asked []string
	analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		text := r.GetArticle().GetText()
		asked = append(asked, text)
		if slices.Contains(failing, text) {
			return nil, status.Error(codes.Internal, "failed")
		}
		return echo(ctx, r)
	})
	sequence := func(yield func(*archive.Entry, error) bool) {
		for _, a := range articles {
			if !yield(a, nil) {
				return
			}
		}
	}
	if _, err := Run(t.Context(), j.Pending(sequence), j, Options{Analyzer: analyzer, Concurrency: 1, Ordered: ordered}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(true); err != nil {
		t.Fatal(err)
	}
	return asked
}

// ids returns the ids of the rows of a file in their order.
func ids(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for line := range bytes.Lines(content) {
		_, rest, _ := strings.Cut(string(line), `{"id":"`)
		id, _, _ := strings.Cut(rest, `"`)
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}

func TestResumeDoesWhatIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	runInto(t, open(t, path, JournalOptions{}), 3, false, "1")
	if _, err := OpenJournal(JournalOptions{Path: path, Identity: "same"}); !errors.Is(err, ErrExists) {
		t.Errorf("without Resume: %v, want ErrExists", err)
	}
	if _, err := OpenJournal(JournalOptions{Path: path, Identity: "other", Resume: true}); !errors.Is(err, ErrOtherOptions) {
		t.Errorf("with other options: %v, want ErrOtherOptions", err)
	}
	j := open(t, path, JournalOptions{Resume: true})
	if j.Kept != 2 || j.Retried != 1 || j.Dropped != 0 {
		t.Errorf("kept %d, redone %d, dropped %d", j.Kept, j.Retried, j.Dropped)
	}
	if asked := runInto(t, j, 5, false); cmp.Diff([]string{"1", "3", "4"}, asked) != "" {
		t.Errorf("asked for %v, want 1, 3 and 4", asked)
	}
	if got := ids(t, path); got != "0 2 1 3 4" {
		t.Errorf("rows %q", got)
	}
	if asked := runInto(t, open(t, path, JournalOptions{Resume: true}), 5, false); asked != nil {
		t.Errorf("a run that is done asked for %v", asked)
	}
	j = open(t, path, JournalOptions{Resume: true, Identity: "other", Force: true})
	if asked := runInto(t, j, 5, false); asked != nil {
		t.Errorf("forced: asked for %v", asked)
	}
	if asked := runInto(t, open(t, path, JournalOptions{Overwrite: true}), 2, false); len(asked) != 2 {
		t.Errorf("overwritten: asked for %v", asked)
	}
}

func TestResumeKeepsTheOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	runInto(t, open(t, path, JournalOptions{Ordered: true}), 6, true, "1", "4")
	// Interrupted twice: after the first rows of a resumed run were written.
	for _, until := range []int{1, 2} {
		j := open(t, path, JournalOptions{Resume: true, Ordered: true})
		analyzer := analyzerFunc(echo)
		options := Options{Analyzer: analyzer, Concurrency: 1, Ordered: true, Limit: int64(until)}
		if _, err := Run(t.Context(), j.Pending(numbered(6)), j, options); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(true); err != nil {
			t.Fatal(err)
		}
	}
	j := open(t, path, JournalOptions{Resume: true, Ordered: true})
	runInto(t, j, 8, true)
	if got := ids(t, path); got != "0 1 2 3 4 5 6 7" {
		t.Errorf("rows %q", got)
	}
	if left, _ := filepath.Glob(path + ".prior*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// Rows follow articles that come in another order than before, and nothing is done again.
func TestResumeFollowsTheOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	runInto(t, open(t, path, JournalOptions{Ordered: true}), 4, true)
	var backwards []*archive.Entry
	for i := 3; i >= 0; i-- {
		backwards = append(backwards, article(i))
	}
	j := open(t, path, JournalOptions{Resume: true, Ordered: true})
	if asked := runArticles(t, j, backwards, true); asked != nil {
		t.Errorf("asked for %v", asked)
	}
	if got := ids(t, path); got != "3 2 1 0" {
		t.Errorf("rows %q", got)
	}
}

// A place that holds another article than before is done again, and its former row goes.
func TestResumeNoticesOtherArticles(t *testing.T) {
	at := func(line int, text string) *archive.Entry {
		return &archive.Entry{ID: text, Text: text, Location: archive.Location{Path: "in", Line: int64(line)}}
	}
	lines := func(texts string) (articles []*archive.Entry) {
		for i, text := range strings.Fields(texts) {
			articles = append(articles, at(i+1, text))
		}
		return articles
	}
	for _, tt := range []struct {
		name, before, after, asked string
		wantOrdered, wantUnordered string
	}{
		{"the same", "a b c", "a b c", "", "a b c", "a b c"},
		{"one has changed", "a b c d", "a x c d", "x", "a x c d", "a c d x"},
		{"the first has changed", "a b c", "x b c", "x", "x b c", "b c x"},
		{"a line more at the top", "a b c", "x a b c", "x a b c", "x a b c", "x a b c"},
		{"a line more at the end", "a b c", "a b c x", "x", "a b c x", "a b c x"},
		{"a line less at the end", "a b c", "a b", "", "a b c", "a b c"},
		{"a line less in the middle", "a b c d", "a c d", "c d", "a c d d", "a d c d"},
	} {
		for _, ordered := range []bool{true, false} {
			path := filepath.Join(t.TempDir(), "out.jsonl")
			runArticles(t, open(t, path, JournalOptions{Ordered: ordered}), lines(tt.before), ordered)
			j := open(t, path, JournalOptions{Resume: true, Ordered: ordered})
			if asked := strings.Join(runArticles(t, j, lines(tt.after), ordered), " "); asked != tt.asked {
				t.Errorf("%s, ordered %t: asked for %q, want %q", tt.name, ordered, asked, tt.asked)
			}
			want := tt.wantUnordered
			if ordered {
				want = tt.wantOrdered
			}
			if got := ids(t, path); got != want {
				t.Errorf("%s, ordered %t: rows %q, want %q", tt.name, ordered, got, want)
			}
			if left, _ := filepath.Glob(path + ".*"); len(left) != 1 {
				t.Errorf("%s, ordered %t: left behind: %v", tt.name, ordered, left)
			}
		}
	}
}

// An article that has changed and fails has one row, of its failure.
func TestResumeOfAChangedArticleThatFails(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "out.jsonl")
		runInto(t, open(t, path, JournalOptions{Ordered: ordered}), 3, ordered)
		changed := article(0)
		changed.ID, changed.Text = "x", "x"
		runArticles(t, open(t, path, JournalOptions{Resume: true, Ordered: ordered}), []*archive.Entry{changed, article(1), article(2)}, ordered, "x")
		want := map[bool]string{true: "x 1 2", false: "1 2 x"}[ordered]
		if got := ids(t, path); got != want {
			t.Errorf("ordered %t: rows %q, want %q", ordered, got, want)
		}
		if asked := runInto(t, open(t, path, JournalOptions{Resume: true, Ordered: ordered}), 3, ordered); cmp.Diff([]string{"0"}, asked) != "" {
			t.Errorf("ordered %t: asked for %v, want 0 again", ordered, asked)
		}
		if got := ids(t, path); ordered && got != "0 1 2" || !ordered && got != "1 2 0" {
			t.Errorf("ordered %t: rows %q", ordered, got)
		}
	}
}

// Members of one name are told apart.
func TestResumeTellsMembersOfOneName(t *testing.T) {
	var members []*archive.Entry
	for _, ordinal := range []int64{0, 2, 3} {
		text := fmt.Sprint(ordinal)
		members = append(members, &archive.Entry{ID: text, Text: text, Location: archive.Location{Path: "in.tar", Member: "a.txt", Ordinal: ordinal}})
	}
	for _, ordered := range []bool{true, false} {
		for n := range len(members) + 1 {
			path := filepath.Join(t.TempDir(), "out.jsonl")
			runArticles(t, open(t, path, JournalOptions{Ordered: ordered}), members[:n], ordered)
			if asked := runArticles(t, open(t, path, JournalOptions{Resume: true, Ordered: ordered}), members, ordered); len(asked) != len(members)-n {
				t.Errorf("ordered %t, after %d: asked for %v", ordered, n, asked)
			}
			if got := ids(t, path); got != "0 2 3" {
				t.Errorf("ordered %t, after %d: rows %q", ordered, n, got)
			}
		}
	}
}

// Rows in the order of their articles stay where they are, so that a run which is killed
// early each time makes headway.
func TestOrderedRowsStayInPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	runInto(t, open(t, path, JournalOptions{Ordered: true}), 3, true)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	j := open(t, path, JournalOptions{Resume: true, Ordered: true})
	for a, err := range j.Pending(numbered(5)) {
		if err != nil || a.ID != "3" {
			t.Fatalf("article %v is pending, %v", a, err)
		}
		after, err := os.ReadFile(path)
		if left, _ := filepath.Glob(path + ".prior*"); err != nil || !bytes.Equal(before, after) || left != nil {
			t.Errorf("the rows are %q, %v, and %v is put aside", after, err, left)
		}
		break
	}
	if err := j.Close(false); err != nil {
		t.Fatal(err)
	}
	j = open(t, path, JournalOptions{Resume: true, Ordered: true})
	if asked := runInto(t, j, 5, true); cmp.Diff([]string{"3", "4"}, asked) != "" || j.Kept != 3 {
		t.Errorf("asked for %v, kept %d", asked, j.Kept)
	}
}

// Rows without a digest, of an earlier version, are kept.
func TestResumeKeepsRowsWithoutDigest(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "out.jsonl")
		runInto(t, open(t, path, JournalOptions{Ordered: ordered}), 3, ordered)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content = regexp.MustCompile(`"digest":"[0-9a-f]{16}",`).ReplaceAll(content, nil)
		if bytes.Contains(content, []byte("digest")) {
			t.Fatalf("rows %s", content)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if asked := runInto(t, open(t, path, JournalOptions{Resume: true, Ordered: ordered}), 4, ordered); cmp.Diff([]string{"3"}, asked) != "" {
			t.Errorf("ordered %t: asked for %v", ordered, asked)
		}
	}
}

// Rows that were taken up to be copied back, and not written, are not lost when
// the run fails: neither when the order nor when the output is at fault.
func TestFailedRunKeepsWhatWasPutAside(t *testing.T) {
	for _, ordered := range []bool{true, false} { // how it is gone on with
		path := filepath.Join(t.TempDir(), "out.jsonl")
		runInto(t, open(t, path, JournalOptions{Ordered: true}), 4, true, "0")
		j := open(t, path, JournalOptions{Resume: true, Ordered: true})
		full := writerFunc(func([]byte) (int, error) { return 0, syscall.ENOSPC })
		_, err := Run(t.Context(), j.Pending(numbered(4)), full, Options{Analyzer: analyzerFunc(echo), Ordered: true})
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("err = %v, want that of the output", err)
		}
		if err := j.Close(err == nil); err != nil {
			t.Fatal(err)
		}
		j = open(t, path, JournalOptions{Resume: true, Ordered: ordered})
		if asked := runInto(t, j, 5, ordered); cmp.Diff([]string{"0", "4"}, asked) != "" {
			t.Errorf("ordered %t: asked for %v, want 0 and 4 alone", ordered, asked)
		}
		if got, want := ids(t, path), map[bool]string{true: "0 1 2 3 4", false: "1 2 3 0 4"}[ordered]; got != want {
			t.Errorf("ordered %t: rows %q, want %q", ordered, got, want)
		}
		if left, _ := filepath.Glob(path + ".*"); len(left) != 1 {
			t.Errorf("ordered %t: left behind: %v", ordered, left)
		}
	}
}

// Rows that cannot be put aside end the run, and are where they were.
func TestNothingIsLostWhereNothingCanBePutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	runInto(t, open(t, path, JournalOptions{Ordered: true}), 4, true, "0")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A directory that is not empty is in the way.
	if err := os.MkdirAll(filepath.Join(path+".prior.tmp", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	j := open(t, path, JournalOptions{Resume: true, Ordered: true})
	faults := 0
	for a, err := range j.Pending(numbered(4)) { // the reader goes on until the run has ended
		if a != nil || err == nil {
			t.Errorf("article %v, %v", a, err)
		}
		faults++
	}
	if err := j.Close(false); err != nil || faults != 4 {
		t.Errorf("%d faults, %v", faults, err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the rows are %q, %v", after, err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A process that is killed while it replaces an output leaves no rows that pass
// for those of the options that it had.
func TestOverwriteThatFailsMixesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	runInto(t, open(t, path, JournalOptions{}), 2, false)
	// A directory that is not empty is in the way of the state.
	if err := os.MkdirAll(filepath.Join(path+".state.tmp", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(JournalOptions{Path: path, Identity: "other", Overwrite: true}); err == nil {
		t.Fatal("the state was written over a directory")
	}
	if err := os.RemoveAll(path + ".state.tmp"); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, path); got != "" {
		t.Errorf("rows %q beside a state that is not theirs", got)
	}
	j := open(t, path, JournalOptions{Resume: true, Identity: "other"})
	if asked := runInto(t, j, 2, false); len(asked) != 2 {
		t.Errorf("asked for %v, want both", asked)
	}
}

// What a killed process leaves of a file that it was writing goes with the next.
func TestNothingIsLeftOfAKilledRewrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	runInto(t, open(t, path, JournalOptions{}), 2, false, "0")
	if err := os.WriteFile(path+".tmp", []byte("half a row"), 0o600); err != nil {
		t.Fatal(err)
	}
	runInto(t, open(t, path, JournalOptions{Resume: true}), 2, false)
	if got := ids(t, path); got != "1 0" {
		t.Errorf("rows %q", got)
	}
	if left, _ := filepath.Glob(path + ".tmp*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// Whatever a killed process leaves of its last write, and whatever else got into
// the file, a resumed run ends with one row for each article.
func TestResumeRepairs(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "out.jsonl")
	runInto(t, open(t, whole, JournalOptions{}), 4, false)
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{
		"noise":  append([]byte("noise\n{}\n"+`{"id":"x","source":{"path":"in","line":1},"status":"other"}`+"\n"), content...),
		"double": append(bytes.Clone(content), content...),
		"far":    append([]byte(`{"id":"x","source":{"path":"in","line":9000000000000000000},"status":"ok"}`+"\n"), content...),
	}
	begin := 0
	for line := range bytes.Lines(content) {
		for _, cut := range []int{0, 1, len(line) / 2, len(line) - 1} {
			damaged[fmt.Sprintf("cut at %d", begin+cut)] = content[:begin+cut]
		}
		begin += len(line)
	}
	state, err := os.ReadFile(whole + ".state")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range damaged {
		for _, ordered := range []bool{false, true} {
			path := filepath.Join(t.TempDir(), "out.jsonl")
			if err := errors.Join(os.WriteFile(path+".state", state, 0o600), os.WriteFile(path, content, 0o600)); err != nil {
				t.Fatal(err)
			}
			runInto(t, open(t, path, JournalOptions{Resume: true, Ordered: ordered}), 5, ordered)
			if got := ids(t, path); got != "0 1 2 3 4" {
				t.Errorf("%s, ordered %t: rows %q", name, ordered, got)
			}
		}
	}
}

func TestPlaceMap(t *testing.T) {
	var m placeMap
	at := func(path, member string, ordinal, line int64) archive.Location {
		return archive.Location{Path: path, Member: member, Ordinal: ordinal, Line: line}
	}
	places := []archive.Location{
		at("a", "", 0, 0), at("a", "", 0, 1), at("a", "m", 0, 1), at("a", "m", 2, 1), at("b", "", 0, 64), at("b", "", 0, 63), at("a", "", 0, 1<<60),
	}
	for i, s := range places {
		if got := m.get(s); got != 0 {
			t.Errorf("%v has %d from the start", s, got)
		}
		m.set(s, uint64(i)+1)
	}
	for i, s := range places {
		if got := m.get(s); got != uint64(i)+1 {
			t.Errorf("%v has %d, want %d", s, got, i+1)
		}
	}
	m.set(at("a", "", 0, -1), 1)
	for _, s := range []archive.Location{at("a", "", 0, 2), at("a", "m", 0, 0), at("am", "", 0, 1), at("a", "", 0, -1), at("c", "", 0, 1)} {
		if got := m.get(s); got != 0 {
			t.Errorf("%v has %d, and was never set", s, got)
		}
	}
	if m.get(at("./a", "", 0, 1)) != 2 {
		t.Error("./a is not a")
	}
	if m.set(places[0], 0); m.get(places[0]) != 0 {
		t.Error("a place cannot be taken out")
	}
}

// The header of a row is what the library reads of it, and a line that is no whole row
// has none.
func TestRowHeader(t *testing.T) {
	row := &OutputRow{ID: "i", Source: archive.Location{Path: "a\"b", Member: "m", Ordinal: 2, Line: 7}, Digest: "00000000000000ff", Status: StatusOK, Result: []byte(`{"summary":{"text":"x"}}`)}
	line, err := encodeRow(row)
	if err != nil {
		t.Fatal(err)
	}
	var decoder headerDecoder
	want := rowHeader{source: row.Source, digest: 0xff, status: StatusOK}
	if got := decoder.header(line); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for cut := range line {
		if got := decoder.header(append(bytes.Clone(line[:cut]), '\n')); got != (rowHeader{}) && cut < len(line)-1 {
			t.Errorf("cut at %d: %+v", cut, got)
		}
	}
	for _, line := range []string{"", "{}", "[]\n", "1\n", `{"status":1}` + "\n", `{"source":[],"status":{}}` + "\n", `{"source":{"line":-1},"status":"ok"}` + "\n", string(line[:len(line)-1]) + "}\n"} {
		if got := decoder.header([]byte(line)); got.status != "" {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

func TestExport(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rows.jsonl")
	runInto(t, open(t, path, JournalOptions{}), 3, false, "1")
	want := [][]string{{"0", "ok", "0", "SOURCE_LOCAL", ""}, {"1", "error", "", "", "INTERNAL"}, {"2", "ok", "2", "SOURCE_LOCAL", ""}}

	table := filepath.Join(dir, "out.csv")
	if err := Export(path, table, FormCSV); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil || len(cells) != 4 || cmp.Diff(columns(), cells[0]) != "" {
		t.Fatalf("%v, %v", cells, err)
	}
	var got [][]string
	for _, c := range cells[1:] {
		got = append(got, []string{c[0], c[5], c[6], c[10], c[18]})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CSV: -want +got:\n%s", diff)
	}

	table = filepath.Join(dir, "out.parquet")
	if err := Export(path, table, FormParquet); err != nil {
		t.Fatal(err)
	}
	records, err := parquet.ReadFile[tableRow](table)
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, r := range records {
		got = append(got, []string{r.ID, r.Status, r.Summary, r.SummarySource, r.ErrorCode})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parquet: -want +got:\n%s", diff)
	}

	if err := os.WriteFile(path, []byte("noise\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Export(path, table, FormParquet); err == nil {
		t.Error("noise was exported")
	}
	if again, err := parquet.ReadFile[tableRow](table); err != nil || len(again) != 3 {
		t.Errorf("a failed export left %d rows, %v", len(again), err)
	}
}

// A table has its rows beside it until nothing is left to do, is written by one run
// at a time, and is not begun anew by mistake.
func TestOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.csv")
	openOutput := func(o JournalOptions) (*Output, error) {
		o.Path, o.Identity = path, "same"
		return OpenOutput(o, FormCSV)
	}
	run := func(o JournalOptions, n int, complete bool, wantKept string) {
		t.Helper()
		out, err := openOutput(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openOutput(o); !errors.Is(err, atomicfile.ErrLocked) {
			t.Errorf("opened twice: %v", err)
		}
		if _, err := Run(t.Context(), out.Pending(numbered(n)), out, Options{Analyzer: analyzerFunc(echo)}); err != nil {
			t.Error(err)
		}
		if kept, err := out.Close(true, complete); kept != wantKept || err != nil {
			t.Errorf("closed with %q, %v, want %q", kept, err, wantKept)
		}
	}
	run(JournalOptions{}, 2, false, path+".rows.jsonl")
	if _, err := openOutput(JournalOptions{}); !errors.Is(err, ErrExists) {
		t.Errorf("begun anew: %v", err)
	}
	run(JournalOptions{Resume: true}, 3, true, "")
	if _, err := openOutput(JournalOptions{Resume: true}); !errors.Is(err, ErrComplete) {
		t.Errorf("resumed when complete: %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil || strings.Count(string(content), ",ok,") != 3 {
		t.Errorf("the table holds %q, %v", content, err)
	}
	for _, name := range OutputFiles(path, FormCSV) {
		if _, err := os.Stat(name); name != path && err == nil {
			t.Errorf("%s is left", name)
		}
	}
}

// A link that an output is named by leads to one file with one lock, and stays a link.
func TestOutputBehindLinks(t *testing.T) {
	for form, lines := range map[Form]int{FormJSONL: 6, FormCSV: 7} {
		dir := t.TempDir()
		disk := filepath.Join(dir, "disk")
		if err := os.Mkdir(disk, 0o700); err != nil {
			t.Fatal(err)
		}
		file, link, far := filepath.Join(disk, "out"), filepath.Join(disk, "link"), filepath.Join(dir, "far")
		if err := errors.Join(os.Symlink("out", link), os.Symlink(link, far)); err != nil {
			t.Skipf("no symbolic links: %v", err)
		}
		for i, name := range []string{far, file, link, far} {
			o, err := OpenOutput(JournalOptions{Path: name, Identity: "same", Resume: true}, form)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := OpenOutput(JournalOptions{Path: file, Identity: "same", Resume: true}, form); !errors.Is(err, atomicfile.ErrLocked) {
				t.Errorf("%s: opened twice, by another name: %v", form, err)
			}
			failing := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
				if r.GetArticle().GetText() == "1" {
					return nil, status.Error(codes.Internal, "failed")
				}
				return echo(ctx, r)
			})
			if _, err := Run(t.Context(), o.Pending(numbered(3+i)), o, Options{Analyzer: failing}); err != nil {
				t.Fatal(err)
			}
			if _, err := o.Close(true, false); err != nil {
				t.Fatal(err)
			}
		}
		content, err := os.ReadFile(file)
		if n := strings.Count(string(content), "\n"); err != nil || n != lines {
			t.Errorf("%s: %d lines, %v, want %d", form, n, err, lines)
		}
		for _, name := range []string{link, far} {
			if info, err := os.Lstat(name); err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Errorf("%s: %s is no link any more: %v, %v", form, name, info, err)
			}
		}
		if beside, _ := filepath.Glob(filepath.Join(dir, "*.*")); beside != nil {
			t.Errorf("%s: beside the link: %v", form, beside)
		}
	}
}

// Rows whose file is gone at the end of a run are not a result.
func TestOutputThatIsMoved(t *testing.T) {
	for name, move := range map[string]func(path string) error{
		"removed": os.Remove,
		"renamed": func(path string) error { return os.Rename(path, path+".old") },
		"replaced": func(path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600))
		},
	} {
		path := filepath.Join(t.TempDir(), "out.jsonl")
		j := open(t, path, JournalOptions{})
		if err := move(path); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), j.Pending(numbered(3)), j, Options{Analyzer: analyzerFunc(echo)}); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(true); !errors.Is(err, ErrMoved) {
			t.Errorf("%s: closed with %v", name, err)
		}
	}
}

// A named pipe without a reader does not keep a run from its interruption.
func TestSinkWithoutAReader(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no named pipes: %v", err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if _, err := OpenSink(ctx, JournalOptions{Path: pipe}, FormJSONL, io.Discard, t.Logf); !errors.Is(err, context.Canceled) {
		t.Errorf("opened with %v", err)
	}
	// The open under way ends with its reader.
	reader, err := os.Open(pipe)
	if err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
}

// A member whose name is not UTF-8 is found again.
func TestResumeOfForeignNames(t *testing.T) {
	var content bytes.Buffer
	w := tar.NewWriter(&content)
	for _, name := range []string{"caf\xe9.txt", "caf\xe8.txt"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: 8, Format: tar.FormatGNU}); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, "A story.")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	in, out := filepath.Join(t.TempDir(), "in.tar"), filepath.Join(t.TempDir(), "out.jsonl")
	if err := os.WriteFile(in, content.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{2, 0} {
		j := open(t, out, JournalOptions{Resume: true})
		counts, err := Run(t.Context(), j.Pending(archive.Files([]string{in}, archive.Options{})), j, Options{Analyzer: analyzerFunc(echo)})
		if err = errors.Join(err, j.Close(true)); err != nil || counts.OK != want {
			t.Errorf("%d answers, %v, want %d", counts.OK, err, want)
		}
	}
}

// Copies that a killed run was writing are not left behind.
func TestOutputRemovesLeftovers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.csv")
	var left []string
	for _, file := range OutputFiles(path, FormCSV) {
		if strings.HasSuffix(file, ".tmp") {
			left = append(left, file)
		}
	}
	for _, file := range left {
		if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o, err := OpenOutput(JournalOptions{Path: path, Resume: true}, FormCSV)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Close(false, false); err != nil {
		t.Fatal(err)
	}
	for _, file := range left {
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", file, err)
		}
	}
	if len(left) == 0 {
		t.Error("no copies are named")
	}
}

// Whatever stands in an output, a resumed run ends with whole rows, one for each place.
func FuzzResume(f *testing.F) {
	row := func(place string) string {
		return `{"id":"i","source":{"path":"in","member":"",` + place + `},"digest":"00000000000000ff","status":"ok"}` + "\n"
	}
	f.Add([]byte(row(`"line":1`)+row(`"line":2`)), []byte(nil), true)
	f.Add([]byte(row(`"ordinal":2,"line":1`)+row(`"line":1`)+`{"id":`), []byte(row(`"line":3`)), false)
	f.Add([]byte(strings.Replace(row(`"line":1`), "digest", "none", 1)+row(`"line":1`)), []byte(nil), true)
	f.Add([]byte(row(`"line":9`)+`{"status":"error"}`+"\n"), []byte(row(`"line":9`)+row(`"line":2`)), true)
	f.Fuzz(func(t *testing.T, rows, prior []byte, ordered bool) {
		path := filepath.Join(t.TempDir(), "out.jsonl")
		runInto(t, open(t, path, JournalOptions{}), 0, ordered)
		err := os.WriteFile(path, rows, 0o600)
		if len(prior) > 0 {
			err = errors.Join(err, os.WriteFile(path+".prior", prior, 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
		runInto(t, open(t, path, JournalOptions{Resume: true, Ordered: ordered}), 3, ordered)
		var found placeMap
		var decoder headerDecoder
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			row := decoder.header(line)
			if row.status == "" || found.get(row.source) != 0 {
				t.Fatalf("the output holds %q", line)
			}
			found.set(row.source, 1)
		}
		for i := range 3 {
			if found.get(article(i).Location) == 0 {
				t.Errorf("article %d has no row", i)
			}
		}
		if left, _ := filepath.Glob(path + ".*"); len(left) != 1 {
			t.Errorf("left behind: %v", left)
		}
	})
}
