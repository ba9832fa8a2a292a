package summarizer

import "time"

// provenance says where the reply's answer to a feature, made at that time, comes
// from.
func (r *Reply) provenance(j *job, f feature, source Source, made time.Time) Provenance {
	p := Provenance{
		Source:        source,
		Model:         r.Fingerprint.Model,
		PromptVersion: r.Fingerprint.PromptVersion,
		CreateTime:    made,
	}
	if f == topics {
		p.TaxonomyVersion = j.task.Topics.TaxonomyVersion
	}
	return p
}

// provenance says where a stored answer comes from.
func (s *StoredAnswer) provenance(source Source) Provenance {
	return Provenance{
		Source:          source,
		Model:           s.Fingerprint.Model,
		PromptVersion:   s.Fingerprint.PromptVersion,
		TaxonomyVersion: s.TaxonomyVersion,
		CreateTime:      s.CreateTime,
	}
}

func (s *Service) sawJoin(f feature) {
	if s.Observer != nil {
		s.Observer.Joined(f.String())
	}
}

// sawRequest reports the look-up of a whole request and, on a hit, its answers.
func (s *Service) sawRequest(result *Result, hit bool) {
	if s.Observer == nil {
		return
	}
	if !hit {
		s.Observer.CacheLookup("request", "miss")
		return
	}
	s.Observer.CacheLookup("request", "hit")
	s.sawResult(result)
}

func (s *Service) sawResult(result *Result) {
	if s.Observer == nil {
		return
	}
	if r := result.Summary; r != nil {
		s.Observer.Answered(summary.String(), r.Provenance.Source.String(), string(r.Provenance.FallbackReason))
	}
	if r := result.Classification; r != nil {
		s.Observer.Answered(topics.String(), r.Provenance.Source.String(), string(r.Provenance.FallbackReason))
	}
}
