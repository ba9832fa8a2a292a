package llm_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

var update = flag.Bool("update", false, "write the table of docs/llm.md instead of comparing it")

// standout returns a task about the article that a server may stumble over.
func standout(long bool) *summarizer.Task {
	task := harbour()
	text := "The council of " + llmtest.Mark + " debated the context window of the harbour office and its high temperature. " + harbourText
	if long {
		text = strings.Repeat("The council of "+llmtest.Mark+" met again and spoke about the quay and the new cranes for a whole day. ", 240)
	}
	task.Document = document("", strings.TrimSpace(text))
	task.Summary.MaxSentences = summarizer.DefaultSentences
	task.Callers = waitUntil(10 * time.Second)
	return task
}

// TestBehaviors goes through the table of the ways of model servers, over real HTTP and
// with the real client: the outcome of an article, and that a harmless one after it is
// answered as if nothing had been.
func TestBehaviors(t *testing.T) {
	behaviors := llmtest.Behaviors()
	if len(behaviors) < 100 {
		t.Errorf("%d behaviors", len(behaviors))
	}
	seen := make(map[string]bool)
	for _, b := range behaviors {
		name := b.Server + " " + b.Does
		if seen[name] {
			t.Errorf("%s stands in the table twice", name)
		}
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Log(outcome(b))
			server := llmtest.New(t)
			server.Default(b.Serve)
			engine := newEngine(t, one(server))

			checkBehavior(t, "the article", engine.Analyze(context.Background(), standout(b.Long)), server, b.Reason, b.Requests)
			if last := server.Requests()[server.Count()-1]; b.Sent != nil && !b.Sent(last.Chat()) {
				t.Errorf("the last request was %.600s", last.Body)
			}
			server.Forget()
			next := standout(false)
			next.Document = document(harbourTitle, harbourText)
			checkBehavior(t, "the next article", engine.Analyze(context.Background(), next), server, b.NextReason, b.Next)
		})
	}
}

// checkBehavior compares the outcome of an article with the expected one.
func checkBehavior(t *testing.T, which string, reply *summarizer.Reply, server *llmtest.Fake, reason string, requests int) {
	t.Helper()
	for feature, err := range map[string]error{"summary": reply.SummaryErr, "topics": reply.TopicsErr} {
		got := ""
		if err != nil {
			got = string(summarizer.ReasonOf(err))
		}
		if got != reason {
			t.Errorf("%s, %s: %q, want %q (%v)", which, feature, got, reason, spill(err))
		}
	}
	if said := spill(reply.SummaryErr); strings.Contains(said, llmtest.Mark) {
		t.Errorf("%s: the error quotes the article: %s", which, said)
	}
	switch n := server.Count(); {
	case requests == llmtest.Several && n > 1, requests == llmtest.None && n == 0, requests >= 0 && n == cmp.Or(requests, 1):
	default:
		t.Errorf("%s: %d requests, want %d", which, n, cmp.Or(requests, 1))
	}
}

const modelPage = "../../docs/llm.md"

// Marks of the page between which the table stands.
const tableBegin, tableEnd = "<!-- the table of behaviors: made by TestBehaviorsPage -->\n", "<!-- end of the table -->\n"

// TestBehaviorsPage compares the table of docs/llm.md with the one that is tested;
// "make generate" writes it.
func TestBehaviorsPage(t *testing.T) {
	page, err := os.ReadFile(modelPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := bytes.Cut(page, []byte(tableBegin))
	_, after, ended := bytes.Cut(rest, []byte(tableEnd))
	if !found || !ended {
		t.Fatal("docs/llm.md lacks the marks of the table")
	}
	want := string(before) + tableBegin + behaviorsTable() + tableEnd + string(after)
	if *update {
		if err := os.WriteFile(modelPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Error(`docs/llm.md is stale: run "make generate"`)
	}
}

// behaviorsTable returns the table in Markdown: the behaviors of each kind and outcome, and
// the names of the servers that have several.
func behaviorsTable() string {
	type row struct{ kind, outcome string }
	var rows []row
	servers := make(map[string]int)
	does := make(map[row][]string)
	for _, b := range llmtest.Behaviors() {
		r := row{b.Kind, outcome(b)}
		if does[r] == nil {
			rows = append(rows, r)
		}
		does[r] = append(does[r], b.Does)
		if words := strings.Fields(b.Server); !slices.ContainsFunc(words[1:], func(word string) bool { return strings.ToLower(word) == word }) {
			servers[b.Server]++ // a name, as "small models" is not
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n| kind | outcome | | the server |\n|---|---|---|---|\n")
	last := ""
	for _, r := range rows {
		kind := ""
		if r.kind != last {
			kind, last = strings.ToUpper(r.kind[:1])+r.kind[1:]+" ", r.kind
		}
		fmt.Fprintf(&b, "| %s| %s | %d | %s |\n", kind, r.outcome, len(does[r]), strings.Join(compactStatuses(does[r]), "; "))
	}
	const named = 4 // behaviors of a server that the page names
	often := slices.DeleteFunc(slices.Collect(maps.Keys(servers)), func(name string) bool { return servers[name] < named })
	slices.SortFunc(often, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	fmt.Fprintf(&b, "\nIn the manner of %s, and %d others.\n", strings.Join(often, ", "), len(servers)-len(often))
	return b.String() + "\n"
}

// compactStatuses returns descriptions without repetitions: "limits: 400" and "limits: 429"
// become "limits: 400, 429".
func compactStatuses(descriptions []string) []string {
	var texts []string
	statuses := make(map[string][]string)
	for _, d := range descriptions {
		text, status, _ := strings.Cut(d, ": ")
		if statuses[text] == nil {
			texts = append(texts, text)
			statuses[text] = []string{}
		}
		if status != "" && !slices.Contains(statuses[text], status) {
			statuses[text] = append(statuses[text], status)
		}
	}
	for i, text := range texts {
		if len(statuses[text]) > 0 {
			texts[i] = text + ": " + strings.Join(statuses[text], ", ")
		}
	}
	return texts
}

// outcome returns the expected outcome of a behavior in words.
func outcome(b llmtest.Behavior) string {
	requests := fmt.Sprintf("%d requests", b.Requests)
	switch {
	case b.Requests == llmtest.Several:
		requests = "in parts"
	case b.Requests <= 1:
		requests = "1 request"
	}
	said := cmp.Or(b.Reason, "answered") + ", " + requests
	switch {
	case b.Next == llmtest.None:
		return said + "; the endpoint rests"
	case b.Next > 1:
		return said + fmt.Sprintf("; the next article too, %d", b.Next)
	case b.Requests > 1 && b.Reason == "":
		return said + "; 1 from then on"
	}
	return said
}

// TestFormIsRemembered checks that an endpoint whose form is known is asked in it at once,
// by all that ask.
func TestFormIsRemembered(t *testing.T) {
	server := llmtest.New(t)
	server.Default(llmtest.WithoutStructuredOutput(llmtest.Obey()))
	engine := newEngine(t, one(server))
	for i, want := range []int{3, 1, 1} {
		server.Forget()
		task := harbour()
		task.Summary.MaxSentences = 1 + 3*i // another schema each time
		if reply := engine.Analyze(context.Background(), task); reply.SummaryErr != nil || server.Count() != want {
			t.Errorf("task %d: %d requests, want %d; %v", i, server.Count(), want, reply.SummaryErr)
		}
	}
}

// TestAtMostSixRefusals has an endpoint that finds fault with each form.
func TestAtMostSixRefusals(t *testing.T) {
	server := llmtest.New(t)
	refusals := 0
	server.Default(func(w responseWriter, r *llmtest.Call) {
		refusals++
		for _, say := range []string{"max_tokens is too large, at most " + fmt.Sprint(max(r.Chat().MaxTokens, r.Chat().MaxCompletionTokens)-1)} {
			llmtest.Error(400, nil, say)(w, r)
		}
	})
	options := one(server)
	options.MaxCalls = 1
	reply := newEngine(t, options).Analyze(context.Background(), harbour())
	if got := summarizer.ReasonOf(reply.SummaryErr); got != summarizer.ReasonLLMMisconfigured || refusals != 7 {
		t.Errorf("%s after %d requests, want 7", got, refusals)
	}
}

// TestFormIsFoundOutByManyAtOnce starts with many articles at once at an endpoint that
// refuses the format, with words and without: all are answered.
func TestFormIsFoundOutByManyAtOnce(t *testing.T) {
	for _, body := range []string{`{"error":{"message":"response_format is not supported"}}`, "Bad Request"} {
		server := llmtest.New(t)
		server.Default(func(w responseWriter, r *llmtest.Call) {
			if r.Chat().ResponseFormat != nil {
				llmtest.Status(400, body)(w, r)
				return
			}
			llmtest.Obey()(w, r)
		})
		engine := newEngine(t, one(server))
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				if reply := engine.Analyze(context.Background(), harbour()); reply.SummaryErr != nil || reply.TopicsErr != nil {
					t.Errorf("%s: %v, %v", body, reply.SummaryErr, reply.TopicsErr)
				}
			})
		}
		wg.Wait()
		server.Forget()
		if reply := engine.Analyze(context.Background(), harbour()); reply.SummaryErr != nil || server.Count() != 1 {
			t.Errorf("%s: afterwards %d requests, %v", body, server.Count(), reply.SummaryErr)
		}
	}
}
