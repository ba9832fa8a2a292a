package eval

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"

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

// provenance is what is read of a Provenance.
type provenance struct {
	Degraded bool `json:"degraded"`
}

func (s *answers) add(line numbered) error {
	var row struct {
		ID      identifier `json:"id"`
		Summary *string    `json:"summary"`
		Labels  *[]string  `json:"labels"`
		Result  *struct {
			Summary *struct {
				Text       string     `json:"text"`
				Provenance provenance `json:"provenance"`
			} `json:"summary"`
			Classification *struct {
				Topics []struct {
					TopicID    string  `json:"topicId"`
					Confidence float64 `json:"confidence"`
				} `json:"topics"`
				Provenance provenance `json:"provenance"`
			} `json:"classification"`
			Usage struct {
				InputTokens  json.Number `json:"inputTokens"`
				OutputTokens json.Number `json:"outputTokens"`
				CostMicroUSD json.Number `json:"costMicroUsd"` // quoted, as ProtoJSON has it
			} `json:"usage"`
		} `json:"result"`
		Error *struct {
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
	if row.Summary != nil {
		answer.Summary, s.summary = *row.Summary, true
	}
	if row.Labels != nil {
		s.topics = true
		for _, id := range *row.Labels {
			answer.Topics = append(answer.Topics, ScoredTopic{id, NoConfidence})
		}
	}
	if result := row.Result; result != nil {
		if result.Summary != nil {
			answer.Summary, s.summary = result.Summary.Text, true
			answer.Degraded = result.Summary.Provenance.Degraded
		}
		if result.Classification != nil {
			s.topics = true
			answer.Degraded = answer.Degraded || result.Classification.Provenance.Degraded
			for _, topic := range result.Classification.Topics {
				answer.Topics = append(answer.Topics, ScoredTopic{topic.TopicID, topic.Confidence})
			}
		}
		// What is absent or odd counts as nothing spent.
		in, _ := result.Usage.InputTokens.Int64()
		out, _ := result.Usage.OutputTokens.Int64()
		cost, _ := result.Usage.CostMicroUSD.Int64()
		answer.Usage = summarizer.Usage{InputTokens: int(in), OutputTokens: int(out), CostMicroUSD: cost}
	}
	answer.Delivered = len(answer.Topics)
	if row.Error != nil {
		answer.Failures = []string{cmp.Or(row.Error.Reason, row.Error.Code)}
	}
	s.byID[string(row.ID)] = answer
	return nil
}

func (s *answers) Name() string                   { return s.name }
func (s *answers) Offers() (summary, topics bool) { return s.summary, s.topics }

func (s *answers) Answer(_ context.Context, item *Item) *SystemAnswer {
	if answer := s.byID[item.ID]; answer != nil {
		return answer
	}
	return &SystemAnswer{Failures: []string{missingAnswer}}
}
