package archive

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// Files of another writer give their articles whole, whatever their codec.
func TestParquetOfArrow(t *testing.T) {
	files, err := filepath.Glob("../parquet/testdata/*-?.parquet")
	if err != nil || len(files) < 12 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		got := outcomes(t, []string{file}, Options{})
		if len(got) != 60 {
			t.Fatalf("%s: %d outcomes", file, len(got))
		}
		for i, o := range got {
			a := o.Article
			want := strings.Repeat(fmt.Sprintf("Report %d of the port. ", i), i%5+1)
			if i%9 == 4 {
				want = ""
			}
			if a == nil || a.ID != fmt.Sprint(i+1) || a.Text != want || a.Location.Line != int64(i)+1 || a.Published.Month() != time.Month(1+i%12) {
				t.Fatalf("%s: article %d: %+v", file, i, o)
			}
		}
	}
	if got := outcomes(t, []string{"../parquet/testdata/empty.parquet"}, Options{}); len(got) != 0 {
		t.Errorf("no rows: %v", got)
	}
}

// A damaged row group is one error in the place of its first row that is lost, and
// what it does not reach is read.
func TestParquetDamage(t *testing.T) {
	content, err := os.ReadFile("../parquet/testdata/lz4-2.parquet")
	if err != nil {
		t.Fatal(err)
	}
	content[40] ^= 1
	got := outcomes(t, []string{put(t, t.TempDir(), "in.parquet", content)}, Options{})
	if len(got) != 1+35 || got[0].Line != 1 || got[0].Reason != InputUnreadable || got[1].Line != 26 || got[35].Line != 60 {
		t.Errorf("%d outcomes: %v", len(got), got)
	}
}

// What cannot be read says why, by its own name.
func TestParquetRefused(t *testing.T) {
	type row struct {
		Text string `parquet:"text"`
	}
	of := func(texts []string, options ...parquet.WriterOption) []byte {
		var out bytes.Buffer
		w := parquet.NewGenericWriter[row](&out, options...)
		for _, text := range texts {
			must(w.Write([]row{{text}}))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	sealed := of([]string{"A story."})
	copy(sealed[len(sealed)-4:], "PARE")
	for name, tt := range map[string]struct {
		content []byte
		want    string
	}{
		"sealed":      {sealed, "FORMAT_UNSUPPORTED: its footer is encrypted: decrypt it first"},
		"a long page": {of([]string{strings.Repeat("A story. ", 2<<20)}, parquet.PageBufferSize(32<<20)), `FORMAT_UNSUPPORTED: its column "text" has a page of `},
		"a long row":  {of([]string{strings.Repeat("A story. ", 500_000)}), "ROW_TOO_LARGE: the row is longer than 4194304 bytes"},
		"not UTF-8":   {of([]string{"caf\xe9"}), "ROW_INVALID: the row is not valid UTF-8"},
		"cut":         {of([]string{"A story."})[:50], "INPUT_UNREADABLE: is not a Parquet file that can be read: it is damaged"},
	} {
		got := outcomes(t, []string{put(t, t.TempDir(), "in.parquet", tt.content)}, Options{})
		if len(got) != 1 || !strings.HasPrefix(got[0].String(), tt.want) {
			t.Errorf("%s: %.200v", name, got)
		}
	}
}

// A small file of one long text many times is a bomb like any other.
func TestParquetBomb(t *testing.T) {
	type row struct {
		Text string `parquet:"text,dict"`
	}
	const rows = 50_000
	var out bytes.Buffer
	w := parquet.NewGenericWriter[row](&out)
	for range rows {
		must(w.Write([]row{{strings.Repeat("A story. ", 1000)}}))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := outcomes(t, []string{put(t, t.TempDir(), "in.parquet", out.Bytes())}, Options{})
	last := got[len(got)-1]
	if last.Reason != ExpandsTooMuch || len(got) < 1000 || len(got) > rows/2 || last.Line != int64(len(got)) {
		t.Errorf("a file of %d bytes gives %d outcomes, the last %v", out.Len(), len(got), last)
	}
}

// Dates come in several forms, and what means something else is no id.
func TestParquetColumns(t *testing.T) {
	type row struct {
		ID        uint64 `parquet:"id"`
		Text      string `parquet:"text"`
		Published int32  `parquet:"published,date"`
		Price     int64  `parquet:"price,decimal(2:18)"`
		Nested    struct {
			Text string `parquet:"text"`
		} `parquet:"nested"`
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[row](&out)
	must(w.Write([]row{{ID: 1<<64 - 1, Text: "A story.", Published: 22400}}))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := put(t, t.TempDir(), "in.parquet", out.Bytes())
	got := outcomes(t, []string{path}, Options{})
	want := &Entry{ID: "18446744073709551615", Text: "A story.", Published: time.Date(2031, 5, 1, 0, 0, 0, 0, time.UTC), Location: Location{Path: path, Line: 1}}
	if len(got) != 1 || !cmp.Equal(want, got[0].Article) {
		t.Errorf("%+v", got)
	}
	got = outcomes(t, []string{path}, Options{Fields: Fields{ID: "price"}})
	if len(got) != 1 || got[0].Article == nil || got[0].Article.ID != got[0].Article.Location.ID() {
		t.Errorf("a price as id: %+v", got)
	}
}
