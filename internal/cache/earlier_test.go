package cache

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// A file of answers that was written under an earlier form of the contract is read: its
// records are whole, and nothing is set aside.
func TestEarlierFile(t *testing.T) {
	dir := t.TempDir()
	in, err := os.Open("testdata/earlier.bbolt.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	expanded, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(expanded)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "answers.bbolt")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var summaries, topics int
	if err := file.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(recordsBucket).ForEach(func(_, value []byte) error {
			record, err := decodeEntry(value[stampBytes:])
			if err != nil {
				return err
			}
			for _, a := range record.answers {
				if a.Fingerprint.Model != "m" || a.CreateTime.Year() != 2026 {
					t.Errorf("answer %+v", a)
				}
				if a.Summary != nil {
					summaries++
					want := "The harbour of Velmar reopened after a strike of nine days."
					if s := a.Summary; len(s.Sentences) != 1 || s.Sentences[0].Text != want || s.Method != summarizer.MethodAbstractive || s.Language != "en" {
						t.Errorf("summary %+v", s)
					}
				}
				if a.Topics != nil {
					topics++
				}
			}
			return nil
		})
	}); err != nil {
		t.Error(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if summaries != 1 || topics != 1 {
		t.Errorf("%d summaries and %d topics are stored", summaries, topics)
	}

	c, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stats, err := c.Stats()
	if err != nil || stats.DiskEntries != 2 {
		t.Errorf("%+v, %v: want two entries on the disk", stats, err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("files %v, %v: want the one that was there", names, err)
	}
}
