package llm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// window returns options for one endpoint with a context window.
func window(server *llmtest.Fake, tokens int) llm.Options {
	options := one(server)
	options.Endpoints[0].ContextTokens = tokens
	return options
}

// An article that does not fit is read in parts that follow each other, end with
// sentences and are all of it; the answer rests on the article itself.
func TestLongArticleIsReadInParts(t *testing.T) {
	server := llmtest.New(t)
	engine := newEngine(t, window(server, 6000))
	task := longTask(900)

	reply := engine.Analyze(context.Background(), task)

	if reply.SummaryErr != nil || reply.TopicsErr != nil {
		t.Fatal(reply.SummaryErr, reply.TopicsErr)
	}
	requests := server.Requests()
	last := requests[len(requests)-1].Chat()
	shown := make(map[string]bool)
	total := 0
	for _, request := range requests[:len(requests)-1] {
		_, text, _ := request.Chat().Article()
		if !strings.Contains(task.Document.Text, strings.TrimSpace(text)) || !strings.HasSuffix(text, "weather.") {
			t.Errorf("a part is not of the article or does not end a sentence: …%q", text[max(0, len(text)-40):])
		}
		if shown[text] {
			t.Error("a part was shown twice")
		}
		shown[text] = true
		total += len(strings.TrimSpace(text))
		if len(request.Chat().Topics()) != 0 {
			t.Error("a part was asked for topics")
		}
	}
	if parts := len(requests) - 1; parts < 2 || total+parts < len(task.Document.Text) {
		t.Errorf("%d parts of %d bytes together, of an article of %d", parts, total, len(task.Document.Text))
	}
	if _, notes, _ := last.Article(); strings.Count(notes, "\n\n") != len(requests)-2 || len(last.Topics()) == 0 {
		t.Errorf("the last question is not about the notes of %d parts: %q", len(requests)-1, notes)
	}
	for _, s := range reply.Summary.Sentences {
		if len(s.Evidence) == 0 {
			t.Errorf("%q has no evidence", s.Text)
		}
		for _, span := range s.Evidence {
			if quoted := task.Document.Slice(span); !strings.Contains(quoted, s.Text) {
				t.Errorf("the evidence of %q is %q", s.Text, quoted)
			}
		}
	}
	if len(reply.Summary.Warnings)+len(reply.Topics.Warnings) != 0 {
		t.Errorf("warnings %v %v, want none: all was read", reply.Summary.Warnings, reply.Topics.Warnings)
	}
	prints := engine.Fingerprints(task)
	if reply.Fingerprint != prints[0] {
		t.Error("the answer would not be found in the cache")
	}
	if whole := newEngine(t, window(server, 128_000)).Fingerprints(task); whole[0] == prints[0] {
		t.Error("an answer over parts has the fingerprint of one over the whole")
	}
}

// Beyond sixteen parts the policy of the caller decides.
func TestArticleBeyondAllParts(t *testing.T) {
	server := llmtest.New(t)
	engine := newEngine(t, window(server, 4200))
	task := longTask(4000)

	reply := engine.Analyze(context.Background(), task)

	if reply.SummaryErr != nil || reply.TopicsErr != nil {
		t.Fatal(reply.SummaryErr, reply.TopicsErr)
	}
	if n := server.Count(); n != 17 {
		t.Errorf("%d calls, want sixteen parts and the answer", n)
	}
	for _, warnings := range [][]summarizer.Warning{reply.Summary.Warnings, reply.Topics.Warnings} {
		if len(warnings) != 1 || warnings[0].Reason != summarizer.WarnDocumentTruncated ||
			warnings[0].Metadata["totalBytes"] != fmt.Sprint(len(task.Document.Text)) || warnings[0].Metadata["keptBytes"] == "" {
			t.Errorf("warnings = %+v", warnings)
		}
	}

	task.Overlength = summarizer.OverlengthReject
	server.Forget()
	reply = engine.Analyze(context.Background(), task)
	var e *summarizer.Error
	if !errors.As(reply.SummaryErr, &e) || e.Reason != summarizer.ReasonTextTooLarge || e.Faults[0].Field != "article.text" || e.Faults[0].Limit == "" {
		t.Errorf("error = %#v, want TEXT_TOO_LARGE", reply.SummaryErr)
	}
	if len(server.Requests()) != 0 {
		t.Error("a call was made for a text that is rejected")
	}
}

// Notes that cannot be used give way to the beginning of their part, which is not
// asked for again.
func TestUnusableNotes(t *testing.T) {
	server := llmtest.New(t)
	lie := llmtest.Give(llmtest.Answer{Summary: llmtest.Sentences("It cost $777,777 in Atlantis.")})
	server.Default(func(w http.ResponseWriter, r *llmtest.Call) {
		if _, text, _ := r.Chat().Article(); strings.HasPrefix(text, "Sentence number 0 ") && len(r.Chat().Topics()) == 0 {
			lie(w, r)
			return
		}
		llmtest.Obey()(w, r)
	})
	reply := newEngine(t, window(server, 6000)).Analyze(context.Background(), longTask(900))
	if reply.SummaryErr != nil || reply.TopicsErr != nil {
		t.Fatal(reply.SummaryErr, reply.TopicsErr)
	}
	for _, warnings := range [][]summarizer.Warning{reply.Summary.Warnings, reply.Topics.Warnings} {
		if len(warnings) != 1 || warnings[0].Reason != summarizer.WarnPartsAbridged || warnings[0].Metadata["abridged"] != "1" {
			t.Errorf("warnings %+v, want that of one part", warnings)
		}
	}
	requests := server.Requests()
	_, notes, _ := requests[len(requests)-1].Chat().Article()
	if strings.Contains(notes, "Atlantis") || !strings.HasPrefix(notes, "Sentence number 0 ") {
		t.Errorf("the notes are %q", notes[:min(len(notes), 200)])
	}
	asked := 0
	for _, request := range requests {
		if _, text, _ := request.Chat().Article(); strings.HasPrefix(text, "Sentence number 0 ") {
			asked++
		}
	}
	if asked != 3 { // once, once more, and within the notes
		t.Errorf("the first part was shown %d times", asked)
	}
}

// A part that cannot be read at all fails the endpoint: an answer over the rest
// would be one over another article. The next endpoint is asked.
func TestPartThatCannotBeRead(t *testing.T) {
	a, b := llmtest.New(t), llmtest.New(t)
	a.Default(func(w http.ResponseWriter, r *llmtest.Call) {
		if _, text, _ := r.Chat().Article(); strings.Contains(text, "Sentence number 700 ") {
			llmtest.Error(http.StatusInternalServerError, nil, "")(w, r)
			return
		}
		llmtest.Obey()(w, r)
	})
	options := chain(a, b)
	options.Endpoints[0].ContextTokens = 6000
	reply := newEngine(t, options).Analyze(context.Background(), longTask(900))
	if reply.SummaryErr != nil || b.Count() != 1 {
		t.Errorf("%v after %d calls of the second endpoint, want its answer", reply.SummaryErr, b.Count())
	}
	reply = newEngine(t, llm.Options{Endpoints: options.Endpoints[:1]}).Analyze(context.Background(), longTask(900))
	if summarizer.ReasonOf(reply.SummaryErr) != summarizer.ReasonLLMUnavailable {
		t.Errorf("error %v, want that of the part", reply.SummaryErr)
	}
}

// No part is begun when nobody waits.
func TestPartsStopWithTheirCallers(t *testing.T) {
	server := llmtest.New(t)
	task := longTask(3000)
	waiting := &callers{deadline: waitUntil(5e9).deadline}
	task.Callers = waiting
	server.Default(func(w http.ResponseWriter, r *llmtest.Call) {
		waiting.gone.Store(true)
		llmtest.Obey()(w, r)
	})
	reply := newEngine(t, window(server, 6000)).Analyze(context.Background(), task)
	if reply.SummaryErr == nil || server.Count() > 4 {
		t.Errorf("%d calls after the callers left, error %v", server.Count(), reply.SummaryErr)
	}
}

// An endpoint that finds an article too long that seemed to fit is asked with less of it
// at a time. Each article finds that out for itself, and its answer is found again.
func TestOverflowMakesSmallerParts(t *testing.T) {
	server := llmtest.New(t)
	tooLong := llmtest.Error(http.StatusBadRequest, "context_length_exceeded", "This model's maximum context length is 4000 tokens.")
	server.Default(func(w http.ResponseWriter, r *llmtest.Call) {
		if _, text, _ := r.Chat().Article(); len(text) > 9000 {
			tooLong(w, r)
			return
		}
		llmtest.Obey()(w, r)
	})
	engine := newEngine(t, window(server, 7000))
	task := longTask(150) // 11 KB
	for range 2 {
		server.Forget()
		reply := engine.Analyze(context.Background(), task)
		if reply.SummaryErr != nil || reply.TopicsErr != nil {
			t.Fatal(reply.SummaryErr, reply.TopicsErr)
		}
		n := 0
		for _, request := range server.Requests() {
			if _, text, _ := request.Chat().Article(); len(text) > 9000 {
				n++
			}
		}
		if n != 1 || reply.Fingerprint != engine.Fingerprints(task)[0] {
			t.Errorf("%d overflows, want 1; found again: %t", n, reply.Fingerprint == engine.Fingerprints(task)[0])
		}
	}
	server.Default(tooLong)
	server.Forget()
	reply := newEngine(t, window(server, 7000)).Analyze(context.Background(), task)
	if summarizer.ReasonOf(reply.SummaryErr) != summarizer.ReasonLLMContextOverflow {
		t.Errorf("error %v", reply.SummaryErr)
	}
}

// Numbers that stand in different parts may meet in the summary; what stands in
// none may not.
func TestAnswerOverPartsIsGrounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("The port of Velmar earned 41 million crowns. ")
	for i := range 800 {
		fmt.Fprintf(&b, "Ship number %d left the harbour before the evening came down. ", 100+i)
	}
	b.WriteString("The port of Tolwick earned 63 million crowns.")
	for summary, want := range map[string]summarizer.Reason{
		"Velmar earned 41 million crowns and Tolwick 63 million.": "",
		"Velmar earned 41 million crowns and Tolwick 65 million.": summarizer.ReasonLLMUngrounded,
	} {
		server := llmtest.New(t)
		server.Default(func(w http.ResponseWriter, r *llmtest.Call) {
			if _, text, _ := r.Chat().Article(); strings.Contains(text, "\n\n") { // the notes
				llmtest.GiveAsked(llmtest.Answer{Summary: llmtest.Sentences(summary), Topics: llmtest.Topics()})(w, r)
				return
			}
			llmtest.Obey()(w, r)
		})
		task := harbour()
		task.Document = article.Clean(article.Raw{Text: b.String(), LanguageCode: "en"})
		reply := newEngine(t, window(server, 6000)).Analyze(context.Background(), task)
		if got := summarizer.ReasonOf(reply.SummaryErr); reply.SummaryErr != nil && got != want || reply.SummaryErr == nil && want != "" {
			t.Errorf("%s: %v, want %q", summary, reply.SummaryErr, want)
		}
	}
}

// Where notes need more output than the answer, a window that is wide enough for
// the answer may have no room for a part.
func TestWindowTooSmallForNotes(t *testing.T) {
	server := llmtest.New(t)
	task := longTask(900)
	task.Topics = nil
	task.Summary.MaxSentences = 1
	reply := newEngine(t, window(server, 2200)).Analyze(context.Background(), task)
	if got := summarizer.ReasonOf(reply.SummaryErr); got != summarizer.ReasonLLMContextOverflow || server.Count() != 0 {
		t.Errorf("reason = %s after %d calls, want %s before the first", got, server.Count(), summarizer.ReasonLLMContextOverflow)
	}
}

// An article that fills all parts is read to a lesser extent where the endpoint
// finds them too long: there cannot be more parts, but smaller ones.
func TestOverflowOfAllParts(t *testing.T) {
	server := llmtest.New(t)
	server.Enqueue(llmtest.Error(http.StatusBadRequest, "context_length_exceeded", "maximum context length"))
	reply := newEngine(t, window(server, 6000)).Analyze(context.Background(), longTask(8000))
	if reply.SummaryErr != nil || reply.TopicsErr != nil {
		t.Fatal(reply.SummaryErr, reply.TopicsErr)
	}
	if n := server.Count(); n > 4+2*16 {
		t.Errorf("%d calls for one task", n)
	}
}

// A caller that wants no truncation is told that the text is too long, also where
// only the endpoint's own count shows it.
func TestRejectionAfterOverflow(t *testing.T) {
	server := llmtest.New(t)
	engine := newEngine(t, window(server, 6000))
	task := longTask(2500)
	task.Overlength = summarizer.OverlengthReject
	server.Enqueue(llmtest.Error(http.StatusBadRequest, "context_length_exceeded", "maximum context length"))
	reply := engine.Analyze(context.Background(), task)
	var e *summarizer.Error
	if !errors.As(reply.SummaryErr, &e) || e.Reason != summarizer.ReasonTextTooLarge || e.Faults[0].Limit == "" {
		t.Errorf("%v, want %s", reply.SummaryErr, summarizer.ReasonTextTooLarge)
	}
	if server.Count() == 0 {
		t.Fatal("the text was rejected before the overflow")
	}
}
