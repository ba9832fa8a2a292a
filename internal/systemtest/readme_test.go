package systemtest

import (
	"os"
	"strings"
	"testing"
)

// The first thing that a reader tries prints what the README says it prints.
func TestReadmeShowsWhatAnalyzePrints(t *testing.T) {
	t.Chdir("../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const file = "examples/articles/defence-pact.txt"
	_, after, found := strings.Cut(string(readme), "$ go run ./cmd/summarizer analyze "+file+"\n")
	want, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatal("the README does not show the command any more")
	}
	if got := cli(t, nil, "", "analyze", file); got.stdout != want {
		t.Errorf("README.md shows\n%s\nanalyze prints\n%s%s", want, got.stdout, got.stderr)
	}
}
