package local

import (
	"sync"

	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// A senseModel says how sure a topic of security or international affairs is in a
// language in which no articles were labelled with the topics. Words of war and
// diplomacy are used of bakers, footballers and neighbours, too; there they stand alone
// among words of everyday life. It is a logistic regression.
type senseModel struct {
	bias    int64
	signals senseSignals
}

// senseSignals are what speaks for such a topic, 0..fixedOne: how strong the phrases are
// that show it by themselves, how much there is beside it of everyday life and of its
// own company, its share of what the best such topic has, and how many different phrases
// show it.
type senseSignals [5]int64

// Amounts at which a signal is one half.
const (
	halfStrength = 1000
	halfCompany  = 700
	halfPhrases  = 2
)

// strongPhrase is the weight, in thousandths, from which on a phrase shows its topic by
// itself.
const strongPhrase = 1500

// A sense is what a topic is to a senseModel.
type sense uint8

const (
	everyday  sense = iota
	grave           // of security or international affairs
	ofState         // politics and justice, which keep those company
	undecided       // disasters are neither
)

// sensesOfGeneral are the senses of topics of the group general that are not everyday.
var sensesOfGeneral = map[string]sense{
	"politics": ofState, "elections": ofState, "crime-justice": ofState, "disaster-accident": undecided,
}

// senses are the senses of the default topics, by their number.
var senses = sync.OnceValue(func() (kinds []sense) {
	for _, topic := range taxonomy.Default().Topics() {
		kind := grave
		if topic.Group == "general" {
			kind = sensesOfGeneral[topic.ID]
		}
		kinds = append(kinds, kind)
	}
	return kinds
})

// senseSignals calls visit with the signals of each grave topic that was found.
func (f *finding) senseSignals(visit func(topic int, s *senseSignals)) {
	kinds := senses()
	var total [undecided + 1]int64
	best := int64(1)
	for i, topic := range f.topics {
		total[kinds[i]] += max(0, topic.score)
		if kinds[i] == grave {
			best = max(best, topic.score)
		}
	}
	for i, topic := range f.topics {
		score, strength := topic.score, topic.strength
		if kinds[i] != grave || score <= 0 {
			continue
		}
		company := total[grave] + total[ofState] - score
		visit(i, &senseSignals{
			fixedOne * strength / (strength + halfStrength),
			fixedOne * total[everyday] / (total[everyday] + score),
			fixedOne * company / (company + halfCompany),
			fixedOne * score / best,
			fixedOne * (topic.phrases - 1) / (topic.phrases - 1 + halfPhrases),
		})
	}
}

// confidence returns 0..confidenceScale.
func (m *senseModel) confidence(s *senseSignals) int64 {
	z := m.bias * fixedOne
	for i, v := range s {
		z += m.signals[i] * v
	}
	return logistic(z)
}
