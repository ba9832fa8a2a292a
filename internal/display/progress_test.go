package display

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/schollz/progressbar/v3"

	"github.com/seed-59202292/summarizer/internal/batch"
)

// A run on a terminal closes with a table of what there is to tell.
func TestClosingTable(t *testing.T) {
	var shown bytes.Buffer
	p := &Progress{options: ProgressOptions{Out: &shown}, started: time.Now(), bar: progressbar.DefaultSilent(1)}
	p.Totals(batch.Counts{OK: 1200, Cache: 200, Local: 1000, InputTokens: 70, CostMicroUSD: 2500})
	want := []string{
		"rows             1200",
		"ok               1200",
		"failed           0",
		"by cache         200",
		"by local engine  1000",
		"tokens in        70",
		"cost             $0.0025",
	}
	lines := strings.Split(strings.TrimSpace(shown.String()), "\n")
	if diff := cmp.Diff(want, lines[:len(lines)-1]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "time ") || !strings.HasSuffix(last, " rows/s") {
		t.Errorf("the last line is %q", last)
	}
}

// The bar of a run that has ended stands at 100 %, also where not all bytes were read; that
// of a run that ended early stands where it was.
func TestEndOfBar(t *testing.T) {
	for _, ended := range []bool{true, false} {
		var shown bytes.Buffer
		bar := progressbar.NewOptions64(1000, progressbar.OptionSetWriter(&shown), progressbar.OptionThrottle(time.Hour))
		p := &Progress{options: ProgressOptions{Out: &shown}, started: time.Now(), bar: bar}
		_ = bar.Set64(400)
		p.Close(ended)
		if is := strings.Contains(shown.String(), "100%"); is != ended || !strings.HasSuffix(shown.String(), "\n") {
			t.Errorf("ended %t: %q", ended, shown.String())
		}
	}
}
