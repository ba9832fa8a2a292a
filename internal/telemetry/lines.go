package telemetry

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	lineDelay   = 10 * time.Millisecond
	lineBufSize = 64 << 10 // bytes
)

// LineBuffer writes the lines of a busy log together: a server that logs each call would
// else make a system call for each, some 4 % of a cached answer (BenchmarkCachedAgainst). A
// line is written at once after a pause of lineDelay, else with the others of that time. A
// killed process thus loses the lines of 10 ms at most, and none of a warning or an error.
// It is safe for concurrent use.
type LineBuffer struct {
	w io.Writer

	mu      sync.Mutex
	waiting []byte
	due     *time.Timer // writes what waits; nil until the first line waits
	written time.Time
}

// NewLineBuffer returns a buffer in front of w. Call Flush at the end.
func NewLineBuffer(w io.Writer) *LineBuffer { return &LineBuffer{w: w} }

// Write takes one or more whole lines. An error is of this or an earlier line.
func (b *LineBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting)+len(line) > lineBufSize {
		if err := b.flush(); err != nil {
			return 0, err
		}
	}
	if len(b.waiting) == 0 {
		now := time.Now()
		left := lineDelay - now.Sub(b.written)
		if left <= 0 || len(line) > lineBufSize {
			b.written = now
			return b.w.Write(line)
		}
		if b.due == nil {
			b.due = time.AfterFunc(left, b.Flush)
		} else {
			b.due.Reset(left)
		}
	}
	b.waiting = append(b.waiting, line...)
	return len(line), nil
}

// Flush writes the lines that wait. There is nowhere to report a log that cannot be written.
func (b *LineBuffer) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.flush()
}

func (b *LineBuffer) flush() error {
	if len(b.waiting) == 0 {
		return nil
	}
	b.due.Stop()
	_, err := b.w.Write(b.waiting)
	b.waiting, b.written = b.waiting[:0], time.Now()
	return err
}

// NewLogger returns a logger of lines, as JSON or as text. On a LineBuffer, it leaves no
// warning or error waiting.
func NewLogger(w io.Writer, asJSON bool, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if asJSON {
		handler = slog.NewJSONHandler(w, options)
	}
	if buffer, ok := w.(*LineBuffer); ok {
		handler = &promptHandler{handler, buffer}
	}
	return slog.New(handler)
}

// promptHandler is a handler that writes warnings and errors at once.
type promptHandler struct {
	slog.Handler
	buffer *LineBuffer
}

// Handle implements slog.Handler.
func (p *promptHandler) Handle(ctx context.Context, r slog.Record) error {
	err := p.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		p.buffer.Flush()
	}
	return err
}

// WithAttrs implements slog.Handler.
func (p *promptHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &promptHandler{p.Handler.WithAttrs(attrs), p.buffer}
}

// WithGroup implements slog.Handler.
func (p *promptHandler) WithGroup(name string) slog.Handler {
	return &promptHandler{p.Handler.WithGroup(name), p.buffer}
}
