package summarizer

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// job is one request on its way to an answer.
type job struct {
	*prepared
	request  *Request
	arrived  time.Time
	began    time.Time // when the work on the oldest answer began that was not in the cache
	deadline time.Time

	asked    featureSet
	open     featureSet // asked and not answered yet
	answers  [len(features)]featureAnswer
	origin   [len(features)]Provenance
	stored   [len(features)][]*StoredAnswer // what the cache holds, newest first
	lookedUp featureSet                     // stored is set
	waited   time.Duration                  // for the cache
	missed   time.Time                      // when the cache was read for what is open; zero: not read
	failed   [len(features)]*Error          // why the model did not answer
	usage    Usage

	makers     [len(features)]Fingerprint // of the answers; zero for the local engine's
	calls      int                        // upstream calls that were made for this request
	unverified *SummaryAnswer             // the latest that verify has dealt with
	skipped    *Error                     // why a summary that should be verified is not
}

// newJob starts the job of a request that was prepared.
func (s *Service) newJob(ctx context.Context, request *Request, p *prepared, arrived time.Time) *job {
	j := &job{
		prepared: p,
		request:  request,
		arrived:  arrived,
		began:    arrived,
		deadline: arrived.Add(s.options.DefaultDeadline),
	}
	if d, ok := ctx.Deadline(); ok && d.Before(j.deadline) {
		j.deadline = d
	}
	if request.Summary != nil {
		j.asked = j.asked.with(summary)
	}
	if request.Topics != nil {
		j.asked = j.asked.with(topics)
	}
	j.open = j.asked
	return j
}

// waitUntil is when the job has to stop waiting for the model so that it can
// still be answered in time: by the local engine, and beside so many others that wait as
// well.
func (s *Service) waitUntil(j *job, others int64) time.Time {
	until := j.deadline.Add(-s.localLatency.reserve(len(j.task.Document.Text)))
	stagger := min(time.Duration(others)*replyOverhead, time.Until(until)/maxStaggerFraction)
	return until.Add(-max(stagger, 0))
}

// fail records why the model answers none of the features.
func (j *job) fail(without featureSet, why *Error) {
	for f := range without.each() {
		j.failed[f] = why
	}
}

// degrade marks provenance with the reason why the model did not answer.
func (j *job) degrade(f feature, p Provenance) Provenance {
	if why := j.failed[f]; why != nil {
		p.Degraded, p.FallbackReason = true, why.Reason
	}
	return p
}

// setAnswer records the answer to a feature.
func (j *job) setAnswer(f feature, a featureAnswer, p Provenance) {
	j.answers[f], j.origin[f] = a, p
	j.open = j.open.without(f)
}

func (o *SummaryOptions) sentences() int {
	if o.Format == FormatHeadline {
		return 1
	}
	return cmp.Or(o.MaxSentences, DefaultSentences)
}

func (o *SummaryOptions) task(d *article.Document) *SummaryTask {
	return &SummaryTask{
		Format:        o.Format,
		MaxSentences:  o.sentences(),
		MaxCharacters: o.MaxCharacters,
		Language:      cmp.Or(o.LanguageCode, d.Language),
	}
}

func (o *TopicOptions) topics() int { return cmp.Or(o.MaxTopics, DefaultTopics) }

// chosenTopics returns the topics to choose from: the whole taxonomy, those
// named, the candidates, or the union of the last two.
func chosenTopics(o *TopicOptions, all *taxonomy.Taxonomy) ([]Topic, error) {
	if faults := unknownTopics(o.TopicIDs, all); len(faults) > 0 {
		return nil, Invalid(faults...)
	}
	ids := namedTopics(o, all)
	if len(ids) == 0 && len(o.Candidates) == 0 {
		return all.Topics(), nil
	}
	chosen := make([]Topic, 0, len(ids)+len(o.Candidates))
	for _, id := range ids {
		topic, _ := all.Lookup(id)
		chosen = append(chosen, topic)
	}
	for _, c := range canonicalCandidates(o.Candidates) {
		chosen = append(chosen, taxonomy.Topic{
			ID: c.ID, DisplayName: c.DisplayName, Definition: c.Description, Candidate: true,
		})
	}
	return chosen, nil
}

// UnknownTopics returns a fault for each id that the taxonomy does not have.
func (s *Service) UnknownTopics(ids []string) []Fault {
	return unknownTopics(ids, s.topics.Load().Taxonomy)
}

func unknownTopics(ids []string, all *taxonomy.Taxonomy) (faults []Fault) {
	for i, id := range ids {
		if _, ok := all.Lookup(id); !ok {
			faults = append(faults, Fault{
				Field:   fmt.Sprintf("topic_options.topic_ids[%d]", i),
				Rule:    RuleTopicUnknown,
				Message: "is not a topic of the taxonomy: choose from ListTopics",
			})
		}
	}
	return faults
}

// makers stands for all that answers depend on besides the request and the taxonomy.
func makers(o Options) string {
	parts := []string{o.ValidatorVersion}
	if o.Model != nil {
		for _, f := range o.Model.Fingerprints(&Task{Document: &article.Document{}}) {
			parts = append(parts, f.ID)
		}
	}
	if o.Verifier != nil && o.VerifyShare >= 1 {
		parts = append(parts, o.Verifier.VerifierID())
	}
	return strings.Join(parts, "/")
}

// sentencesOfBody counts the sentences that a summary can be made of.
func sentencesOfBody(d *article.Document) int {
	n := 0
	for _, sentence := range d.Sentences {
		if sentence.Role == article.RoleBody {
			n++
		}
	}
	return cmp.Or(n, len(d.Sentences))
}

// sameLanguage compares primary subtags; what is not known differs from nothing.
func sameLanguage(a, b string) bool {
	a, b = article.BaseLanguage(a), article.BaseLanguage(b)
	return a == b || a == article.Undetermined || b == article.Undetermined
}
