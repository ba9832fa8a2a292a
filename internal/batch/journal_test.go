package batch

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	var asked []string
	analyzer := analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		text := r.GetArticle().GetText()
		asked = append(asked, text)
		for _, f := range failing {
			if f == text {
				return nil, status.Error(codes.Internal, "failed")
			}
		}
		return echo(ctx, r)
	})
	if _, err := Run(t.Context(), j.Pending(numbered(n)), j, Options{Analyzer: analyzer, Concurrency: 1, Ordered: ordered}); err != nil {
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

func TestResumeRefusesAnotherOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	runInto(t, open(t, path, JournalOptions{Ordered: true}), 4, true)
	j := open(t, path, JournalOptions{Resume: true, Ordered: true})
	backwards := func(yield func(*archive.Entry, error) bool) {
		for i := 3; i >= 0 && yield(article(i), nil); i-- {
		}
	}
	_, err := Run(t.Context(), j.Pending(backwards), j, Options{Analyzer: analyzerFunc(echo), Ordered: true})
	if !errors.Is(err, errOrder) {
		t.Errorf("err = %v, want that of the order", err)
	}
	if err := j.Close(false); err != nil {
		t.Fatal(err)
	}
}

// Rows that were taken up to be copied back, and not written, are not lost when
// the run fails: neither when the order nor when the output is at fault.
func TestFailedRunKeepsWhatWasPutAside(t *testing.T) {
	for _, ordered := range []bool{true, false} { // how it is gone on with
		path := filepath.Join(t.TempDir(), "out.jsonl")
		runInto(t, open(t, path, JournalOptions{Ordered: true}), 4, true)
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
		if asked := runInto(t, j, 5, ordered); cmp.Diff([]string{"4"}, asked) != "" {
			t.Errorf("ordered %t: asked for %v, want 4 alone", ordered, asked)
		}
		if got := ids(t, path); got != "0 1 2 3 4" {
			t.Errorf("ordered %t: rows %q", ordered, got)
		}
		if left, _ := filepath.Glob(path + ".*"); len(left) != 1 {
			t.Errorf("ordered %t: left behind: %v", ordered, left)
		}
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
		"noise":  append([]byte("noise\n{}\n"), content...),
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

func TestPositions(t *testing.T) {
	var p Positions
	at := func(path, member string, line int64) archive.Location {
		return archive.Location{Path: path, Member: member, Line: line}
	}
	added := []archive.Location{at("a", "", 0), at("a", "", 1), at("a", "m", 1), at("b", "", 64), at("a", "", 100_000)}
	for _, s := range added {
		if p.Has(s) || !p.Add(s) || p.Add(s) || !p.Has(s) {
			t.Errorf("%v: not added exactly once", s)
		}
	}
	for _, s := range []archive.Location{at("a", "", 2), at("a", "m", 0), at("b", "", 63), at("am", "", 1), at("a", "", -1), at("a", "", 1<<60)} {
		if p.Has(s) {
			t.Errorf("%v was never added", s)
		}
	}
	if p.Add(at("a", "", 1<<60)) || p.Add(at("a", "", -1)) {
		t.Error("a line out of range was added")
	}
	if !p.Has(at("./a", "", 1)) {
		t.Error("./a is not a")
	}
	if p.Len() != int64(len(added)) {
		t.Errorf("Len() = %d", p.Len())
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
		got = append(got, []string{c[0], c[4], c[5], c[9], c[17]})
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
