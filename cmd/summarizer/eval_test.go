package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/eval"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

const evalData = "../../examples/labelled.jsonl"

// evaluated runs eval and returns its JSON report too.
func evaluated(t *testing.T, args ...string) (result, *eval.Report) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	got := cli(t, nil, "", append([]string{"eval", "--json", path}, args...)...)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: %s", err, got.stderr)
	}
	var report eval.Report
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatalf("%v: %s", err, got.stderr)
	}
	return got, &report
}

func TestEval(t *testing.T) {
	page := filepath.Join(t.TempDir(), "report.html")
	got, report := evaluated(t, evalData, "--sentences", "2", "--html", page)
	if got.code != exitOK || got.stderr != "" {
		t.Fatalf("code %d, standard error %q", got.code, got.stderr)
	}
	for _, want := range []string{"labelled.jsonl: 4 articles; 3 with a reference", "1 row passed over", "local - lead", "CALIBRATION"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q is not in %s", want, got.stdout)
		}
	}
	local := report.Systems[0]
	if local.Name != "local" || local.Quality[eval.Recall].Value == 0 || local.Quality[eval.Rouge1].Value == 0 || local.Latency == nil {
		t.Errorf("the report on the local engine: %+v", local)
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(html); !strings.HasPrefix(text, "<!DOCTYPE html>") || !strings.HasSuffix(strings.TrimSpace(text), "</html>") {
		t.Errorf("the page has %d bytes and is no whole page", len(text))
	}
}

func TestEvalBatchAnswers(t *testing.T) {
	answers := filepath.Join(t.TempDir(), "answers.jsonl")
	if got := cli(t, nil, "", "batch", evalData, "-o", answers, "--engine", "local"); got.code != exitOK {
		t.Fatal(got.stderr)
	}
	got, report := evaluated(t, evalData, "--engine", answers, "--vs", "local")
	if got.code != exitOK {
		t.Errorf("code %d: %s", got.code, got.stderr)
	}
	if len(report.Systems) != 3 || report.Systems[0].FailedRows != 0 {
		t.Fatalf("systems %+v", report.Systems)
	}
	// What batch writes is what the engine delivers.
	for _, c := range report.Comparisons {
		if c.Versus == "local" && c.Difference != (eval.Interval{}) {
			t.Errorf("%s differs: %+v", c.Metric, c.Difference)
		}
	}
}

func TestEvalServer(t *testing.T) {
	server := serve(t, nil)
	defer server.stop()
	got, report := evaluated(t, evalData, "--engine", "addr:"+server.grpc, "--vs", "local")
	if got.code != exitOK || report.Systems[0].FailedRows != 0 {
		t.Fatalf("code %d: %s", got.code, got.stderr)
	}
	for _, c := range report.Comparisons {
		if c.Versus == "local" && c.Difference != (eval.Interval{}) {
			t.Errorf("%s differs: %+v", c.Metric, c.Difference)
		}
	}
}

func TestEvalClasses(t *testing.T) {
	data := write(t, "classes.jsonl", `{"id":"a","text":"Harbour City won the football cup on Saturday. The striker scored in the last minute of the match.","label":"sport"}
`)
	got, report := evaluated(t, data, "--class-map", "../../examples/classes-bbc.yaml")
	if got.code != exitOK || report.Systems[0].Quality[eval.MainFirst].Value != 1 {
		t.Errorf("code %d, %+v: %s", got.code, report.Systems[0].Quality, got.stderr)
	}
}

// TestEvalModel asks the language model for what is labelled, and counts its
// tokens and their price.
func TestEvalModel(t *testing.T) {
	api := llmtest.New(t)
	api.Default(llmtest.Obey("peacekeeping"))
	got, report := evaluated(t, evalData, "--engine", "llm:default", "--vs", "local",
		"--llm-model", "m", "--llm-base-url", api.URL(), "--llm-input-price", "2", "--llm-output-price", "8")
	if got.code != exitOK {
		t.Fatalf("code %d: %s", got.code, got.stderr)
	}
	system := report.Systems[0]
	if system.FailedRows != 0 || system.Quality[eval.Rouge1].Value == 0 || system.Quality[eval.Recall].Value == 0 {
		t.Errorf("failures %v, quality %v", system.Failures, system.Quality)
	}
	usd := (2*float64(system.Cost.InputTokens) + 8*float64(system.Cost.OutputTokens)) / 1e6
	if usd == 0 || math.Abs(system.Cost.USD-usd) > 1e-5 {
		t.Errorf("cost %+v, want %v dollars", system.Cost, usd)
	}
	if report.Systems[1].Cost != (eval.Cost{}) {
		t.Errorf("the local engine costs %+v", report.Systems[1].Cost)
	}
}

// TestEvalVerifier scores an endpoint as a verifier, which judges by a word in its question and
// copies a passage of the article, or makes one up.
func TestEvalVerifier(t *testing.T) {
	api := llmtest.New(t)
	api.Default(func(w http.ResponseWriter, r *llmtest.Call) {
		_, claims, _ := strings.Cut(r.Chat().User(), "[CLAIMS ")
		verdict, passage := "supported", "The island council of Tessary voted"
		switch {
		case strings.Contains(claims, "Norhavn"), strings.Contains(claims, "had asked"):
			verdict = "not_supported"
		case strings.Contains(claims, "jobs"): // without a passage of its article
			verdict = "not_supported"
		}
		llmtest.Content(fmt.Sprintf(`{"verdicts":[{"sentence":1,"verdict":%q,"passage":%q}]}`, verdict, passage))(w, r)
	})
	page, object := filepath.Join(t.TempDir(), "report.html"), filepath.Join(t.TempDir(), "report.json")
	args := []string{"eval", "../../examples/claims.jsonl", "--verifier", "default", "--llm-model", "m", "--llm-base-url", api.URL(), "--html", page, "--json", object}
	got := cli(t, nil, "", args...)
	if got.code != exitOK {
		t.Fatalf("%+v", got)
	}
	data, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	var report eval.VerifierReport
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	v := report.Verifiers[0]
	if math.Abs(v.Caught.Value-2.0/3) > 1e-9 || v.Refused.Value != 0 || v.Rows != 6 || math.Abs(v.Unsure-2.0/6) > 1e-9 {
		t.Errorf("%+v", v)
	}
	if !strings.Contains(got.stdout, "claims.jsonl: 3 faithful and 3 unfaithful") || api.Count() != 6 {
		t.Errorf("%d calls: %s", api.Count(), got.stdout)
	}
	if html, err := os.ReadFile(page); err != nil || !strings.Contains(string(html), "<svg") {
		t.Errorf("%v: the page has %d bytes", err, len(html))
	}
	var zipped bytes.Buffer
	claims, err := os.ReadFile("../../examples/claims.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(claims)
	_ = z.Close()
	packed := write(t, "claims.jsonl.gz", zipped.String())
	if again := cli(t, nil, "", "eval", packed, "--verifier", "default", "--llm-model", "m", "--llm-base-url", api.URL()); again.code != exitOK || !strings.Contains(again.stdout, "3 faithful and 3 unfaithful") {
		t.Errorf("compressed: %+v", again)
	}
	for want, more := range map[string][]string{
		"there is no endpoint of this name": {"--verifier", "nobody"},
		"line 1":                            {"--verifier", "default"},
	} {
		path := "../../examples/claims.jsonl"
		if want == "line 1" {
			path = write(t, "bad.jsonl", `{"summary": "x"}`)
		}
		if got := cli(t, nil, "", append([]string{"eval", path, "--llm-model", "m", "--llm-base-url", api.URL()}, more...)...); got.code == exitOK || !strings.Contains(got.stderr, want) {
			t.Errorf("%v: %+v", more, got)
		}
	}
}

// TestEvalModelFails has the language model fail on every row: nothing stands in
// for it.
func TestEvalModelFails(t *testing.T) {
	api := llmtest.New(t)
	api.Default(llmtest.Status(401, `{"error":{"message":"no"}}`))
	got, report := evaluated(t, evalData, "--engine", "llm", "--llm-model", "m", "--llm-base-url", api.URL())
	if got.code != exitNothingDone {
		t.Errorf("code %d: %s", got.code, got.stderr)
	}
	system := report.Systems[0]
	if system.FailedRows != 4 || system.Failures["LLM_MISCONFIGURED"] == 0 || system.Quality[eval.Rouge1].Value != 0 {
		t.Errorf("failures %v, quality %v", system.Failures, system.Quality)
	}
}

func TestEvalRefuses(t *testing.T) {
	dir := t.TempDir()
	data := write(t, "data.jsonl", `{"id":"a","text":"One. Two.","labels":[]}`)
	torn := write(t, "torn.jsonl", "{\"text\":\"A secret.\",\"labels\":[]}\n{\"text\":\"secret")
	topics := write(t, "topics.yaml", "topics: [{id: sea, display_name: Sea}]")
	kept, report, link := write(t, "kept.json", "precious"), filepath.Join(dir, "report.json"), filepath.Join(dir, "link.html")
	if err := os.Symlink(kept, link); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{data, "--engine", "nobody"}, exitUsage, "a system is local, llm"},
		{[]string{data, "--engine", "llm"}, exitUsage, "--llm-model"},
		{[]string{data, "--engine", "llm:other", "--llm-model", "m", "--llm-base-url", "http://127.0.0.1:1"}, exitUsage, "there are: default"},
		{[]string{data, "--vs", "local"}, exitUsage, "both called local"},
		{[]string{data, "--max-sentences", "11"}, exitUsage, "must be 1 to 10"},
		{[]string{data, "--bootstrap=-1"}, exitUsage, "--bootstrap"},
		{[]string{data, "--json", data}, exitUsage, "is also an input"},
		{[]string{data, "--html", dir}, exitUsage, "--html"},
		{[]string{data, "--json", report, "--html", report}, exitUsage, "--html " + report + " is also another output"},
		{[]string{data, "--json", report, "--html", dir}, exitUsage, "--html"},
		{[]string{data, "--overwrite", "--json", kept, "--html", link}, exitUsage, "--html " + link + " is also another output"},
		{[]string{data, "--json", topics, "--taxonomy", topics}, exitUsage, "is also an input"},
		{[]string{torn, "--json", report}, exitNothingDone, "line 2"},
		{[]string{data, "--class-map", filepath.Join(dir, "none")}, exitUsage, "--class-map"},
		{[]string{filepath.Join(dir, "none")}, exitUsage, "the data"},
		{[]string{torn}, exitNothingDone, "line 2"},
	} {
		got := cli(t, nil, "", append([]string{"eval"}, tt.args...)...)
		if got.code != tt.code || strings.Contains(got.stderr, "secret") {
			t.Errorf("%v: code %d, want %d: %s", tt.args, got.code, tt.code, got.stderr)
		}
		oneLine(t, got.stderr, tt.want)
	}
	for path, want := range map[string]string{data: "One. Two.", topics: "topics:", kept: "precious"} {
		if left, err := os.ReadFile(path); err != nil || !strings.Contains(string(left), want) {
			t.Errorf("%s holds %q: %v", path, left, err)
		}
	}
	if _, err := os.Stat(report); !os.IsNotExist(err) {
		t.Errorf("a report of nothing is left: %v", err)
	}
}
