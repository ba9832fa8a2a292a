package summarizer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// job is one request on its way to an answer.
type job struct {
	request  *Request
	arrived  time.Time
	deadline time.Time
	task     Task
	article  Key
	keys     [len(features)]Key

	asked    featureSet
	open     featureSet // asked and not answered yet
	answers  [len(features)]answer
	origin   [len(features)]Provenance
	stored   [len(features)][]*StoredAnswer // what the cache holds, newest first
	lookedUp featureSet                     // stored is set
	failed   [len(features)]*Error          // why the model did not answer
	prepared *Reply                         // the local answer, made while waiting
	usage    Usage
}

// newJob cleans the article, fills in the defaults and computes the keys.
func (s *Service) newJob(ctx context.Context, r *Request, arrived time.Time) (*job, error) {
	document := clean(r.Article)
	if !document.HasLetters() {
		return nil, &Error{
			Reason:  ReasonTextEmpty,
			Field:   "article.text",
			Message: "no letters are left once markup and boilerplate are removed; send the text of the article",
		}
	}
	j := &job{
		request:  r,
		arrived:  arrived,
		deadline: arrived.Add(s.DefaultDeadline),
		article:  articleKey(document),
		task:     Task{Document: document, Overlength: r.Overlength, Client: r.Client},
	}
	if d, ok := ctx.Deadline(); ok && d.Before(j.deadline) {
		j.deadline = d
	}
	if o := r.Summary; o != nil {
		j.asked = j.asked.with(summary)
		j.task.Summary = o.task(document)
		j.keys[summary] = contentKey(summary, &j.task, nil)
	}
	if o := r.Topics; o != nil {
		chosen, err := s.chosenTopics(o)
		if err != nil {
			return nil, err
		}
		j.asked = j.asked.with(topics)
		j.task.Topics = &TopicTask{Topics: chosen, TaxonomyVersion: s.Taxonomy.Version()}
		j.keys[topics] = contentKey(topics, &j.task, o)
	}
	j.open = j.asked
	return j, nil
}

// waitUntil is when the job has to stop waiting for the model so that the local
// engine can still answer in time.
func (s *Service) waitUntil(j *job) time.Time {
	return j.deadline.Add(-s.pace.reserve(len(j.task.Document.Text)))
}

// fail records why the model answers none of the features.
func (j *job) fail(without featureSet, why *Error) {
	for _, f := range features {
		if without.has(f) {
			j.failed[f] = why
		}
	}
}

// degrade marks provenance with the reason why the model did not answer.
func (j *job) degrade(f feature, p Provenance) Provenance {
	if why := j.failed[f]; why != nil {
		p.Degraded, p.FallbackReason = true, why.Reason
	}
	return p
}

// settle records the answer to a feature.
func (j *job) settle(f feature, a answer, p Provenance) {
	j.answers[f], j.origin[f] = a, p
	j.open = j.open.without(f)
}

func (o *SummaryOptions) sentences() int {
	switch {
	case o.Format == FormatHeadline:
		return 1
	case o.MaxSentences == 0:
		return DefaultSentences
	}
	return o.MaxSentences
}

func (o *SummaryOptions) task(d *article.Document) *SummaryTask {
	t := &SummaryTask{
		Format:        o.Format,
		MaxSentences:  o.sentences(),
		MaxCharacters: o.MaxCharacters,
		Language:      o.LanguageCode,
	}
	if t.Language == "" {
		t.Language = d.Language
	}
	return t
}

func (o *TopicOptions) topics() int {
	if o.MaxTopics == 0 {
		return DefaultTopics
	}
	return o.MaxTopics
}

// chosenTopics returns the topics to choose from: the whole taxonomy, those
// named, the candidates, or the union of the last two.
func (s *Service) chosenTopics(o *TopicOptions) ([]Topic, error) {
	if len(o.TopicIDs) == 0 && len(o.Candidates) == 0 {
		return s.Taxonomy.Topics(), nil
	}
	for i, id := range o.TopicIDs {
		if _, ok := s.Taxonomy.Lookup(id); !ok {
			return nil, &Error{
				Reason:  ReasonTopicUnknown,
				Field:   fmt.Sprintf("topic_options.topic_ids[%d]", i),
				Message: "the taxonomy has no topic of this id; ListTopics lists them all",
			}
		}
	}
	chosen := make([]Topic, 0, len(o.TopicIDs)+len(o.Candidates))
	for _, id := range canonicalIDs(o.TopicIDs) {
		topic, _ := s.Taxonomy.Lookup(id)
		chosen = append(chosen, topic)
	}
	for _, c := range canonicalCandidates(o.Candidates) {
		chosen = append(chosen, taxonomy.Topic{
			ID: c.ID, DisplayName: c.DisplayName, Definition: c.Description, Candidate: true,
		})
	}
	return chosen, nil
}

// finished returns the key of the request and the finished result where the
// policies allow to use one.
func (s *Service) finished(r *Request) (key Key, result *Result) {
	if s.Results == nil || r.Engine == LocalOnly || r.Cache == CacheBypass || s.Model == nil {
		return key, nil
	}
	key = requestKey(r, s.identity)
	if r.Cache == CacheRefresh {
		return key, nil
	}
	result, ok := s.Results.Get(key)
	s.sawRequest(result, ok)
	if !ok {
		return key, nil
	}
	return key, result
}

// answerShortText answers with the text itself where it is no longer than the
// summary may be and is in the language that is wanted.
func (s *Service) answerShortText(ctx context.Context, j *job) {
	t := j.task.Summary
	if t == nil || sentencesOfBody(j.task.Document) > t.MaxSentences || !sameLanguage(t.Language, j.task.Document.Language) {
		return
	}
	reply := s.Local.Analyze(ctx, j.task.only(featureSet(0).with(summary)))
	if a, err := reply.take(summary); err == nil {
		j.settle(summary, a, reply.provenance(j, summary, SourceLocal, time.Now()))
	}
}

// answerFromCache answers what the cache holds of a configured endpoint.
func (s *Service) answerFromCache(ctx context.Context, j *job) {
	if s.Model == nil || s.Answers == nil || j.open == 0 {
		return
	}
	for _, f := range features {
		if !j.open.has(f) {
			continue
		}
		wanted := s.Model.Fingerprints(j.task.only(featureSet(0).with(f)))
		for _, fingerprint := range wanted {
			i := slices.IndexFunc(s.lookup(ctx, j, f, wanted), func(a *StoredAnswer) bool {
				return a.Fingerprint.ID == fingerprint.ID
			})
			if i < 0 {
				continue
			}
			hit := j.stored[f][i]
			j.settle(f, hit.answer(f), hit.provenance(SourceCache))
			break
		}
	}
}

// lookup returns what the cache holds for a feature, asking it once a job.
func (s *Service) lookup(ctx context.Context, j *job, f feature, wanted []Fingerprint) []*StoredAnswer {
	if !j.lookedUp.has(f) {
		ids := make([]string, len(wanted))
		for i, w := range wanted {
			ids[i] = w.ID
		}
		j.stored[f] = s.Answers.Lookup(ctx, j.keys[f], ids)
		j.lookedUp = j.lookedUp.with(f)
	}
	return j.stored[f]
}

// answerFromModel waits for calls under way and starts one for the rest, and
// records why a feature is left open. An error ends the job: the caller left,
// allowed no other engine, or sent what no engine should answer.
func (s *Service) answerFromModel(ctx context.Context, j *job) error {
	if j.open == 0 {
		return nil
	}
	if s.Model == nil {
		if j.request.Engine == LLMOnly {
			return errDisabled
		}
		return nil
	}
	if err := s.ride(ctx, j); err != nil {
		return err
	}
	for _, f := range features {
		if !j.open.has(f) {
			continue
		}
		if j.request.Engine == LLMOnly || j.failed[f].Reason == ReasonTextTooLarge {
			return j.failed[f]
		}
	}
	return nil
}

// ride takes seats in flights and settles what they bring. Its only error is
// that the caller cancelled.
func (s *Service) ride(ctx context.Context, j *job) error {
	until := s.waitUntil(j)
	b := boarding{
		task:     &j.task,
		features: j.open,
		keys:     j.keys,
		article:  j.article,
		until:    until,
		mayStart: time.Until(until) >= s.MinModelTime,
		join:     j.request.Cache != CacheBypass,
		keep:     j.request.Cache != CacheBypass,
	}
	if j.request.Cache == CacheRefresh {
		b.joinAfter = j.arrived
	}
	seats, rest := s.flights.board(b)
	j.fail(rest, errTooShort)
	if len(seats) > 0 && (j.request.Bulk || len(j.task.Document.Text) > prepareLocalBytes) && j.request.Engine != LLMOnly {
		j.prepared = s.askLocal(ctx, j)
	}
	wait, stop := context.WithDeadline(ctx, until)
	defer stop()
	for _, seat := range seats {
		if seat.wait(wait) {
			s.alight(j, seat)
			continue
		}
		seat.flight.leave(!cancelled(ctx))
		j.fail(seat.features, errTimeout)
	}
	if cancelled(ctx) && j.open != 0 {
		return ctx.Err()
	}
	return nil
}

// cancelled reports whether the caller lost interest, not merely time.
func cancelled(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// alight settles what a finished flight brought for the job.
func (s *Service) alight(j *job, seat seat) {
	reply := seat.flight.reply
	if seat.own {
		j.usage.Add(reply.Usage)
	}
	for _, f := range features {
		if !seat.features.has(f) {
			continue
		}
		a, err := reply.take(f)
		if err != nil {
			j.failed[f] = asError(err)
			continue
		}
		if !seat.own {
			s.sawJoin(f)
		}
		j.settle(f, a, reply.provenance(j, f, SourceLLM, seat.flight.landed))
	}
}

// answerFromStale answers with what another model, endpoint or prompt made of
// the same content, not too long ago and validated by the same rules.
func (s *Service) answerFromStale(ctx context.Context, j *job) {
	if s.Answers == nil || j.request.Cache == CacheBypass {
		return
	}
	for _, f := range features {
		if !j.open.has(f) {
			continue
		}
		for _, stored := range s.lookup(ctx, j, f, nil) {
			if stored.Fingerprint.ValidatorVersion != s.ValidatorVersion || j.arrived.Sub(stored.CreateTime) > s.MaxStale {
				continue
			}
			j.settle(f, stored.answer(f), j.degrade(f, stored.provenance(SourceStaleCache)))
			break
		}
	}
}

// answerLocally answers what is open with the local engine.
func (s *Service) answerLocally(ctx context.Context, j *job) error {
	if j.open == 0 {
		return nil
	}
	reply := j.prepared
	if reply == nil {
		reply = s.askLocal(ctx, j)
	}
	for _, f := range features {
		if !j.open.has(f) {
			continue
		}
		a, err := reply.take(f)
		if err != nil {
			return &Error{Reason: ReasonInternal, Message: "internal error", Err: err}
		}
		j.settle(f, a, j.degrade(f, reply.provenance(j, f, SourceLocal, time.Now())))
	}
	return nil
}

// askLocal runs the local engine over what is open and measures it.
func (s *Service) askLocal(ctx context.Context, j *job) *Reply {
	began := time.Now()
	reply := s.Local.Analyze(ctx, j.task.only(j.open))
	s.pace.observe(len(j.task.Document.Text), time.Since(began))
	return reply
}

// store keeps the answers of a finished flight.
func (s *Service) store(f *flight) {
	if s.Answers == nil {
		return
	}
	for _, feature := range features {
		if !f.features.has(feature) {
			continue
		}
		a, err := f.reply.take(feature)
		if err != nil {
			continue
		}
		stored := &StoredAnswer{
			Fingerprint: f.reply.Fingerprint,
			CreateTime:  f.landed,
			Summary:     a.summary,
			Topics:      a.topics,
		}
		if feature == topics {
			stored.TaxonomyVersion = f.task.Topics.TaxonomyVersion
		}
		s.Answers.Store(f.keys[feature], f.article, stored)
	}
}

// Why a job got nothing from the model.
var (
	errDisabled = &Error{Reason: ReasonLLMDisabled, Message: "no language model is configured; allow the local engine, or name a model when starting the server"}
	errNoAnswer = &Error{Reason: ReasonLLMInternal, Message: "the language model call ended without an answer"}
	errTooShort = &Error{Reason: ReasonDeadlineTooShort, Message: "too little time is left to ask the language model; allow more time"}
	errTimeout  = &Error{Reason: ReasonLLMTimeout, Message: "the language model did not answer in time; allow more time"}
)

// asError returns err as an *Error; what is none is a fault of the engine.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Reason: ReasonLLMInternal, Message: "the language model call failed inside the service", Err: err}
}

// identity stands for all that answers depend on besides the request.
func identity(o Options) string {
	parts := []string{o.Taxonomy.Version(), o.ValidatorVersion}
	if o.Model != nil {
		for _, f := range o.Model.Fingerprints(&Task{Document: &article.Document{}}) {
			parts = append(parts, f.ID)
		}
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
	if n == 0 {
		return len(d.Sentences)
	}
	return n
}

// sameLanguage compares primary subtags; what is not known differs from nothing.
func sameLanguage(a, b string) bool {
	a, b = primary(a), primary(b)
	return a == b || a == "und" || b == "und"
}

// primary returns the primary subtag of a BCP-47 tag.
func primary(tag string) string {
	tag, _, _ = strings.Cut(tag, "-")
	return strings.ToLower(tag)
}
