package eval

import (
	"context"
	"time"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// AnalyzeFunc asks a server for an article.
type AnalyzeFunc func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error)

// server is a server as a System.
type server struct {
	name    string
	analyze AnalyzeFunc
	reason  func(error) string
}

// NewServer returns a server as a system. Its answers may come from its cache or its
// fallbacks, as its callers get them. Reason names the reason of an error.
func NewServer(name string, analyze AnalyzeFunc, reason func(error) string) System {
	return &server{name, analyze, reason}
}

func (s *server) Name() string                   { return s.name }
func (s *server) Offers() (summary, topics bool) { return true, true }

func (s *server) Answer(ctx context.Context, item *Item) *SystemAnswer {
	request := &summarizerv1.AnalyzeArticleRequest{
		Article:        &summarizerv1.Article{Text: item.Source.Text, Title: item.Source.Title},
		SummaryOptions: &summarizerv1.SummaryOptions{MaxSentences: int32(item.MaxSentences)},
		TopicOptions:   &summarizerv1.TopicOptions{MaxTopics: int32(item.MaxTopics)},
	}
	begin := time.Now()
	response, err := s.analyze(ctx, request)
	took := time.Since(begin)
	if err != nil {
		return &SystemAnswer{Took: took, Failures: []string{s.reason(err)}}
	}
	answer := AnswerOf(response)
	answer.Took = took
	return answer
}
