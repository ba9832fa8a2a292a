package llm_test

import (
	"context"
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
