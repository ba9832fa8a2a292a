package batch

import (
	"bytes"
	"context"
	"iter"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/archive"
)

// Rows say what the archive does not hold of their articles.
func TestWarningsAboutTheArchive(t *testing.T) {
	articles := iter.Seq2[*archive.Entry, error](func(yield func(*archive.Entry, error) bool) {
		for i, a := range []archive.Entry{{}, {StandfirstOnly: true}, {Truncated: true}, {GuessedEncoding: "windows-1251"}} {
			a.Text, a.Location.Line = "The ferry sails.", int64(i+1)
			if !yield(&a, nil) {
				return
			}
		}
	})
	var out bytes.Buffer
	if _, err := Run(context.Background(), articles, &out, Options{Analyzer: analyzerFunc(echo)}); err != nil {
		t.Fatal(err)
	}
	digests := map[string]bool{}
	for i, row := range rows(t, out.Bytes()) {
		digests[row.Digest] = true
		for j, reason := range []string{"", "STANDFIRST_ONLY", "DOCUMENT_TRUNCATED", `"encoding":"windows-1251"`} {
			if has := strings.Contains(string(row.Result), reason); reason != "" && has != (i == j) {
				t.Errorf("row %d has the warning %s: %t", i, reason, has)
			}
		}
	}
	if len(digests) != 4 {
		t.Errorf("%d digests of four articles", len(digests))
	}
}
