package summarizer

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
	"github.com/seed-59202292/summarizer/internal/turns"
)

// prepared is what a request comes to before a model is asked, and the local answer to
// it. It depends on nothing but the request key. Read-only.
type prepared struct {
	err error // what is wrong with the request; then nothing else is set

	task Task // for no client in particular

	// keys computes what answers are stored and shared under, which a request that
	// reads no cache never asks for.
	keys func() *contentKeys

	// local makes the local answer to all that is asked.
	local func() *Reply
}

// contentKeys are the keys of what a request is answered with.
type contentKeys struct {
	article Key
	of      [len(features)]Key // zero for what is not asked
}

// preparedRequests holds the prepared requests in flight, so that identical requests
// clean their article once and make one local answer. A model that fails or hangs turns
// a whole crowd to the local engine in one moment. Nothing is kept beyond the last of
// them.
type preparedRequests struct {
	mu    sync.Mutex
	byKey map[Key]*sharedPrepared
}

type sharedPrepared struct {
	get   func() *prepared
	users int // guarded by preparedRequests.mu
}

// join returns what the request of the key comes to, made by prepare where nobody in
// call has it. The caller leaves it when it is done.
func (r *preparedRequests) join(key Key, prepare func() *prepared) *sharedPrepared {
	r.mu.Lock()
	defer r.mu.Unlock()
	shared := r.byKey[key]
	if shared == nil {
		shared = &sharedPrepared{get: once(prepare)}
		if r.byKey == nil {
			r.byKey = make(map[Key]*sharedPrepared)
		}
		r.byKey[key] = shared
	}
	shared.users++
	return shared
}

func (r *preparedRequests) leave(key Key, shared *sharedPrepared) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if shared.users--; shared.users == 0 {
		delete(r.byKey, key)
	}
}

// CheckText returns why the text of an article is not taken: it has no letters, or more
// than MaxTextBytes, both as sent and clean. Cleaning sets paragraphs apart, which makes
// short lines longer. It returns nil or an *Error.
func CheckText(sent string, document *article.Document) error {
	if !document.HasLetters() {
		return Invalid(Fault{
			Field:   "article.text",
			Rule:    RuleTextEmpty,
			Message: "has no letters once markup and boilerplate are removed: send the text of the article",
		})
	}
	if size := min(len(sent), len(document.Text)); size > MaxTextBytes {
		return Invalid(Fault{
			Field: "article.text",
			Rule:  RuleTextTooLarge,
			Message: fmt.Sprintf("has %d bytes once markup and boilerplate are removed, the limit is %d: shorten it, or send its parts one by one",
				size, MaxTextBytes),
			Limit: strconv.Itoa(MaxTextBytes), Value: strconv.Itoa(size),
		})
	}
	return nil
}

// prepare cleans the article and fills in the defaults.
func (s *Service) prepare(r *Request, topics *taxonomy.Taxonomy) *prepared {
	document := clean(r.Article)
	if err := CheckText(r.Article.Text, document); err != nil {
		return &prepared{err: err}
	}
	p := &prepared{task: Task{Document: document, Overlength: r.Overlength}}
	if o := r.Summary; o != nil {
		p.task.Summary = o.task(document)
	}
	if o := r.Topics; o != nil {
		chosen, err := chosenTopics(o, topics)
		if err != nil {
			return &prepared{err: err}
		}
		p.task.Topics = &TopicTask{Topics: chosen, Taxonomy: topics}
	}
	p.keys = sync.OnceValue(func() *contentKeys { return p.task.contentKeys(r.Topics) })
	p.local = once(func() *Reply { return s.askLocal(&p.task, turns.Customer{Client: r.Client, Bulk: r.Bulk}) })
	return p
}

// askLocal runs the local engine and measures it. The measure includes the wait
// for a processor: it is what a request has to allow for. The engine gets no
// request's context, as its answer may serve several.
func (s *Service) askLocal(task *Task, customer turns.Customer) *Reply {
	began := time.Now()
	if !s.localSlots.TryAcquire() {
		<-s.localSlots.Wait(customer).Ready()
	}
	defer s.localSlots.Release()
	reply := s.options.Local.Analyze(context.Background(), task)
	s.localLatency.observe(len(task.Document.Text), time.Since(began))
	return reply
}

// once returns a function that calls f the first time and gives all the same
// value, or the same panic. Unlike sync.OnceValue it lets callers wait on
// a channel, as clocks of tests stand still while somebody waits for a lock.
func once[T any](f func() T) func() T {
	var (
		begun  atomic.Bool
		done   = make(chan struct{})
		value  T
		failed any
	)
	return func() T {
		if begun.Swap(true) {
			<-done
			if failed != nil {
				panic(failed)
			}
			return value
		}
		defer close(done)
		defer func() {
			if failed = recover(); failed != nil {
				panic(failed)
			}
		}()
		value = f()
		return value
	}
}

func clean(a Article) *article.Document {
	return article.Clean(article.Raw{
		Text:         a.Text,
		Title:        a.Title,
		MediaType:    a.MediaType,
		LanguageCode: a.LanguageCode,
	})
}
