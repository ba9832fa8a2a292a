package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/seed-59202292/summarizer/internal/archive"
)

// version is an article that is one of the versions of a story.
func version(story string, number int64, path string, line int64) *archive.Entry {
	return &archive.Entry{
		ID: story, Text: fmt.Sprintf("%s %d", story, number), Story: story,
		Version: archive.Version{Number: number}, Location: archive.Location{Path: path, Line: line},
	}
}

// withdrawn is a notice that withdraws a story.
func withdrawn(story string, number int64, path string, line int64) *archive.Entry {
	a := version(story, number, path, line)
	a.Text, a.Status = "", archive.StatusCanceled
	return a
}

// storyRows returns story, version and outcome of the rows of a file, in its order.
func storyRows(t *testing.T, path string) (all []string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range decodeRows(t, content) {
		line := row.ID + " " + row.Status
		if row.Story != nil {
			line = fmt.Sprintf("%s %d %s", row.Story.ID, row.Story.Version, row.Status)
		}
		if row.Error != nil {
			line += " " + row.Error.Reason
		}
		all = append(all, line)
	}
	return all
}

func decodeRows(t *testing.T, content []byte) (all []OutputRow) {
	t.Helper()
	for line := range bytes.Lines(content) {
		var row OutputRow
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		all = append(all, row)
	}
	return all
}

// A newer version takes the place of an older one, whichever comes first, and a withdrawn
// story is marked and not asked for.
func TestNewestVersions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	skipped := 0
	night := func(articles ...*archive.Entry) []string {
		j := open(t, path, JournalOptions{Resume: true})
		j.Skipped = func(_ archive.Location, what archive.Skip) {
			if what != archive.SkipOlder {
				t.Errorf("skipped as %s", what)
			}
			skipped++
		}
		return runArticles(t, j, articles, false)
	}
	a1, b2, b1 := version("a", 1, "1", 1), version("b", 2, "1", 2), version("b", 1, "1", 3)
	a2, again, c1 := version("a", 2, "2", 1), version("b", 2, "2", 2), version("c", 1, "2", 3)
	gone := withdrawn("c", 2, "3", 1)
	for _, step := range []struct {
		articles    []*archive.Entry
		asked, rows []string
		skipped     int
	}{
		{[]*archive.Entry{a1, b2, b1}, []string{"a 1", "b 2"}, []string{"a 1 ok", "b 2 ok"}, 1},
		{[]*archive.Entry{a1, b2, b1, a2, again, c1}, []string{"a 2", "c 1"}, []string{"b 2 ok", "a 2 ok", "c 1 ok"}, 2},
		{[]*archive.Entry{a1, b2, b1, a2, again, c1, gone}, nil, []string{"b 2 ok", "a 2 ok", "c 2 skipped ARTICLE_CANCELED"}, 3},
		{[]*archive.Entry{a1, b2, b1, a2, again, c1, gone}, nil, []string{"b 2 ok", "a 2 ok", "c 2 skipped ARTICLE_CANCELED"}, 4},
	} {
		skipped = 0
		asked := night(step.articles...)
		if diff := cmp.Diff(step.asked, asked); diff != "" {
			t.Errorf("asked for (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(step.rows, storyRows(t, path)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if skipped != step.skipped {
			t.Errorf("%d were passed over, want %d", skipped, step.skipped)
		}
	}
}

// Versions of one second are told apart in later runs, too.
func TestVersionsWithinASecond(t *testing.T) {
	at := func(text, path string, after time.Duration) *archive.Entry {
		a := version("a", 0, path, 1)
		a.Text, a.Version.Modified = text, time.Date(2031, 5, 1, 8, 0, 0, int(after), time.UTC)
		return a
	}
	older, newer := at("older", "2", 200*time.Millisecond), at("newer", "1", 700*time.Millisecond)
	path := filepath.Join(t.TempDir(), "out.jsonl")
	for _, step := range []struct {
		articles []*archive.Entry
		asked    []string
	}{
		{[]*archive.Entry{older}, []string{"older"}},
		{[]*archive.Entry{newer, older}, []string{"newer"}},
		{[]*archive.Entry{newer, older}, nil},
		{[]*archive.Entry{older, newer}, nil},
	} {
		asked := runArticles(t, open(t, path, JournalOptions{Resume: true}), step.articles, false)
		if diff := cmp.Diff(step.asked, asked); diff != "" {
			t.Errorf("asked for (-want +got):\n%s", diff)
		}
	}
}

// Rows of stories that an earlier release has written are known by their places alone. They
// go as the articles have rows of their stories.
func TestStoriesOfEarlierReleases(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "out.jsonl")
		var earlier []*archive.Entry
		for i, text := range []string{"a 1", "plain", "a 1", "b 1"} {
			earlier = append(earlier, &archive.Entry{ID: text, Text: text, Location: archive.Location{Path: "1", Line: int64(i + 1)}})
		}
		runArticles(t, open(t, path, JournalOptions{}), earlier, ordered)
		articles := []*archive.Entry{version("a", 1, "1", 1), earlier[1], version("a", 1, "1", 3), version("b", 1, "1", 4), version("b", 2, "2", 1)}
		for range 2 {
			runArticles(t, open(t, path, JournalOptions{Resume: true, Ordered: ordered}), articles, ordered)
			want := []string{"plain ok", "a 1 ok", "b 2 ok"}
			if ordered {
				want = []string{"a 1 ok", "plain ok", "b 2 ok"}
			}
			if diff := cmp.Diff(want, storyRows(t, path)); diff != "" {
				t.Errorf("ordered %t (-want +got):\n%s", ordered, diff)
			}
		}
	}
}

// Whatever comes when, and however a run ends, a story ends with one row: that of its newest
// version.
func TestNightsOfStories(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 7))
		ordered := seed%2 == 1
		path := filepath.Join(t.TempDir(), "out.jsonl")
		var archives []*archive.Entry
		newest := map[string]*archive.Entry{}
		for night := range 7 {
			for line := range 6 {
				story, number := fmt.Sprint("s", random.IntN(9)), int64(random.IntN(5)+1)
				a := version(story, number, fmt.Sprint("night", night), int64(line+1))
				if random.IntN(6) == 0 {
					a = withdrawn(story, number, a.Location.Path, a.Location.Line)
				}
				if random.IntN(3) == 0 {
					a.Version = archive.Version{Modified: time.Unix(number, 0)}
					a.Story += " dated"
				}
				archives = append(archives, a)
				if last := newest[a.Story]; last == nil || newer(a, last) {
					newest[a.Story] = a
				}
			}
			j := open(t, path, JournalOptions{Resume: true, Ordered: ordered})
			runArticles(t, j, archives, ordered)
			if night == 2 || night == 4 { // killed: the end of the file is gone
				info, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.Truncate(path, random.Int64N(info.Size())); err != nil {
					t.Fatal(err)
				}
			}
		}
		runArticles(t, open(t, path, JournalOptions{Resume: true, Ordered: ordered}), archives, ordered)
		var want []string
		for story, a := range newest {
			outcome := "ok"
			if a.Status != "" {
				outcome = "skipped ARTICLE_CANCELED"
			}
			want = append(want, fmt.Sprintf("%s %d %s", story, a.Version.Number, outcome))
		}
		got := storyRows(t, path)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

// newer says what a reader expects of two versions, the first of which comes later.
func newer(a, before *archive.Entry) bool {
	switch c := a.Version.Compare(before.Version); {
	case c != 0:
		return c > 0
	case (a.Status != "") != (before.Status != ""):
		return a.Status != ""
	}
	return true
}

// Tables hold what is known of articles, with topics and confidences as lists.
func TestTablesOfArticles(t *testing.T) {
	a := &archive.Entry{
		ID: "a", Title: "Harbour reopens", URL: "https://news.example/1", Language: "en-GB", Text: "x",
		Published: time.Date(2031, 5, 1, 6, 30, 0, 0, time.UTC), Location: archive.Location{Path: "in", Line: 1},
	}
	row, err := resultRow(a, answer())
	if err != nil {
		t.Fatal(err)
	}
	bare, err := resultRow(&archive.Entry{ID: "b", Text: "x"}, answer())
	if err != nil {
		t.Fatal(err)
	}
	var rows []byte
	for _, one := range []*OutputRow{row, bare} {
		line, err := encodeRow(one)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, line...)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "rows.jsonl")
	if err := os.WriteFile(path, rows, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, form := range []Form{FormCSV, FormParquet} {
		if err := Export(path, filepath.Join(dir, string(form)), form); err != nil {
			t.Fatal(err)
		}
	}
	records, err := parquet.ReadFile[tableRow](filepath.Join(dir, "parquet"))
	if err != nil || len(records) != 2 {
		t.Fatalf("%v, %v", records, err)
	}
	r := records[0]
	if diff := cmp.Diff([]any{a.Title, a.URL, a.Language, []string{"transport", "of-ours"}, []float64{0.876, 1}}, []any{r.Title, r.URL, r.Language, r.Topics, r.Confidences}); diff != "" || !r.Published.Equal(a.Published) {
		t.Errorf("%v -want +got:\n%s", r.Published, diff)
	}
	if !records[1].Published.IsZero() || records[1].Language != "en" {
		t.Errorf("%+v", records[1])
	}
	content, err := os.ReadFile(filepath.Join(dir, "csv"))
	if err != nil || !bytes.Contains(content, []byte(",en-GB,transport of-ours,0.876 1.000,")) || !bytes.Contains(content, []byte(",Harbour reopens,https://news.example/1,2031-05-01T06:30:00Z,0\n")) {
		t.Errorf("%v\n%s", err, content)
	}
}
