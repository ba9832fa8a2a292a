package summarizer

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// deliver turns the answers of a job into what its caller asked for, and keeps
// the result under key when every part of it may be kept.
func (s *Service) deliver(j *job, key Key) *Result {
	result := &Result{
		LanguageCode: j.task.Document.Language,
		Warnings:     j.warnings(),
		Usage:        j.usage,
	}
	spans := offsetMapper{document: j.task.Document, text: j.request.Article.Text, encoding: j.request.Offsets}
	if a := j.answers[summary].summary; a != nil {
		result.Summary = &Summary{
			Text:       render(a, j.task.Summary.Format),
			Sentences:  make([]SummarySentence, len(a.Sentences)),
			Method:     a.Method,
			Language:   a.Language,
			Provenance: j.origin[summary],
		}
		for i, sentence := range a.Sentences {
			result.Summary.Sentences[i] = SummarySentence{
				Text:     sentence.Text,
				Evidence: spans.toOriginal(sentence.Evidence),
			}
		}
	}
	if a := j.answers[topics].topics; a != nil {
		result.Classification = &Classification{
			Topics:     j.labels(a, &spans),
			Provenance: j.origin[topics],
		}
	}
	if j.request.ListRemoved {
		result.Removed = spans.removed()
	}
	spans.resolve()
	s.observeResult(result)
	if s.keepsResult(j.request) && (j.skipped == nil || j.skipped == errNoVerifier) {
		s.keep(key, result, j.began)
	}
	return result
}

// keep stores a result that consists of answers of configured models alone, as
// the next request will see it. The work on it began at that time.
func (s *Service) keep(key Key, result *Result, began time.Time) {
	kept := *result
	kept.Usage = Usage{}
	if result.Summary != nil {
		copied := *result.Summary
		kept.Summary = &copied
		if !fromModel(&copied.Provenance) {
			return
		}
	}
	if result.Classification != nil {
		copied := *result.Classification
		kept.Classification = &copied
		if !fromModel(&copied.Provenance) {
			return
		}
	}
	s.options.Results.Put(key, &kept, began)
}

// fromModel reports whether an answer is one of a configured model and, if so,
// makes it one of the cache.
func fromModel(p *Provenance) bool {
	ok := p.Source == SourceLLM || p.Source == SourceCache
	p.Source = SourceCache
	return ok
}

// labels applies what is decided on delivery: minimum confidence, maximum number and the
// language of names.
func (j *job) labels(a *TopicAnswer, spans *offsetMapper) []TopicLabel {
	options := j.request.Topics
	minimum := a.Threshold
	if options.MinConfidence != nil {
		minimum = *options.MinConfidence
	}
	labels := make([]TopicLabel, 0, min(options.topics(), len(a.Topics)))
	for _, score := range a.Topics {
		if len(labels) == options.topics() {
			break
		}
		i := slices.IndexFunc(j.task.Topics.Topics, func(t Topic) bool { return t.ID == score.ID })
		if i < 0 || score.Confidence < minimum {
			continue
		}
		topic := j.task.Topics.Topics[i]
		labels = append(labels, TopicLabel{
			ID:          topic.ID,
			DisplayName: displayName(j.task.Topics.Taxonomy, topic, options.DisplayLanguage),
			Confidence:  score.Confidence,
			Basis:       score.Basis,
			Evidence:    spans.toOriginal(score.Evidence),
			IPTCCode:    topic.IPTCCode,
		})
	}
	return labels
}

// displayName returns the name of a topic in a language, if the taxonomy has it.
func displayName(all *taxonomy.Taxonomy, topic Topic, language string) string {
	if topic.Candidate || language == "" {
		return topic.DisplayName
	}
	return all.DisplayName(topic.ID, language)
}

// warnings returns the warnings of the document and of each answer, without repeats.
func (j *job) warnings() []Warning {
	var all []Warning
	if removed := j.task.Document.RemovedBytes; removed > 0 {
		all = append(all, Warning{
			Reason:   WarnBoilerplateRemoved,
			Message:  "bylines, captions, trailers or other boilerplate were left out",
			Metadata: map[string]string{"removedBytes": strconv.Itoa(removed)},
		})
	}
	all = append(all, j.verificationWarning()...)
	for _, f := range features {
		if !j.answers[f].ok() {
			continue
		}
		for _, w := range j.answers[f].warnings() {
			if !slices.ContainsFunc(all, func(seen Warning) bool {
				return seen.Reason == w.Reason && seen.Message == w.Message
			}) {
				all = append(all, w)
			}
		}
	}
	return all
}

// render puts the sentences of a summary together.
func render(a *SummaryAnswer, format SummaryFormat) string {
	var b strings.Builder
	for i, sentence := range a.Sentences {
		switch {
		case format == FormatBullets && i > 0:
			b.WriteString("\n- ")
		case format == FormatBullets:
			b.WriteString("- ")
		case i > 0 && !article.IsUnspacedLanguage(a.Language):
			b.WriteByte(' ')
		}
		b.WriteString(sentence.Text)
	}
	return b.String()
}

// offsetMapper maps spans of the clean text to the text as sent. The spans of a
// result are collected first, so that their offsets are converted in one pass
// over the text.
type offsetMapper struct {
	document *article.Document
	text     string
	encoding OffsetEncoding
	bytes    []article.Span
	out      []*TextSpan
}

// toOriginal returns the spans as sent; their offsets are set by resolve. Spans
// that do not lie in the text, as only a damaged store could hold, are left out.
func (m *offsetMapper) toOriginal(spans []article.Span) []TextSpan {
	if len(spans) == 0 {
		return nil
	}
	out := make([]TextSpan, 0, len(spans)) // which does not move any more
	for _, span := range spans {
		if span.Begin < 0 || span.Begin >= span.End || span.End > len(m.document.Text) {
			continue
		}
		sent := m.document.Original(span)
		out = append(out, TextSpan{Text: m.text[sent.Begin:sent.End]})
		m.collect(sent, &out[len(out)-1])
	}
	return out
}

// removed returns what was removed from the text; the offsets are set by resolve.
func (m *offsetMapper) removed() []RemovedSpan {
	removals := m.document.Removed
	out := make([]RemovedSpan, len(removals))
	for i, r := range removals {
		out[i] = RemovedSpan{TextSpan: TextSpan{Text: m.text[r.Begin:r.End]}, Rule: r.Rule.String()}
		m.collect(r.Span, &out[i].TextSpan)
	}
	return out
}

// collect has resolve set the offsets of out, which is of a span of the text as sent.
func (m *offsetMapper) collect(sent article.Span, out *TextSpan) {
	m.bytes = append(m.bytes, sent)
	m.out = append(m.out, out)
}

func (m *offsetMapper) resolve() {
	for i, converted := range article.Offsets(m.text, m.bytes, m.encoding) {
		m.out[i].Begin, m.out[i].End = converted.Begin, converted.End
	}
}
