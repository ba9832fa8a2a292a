package summarizer

import "iter"

// feature is one of the two things that are made of an article.
type feature uint8

const (
	summary feature = iota
	topics
)

// features in the order in which they are delivered.
var features = [...]feature{summary, topics}

// String returns the name used in metrics and keys.
func (f feature) String() string { return [...]string{"summary", "topics"}[f] }

// featureSet is a set of features.
type featureSet uint8

func setOf(f feature) featureSet                  { return 1 << f }
func (s featureSet) has(f feature) bool           { return s&(1<<f) != 0 }
func (s featureSet) with(f feature) featureSet    { return s | 1<<f }
func (s featureSet) without(f feature) featureSet { return s &^ (1 << f) }

// each yields the features of s in the order in which they are delivered.
func (s featureSet) each() iter.Seq[feature] {
	return func(yield func(feature) bool) {
		for _, f := range features {
			if s.has(f) && !yield(f) {
				return
			}
		}
	}
}

// only returns a copy of the task that asks for the features of s alone.
func (t Task) only(s featureSet) *Task {
	if !s.has(summary) {
		t.Summary = nil
	}
	if !s.has(topics) {
		t.Topics = nil
	}
	return &t
}

// featureAnswer is what an engine made of one feature: one of summary and topics is
// set, or neither when there is no answer.
type featureAnswer struct {
	summary *SummaryAnswer
	topics  *TopicAnswer
}

func (a featureAnswer) ok() bool { return a.summary != nil || a.topics != nil }

func (a featureAnswer) warnings() []Warning {
	if a.summary != nil {
		return a.summary.Warnings
	}
	return a.topics.Warnings
}

// answer returns what the reply holds of a feature. A reply without answer and
// without error is a fault of the engine.
func (r *Reply) answer(f feature) (featureAnswer, error) {
	var a featureAnswer
	var err error
	switch f {
	case summary:
		a, err = featureAnswer{summary: r.Summary}, r.SummaryErr
	case topics:
		a, err = featureAnswer{topics: r.Topics}, r.TopicsErr
	}
	if err == nil && !a.ok() {
		err = errNoAnswer
	}
	return a, err
}

// answer returns what is stored of a feature.
func (s *StoredAnswer) answer(f feature) featureAnswer {
	if f == summary {
		return featureAnswer{summary: s.Summary}
	}
	return featureAnswer{topics: s.Topics}
}
