package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/seed-59202292/summarizer/internal/cache/cachepb"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// An entry is a record in bytes, as it lies on disk: a version, the CRC-32C of
// what follows (big-endian), and a cachepb.Record.
const (
	entryVersion     = 1
	entryHeaderBytes = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errEntry is in the chain of every error of decodeEntry.
var errEntry = errors.New("damaged cache entry")

// encodeEntry returns the entry of a record. It fails on text that is not valid
// UTF-8.
func encodeEntry(r answerRecord) ([]byte, error) {
	p := &cachepb.Record{Article: r.article[:], Answers: make([]*cachepb.Answer, len(r.answers))}
	for i, a := range r.answers {
		p.Answers[i] = answerToProto(a)
	}
	body, err := proto.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encoding a cache entry: %w", err)
	}
	return seal(body), nil
}

// seal puts the version and the checksum before the bytes of a record.
func seal(body []byte) []byte {
	entry := make([]byte, 0, entryHeaderBytes+len(body))
	entry = append(entry, entryVersion)
	entry = binary.BigEndian.AppendUint32(entry, crc32.Checksum(body, castagnoli))
	return append(entry, body...)
}

// unseal returns the bytes of a record without version and checksum, if both are
// right.
func unseal(entry []byte) ([]byte, error) {
	if len(entry) < entryHeaderBytes {
		return nil, fmt.Errorf("%w: %d bytes", errEntry, len(entry))
	}
	if entry[0] != entryVersion {
		return nil, fmt.Errorf("%w: version %d", errEntry, entry[0])
	}
	if binary.BigEndian.Uint32(entry[1:]) != crc32.Checksum(entry[entryHeaderBytes:], castagnoli) {
		return nil, fmt.Errorf("%w: checksum", errEntry)
	}
	return entry[entryHeaderBytes:], nil
}

// decodeEntry returns the record of an entry, which holds at least one answer.
// The record shares no memory with the entry.
func decodeEntry(entry []byte) (answerRecord, error) {
	body, err := unseal(entry)
	if err != nil {
		return answerRecord{}, err
	}
	var p cachepb.Record
	if err := proto.Unmarshal(body, &p); err != nil {
		return answerRecord{}, fmt.Errorf("%w: not a record", errEntry)
	}
	var r answerRecord
	if len(p.Article) != len(r.article) || len(p.Answers) == 0 || len(p.Answers) > maxAnswers {
		return answerRecord{}, fmt.Errorf("%w: %d answers, article key of %d bytes", errEntry, len(p.Answers), len(p.Article))
	}
	r.article = summarizer.Key(p.Article)
	for _, answer := range p.Answers {
		a, ok := answerFromProto(answer)
		if !ok || hasFingerprint(r.answers, a.Fingerprint.ID) {
			return answerRecord{}, fmt.Errorf("%w: answer out of range", errEntry)
		}
		r.answers = append(r.answers, a)
	}
	sortAnswers(r.answers)
	return r, nil
}

func answerToProto(a *summarizer.StoredAnswer) *cachepb.Answer {
	p := &cachepb.Answer{
		FingerprintId:      a.Fingerprint.ID,
		Model:              a.Fingerprint.Model,
		PromptVersion:      a.Fingerprint.PromptVersion,
		ValidatorVersion:   a.Fingerprint.ValidatorVersion,
		TaxonomyVersion:    a.TaxonomyVersion,
		CreateTimeUnixNano: a.CreateTime.UnixNano(),
	}
	switch {
	case a.Summary != nil:
		s := &cachepb.SummaryAnswer{
			Sentences: make([]*cachepb.Sentence, len(a.Summary.Sentences)),
			Method:    uint32(a.Summary.Method),
			Language:  a.Summary.Language,
			Warnings:  warningsToProto(a.Summary.Warnings),
			Verifier:  a.Summary.Verification.Verifier,
			Unsure:    uint32(a.Summary.Verification.Unsure),
		}
		for i, sentence := range a.Summary.Sentences {
			s.Sentences[i] = &cachepb.Sentence{Text: sentence.Text, Evidence: spansToProto(sentence.Evidence)}
		}
		p.Feature = &cachepb.Answer_Summary{Summary: s}
	case a.Topics != nil:
		t := &cachepb.TopicAnswer{
			Topics:    make([]*cachepb.TopicScore, len(a.Topics.Topics)),
			Threshold: a.Topics.Threshold,
			Warnings:  warningsToProto(a.Topics.Warnings),
		}
		for i, score := range a.Topics.Topics {
			t.Topics[i] = &cachepb.TopicScore{
				Id:         score.ID,
				Confidence: score.Confidence,
				Basis:      uint32(score.Basis),
				Evidence:   spansToProto(score.Evidence),
			}
		}
		p.Feature = &cachepb.Answer_Topics{Topics: t}
	}
	return p
}

// answerFromProto reports false for what no Store can have written.
func answerFromProto(p *cachepb.Answer) (*summarizer.StoredAnswer, bool) {
	a := &summarizer.StoredAnswer{
		Fingerprint: summarizer.Fingerprint{
			ID:               p.FingerprintId,
			Model:            p.Model,
			PromptVersion:    p.PromptVersion,
			ValidatorVersion: p.ValidatorVersion,
		},
		CreateTime:      time.Unix(0, p.CreateTimeUnixNano).UTC(),
		TaxonomyVersion: p.TaxonomyVersion,
	}
	ok := false
	switch feature := p.Feature.(type) {
	case *cachepb.Answer_Summary:
		a.Summary, ok = summaryFromProto(feature.Summary)
	case *cachepb.Answer_Topics:
		a.Topics, ok = topicsFromProto(feature.Topics)
	}
	return a, ok
}

func summaryFromProto(p *cachepb.SummaryAnswer) (*summarizer.SummaryAnswer, bool) {
	if p.Method > uint32(summarizer.MethodAbstractive) {
		return nil, false
	}
	s := &summarizer.SummaryAnswer{
		Method:       summarizer.SummaryMethod(p.Method),
		Language:     p.Language,
		Warnings:     warningsFromProto(p.Warnings),
		Verification: summarizer.Verification{Verifier: p.Verifier, Unsure: int(p.Unsure)},
	}
	for _, sentence := range p.Sentences {
		evidence, ok := spansFromProto(sentence.Evidence)
		if !ok {
			return nil, false
		}
		s.Sentences = append(s.Sentences, summarizer.AnswerSentence{Text: sentence.Text, Evidence: evidence})
	}
	return s, true
}

func topicsFromProto(p *cachepb.TopicAnswer) (*summarizer.TopicAnswer, bool) {
	t := &summarizer.TopicAnswer{Threshold: p.Threshold, Warnings: warningsFromProto(p.Warnings)}
	for _, score := range p.Topics {
		evidence, ok := spansFromProto(score.Evidence)
		if !ok || score.Basis > uint32(summarizer.BasisModelReported) || math.IsNaN(score.Confidence) {
			return nil, false
		}
		t.Topics = append(t.Topics, summarizer.TopicScore{
			ID:         score.Id,
			Confidence: score.Confidence,
			Basis:      summarizer.ConfidenceBasis(score.Basis),
			Evidence:   evidence,
		})
	}
	return t, !math.IsNaN(p.Threshold)
}

func spansToProto(spans []summarizer.Span) []*cachepb.Span {
	p := make([]*cachepb.Span, len(spans))
	for i, span := range spans {
		p[i] = &cachepb.Span{Begin: int64(span.Begin), End: int64(span.End)}
	}
	return p
}

func spansFromProto(p []*cachepb.Span) (spans []summarizer.Span, ok bool) {
	for _, span := range p {
		if span.Begin < 0 || span.End < span.Begin || span.End > math.MaxInt32 {
			return nil, false
		}
		spans = append(spans, summarizer.Span{Begin: int(span.Begin), End: int(span.End)})
	}
	return spans, true
}

func warningsToProto(warnings []summarizer.Warning) []*cachepb.Warning {
	p := make([]*cachepb.Warning, len(warnings))
	for i, w := range warnings {
		p[i] = &cachepb.Warning{Reason: string(w.Reason), Message: w.Message, Metadata: w.Metadata}
	}
	return p
}

func warningsFromProto(p []*cachepb.Warning) []summarizer.Warning {
	var warnings []summarizer.Warning
	for _, w := range p {
		warnings = append(warnings, summarizer.Warning{
			Reason:   summarizer.WarningReason(w.Reason),
			Message:  w.Message,
			Metadata: w.Metadata,
		})
	}
	return warnings
}
