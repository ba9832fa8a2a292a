package llm

import (
	"slices"

	"github.com/seed-59202292/summarizer/internal/injection"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// screen returns task without what looks like instructions to a model in its
// article: what a model does not see it cannot obey, quote or build on. What the
// article is estimated to cost stays, as fingerprints rest on it. The warnings are
// nil when nothing was withheld; they do not quote.
func screen(task *summarizer.Task) (*summarizer.Task, []summarizer.Warning) {
	shown := injection.Screen(task.Document)
	if shown == task.Document {
		return task, nil
	}
	screened := *task
	screened.Document = shown
	return &screened, []summarizer.Warning{{
		Reason:  summarizer.WarnSuspectedInstructions,
		Message: "the article holds text that looks like an instruction to a language model; the model was not shown it",
	}}
}

// addWarnings puts warnings in front of those of each answer.
func addWarnings(reply *summarizer.Reply, warnings []summarizer.Warning) {
	if reply.Summary != nil {
		reply.Summary.Warnings = slices.Concat(warnings, reply.Summary.Warnings)
	}
	if reply.Topics != nil {
		reply.Topics.Warnings = slices.Concat(warnings, reply.Topics.Warnings)
	}
}
