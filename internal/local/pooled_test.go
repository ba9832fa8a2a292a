package local_test

import (
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// An answer depends on its article alone, not on what the memory held before,
// nor on the number of processors.
func TestAnswersDoNotDependOnWhatCameBefore(t *testing.T) {
	var articles []string
	for _, a := range goldenArticles(t, "topics.txt") {
		articles = append(articles, a.text)
	}
	for _, sentences := range samples {
		articles = append(articles, sentences...)
	}
	articles = append(articles, "", "Hi.", pactArticle, ofSize(64<<10))
	ask := func(e *local.Engine, i int) *summarizer.Reply {
		format := summarizer.FormatBullets
		if i%2 == 0 {
			format = summarizer.FormatHeadline
		}
		return e.Analyze(t.Context(), &summarizer.Task{
			Document: english(articles[i]),
			Summary:  &summarizer.SummaryTask{Format: format, MaxSentences: 3},
			Topics:   allTopics(),
		})
	}

	var want []*summarizer.Reply
	for i := range articles {
		used := local.New()
		ask(used, (i+1)%len(articles)) // Compiles the topics.
		want = append(want, ask(used, i))
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 4} {
		runtime.GOMAXPROCS(processors)
		shared := local.New()
		for i := range articles {
			for _, k := range []int{i, len(articles) - 1 - i, i} {
				if diff := cmp.Diff(want[k], ask(shared, k)); diff != "" {
					t.Fatalf("article %d on %d processors (-want +got):\n%s", k, processors, diff)
				}
			}
		}
	}
}
