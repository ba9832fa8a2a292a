package llm_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

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
	for _, when := range []string{"after an overflow", "from then on"} {
		reply := engine.Analyze(context.Background(), task)
		var e *summarizer.Error
		if !errors.As(reply.SummaryErr, &e) || e.Reason != summarizer.ReasonTextTooLarge || e.Metadata["maxTextBytes"] == "" {
			t.Errorf("%s: %v, want %s", when, reply.SummaryErr, summarizer.ReasonTextTooLarge)
		}
		if server.Count() == 0 {
			t.Fatal("the text was rejected before the overflow")
		}
	}
}
