package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// mine is an article of our own.
const mine = `Coastal republic sends peacekeepers to divided island

PORT MAREN, May 4 (Northwire) - The republic of Tessaly will send 400 soldiers to the United Nations peacekeeping mission on the island of Orrin, its defence minister said on Tuesday.

The soldiers will patrol the ceasefire line that has divided the island since 2027. Their mandate runs for twelve months and may be renewed by the Security Council.

Minister Ada Brenn signed a defence cooperation agreement with the mission's host government on the same day. It covers training, medical evacuation and the use of the airfield at Cape Sorrel.

Opposition lawmakers asked for a vote before the first company leaves. The government said the constitution did not require one.

The first 120 soldiers will fly out on June 1, the minister said.
`

const minePage = `<!doctype html><html><head><title>Ferry line reopens</title><script>var x = 1;</script></head><body><article>
<h1>Ferry line reopens after the flood</h1>
<p>The ferry between Lorn and Skerry sailed again on Friday, three weeks after the flood tore away the landing stage.</p>
<p>The harbour authority said the repair had cost two million crowns. A second landing stage will follow in the autumn.</p>
<p>Passengers cheered as the first boat left at dawn. Tickets cost as much as before the flood.</p>
<p>The flood in March was the highest since measurements began, according to the river survey.</p>
</article></body></html>`

// answers decodes a line of JSON each, of which the first key names the file.
func answers(t *testing.T, output string) []*summarizerv1.AnalyzeArticleResponse {
	t.Helper()
	var all []*summarizerv1.AnalyzeArticleResponse
	for line := range strings.Lines(output) {
		response := &summarizerv1.AnalyzeArticleResponse{}
		file, answer, ok := strings.Cut(strings.TrimPrefix(line, `{"file":"`), `",`)
		if err := protojson.Unmarshal([]byte("{"+answer), response); err != nil || !ok || file == "" {
			t.Fatalf("%q: %v", line, err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(line)); err != nil || compact.String()+"\n" != line {
			t.Errorf("not compact: %q", line)
		}
		all = append(all, response)
	}
	return all
}

func TestAnalyzeText(t *testing.T) {
	got := cli(t, nil, "", "analyze", write(t, "a.txt", mine), "--max-sentences", "2")
	if got.code != exitOK || got.stderr != "" {
		t.Fatalf("code %d, standard error %q", got.code, got.stderr)
	}
	lines := strings.Split(got.stdout, "\n")
	if lines[0] != "Coastal republic sends peacekeepers to divided island" || lines[1] != "" {
		t.Errorf("the title does not lead:\n%s", got.stdout)
	}
	for _, line := range lines {
		if len(line) > 80 {
			t.Errorf("a line of %d columns: %q", len(line), line)
		}
	}
	for _, want := range []string{"\nTopics\n", "peacekeeping", "Made by the local engine (local-", "language en", "taxonomy "} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q is not in\n%s", want, got.stdout)
		}
	}
	for _, not := range []string{"\x1b", "Northwire", "as the language model did not answer"} {
		if strings.Contains(got.stdout, not) {
			t.Errorf("%q is in\n%s", not, got.stdout)
		}
	}
}

func TestAnalyzeJSON(t *testing.T) {
	files := []string{write(t, "a.txt", mine), write(t, "b.HTML", minePage)}
	got := cli(t, nil, "", append([]string{"analyze", "--json"}, files...)...)
	if got.code != exitOK || got.stderr != "" {
		t.Fatalf("code %d, standard error %q", got.code, got.stderr)
	}
	all := answers(t, got.stdout)
	if len(all) != 2 {
		t.Fatalf("%d answers", len(all))
	}
	if !strings.Contains(got.stdout, `"topicId":"peacekeeping"`) || !strings.Contains(got.stdout, `"source":"SOURCE_LOCAL"`) {
		t.Errorf("no lowerCamelCase ProtoJSON: %s", got.stdout)
	}
	for i, response := range all {
		text := []string{mine, minePage}[i]
		if n := len(response.GetSummary().GetSentences()); n < 1 || n > 3 {
			t.Errorf("%d sentences", n)
		}
		if p := response.GetSummary().GetProvenance(); p.GetDegraded() || p.GetFallbackReason() != "" {
			t.Errorf("without a model the local answer is not degraded: %v", p)
		}
		for _, sentence := range response.GetSummary().GetSentences() {
			if strings.Contains(sentence.GetText(), "<p>") {
				t.Errorf("markup in %q", sentence.GetText())
			}
			for _, e := range sentence.GetEvidence() {
				if text[e.GetBeginOffset():e.GetEndOffset()] != e.GetText() {
					t.Errorf("evidence %q is not at its offsets", e.GetText())
				}
			}
		}
	}
}

func TestAnalyzeFormats(t *testing.T) {
	file := write(t, "a.txt", mine)
	bullets := answers(t, cli(t, nil, "", "analyze", "--json", "--format", "bullets", file).stdout)[0]
	if !strings.HasPrefix(bullets.GetSummary().GetText(), "- ") {
		t.Errorf("no bullets: %q", bullets.GetSummary().GetText())
	}
	headline := answers(t, cli(t, nil, "", "analyze", "--json", "--format", "headline", "--max-topics", "1", file).stdout)[0]
	if text := headline.GetSummary().GetText(); text == "" || strings.Contains(text, "\n") {
		t.Errorf("no headline: %q", text)
	}
	if n := len(headline.GetClassification().GetTopics()); n > 1 {
		t.Errorf("%d topics", n)
	}
	names := map[string]string{}
	for _, tag := range []string{"en", "fr"} {
		named := answers(t, cli(t, nil, "", "analyze", "--json", "--display-language", tag, "--max-topics", "1", file).stdout)[0]
		names[tag] = named.GetClassification().GetTopics()[0].GetDisplayName()
	}
	if names["en"] == names["fr"] {
		t.Errorf("the topic is called %q in French, too", names["fr"])
	}
}

func TestAnalyzeFailures(t *testing.T) {
	good := write(t, "good.txt", mine)
	tests := []struct {
		name  string
		stdin string
		args  []string
		code  int
		lines int // of standard error
		want  string
	}{
		{"standard input", mine, []string{"-"}, exitOK, 0, ""},
		{"no such file", "", []string{"/nowhere/a.txt"}, exitNothingDone, 1, "/nowhere/a.txt: cannot be opened: no such file"},
		{"a directory", "", []string{t.TempDir()}, exitNothingDone, 1, "is a directory"},
		{"one of two", "", []string{"/nowhere/a.txt", good}, exitSomeFailed, 1, "/nowhere/a.txt: cannot be opened: no such file"},
		{"empty", "", []string{"-"}, exitNothingDone, 1, "-: it is empty (ROW_INVALID)"},
		{"white space", " \n\t\n", []string{"-"}, exitNothingDone, 1, "-: it is empty (ROW_INVALID)"},
		{"no letters", "12, 34\n", []string{"-"}, exitNothingDone, 1, "(TEXT_EMPTY)"},
		{"not text", "caf\x00\xe9 au lait", []string{"-"}, exitNothingDone, 1, "not text in UTF-8"},
		{"an archive", archiveOf(2), []string{"-"}, exitNothingDone, 1, "summarizer batch reads it"},
		{"over the limit of texts", strings.Repeat("A sentence. ", 100_000), []string{"-"}, exitNothingDone, 1, "(TEXT_TOO_LARGE)"},
		{"over the limit of files", strings.Repeat("A sentence. ", 500_000), []string{"-"}, exitNothingDone, 1, "longer than 4194304 bytes (ROW_TOO_LARGE)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := cli(t, nil, tt.stdin, append([]string{"analyze"}, tt.args...)...)
			if got.code != tt.code || strings.Count(got.stderr, "\n") != tt.lines || !strings.Contains(got.stderr, tt.want) {
				t.Errorf("code %d, standard error %q; want %d and %d lines with %q", got.code, got.stderr, tt.code, tt.lines, tt.want)
			}
			if strings.Contains(got.stderr, "au lait") || strings.Contains(got.stderr, "A sentence") {
				t.Error("article text on standard error")
			}
			if (got.stdout == "") != (tt.code == exitNothingDone) {
				t.Errorf("standard output %q", got.stdout)
			}
		})
	}
}

// TestKeyWithoutModel has a key and an address at hand, as a developer's shell
// does: nothing is sent anywhere.
func TestKeyWithoutModel(t *testing.T) {
	api := llmtest.New(t)
	vars := map[string]string{"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": api.URL()}
	got := cli(t, vars, "", "analyze", "--json", write(t, "a.txt", mine))
	if got.code != exitOK {
		t.Fatalf("code %d, %s", got.code, got.stderr)
	}
	oneLine(t, got.stderr, "hint: ", "--llm-model")
	if strings.Contains(got.stderr, "sk-test") {
		t.Error("the key is printed")
	}
	if source := answers(t, got.stdout)[0].GetSummary().GetProvenance().GetSource(); source != summarizerv1.Provenance_SOURCE_LOCAL {
		t.Errorf("source %v", source)
	}
	if api.Count() != 0 {
		t.Errorf("%d requests were sent", api.Count())
	}
}

func TestAnalyzeWithModel(t *testing.T) {
	api := llmtest.New(t)
	api.Default(llmtest.Obey("peacekeeping"))
	file := write(t, "a.txt", mine)
	args := []string{
		"analyze", "--json", "--llm-model", "test-model", "--llm-base-url", api.URL(),
		"--llm-api-key-file", write(t, "key", "sk-from-file\n"), "--data-dir", t.TempDir(), file,
	}
	for i, want := range []summarizerv1.Provenance_Source{summarizerv1.Provenance_SOURCE_LLM, summarizerv1.Provenance_SOURCE_CACHE} {
		got := cli(t, map[string]string{"OPENAI_API_KEY": "sk-from-environment"}, "", args...)
		if got.code != exitOK || got.stderr != "" {
			t.Fatalf("code %d, %s", got.code, got.stderr)
		}
		p := answers(t, got.stdout)[0].GetSummary().GetProvenance()
		if p.GetSource() != want || p.GetModel() != "test-model" {
			t.Errorf("run %d: %v", i+1, p)
		}
	}
	if api.Count() != 1 {
		t.Fatalf("%d calls, want 1", api.Count())
	}
	if got := api.Requests()[0].Header.Get("Authorization"); got != "Bearer sk-from-file" {
		t.Errorf("key %q", got)
	}
}

func TestAnalyzeDegraded(t *testing.T) {
	api := llmtest.New(t)
	api.Default(llmtest.Status(401, `{"error":{"message":"bad key"}}`))
	vars := map[string]string{"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": api.URL(), "SUMMARIZER_LLM_MODEL": "test-model"}
	file := write(t, "a.txt", mine)
	got := cli(t, vars, "", "analyze", "--data-dir", t.TempDir(), file)
	if flat := strings.Join(strings.Fields(got.stdout), " "); got.code != exitOK || !strings.Contains(flat, "as the language model did not answer (LLM_MISCONFIGURED)") {
		t.Errorf("code %d, %s%s", got.code, got.stdout, got.stderr)
	}
	got = cli(t, vars, "", "analyze", "--engine", "llm", "--data-dir", t.TempDir(), file)
	if got.code != exitNothingDone || !strings.Contains(got.stderr, "(LLM_MISCONFIGURED)") {
		t.Errorf("--engine llm: code %d, %q", got.code, got.stderr)
	}
	calls := api.Count()
	got = cli(t, vars, "", "analyze", "--engine", "local", "--data-dir", t.TempDir(), file)
	if got.code != exitOK || strings.Contains(got.stdout, "did not answer") || api.Count() != calls {
		t.Errorf("--engine local: code %d, %s%s", got.code, got.stdout, got.stderr)
	}
}

// TestNoDataDirectory has a file where the directory of the cache should be.
func TestNoDataDirectory(t *testing.T) {
	directory := write(t, "data", "not a directory")
	got := cli(t, nil, "", "analyze", "--data-dir", directory, write(t, "a.txt", mine))
	if got.code != exitOK || got.stdout == "" {
		t.Errorf("code %d", got.code)
	}
	oneLine(t, got.stderr, "warning: ", "without a disk cache")

	got = cli(t, nil, "", "serve", "--listen", "127.0.0.1:0", "--http-listen", "", "--admin-listen", "", "--data-dir", directory)
	if got.code != exitUsage {
		t.Errorf("serve: code %d", got.code)
	}
	oneLine(t, got.stderr, directory)
}

// TestNoHome has no directory for caches at all.
func TestNoHome(t *testing.T) {
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	if _, err := os.UserCacheDir(); err == nil {
		t.Skip("this system knows a directory for caches without HOME")
	}
	got := cli(t, nil, "", "analyze", write(t, "a.txt", mine))
	if got.code != exitOK {
		t.Errorf("code %d", got.code)
	}
	oneLine(t, got.stderr, "warning: ", "--data-dir")
}

func TestDamagedCache(t *testing.T) {
	api := llmtest.New(t)
	directory := t.TempDir()
	args := []string{"analyze", "--json", "--llm-model", "m", "--llm-base-url", api.URL(), "--data-dir", directory, write(t, "a.txt", mine)}
	if got := cli(t, nil, "", args...); got.code != exitOK {
		t.Fatalf("code %d, %s", got.code, got.stderr)
	}
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) == 0 {
		t.Fatalf("no cache file: %v", err)
	}
	for _, entry := range entries {
		if err := os.WriteFile(directory+"/"+entry.Name(), bytes.Repeat([]byte("damage"), 10_000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := cli(t, nil, "", args...)
	if got.code != exitOK || len(answers(t, got.stdout)) != 1 {
		t.Errorf("code %d, %s", got.code, got.stderr)
	}
	if !strings.Contains(got.stderr, directory) {
		t.Errorf("nothing is said of the damaged file: %q", got.stderr)
	}
}

func TestTopics(t *testing.T) {
	got := cli(t, nil, "", "topics")
	if got.code != exitOK || !strings.HasPrefix(got.stdout, "ID ") || !strings.Contains(got.stdout, "\npeacekeeping ") {
		t.Errorf("code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	got = cli(t, nil, "", "topics", "--json")
	response := &summarizerv1.ListTopicsResponse{}
	if err := protojson.Unmarshal([]byte(got.stdout), response); err != nil || len(response.GetTopics()) < 40 || response.GetTaxonomyVersion() == "" {
		t.Errorf("code %d, %v, %d topics", got.code, err, len(response.GetTopics()))
	}
	got = cli(t, nil, "", "topics", "--taxonomy", write(t, "taxonomy.yaml", "topics:\n  - id: Not An Id\n"))
	if got.code != exitUsage || got.stdout != "" {
		t.Errorf("malformed: code %d", got.code)
	}
	oneLine(t, got.stderr, "taxonomy.yaml:2")
}
