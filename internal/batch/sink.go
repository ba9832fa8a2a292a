package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"google.golang.org/protobuf/encoding/protojson"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/atomicfile"
)

// Sink is where the rows of a run go: a file of results, or a stream, which no later run
// can go on with.
type Sink struct {
	io.Writer
	file *Output  // nil: a stream
	pipe *os.File // to close; nil: standard output, or a file
}

// OpenSink opens the output whose Path the options name: - is stdout, and a file that is
// not regular, such as a pipe, takes rows as a stream. Say prints a line about an output
// that the run goes on with. A named pipe is waited for until it has a reader or ctx ends.
// The errors name the flags of the command line that help.
func OpenSink(ctx context.Context, options JournalOptions, form Form, stdout io.Writer, say func(format string, args ...any)) (*Sink, error) {
	if options.Path == archive.Stdin {
		return &Sink{Writer: stdout}, nil
	}
	if info, err := os.Stat(options.Path); err == nil && !info.Mode().IsRegular() {
		pipe, err := openStream(ctx, options.Path)
		if err != nil {
			return nil, fmt.Errorf("the output %s: %w", options.Path, err)
		}
		return &Sink{Writer: pipe, pipe: pipe}, nil
	}
	file, err := OpenOutput(options, form)
	switch {
	case errors.Is(err, atomicfile.ErrLocked):
		return nil, fmt.Errorf("another run is writing %s: wait for its end, or name another output", options.Path)
	case errors.Is(err, ErrComplete):
		return nil, fmt.Errorf("the output %s: %w: there is nothing to resume", options.Path, err)
	case errors.Is(err, ErrExists):
		return nil, fmt.Errorf("the output %s: %w: continue with --resume, or replace it with --overwrite", options.Path, err)
	case errors.Is(err, ErrOtherOptions):
		return nil, fmt.Errorf("the output %s: %w: use the same options, name another output, or continue with --force", options.Path, err)
	case err != nil:
		return nil, fmt.Errorf("the output %s: %s", options.Path, archive.Describe(err))
	}
	if file.Kept+file.Retried+file.Dropped > 0 {
		degraded := ""
		switch {
		case file.Degraded > 0 && options.RetryDegraded:
			degraded = fmt.Sprintf("; %d of the done rows are degraded and tried again", file.Degraded)
		case file.Degraded > 0:
			degraded = fmt.Sprintf("; %d of the done rows are degraded: --retry-degraded tries them again", file.Degraded)
		}
		say("resuming: %d rows are done, %d errors are tried again, %d torn or double rows were dropped%s", file.Kept, file.Retried, file.Dropped, degraded)
	}
	return &Sink{Writer: file, file: file}, nil
}

// openStream opens a file that is not regular. An open that waits for a reader cannot be
// called off, so the process ends with it under way if ctx ends first.
func openStream(ctx context.Context, path string) (*os.File, error) {
	type result struct {
		file *os.File
		err  error
	}
	opened := make(chan result, 1)
	go func() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		opened <- result{file, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("nobody reads it: %w", ctx.Err())
	case r := <-opened:
		if r.err != nil {
			return nil, errors.New(archive.Describe(r.err))
		}
		return r.file, nil
	}
}

// Pending drops finished entries and older versions of stories; skipped is told of the
// latter.
func (s *Sink) Pending(articles iter.Seq2[*archive.Entry, error], skipped func(archive.Location, archive.Skip)) iter.Seq2[*archive.Entry, error] {
	if s.file == nil {
		return Newest(articles, skipped)
	}
	s.file.Skipped = skipped
	return s.file.Pending(articles)
}

// Leave ends a walk over the inputs that another one follows.
func (s *Sink) Leave() error {
	if s.file == nil {
		return nil
	}
	_, err := s.file.Close(false, false)
	return err
}

// Kept returns the number of rows of earlier runs that are done.
func (s *Sink) Kept() int64 {
	if s.file == nil {
		return 0
	}
	return s.file.Kept
}

// Close ends the output of a run with these counts as Output.Close does. Say prints lines
// about what became of the rows.
func (s *Sink) Close(ended, limited bool, counts *Counts, say func(format string, args ...any)) error {
	switch {
	case s.pipe != nil:
		return s.pipe.Close()
	case s.file == nil:
		return nil
	}
	complete := !limited && counts.Failed+counts.Degraded == 0 && (s.file.Degraded == 0 || s.file.retry)
	kept, err := s.file.Close(ended, complete)
	if s.file.Replaced > 0 {
		say("%d rows were replaced by newer versions of their articles", s.file.Replaced)
	}
	if kept != "" {
		say("%s is kept for --resume", kept)
	}
	return err
}

// Identity returns JournalOptions.Identity of rows that depend on a request without an
// article and on further options, in this order. It panics on an option that encoding/json
// cannot encode.
func Identity(request *summarizerv1.AnalyzeArticleRequest, options ...any) string {
	message, err := protojson.Marshal(request)
	if err != nil {
		panic(err) // an enum and numbers
	}
	var compact any
	_ = json.Unmarshal(message, &compact) // protojson varies its spacing
	all, err := json.Marshal(append([]any{compact}, options...))
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:])
}
