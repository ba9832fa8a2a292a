package cache

import (
	"slices"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// maxAnswers is the number of answers kept under one content key.
const maxAnswers = 4

// answerRecord is what is kept under one content key. Records are values; the answers
// that they share are never changed.
type answerRecord struct {
	// article files the record. A content key is made of the text of one
	// article, so that a record belongs to one as well.
	article summarizer.Key

	// answers are ordered newest first, at most maxAnswers, one a fingerprint.
	answers []*summarizer.StoredAnswer
}

// merge returns the answers of both lists in the order of a record. Of two
// answers of one fingerprint the one in preferred stays.
func merge(preferred, others []*summarizer.StoredAnswer) []*summarizer.StoredAnswer {
	if len(others) == 0 {
		return preferred
	}
	if len(preferred) == 0 {
		return others
	}
	all := slices.Grow(slices.Clone(preferred), len(others))
	for _, other := range others {
		if !hasFingerprint(preferred, other.Fingerprint.ID) {
			all = append(all, other)
		}
	}
	sortAnswers(all)
	return all[:min(len(all), maxAnswers)]
}

// sortAnswers puts the newest first.
func sortAnswers(answers []*summarizer.StoredAnswer) {
	slices.SortStableFunc(answers, func(a, b *summarizer.StoredAnswer) int {
		return b.CreateTime.Compare(a.CreateTime)
	})
}

// hasFingerprint reports whether one of the answers has one of the fingerprints.
func hasFingerprint(answers []*summarizer.StoredAnswer, fingerprints ...string) bool {
	for _, answer := range answers {
		if slices.Contains(fingerprints, answer.Fingerprint.ID) {
			return true
		}
	}
	return false
}

// maxSkew is how far the clocks of processes that share answers may differ.
const maxSkew = 5 * time.Minute

// ageLimit is the age up to which answers are used.
type ageLimit time.Duration

// usable returns the answers that are not too old. An answer of a time that has not come
// is left out as well: the clock that it was made by ran ahead, so that its age is not
// known, and it would outrank all others. The answers must be in the order of a record.
func (l ageLimit) usable(answers []*summarizer.StoredAnswer) []*summarizer.StoredAnswer {
	now := time.Now()
	oldest, newest := now.Add(-time.Duration(l)), now.Add(maxSkew)
	first, end := 0, len(answers)
	for first < end && answers[first].CreateTime.After(newest) {
		first++
	}
	for first < end && !answers[end-1].CreateTime.After(oldest) {
		end--
	}
	return answers[first:end]
}

// merge merges what is kept into preferred, as far as it is usable.
func (l ageLimit) merge(preferred, kept []*summarizer.StoredAnswer) []*summarizer.StoredAnswer {
	return merge(preferred, l.usable(kept))
}

// Estimates of what values take in memory besides the bytes of their strings.
const (
	nodeBytes    = 200 // an entry of the memory tier
	answerBytes  = 320 // a StoredAnswer with all that it points to
	elementBytes = 64  // an element of one of its lists
	spanBytes    = 16
)

// memoryBytes estimates what the record takes in memory.
func (r answerRecord) memoryBytes() int {
	n := nodeBytes
	for _, a := range r.answers {
		f := a.Fingerprint
		n += answerBytes + len(f.ID) + len(f.Model) + len(f.PromptVersion) + len(f.ValidatorVersion) + len(a.TaxonomyVersion)
		if s := a.Summary; s != nil {
			for _, sentence := range s.Sentences {
				n += elementBytes + len(sentence.Text) + spanBytes*len(sentence.Evidence)
			}
			n += len(s.Language) + len(s.Verification.Verifier) + warningBytes(s.Warnings)
		}
		if t := a.Topics; t != nil {
			for _, score := range t.Topics {
				n += elementBytes + len(score.ID) + spanBytes*len(score.Evidence)
			}
			n += warningBytes(t.Warnings)
		}
	}
	return n
}

func warningBytes(warnings []summarizer.Warning) int {
	n := 0
	for _, w := range warnings {
		n += elementBytes + len(w.Reason) + len(w.Message)
		for key, value := range w.Metadata {
			n += elementBytes + len(key) + len(value)
		}
	}
	return n
}
