package cache

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// SharedOptions configures the tier that processes share.
type SharedOptions struct {
	JetStream jetstream.JetStream // Required.

	// Prefix begins the names of the buckets; empty means "SUMMARIZER".
	Prefix string

	Replicas int   // servers that hold each entry, 1 to 5; 0 leaves a bucket as it is, at first 1
	MaxBytes int64 // of answers, on each server that keeps them; 0 leaves a bucket as it is, at first DefaultSharedBytes
}

// DefaultSharedBytes is the first size of the bucket of answers on each server.
const DefaultSharedBytes = 1 << 30

const (
	defaultPrefix = "SUMMARIZER"

	// sharedWriters is the number of entries that are written at once: each takes
	// two round trips.
	sharedWriters = 8

	// sharedTimeout bounds what does not hold up a request.
	sharedTimeout = 5 * time.Second
)

// shared is the tier that keeps records in a JetStream KV bucket. An entry has the
// key CONTENT.ARTICLE, both hashes in hexadecimal digits, so that it is found by its
// content and removed by its article. It is written by compare-and-set, as others
// add answers to the same record.
type shared struct {
	js      jetstream.JetStream
	id      string // of this process, in its announcements
	stream  jetstream.Stream
	bucket  string
	age     ageLimit
	logger  *slog.Logger
	metrics *telemetry.Metrics

	// writing is held for reading by writers, and for writing by a purge.
	writing sync.RWMutex

	mu      sync.Mutex
	pending map[summarizer.Key]answerRecord // written or to be written
	closed  bool
	recent  map[summarizer.Key]time.Time // articles whose answers were written of late, and when
	pruned  time.Time                    // when recent was last rid of what is not
	queue   chan summarizer.Key
	writers sync.WaitGroup
	ctx     context.Context // of the writers
	abandon context.CancelFunc

	purges      *nats.Subscription
	writeFailed telemetry.LogLimiter
}

var _ tier = (*shared)(nil)

// openShared opens the tier. Purged is called when another process has removed the answers
// of an article, or all with a nil article. Again is true when that process had written an
// answer after the purge, and has removed it.
func openShared(options Options, purged func(s *shared, article *summarizer.Key, again bool)) (*shared, error) {
	o := *options.Shared
	ctx, abandon := context.WithCancel(context.Background())
	s := &shared{
		id: rand.Text(), age: ageLimit(options.MaxAge), recent: make(map[summarizer.Key]time.Time),
		js: o.JetStream, bucket: cmp.Or(o.Prefix, defaultPrefix) + "_cache", logger: options.Logger, metrics: options.Metrics,
		pending: make(map[summarizer.Key]answerRecord), queue: make(chan summarizer.Key, queueRecords),
		ctx: ctx, abandon: abandon,
	}
	var err error
	// The configuration of a bucket of the KV interface, except that the oldest entries
	// give way when it is full: a bucket by default refuses to be written.
	if s.stream, err = openBucket(o, jetstream.StreamConfig{
		Name:        "KV_" + s.bucket,
		Description: "answers of language models",
		Subjects:    []string{"$KV." + s.bucket + ".>"},
		MaxBytes:    DefaultSharedBytes,
		MaxAge:      options.MaxAge,
		Discard:     jetstream.DiscardOld,
	}, o.MaxBytes); err != nil {
		abandon()
		return nil, fmt.Errorf("%w %s: %w", ErrShared, s.bucket, err)
	}
	s.purges, err = s.js.Conn().Subscribe(s.purgeSubject(), func(m *nats.Msg) {
		if m.Header.Get(originHeader) == s.id {
			return
		}
		switch key := (summarizer.Key{}); len(m.Data) {
		case 0:
			purged(s, nil, m.Header.Get(againHeader) != "")
		case len(key):
			copy(key[:], m.Data)
			purged(s, &key, m.Header.Get(againHeader) != "")
		}
	})
	if err != nil {
		abandon()
		return nil, fmt.Errorf("%w %s: %w", ErrShared, s.bucket, err)
	}
	for range sharedWriters {
		s.writers.Go(s.write)
	}
	return s, nil
}

// openBucket opens or makes the stream of a KV bucket.
func openBucket(o SharedOptions, config jetstream.StreamConfig, maxBytes int64) (stream jetstream.Stream, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*sharedTimeout)
	defer cancel()
	config.MaxMsgsPerSubject = 1
	config.AllowRollup, config.DenyDelete, config.AllowDirect = true, true, true
	config.Replicas = 1
	for {
		stream, err = o.JetStream.Stream(ctx, config.Name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
			config.Replicas = max(o.Replicas, 1)
			if maxBytes > 0 {
				config.MaxBytes = maxBytes
			}
			stream, err = o.JetStream.CreateStream(ctx, config)
		case err == nil:
			existing := stream.CachedInfo().Config
			changed := existing
			if o.Replicas > 0 {
				changed.Replicas = o.Replicas
			}
			if maxBytes > 0 {
				changed.MaxBytes = maxBytes
			}
			if changed.Replicas != existing.Replicas || changed.MaxBytes != existing.MaxBytes {
				stream, err = o.JetStream.UpdateStream(ctx, changed)
			}
		}
		// A cluster that has just started has no leader yet.
		var refused *jetstream.APIError
		if err == nil || !errors.As(err, &refused) || refused.ErrorCode != notAvailable {
			return stream, err
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// notAvailable is the code of a cluster without a leader.
const notAvailable = 10008

func (s *shared) name() string { return "shared" }

func (s *shared) ready() bool { return s.js.Conn().Status() == nats.CONNECTED }

func (s *shared) purgeSubject() string { return s.bucket + ".purge" }

// subject returns the subject of an entry; "*" stands for any key.
func (s *shared) subject(content, article string) string {
	return "$KV." + s.bucket + "." + content + "." + article
}

func hexKey(key summarizer.Key) string { return hex.EncodeToString(key[:]) }

func (s *shared) lookup(ctx context.Context, key summarizer.Key) (answerRecord, error) {
	s.mu.Lock()
	waiting := s.pending[key]
	s.mu.Unlock()
	r, _, err := s.load(ctx, key)
	if err != nil {
		return answerRecord{}, err
	}
	if len(waiting.answers) > 0 {
		r = answerRecord{article: waiting.article, answers: s.age.merge(waiting.answers, r.answers)}
	}
	return r, nil
}

// load returns what is stored, and its revision, 0 when there is nothing. With an
// error about an entry, that is damaged, and the revision is its own.
func (s *shared) load(ctx context.Context, key summarizer.Key) (answerRecord, uint64, error) {
	message, err := s.stream.GetLastMsgForSubject(ctx, s.subject(hexKey(key), "*"))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return answerRecord{}, 0, nil
	}
	if err != nil {
		return answerRecord{}, 0, err
	}
	if len(message.Data) == 0 {
		return answerRecord{}, message.Sequence, nil // removed by way of the KV interface
	}
	r, err := decodeEntry(message.Data)
	return r, message.Sequence, err
}

func (s *shared) store(key summarizer.Key, r answerRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, waits := s.pending[key]
	if s.closed {
		s.metrics.CacheDropped(len(r.answers))
		return
	}
	if !waits {
		select {
		case s.queue <- key:
		default:
			s.metrics.CacheDropped(len(r.answers))
			return
		}
	}
	s.pending[key] = answerRecord{article: r.article, answers: s.age.merge(r.answers, old.answers)}
}

// write writes what is queued until the tier is closed.
func (s *shared) write() {
	for key := range s.queue {
		s.writeRecord(key)
	}
}

// writeRecord writes what is pending under a key, until that does not change any
// more.
func (s *shared) writeRecord(key summarizer.Key) {
	s.writing.RLock()
	defer s.writing.RUnlock()
	for {
		s.mu.Lock()
		r := s.pending[key]
		s.mu.Unlock()
		if len(r.answers) > 0 { // else it was purged
			s.noteWrite(r.article)
			if err := s.put(key, r); err != nil {
				s.metrics.CacheDropped(len(r.answers))
				if s.writeFailed.Allow() {
					s.logger.Warn("an answer could not be written to the shared cache", "error", err)
				}
			}
		}
		s.mu.Lock()
		latest := s.pending[key]
		unchanged := slices.Equal(latest.answers, r.answers)
		if unchanged {
			delete(s.pending, key)
		}
		s.mu.Unlock()
		if unchanged {
			return
		}
	}
}

// put adds the answers of r to what is stored.
func (s *shared) put(key summarizer.Key, r answerRecord) error {
	ctx, cancel := context.WithTimeout(s.ctx, sharedTimeout)
	defer cancel()
	for {
		stored, revision, err := s.load(ctx, key)
		if err != nil && !errors.Is(err, errEntry) {
			return err
		}
		entry, err := encodeEntry(answerRecord{article: r.article, answers: s.age.merge(r.answers, stored.answers)})
		if err != nil {
			return err
		}
		_, err = s.js.Publish(ctx, s.subject(hexKey(key), hexKey(r.article)), entry, jetstream.WithExpectLastSequencePerSubject(revision))
		if !isConflict(err) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// isConflict reports whether somebody else has written meanwhile.
func isConflict(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && (refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// recentWrite is how long an announcement of a purge may take to arrive.
const recentWrite = time.Minute

// noteWrite remembers that an answer of an article is being written.
func (s *shared) noteWrite(article summarizer.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.recent[article] = now
	if now.Sub(s.pruned) > recentWrite {
		s.pruned = now
		maps.DeleteFunc(s.recent, func(_ summarizer.Key, at time.Time) bool { return now.Sub(at) > recentWrite })
	}
}

// purgeOwn removes what this process has written, or was about to write, of an article
// that another process has purged, or of all with nil: that may have come behind the purge.
// Others may have read such an answer: the purge is announced again.
func (s *shared) purgeOwn(article *summarizer.Key) error {
	s.forget(func(r answerRecord) bool { return article == nil || r.article == *article })
	s.writing.Lock()
	defer s.writing.Unlock()
	now := time.Now()
	var mine []summarizer.Key
	s.mu.Lock()
	for written, at := range s.recent {
		if (article == nil || written == *article) && now.Sub(at) <= recentWrite {
			mine = append(mine, written)
		}
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(s.ctx, 4*sharedTimeout)
	defer cancel()
	var err error
	for _, key := range mine {
		err = errors.Join(err, s.stream.Purge(ctx, jetstream.WithPurgeSubject(s.subject("*", hexKey(key)))))
	}
	if len(mine) == 0 {
		return nil
	}
	return errors.Join(err, s.announce(article, true))
}

func (s *shared) purge(article summarizer.Key) (int, error) {
	s.forget(func(r answerRecord) bool { return r.article == article })
	s.writing.Lock()
	defer s.writing.Unlock()
	ctx, cancel := context.WithTimeout(s.ctx, 4*sharedTimeout)
	defer cancel()
	subject := s.subject("*", hexKey(article))
	info, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(subject))
	if err != nil {
		return 0, fmt.Errorf("the shared cache: %w", err)
	}
	removed := 0
	for entry := range info.State.Subjects {
		if message, err := s.stream.GetLastMsgForSubject(ctx, entry); err == nil {
			if r, err := decodeEntry(message.Data); err == nil {
				removed += len(r.answers)
			}
		}
	}
	if err := s.stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
		return 0, fmt.Errorf("the shared cache: %w", err)
	}
	return removed, s.announce(&article, false)
}

// purgeAll counts entries: to count what is in them would mean to read all.
func (s *shared) purgeAll() (int, error) {
	s.forget(func(answerRecord) bool { return true })
	s.writing.Lock()
	defer s.writing.Unlock()
	ctx, cancel := context.WithTimeout(s.ctx, 4*sharedTimeout)
	defer cancel()
	info, err := s.stream.Info(ctx)
	if err == nil {
		err = s.stream.Purge(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("the shared cache: %w", err)
	}
	return int(info.State.Msgs), s.announce(nil, false)
}

// forget takes records out of what waits to be written.
func (s *shared) forget(which func(answerRecord) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, r := range s.pending {
		if which(r) {
			s.pending[key] = answerRecord{article: r.article} // its key is in the queue
		}
	}
}

const (
	// originHeader says which process announces a purge: that has nothing left to do.
	originHeader = "Origin"

	// againHeader marks a purge that another process began.
	againHeader = "Again"
)

// announce tells all other processes what to remove from their own tiers; nil means all.
func (s *shared) announce(article *summarizer.Key, again bool) error {
	m := &nats.Msg{Subject: s.purgeSubject(), Header: nats.Header{originHeader: {s.id}}}
	if article != nil {
		m.Data = article[:]
	}
	if again {
		m.Header.Set(againHeader, "1")
	}
	if err := s.js.Conn().PublishMsg(m); err != nil {
		return err
	}
	return s.js.Conn().FlushTimeout(sharedTimeout)
}

func (s *shared) close() error {
	s.mu.Lock()
	s.closed = true
	close(s.queue)
	s.mu.Unlock()
	_ = s.purges.Unsubscribe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.writers.Wait()
	}()
	defer s.abandon()
	if !endsInTime(written) {
		return errors.New("the shared cache did not take all answers in time")
	}
	return nil
}
