package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-59202292/summarizer/internal/pause"
)

// StreamOptions says how the streams of a cluster are kept. A number that is 0
// leaves a stream that exists as it is.
type StreamOptions struct {
	// Prefix begins the names of the streams and of their subjects; empty means
	// "SUMMARIZER". It is 1 to 32 letters, digits, - or _.
	Prefix string

	Replicas int           // servers that hold each message, 1 to 5; 0 means 1
	MaxBytes int64         // of each stream, on each server that keeps it; 0 means 1 GiB
	MaxAge   time.Duration // after which what nobody took goes; 0 means 72 h
}

// Defaults of StreamOptions.
const (
	DefaultPrefix   = "SUMMARIZER"
	DefaultMaxBytes = 1 << 30
	DefaultMaxAge   = 72 * time.Hour
)

// Streams are what a cluster keeps of runs: the items that wait for a worker, the
// answers that wait for their run, and the dead letters.
//
// An item has a subject of its own, PREFIX.work.RUN.ITEM, and the stream of work
// refuses a second message of a subject: an item that waits, or that a worker
// has, is not queued again, however long that takes. Work and results leave their
// streams when they are acknowledged. Dead letters stay until they are too old or
// too many.
type Streams struct {
	js                  jetstream.JetStream
	prefix              string
	work, results, dead jetstream.Stream
}

// OpenStreams finds the streams, or makes them. It tries until ctx ends, as a
// cluster that has just started has no leader yet.
func OpenStreams(ctx context.Context, js jetstream.JetStream, options StreamOptions) (*Streams, error) {
	s := &Streams{js: js, prefix: options.Prefix}
	if s.prefix == "" {
		s.prefix = DefaultPrefix
	}
	for _, kind := range []struct {
		stream      *jetstream.Stream
		name        string
		description string
		shape       func(*jetstream.StreamConfig)
	}{
		{&s.work, "work", "articles that wait for a worker", func(c *jetstream.StreamConfig) {
			c.Retention, c.Discard = jetstream.WorkQueuePolicy, jetstream.DiscardNew
			c.MaxMsgsPerSubject, c.DiscardNewPerSubject = 1, true
		}},
		{&s.results, "result", "answers that wait for their run", func(c *jetstream.StreamConfig) {
			c.Retention, c.Discard = jetstream.WorkQueuePolicy, jetstream.DiscardNew
			c.AllowDirect = true
		}},
		{&s.dead, "dead", "articles that no worker could answer for", func(c *jetstream.StreamConfig) {
			c.Discard, c.MaxMsgsPerSubject = jetstream.DiscardOld, 1
		}},
	} {
		config := jetstream.StreamConfig{
			Name:        s.prefix + "_" + kind.name,
			Description: kind.description,
			Subjects:    []string{s.subject(kind.name, "*", "*")},
			Replicas:    1,
			MaxBytes:    DefaultMaxBytes,
			MaxAge:      DefaultMaxAge,
		}
		kind.shape(&config)
		stream, err := openStream(ctx, js, config, options)
		if err != nil {
			return nil, fmt.Errorf("the stream %s: %w", config.Name, err)
		}
		*kind.stream = stream
	}
	return s, nil
}

// openStream opens or makes one stream.
func openStream(ctx context.Context, js jetstream.JetStream, fresh jetstream.StreamConfig, options StreamOptions) (jetstream.Stream, error) {
	for {
		stream, err := tryStream(ctx, js, fresh, options)
		if err == nil || !isTemporary(err) {
			return stream, err
		}
		if pause.For(ctx, retryInterval) != nil {
			return nil, fmt.Errorf("%w: are enough servers of the cluster up?", err)
		}
	}
}

const retryInterval = 250 * time.Millisecond

func tryStream(ctx context.Context, js jetstream.JetStream, fresh jetstream.StreamConfig, options StreamOptions) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	stream, err := js.Stream(ctx, fresh.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		options.apply(&fresh)
		return js.CreateStream(ctx, fresh)
	}
	if err != nil {
		return nil, err
	}
	config := stream.CachedInfo().Config
	if !options.apply(&config) {
		return stream, nil
	}
	return js.UpdateStream(ctx, config)
}

// apply puts the limits that are set into config, and reports whether that
// changed it.
func (o StreamOptions) apply(config *jetstream.StreamConfig) (changed bool) {
	if o.Replicas > 0 && config.Replicas != o.Replicas {
		config.Replicas, changed = o.Replicas, true
	}
	if o.MaxBytes > 0 && config.MaxBytes != o.MaxBytes {
		config.MaxBytes, changed = o.MaxBytes, true
	}
	if o.MaxAge > 0 && config.MaxAge != o.MaxAge {
		config.MaxAge, changed = o.MaxAge, true
		config.Duplicates = min(config.Duplicates, o.MaxAge)
	}
	return changed
}

// isTemporary reports whether a cluster may succeed later.
func isTemporary(err error) bool {
	var refused *jetstream.APIError
	if errors.As(err, &refused) {
		return refused.Code >= 500 && refused.ErrorCode != jetstream.JSErrCodeJetStreamNotEnabled &&
			refused.ErrorCode != jetstream.JSErrCodeJetStreamNotEnabledForAccount && !permanentCodes[refused.ErrorCode]
	}
	return !errors.Is(err, jetstream.ErrConnectionClosed) && !errors.Is(err, jetstream.ErrInvalidStreamName)
}

// permanentCodes are errors of the kind of a server error which no time mends: too little
// storage is left for the limits, and replicas without a cluster.
var permanentCodes = map[jetstream.ErrorCode]bool{10047: true, 10074: true}

// subject names a message of a run.
func (s *Streams) subject(kind, run, item string) string {
	return s.prefix + "." + kind + "." + run + "." + item
}
