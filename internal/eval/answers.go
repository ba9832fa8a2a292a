package eval

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protojson"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// answers are answers that were made elsewhere.
type answers struct {
	name            string
	byID            map[string]*SystemAnswer
	summary, topics bool
}

// missingAnswer is the failure of a row that a file has no answer for.
const missingAnswer = "ANSWER_MISSING"

// ReadAnswers reads a system out of JSONL: the rows that "summarizer batch" writes,
// or {"id", "summary", "labels"}, labels the most confident first. Rows belong to
// the labelled ones of the same id. The first fault is an error that names the line.
func ReadAnswers(name string, in io.Reader) (System, error) {
	system := &answers{name: name, byID: map[string]*SystemAnswer{}}
	for line, err := range lines(in) {
		if err != nil {
			return nil, err
		}
		if err := system.add(line); err != nil {
			return nil, err
		}
	}
	if !system.summary && !system.topics {
		return nil, fmt.Errorf("it holds no answer: rows need \"id\" and \"summary\", \"labels\" or \"result\"")
	}
	return system, nil
}

func (s *answers) add(line numbered) error {
	var row struct {
		ID      identifier      `json:"id"`
		Summary *string         `json:"summary"`
		Labels  *[]string       `json:"labels"`
		Result  json.RawMessage `json:"result"` // an AnalyzeArticleResponse as ProtoJSON
		Error   *struct {
			Code   string `json:"code"`
			Reason string `json:"reason"`
		} `json:"error"`
	}
	if err := line.decode(&row); err != nil {
		return err
	}
	if row.ID == "" {
		return fmt.Errorf("line %d: the field \"id\" is missing: answers belong to rows by id", line.number)
	}
	if s.byID[string(row.ID)] != nil {
		return fmt.Errorf("line %d: an earlier line has the same id: keep one answer for each", line.number)
	}
	answer := &SystemAnswer{}
	if len(row.Result) > 0 && string(row.Result) != "null" {
		var response summarizerv1.AnalyzeArticleResponse
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(row.Result, &response); err != nil {
			return fmt.Errorf("line %d: the field \"result\" is not an answer of \"summarizer batch\"", line.number)
		}
		answer = AnswerOf(&response)
		s.summary = s.summary || response.Summary != nil
		s.topics = s.topics || response.Classification != nil
	}
	if row.Summary != nil {
		answer.Summary, s.summary = *row.Summary, true
	}
	if row.Labels != nil {
		s.topics = true
		for _, id := range *row.Labels {
			answer.Topics = append(answer.Topics, ScoredTopic{id, NoConfidence})
		}
	}
	answer.Delivered = len(answer.Topics)
	if row.Error != nil {
		answer.Failures = []string{cmp.Or(row.Error.Reason, row.Error.Code)}
	}
	s.byID[string(row.ID)] = answer
	return nil
}

// AnswerOf returns what a server answered.
func AnswerOf(response *summarizerv1.AnalyzeArticleResponse) *SystemAnswer {
	summary, topics, usage := response.GetSummary(), response.GetClassification(), response.GetUsage()
	answer := &SystemAnswer{
		Summary:   summary.GetText(),
		Delivered: len(topics.GetTopics()),
		Degraded:  summary.GetProvenance().GetDegraded() || topics.GetProvenance().GetDegraded(),
		Usage: summarizer.Usage{
			InputTokens:       int(usage.GetInputTokens()),
			CachedInputTokens: int(usage.GetCachedInputTokens()),
			OutputTokens:      int(usage.GetOutputTokens()),
			CostMicroUSD:      usage.GetCostMicroUsd(),
		},
	}
	for _, topic := range topics.GetTopics() {
		answer.Topics = append(answer.Topics, ScoredTopic{topic.GetTopicId(), topic.GetConfidence()})
	}
	return answer
}

func (s *answers) Name() string                   { return s.name }
func (s *answers) Offers() (summary, topics bool) { return s.summary, s.topics }

func (s *answers) Answer(_ context.Context, item *Item) *SystemAnswer {
	if answer := s.byID[item.ID]; answer != nil {
		return answer
	}
	return &SystemAnswer{Failures: []string{missingAnswer}}
}
