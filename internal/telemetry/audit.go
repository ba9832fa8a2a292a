package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
)

// Audit is a file of JSON lines of what changes who may call, what is removed, and who is
// refused. Each line has time, event and what belongs to the event. It is safe for
// concurrent use; a nil Audit keeps nothing.
type Audit struct {
	path string
	log  *slog.Logger // is told when a line cannot be written

	mu     sync.Mutex
	file   *os.File
	lines  slog.Handler
	failed LogLimiter
}

// OpenAudit opens a file to append to, which its owner alone can read where it is new. An
// empty path is no file, and no error.
func OpenAudit(path string, log *slog.Logger) (*Audit, error) {
	if path == "" {
		return nil, nil
	}
	a := &Audit{path: path, log: log}
	if err := a.Reopen(); err != nil {
		return nil, err
	}
	return a, nil
}

// Reopen opens the file by its name again, for a tool that moves it away from time to time.
// With an error, lines go on into the file that is open.
func (a *Audit) Reopen() error {
	if a == nil {
		return nil
	}
	file, err := os.OpenFile(a.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the audit log: %w", err)
	}
	lines := slog.NewJSONHandler(file, &slog.HandlerOptions{ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
		switch {
		case len(groups) > 0:
		case attr.Key == slog.LevelKey:
			return slog.Attr{}
		case attr.Key == slog.MessageKey:
			attr.Key = "event"
		}
		return attr
	}})
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file != nil {
		_ = a.file.Close()
	}
	a.file, a.lines = file, lines
	return nil
}

// Record writes a line. One that cannot be written is reported in the log, once a minute.
func (a *Audit) Record(ctx context.Context, event string, attrs ...any) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	slog.New(reporting{a.lines, a}).Log(ctx, slog.LevelInfo, event, attrs...)
}

// Close closes the file.
func (a *Audit) Close() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = a.file.Close()
}

// reporting is a handler whose failures are reported.
type reporting struct {
	slog.Handler
	audit *Audit
}

// Handle implements slog.Handler.
func (r reporting) Handle(ctx context.Context, line slog.Record) error {
	err := r.Handler.Handle(ctx, line)
	if err != nil && r.audit.failed.Allow() {
		r.audit.log.Error("the audit log cannot be written", "error", err)
	}
	return err
}
