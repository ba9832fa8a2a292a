package local

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// What an occurrence counts by its place, in sixteenths: a title or a first
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

	// halfScore is the score of confidence one half.
	halfScore int64 = 300

	// lengthTokens is the length for which half as much score again is asked:
	// long texts mention more in passing.
	lengthTokens int64 = 500

	// rivalShare is the part of the best topic's score that others have to reach,
	// in sixteenths.
	rivalShare int64 = 6
)

// topicThreshold is the confidence from which on a topic is delivered: where F1
// over the labelled articles is best.
const topicThreshold = fittedThreshold

// otherLanguage divides the confidence in a text whose language the phrases do
// not speak.
const otherLanguage = 3

// classify scores the topics of the task.
func (e *Engine) classify(task *summarizer.TopicTask, s *scratch) *summarizer.TopicAnswer {
	answer := &summarizer.TopicAnswer{Threshold: topicThreshold}
	foreign := !isEnglish(s.doc.Language)
	if foreign {
		answer.Warnings = append(answer.Warnings, summarizer.Warning{
			Reason:  summarizer.WarnLanguageNotSupported,
			Message: "the local engine knows topics in English only; labels of this article are unsure",
		})
	}
	for _, group := range e.lexicons.of(task) {
		s.search(group.lexicon)
		answer.Topics = append(answer.Topics, s.labels(group, foreign)...)
	}
	slices.SortFunc(answer.Topics, byConfidence)
	answer.Topics = answer.Topics[:min(len(answer.Topics), summarizer.MaxTopics)]
	return answer
}

// search finds and scores the topics of x in the document.
func (s *scratch) search(x *lexicon) {
	s.finding.reset(x)
	s.eachSentence(func(tokens []token, at, place int32, inText bool) {
		s.finding.find(x, tokens, at, place, inText)
	})
	s.finding.score(x)
}

func byConfidence(a, b summarizer.TopicScore) int {
	return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), strings.Compare(a.ID, b.ID))
}

// labels turns the scores of one group of topics into the best of its labels.
func (s *scratch) labels(group topicGroup, foreign bool) []summarizer.TopicScore {
	rivals := s.finding.rivals()
	basis := summarizer.BasisUncalibrated
	if group.calibration != nil && !foreign {
		basis = summarizer.BasisCalibrated
	}
	var labels []summarizer.TopicScore
	for i, score := range s.finding.scores {
		if score <= 0 || group.wanted != nil && !group.wanted[group.ids[i]] {
			continue
		}
		var c int64
		if group.calibration != nil {
			signals := s.finding.signals(i, &rivals, int64(len(s.tokens)))
			c = group.calibration.confidence(i, &signals)
		} else {
			c = confidence(score, rivals.best, int64(len(s.tokens)))
		}
		if foreign {
			c /= otherLanguage
		}
		if c > 0 {
			labels = append(labels, summarizer.TopicScore{
				ID:         group.ids[i],
				Confidence: float64(c) / confidenceScale,
				Basis:      basis,
			})
		}
	}
	slices.SortFunc(labels, byConfidence)
	labels = labels[:min(len(labels), summarizer.MaxTopics)]
	for i := range labels {
		labels[i].Evidence = s.finding.evidence(group.lexicon, int32(slices.Index(group.ids, labels[i].ID)))
	}
	return labels
}

// confidenceScale is the number of steps of a confidence.
const confidenceScale = 10_000

// confidence maps the score of a topic, beside that of the best one and the
// length of the text in tokens, to 0..confidenceScale. It passes one half where
// the score reaches halfScore, more of it in a longer text, and about
// rivalShare of the best score. It grows with the score.
func confidence(score, best, tokens int64) int64 {
	if score <= 0 {
		return 0
	}
	half := halfScore + halfScore*tokens/(2*lengthTokens)
	absolute := confidenceScale * score * score / (score*score + half*half)

	// The same curve over the share of the best score, stretched to reach 1 at 1.
	const sixteenths = 16 * 16
	rivals := rivalShare * rivalShare * best * best
	relative := confidenceScale * (sixteenths + rivalShare*rivalShare) * score * score / (sixteenths*score*score + rivals)
	return min(absolute, relative)
}

// eachSentence calls visit for the title, where it is not also in the text, and
// for every sentence, with its place.
func (s *scratch) eachSentence(visit func(tokens []token, at, place int32, inText bool)) {
	if s.title > 0 {
		visit(s.tokens[:s.title], 0, placeTitle, false)
	}
	body := 0
	for i, sentence := range s.doc.Sentences {
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
		from, to := s.ends[i], s.ends[i+1]
		visit(s.tokens[from:to], from, place, true)
	}
}

// isEnglish reports whether the phrases speak a language; one that is not known
// is taken for English.
func isEnglish(language string) bool {
	base := baseLanguage(language)
	return base == "en" || base == undetermined
}

const undetermined = "und"

// baseLanguage returns the primary subtag of a BCP-47 tag in lower case, "und"
// when there is none.
func baseLanguage(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	base, _, _ = strings.Cut(base, "_")
	if base == "" {
		return undetermined
	}
	return strings.ToLower(base)
}
