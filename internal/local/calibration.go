package local

import (
	"math"
	"slices"
	"strings"
)

// fixedOne is 1 in the fixed-point numbers of signals and of what weighs them.
const fixedOne = 1024

// signalCount is the number of signals of a topic.
const signalCount = 11

// signals say in several ways, each 0..fixedOne, how much speaks for a topic.
type signals [signalCount]int64

// signals returns what the calibration weighs for a topic with a positive
// score: its score against fixed amounts, against the length of the text in
// tokens, and against the other topics; how much of it the lead holds and how early it is;
// and how strong a topic is that it is a part of, beside which the narrower is the better
// label.
func (f *finding) signals(topic int, r *rivals, tokens int64) signals {
	t := &f.topics[topic]
	share := fixedOne * t.score / r.best
	rival := r.best
	if topic == r.first {
		rival = r.second
	}
	lead := max(0, t.lead)
	first := t.first
	if t.phrases == 1 {
		first = 0 // A lone word may be a figure of speech.
	}
	return signals{
		share,
		fixedOne * t.score / (t.score + 300 + 3*tokens/10),
		fixedOne * lead / (lead + 500),
		share * t.score / (t.score + 300),
		fixedOne * t.score / (t.score + 1500),
		fixedOne * t.score / (t.score + rival),
		fixedOne * t.score / r.sum,
		fixedOne * first / placeTitle,
		fixedOne * max(0, t.mentions) / r.mentions,
		fixedOne * max(0, t.early) / r.early,
		fixedOne * max(0, t.broader) / (max(0, t.broader) + t.score),
	}
}

// rivals sums up the scores of all topics.
type rivals struct {
	first             int // the topic with the best score
	best, second, sum int64
	mentions, early   int64 // the most
}

func (f *finding) rivals() rivals {
	r := rivals{first: -1, mentions: 1, early: 1}
	for i := range f.topics {
		score := f.topics[i].score
		if score <= 0 {
			continue
		}
		r.sum += score
		r.mentions = max(r.mentions, f.topics[i].mentions)
		r.early = max(r.early, f.topics[i].early)
		switch {
		case score > r.best:
			r.first, r.best, r.second = i, score, r.best
		case score > r.second:
			r.second = score
		}
	}
	return r
}

// narrowerTopics are topics of the default taxonomy that a broader one has room for, by
// the broader one.
var narrowerTopics = map[string]string{
	"politics":                    "elections diplomacy civil-unrest coup national-security migration treaty sanctions peace-process",
	"crime-justice":               "terrorism organised-crime human-rights war-crimes cybersecurity intelligence",
	"economy-business":            "trade energy labour",
	"science-technology":          "cybersecurity",
	"armed-conflict":              "military-intervention war-crimes peace-process peacekeeping armed-forces coup military-aid",
	"armed-forces":                "defence-cooperation arms-trade military-aid",
	"diplomacy":                   "treaty sanctions defence-cooperation border-dispute nuclear-proliferation peace-process",
	"international-organisations": "peacekeeping sanctions peace-process humanitarian-crisis",
	"humanitarian-crisis":         "refugees foreign-aid",
	"disaster-accident":           "weather",
}

// broaderTopics returns for each of the default topics the numbers of the broader ones.
func broaderTopics(ids []string) [][]int32 {
	broader := make([][]int32, len(ids))
	for i, id := range ids {
		for narrower := range strings.FieldsSeq(narrowerTopics[id]) {
			n := slices.Index(ids, narrower)
			broader[n] = append(broader[n], int32(i))
		}
	}
	return broader
}

// A calibration turns the signals of a topic into the share of topics with such
// signals that a careful editor gave the article: a logistic regression with a
// bias for each topic (Platt, "Probabilistic outputs for support vector
// machines", 1999, with several scores in place of one).
type calibration struct {
	weights signals
	biases  []int64 // by topic
}

// confidence returns 0..confidenceScale.
func (c *calibration) confidence(topic int, s *signals) int64 {
	z := c.biases[topic] * fixedOne
	for i, v := range s {
		z += c.weights[i] * v
	}
	return logistic(z)
}

// logisticSteps divide 1 of the argument of logisticTable, which spans
// -logisticSpan..logisticSpan.
const (
	logisticSteps = 64
	logisticSpan  = 10
)

// logisticTable holds the logistic function times confidenceScale, so that a
// confidence is the same on every machine.
var logisticTable = func() (table [2*logisticSpan*logisticSteps + 1]int16) {
	for i := range table {
		x := float64(i)/logisticSteps - logisticSpan
		table[i] = int16(math.Round(confidenceScale / (1 + math.Exp(-x))))
	}
	return table
}()

// logistic returns the logistic function of z/fixedOne² times confidenceScale.
func logistic(z int64) int64 {
	i := z*logisticSteps/(fixedOne*fixedOne) + logisticSpan*logisticSteps
	return int64(logisticTable[max(0, min(i, int64(len(logisticTable)-1)))])
}
