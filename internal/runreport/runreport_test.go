package runreport

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const rowsOfTest = `{"id":"1","status":"ok","title":"Secret <b>port</b>","result":{"summary":{"text":"Secret","provenance":{"source":"SOURCE_LLM","model":"small","createTime":"2026-11-28T23:59:59Z"}},"usage":{"inputTokens":3000,"cachedInputTokens":2000,"outputTokens":200,"costMicroUsd":"1500000"}}}
{"id":"2","status":"ok","result":{"summary":{"provenance":{"source":"SOURCE_LLM","model":"small","createTime":"2026-11-29T00:00:01Z"}},"usage":{"inputTokens":1000,"outputTokens":100,"costMicroUsd":"500000"}}}
{"id":"3","status":"ok","result":{"summary":{"provenance":{"source":"SOURCE_LOCAL","degraded":true,"fallbackReason":"LLM_TIMEOUT"}}}}
{"id":"4","status":"ok","result":{"classification":{"provenance":{"source":"SOURCE_CACHE","model":"small"}}}}
{"id":"5","status":"error","error":{"code":"INVALID_ARGUMENT","reason":"ROW_INVALID","message":"Secret"}}
{"id":"6","status":"skipped","error":{"code":"FAILED_PRECONDITION","reason":"ARTICLE_CANCELED","message":"x"}}
{"id":"7","status":"ok","result"`

// TestReport checks the figures of a page, that it has no word of the articles, and that it
// loads nothing.
func TestReport(t *testing.T) {
	dir := t.TempDir()
	rows, path := filepath.Join(dir, "rows"), filepath.Join(dir, "report.html")
	if err := os.WriteFile(rows, []byte(rowsOfTest), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &Page{Name: "<out>.jsonl", Made: time.Date(2026, 11, 29, 8, 30, 0, 0, time.UTC), Endpoints: map[string]string{"small": "cheap"}}
	if err := r.ReadRows(rows); err != nil {
		t.Fatal(err)
	}
	r.Sample(time.Second, 2)
	r.Sample(2*time.Second, 6)
	if err := r.Write(path); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`<[^>]*>|\s+`).ReplaceAllString(string(content), " ")
	text = strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"6 rows", "4 answered", "1 failed", "1 skipped", "4,000 tokens in, 50 % cached", "$2.00 cost",
		"language model 2 (50.0 %)", "local engine 1 (25.0 %)", "LLM_TIMEOUT 1", "ROW_INVALID 1 (50.0 %)",
		"2026-11-28 cheap 1 3,000 2,000 200 $1.50", "2026-11-29 cheap 1 1,000 0 100 $0.5000",
		"3 rows/s on average over 2s of this run, 4 rows/s at most", "&lt;out&gt;.jsonl",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	if strings.Contains(string(content), "Secret") || regexp.MustCompile(`(?i)<script|src=|href=|url\(|@import`).Match(content) {
		t.Error("the page quotes an article, or loads something")
	}
}

// TestEmptyReport checks that a run without rows has a page, too.
func TestEmptyReport(t *testing.T) {
	dir := t.TempDir()
	rows := filepath.Join(dir, "rows")
	if err := os.WriteFile(rows, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := &Page{Name: "out"}
	if err := r.ReadRows(rows); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(filepath.Join(dir, "report.html")); err != nil {
		t.Error(err)
	}
	if err := r.ReadRows(filepath.Join(dir, "missing")); err == nil {
		t.Error("rows that are not there were read")
	}
}

// TestPaceOfALongRun checks that samples stay few and the picture whole.
func TestPaceOfALongRun(t *testing.T) {
	var p pace
	for i := range 10_000 {
		p.add(sample{time.Duration(i+1) * time.Second, int64(10 * (i + 1))})
	}
	plot := p.plot()
	if len(p.samples) > maxSamples || len(plot.Columns) != maxColumns || plot.Mean != "10 rows/s" || plot.Peak != "10 rows/s" {
		t.Errorf("%d samples, %d columns, %s, %s", len(p.samples), len(plot.Columns), plot.Mean, plot.Peak)
	}
}
