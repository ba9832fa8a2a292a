package local

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// The weights of an occurrence by its place, in sixteenths: a title or a first
// sentence tells what an article is about, a late one may mention in passing.
const (
	placeTitle      = 48
	placeStandfirst = 36
	placeLater      = 13
)

// placeBody are the first sentences of the body.
var placeBody = [...]int32{40, 30, 24, 20, 18, 16}

// Figures of the score, chosen on labelled articles.
const (
	// halfOccurrences is the sum of places at which a phrase counts half its
	// weight: once in the first sentence, or three times far below.
	halfOccurrences int32 = 40

	// halfSpread is the sum of the places of its sentences at which a topic keeps
	// half its score: two far below.
	halfSpread int64 = 26
)

// topicThreshold is the confidence from which on a topic is delivered: where F1
// over the labelled articles is about best and the main topic is rarely missed.
const topicThreshold = fittedThreshold

// otherLanguage divides the confidence in topics that are not known in the language of
// the text.
const otherLanguage = 4

// classify scores the topics of the task.
func (e *Engine) classify(task *summarizer.TopicTask, s *workspace) *summarizer.TopicAnswer {
	answer := &summarizer.TopicAnswer{Threshold: topicThreshold}
	foreign, byWords := false, false
	for _, group := range e.compiler.of(task, s.doc.Language) {
		foreign, byWords = foreign || group.foreign, byWords || group.byWords
		s.search(group.trie)
		answer.Topics = append(answer.Topics, s.labels(group)...)
	}
	switch {
	case foreign:
		warnOfLanguage(answer, "the local engine does not know these topics in the language of this article; labels are unsure")
	case byWords:
		warnOfLanguage(answer, "in the language of this article the local engine finds candidate topics only by the words of their names and descriptions")
	}
	slices.SortFunc(answer.Topics, byConfidence)
	answer.Topics = answer.Topics[:min(len(answer.Topics), summarizer.MaxTopics)]
	return answer
}

func warnOfLanguage(answer *summarizer.TopicAnswer, message string) {
	answer.Warnings = append(answer.Warnings, summarizer.Warning{Reason: summarizer.WarnLanguageNotSupported, Message: message})
}

// search finds and scores the topics of x in the document.
func (s *workspace) search(x *phraseTrie) {
	s.finding.reset(x)
	s.finding.cased = s.isCased()
	s.eachSentence(func(tokens []token, at, place int32, inText bool) {
		text := s.doc.Text
		if !inText {
			text = s.doc.Title
		}
		s.finding.find(x, text, tokens, at, place, inText)
	})
	s.finding.score(x)
}

// isCased reports whether the document writes names with a capital: whether one word
// in maxWordsPerName does, those apart that begin a sentence or are written so anywhere.
// In other languages than English any capital shows it.
func (s *workspace) isCased() bool {
	capitals, words := 0, 0
	for i := range s.doc.Sentences {
		for k, t := range s.sentence(i) {
			if s.lexer.language != nil && t.kind&kindName != 0 {
				return true
			}
			if k > 0 && t.kind&kindName != 0 && t.kind&kindFirst == 0 && t.caps == 0 {
				capitals++
			}
			words++
		}
	}
	return maxWordsPerName*capitals > words
}

// maxWordsPerName is far above the words for each name of a text that has capitals,
// some ten, and below those for each slip in one that has none.
const maxWordsPerName = 60

func byConfidence(a, b summarizer.TopicScore) int {
	return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), strings.Compare(a.ID, b.ID))
}

// labels turns the scores of one group of topics into the best of its labels.
func (s *workspace) labels(group topicGroup) []summarizer.TopicScore {
	basis := summarizer.BasisUncalibrated
	var confidences []int64
	if group.calibration != nil {
		if group.labelled {
			basis = summarizer.BasisCalibrated
		}
		confidences = s.calibratedConfidences(group)
	} else {
		confidences = s.similarityConfidences(group)
	}
	var best []int
	for i, c := range confidences {
		if c >= minConfidence && (group.wanted == nil || group.wanted[group.ids[i]]) {
			best = append(best, i)
		}
	}
	slices.SortStableFunc(best, func(a, b int) int { return cmp.Compare(confidences[b], confidences[a]) })
	best = best[:min(len(best), summarizer.MaxTopics)]

	var labels []summarizer.TopicScore
	for _, i := range best {
		evidence := s.finding.evidence(group.trie, int32(i), s.tokens)
		if len(evidence) == 0 && group.embeddings != nil {
			if evidence = s.nearest(&group.embeddings[i]); len(evidence) == 0 {
				continue // Nothing to show for it.
			}
		}
		c := confidences[i]
		if group.foreign {
			c /= otherLanguage
		}
		labels = append(labels, summarizer.TopicScore{
			ID:         group.ids[i],
			Confidence: float64(c) / confidenceScale,
			Basis:      basis,
			Evidence:   evidence,
		})
	}
	return labels
}

const loneTokens = 150

// calibratedConfidences returns the confidences of the default topics.
func (s *workspace) calibratedConfidences(group topicGroup) []int64 {
	out := make([]int64, len(group.ids))
	rivals := s.finding.rivals()
	long := group.labelled && len(s.tokens) > loneTokens
	for i := range s.finding.topics {
		if t := &s.finding.topics[i]; t.score > 0 && !t.isEveryday() && (!long || !t.isLoneWord()) {
			signals := s.finding.signals(i, &rivals, int64(len(s.tokens)))
			out[i] = group.calibration.confidence(i, &signals)
		}
	}
	if !group.labelled {
		s.finding.senseSignals(func(topic int, found *senseSignals) {
			out[topic] = fittedSenses.confidence(found)
		})
	}
	return out
}

// similarityConfidences returns the confidences of other topics.
func (s *workspace) similarityConfidences(group topicGroup) []int64 {
	out := make([]int64, len(group.ids))
	rivals := s.finding.rivals()
	similarities := make([]similarity, len(group.ids))
	if group.embeddings != nil {
		similarities = s.similarities(group.embeddings)
	}
	for i := range s.finding.topics {
		var shared *signals
		if s.finding.topics[i].score > 0 {
			found := s.finding.signals(i, &rivals, int64(len(s.tokens)))
			shared = &found
		} else if group.embeddings == nil {
			continue
		}
		out[i] = fittedSimilarity.confidence(shared, similarities[i], int64(len(s.tokens)))
	}
	return out
}

// confidenceScale is the number of steps of a confidence.
const confidenceScale = 10_000

// minConfidence is the minimum confidence of a topic that is returned at all.
const minConfidence = confidenceScale / 100

// eachSentence calls visit for the title, where it is not also in the text, and
// for every sentence, with its place.
func (s *workspace) eachSentence(visit func(tokens []token, at, place int32, inText bool)) {
	if s.title > 0 {
		visit(s.tokens[:s.title], 0, placeTitle, false)
	}
	body := 0
	for i, sentence := range s.doc.Sentences {
		from, to := s.ends[i], s.ends[i+1]
		if from == to {
			continue // a withheld sentence takes no place from those behind it
		}
		place := int32(placeLater)
		switch sentence.Role {
		case article.RoleHeadline:
			place = placeTitle
		case article.RoleStandfirst:
			place = placeStandfirst
		default:
			if body < len(placeBody) {
				place = placeBody[body]
			}
			body++
		}
		visit(s.tokens[from:to], from, place, true)
	}
}

// isEnglish reports whether language is English; one that is not known is taken for it.
func isEnglish(language string) bool {
	base := article.BaseLanguage(language)
	return base == "en" || base == article.Undetermined
}
