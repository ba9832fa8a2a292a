package summarizer

import "time"

// provenance says where the reply's answer to a feature, made at that time, comes
// from.
func (r *Reply) provenance(j *job, f feature, source AnswerSource, made time.Time) Provenance {
	p := Provenance{
		Source:        source,
		Model:         r.Fingerprint.Model,
		PromptVersion: r.Fingerprint.PromptVersion,
		CreateTime:    made,
	}
	if f == topics {
		p.TaxonomyVersion = j.task.Topics.Taxonomy.Version()
	}
	return p
}

// provenance says where a stored answer comes from.
func (s *StoredAnswer) provenance(source AnswerSource) Provenance {
	return Provenance{
		Source:          source,
		Model:           s.Fingerprint.Model,
		PromptVersion:   s.Fingerprint.PromptVersion,
		TaxonomyVersion: s.TaxonomyVersion,
		CreateTime:      s.CreateTime,
		Verified:        s.Summary != nil && s.Summary.Verification.Complete(),
	}
}

// noObserver is told in place of an Observer where there is none.
type noObserver struct{}

func (noObserver) Answered(_, _, _ string) {}
func (noObserver) Joined(string)           {}
func (noObserver) CacheLookup(_, _ string) {}

// observeRequest reports the look-up of a whole request and, on a hit, its answers.
func (s *Service) observeRequest(result *Result, hit bool) {
	if !hit {
		s.options.Observer.CacheLookup("request", "miss")
		return
	}
	s.options.Observer.CacheLookup("request", "hit")
	s.observeResult(result)
}

func (s *Service) observeResult(result *Result) {
	if r := result.Summary; r != nil {
		s.options.Observer.Answered(summary.String(), r.Provenance.Source.String(), string(r.Provenance.FallbackReason))
	}
	if r := result.Classification; r != nil {
		s.options.Observer.Answered(topics.String(), r.Provenance.Source.String(), string(r.Provenance.FallbackReason))
	}
}
