package summarizer

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
)

// reading is what a request comes to before a model is asked, and what the local
// engine makes of it. It depends on nothing but the request key. Read-only.
type reading struct {
	err error // what is wrong with the request; then nothing else is set

	task Task // for no client in particular

	// content computes the keys that answers are stored and shared under, which a
	// request that reads no cache never asks for.
	content func() *contentKeys

	// local makes the local answer to all that is asked.
	local func() *Reply
}

// contentKeys are the keys of what a request is answered with.
type contentKeys struct {
	article Key
	of      [len(features)]Key // zero for what is not asked
}

// readings holds those of the requests in flight, so that identical requests
// clean their article once and make one local answer. A model that fails or
// hangs turns a whole crowd to the local engine in one moment; what the crowd
// has in common is worked out once. Nothing is kept beyond the last of them.
type readings struct {
	mu    sync.Mutex
	byKey map[Key]*sharedReading
}

type sharedReading struct {
	get   func() *reading
	users int // guarded by readings.mu
}

// join returns the reading of the key, made by read where nobody in flight has
// one. The caller leaves it when it is done.
func (r *readings) join(key Key, read func() *reading) *sharedReading {
	r.mu.Lock()
	defer r.mu.Unlock()
	shared := r.byKey[key]
	if shared == nil {
		shared = &sharedReading{get: once(read)}
		if r.byKey == nil {
			r.byKey = make(map[Key]*sharedReading)
		}
		r.byKey[key] = shared
	}
	shared.users++
	return shared
}

func (r *readings) leave(key Key, shared *sharedReading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if shared.users--; shared.users == 0 {
		delete(r.byKey, key)
	}
}

// read cleans the article and fills in the defaults.
func (s *Service) read(r *Request) *reading {
	document := clean(r.Article)
	if !document.HasLetters() {
		return &reading{err: &Error{
			Reason:  ReasonTextEmpty,
			Field:   "article.text",
			Message: "no letters are left once markup and boilerplate are removed; send the text of the article",
		}}
	}
	c := &reading{task: Task{Document: document, Overlength: r.Overlength}}
	if o := r.Summary; o != nil {
		c.task.Summary = o.task(document)
	}
	if o := r.Topics; o != nil {
		chosen, err := s.chosenTopics(o)
		if err != nil {
			return &reading{err: err}
		}
		c.task.Topics = &TopicTask{Topics: chosen, TaxonomyVersion: s.Taxonomy.Version()}
	}
	c.content = sync.OnceValue(func() *contentKeys { return c.task.contentKeys(r.Topics) })
	c.local = once(func() *Reply { return s.askLocal(&c.task) })
	return c
}

// askLocal runs the local engine and measures it. The measure includes the wait
// for a processor: it is what a request has to allow for. The engine gets no
// request's context, as its answer may serve several.
func (s *Service) askLocal(task *Task) *Reply {
	began := time.Now()
	s.localSlots <- struct{}{}
	defer func() { <-s.localSlots }()
	reply := s.Local.Analyze(context.Background(), task)
	s.pace.observe(len(task.Document.Text), time.Since(began))
	return reply
}

// once returns a function that calls f the first time and gives all the same
// value, or the same panic. Unlike sync.OnceValue it lets those who wait do so on
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

// newLocalSlots returns a slot for each processor. More local answers at a time
// would be no faster, and hold more memory.
func newLocalSlots() chan struct{} { return make(chan struct{}, runtime.GOMAXPROCS(0)) }

func clean(a Article) *article.Document {
	return article.Clean(article.Source{
		Text:         a.Text,
		Title:        a.Title,
		MediaType:    a.MediaType,
		LanguageCode: a.LanguageCode,
	})
}
