package batch

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-59202292/summarizer/internal/archive"
)

// A run whose first rows were written by an earlier form of the contract goes on where
// it was, and its rows go into a table like all others.
func TestResumeOfEarlierRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	for _, suffix := range []string{"", ".state"} {
		content, err := os.ReadFile("testdata/earlier.jsonl" + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const identity = "5857edd1cd41f38a4d59ff104b71e8d9cccfa55a74652caea8320f63d06ac6cd"
	if _, err := OpenJournal(JournalOptions{Path: path, Identity: "of other options", Resume: true}); err == nil {
		t.Error("rows of other options are gone on with")
	}
	j, err := OpenJournal(JournalOptions{Path: path, Identity: identity, Resume: true})
	if err != nil {
		t.Fatal(err)
	}
	if j.Kept != 2 || j.Retried+j.Dropped != 0 {
		t.Errorf("%d rows are kept, %d tried again, %d dropped", j.Kept, j.Retried, j.Dropped)
	}
	var articles []*archive.Entry
	for i, id := range []string{"ferry", "page", "pier"} {
		articles = append(articles, &archive.Entry{ID: id, Text: "text of " + id, Location: archive.Location{Path: "in.jsonl", Line: int64(i + 1)}})
	}
	if diff := cmp.Diff([]string{"text of pier"}, runArticles(t, j, articles, false)); diff != "" {
		t.Errorf("articles asked for (-want +got):\n%s", diff)
	}
	if got := ids(t, path); got != "ferry page pier" {
		t.Errorf("rows %s", got)
	}

	table := filepath.Join(t.TempDir(), "out.csv")
	if err := Export(path, table, FormCSV); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil || len(cells) != 4 {
		t.Fatalf("%d lines of a table, %v", len(cells), err)
	}
	column := map[string]string{}
	for i, name := range cells[0] {
		column[name] = cells[2][i]
	}
	if column["id"] != "page" || column["summary_source"] != "SOURCE_LOCAL" || column["language"] != "en" || column["summary"] == "" {
		t.Errorf("the row of the page: %v", column)
	}
}
