package batchapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed-59202292/summarizer/internal/atomicfile"
	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// Biller pays for batches. The language model that makes the requests is one.
type Biller interface {
	ReserveBatch(ctx context.Context, client string, most ledger.Spending, lifetime time.Duration) (*ledger.Reservation, error)
	SettleBatch(reservation *ledger.Reservation, spent ledger.Spending)
	BatchUsage(response []byte, bytes, output int) summarizer.Usage
}

// Options configures a Session.
type Options struct {
	Dir      string       // of the files; made where it is not there
	Endpoint llm.Endpoint // whose requests are deferred, with its key

	// Offline leaves the requests in the files: a machine of one's own reads them, and
	// its results are put beside them.
	Offline bool

	// Wait says, with Offline, that requests without a result end Run with a
	// *LeftError: more results are to come. Without it, a last walk does the rest.
	Wait bool

	// Cancel cancels the batches that are at work, keeps their results and takes no
	// request.
	Cancel bool

	Client string                           // who pays, for budgets by client
	Say    func(format string, args ...any) // prints a line of progress; nil prints none
}

// Session is the work on the deferred requests of one run. One process at a time has it.
type Session struct {
	options  Options
	store    *store
	journal  *journal
	provider *provider
	biller   Biller
	short    error // why requests were not taken: the money does not suffice
	final    bool
	unlock   func()
	said     string
	alone    int // how often a batch was created again with no other at work
}

// LeftError says that requests have no answer yet, and how to go on.
type LeftError struct {
	Requests int
	Why      string
}

// Error implements error.
func (e *LeftError) Error() string {
	return fmt.Sprintf("%d requests have no answer yet: %s", e.Requests, e.Why)
}

// batchLifetime is how long money stays set aside for a batch: the longest that one takes,
// and a day for the run to look after it.
const batchLifetime = 48 * time.Hour

// Open opens the files of a session, or begins them.
func Open(options Options) (*Session, error) {
	options.Endpoint = options.Endpoint.WithDefaults()
	if options.Say == nil {
		options.Say = func(string, ...any) {}
	}
	e := options.Endpoint
	if err := os.MkdirAll(options.Dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err := atomicfile.Lock(filepath.Join(options.Dir, journalName), 0)
	if err != nil {
		return nil, err
	}
	s := &Session{options: options, unlock: unlock, provider: newProvider(e, e.BatchPollInterval, options.Say)}
	azure := e.AzureAPIVersion != ""
	if s.journal, err = openJournal(options.Dir, e.BaseURL, e.Model); err == nil {
		s.store, err = openStore(options.Dir, path(azure), e.BatchMaxRequests, e.BatchMaxBytes, func(number int32) bool {
			f := s.journal.files[number]
			return f != nil && f.isExcused()
		})
	}
	if err == nil {
		err = s.checkFiles()
	}
	if err != nil {
		if s.store != nil {
			s.store.close()
		}
		if s.journal != nil {
			_ = s.journal.file.Close()
		}
		unlock()
		return nil, err
	}
	s.store.begun, s.store.unbudgeted = s.begun, options.Offline
	s.store.accepts = !options.Cancel
	for number, f := range s.journal.files {
		if f.isDone() {
			s.store.fail(number, f.status)
		}
		if f.status == statusTooLarge {
			s.store.halve(f.requestFile)
		}
	}
	return s, nil
}

// checkFiles compares the journal with the request files. Without a file that was uploaded,
// its batch could not be read; without the journal, a batch could not be found. In both
// cases requests would be paid for again.
func (s *Session) checkFiles() error {
	for number, f := range s.journal.files {
		name := fileName(requestsPrefix, number)
		switch _, err := os.Stat(filepath.Join(s.options.Dir, name)); {
		case err == nil:
		case f.upload != "":
			return fmt.Errorf("%s is missing, and the journal says that it was uploaded as %q (batch %q): put it back, or begin with another output", name, f.upload, f.batch)
		case !f.isDone():
			delete(s.journal.files, number) // the run was killed before the file was complete
		}
	}
	if s.options.Offline {
		return nil
	}
	names, err := s.store.files()
	for _, name := range names {
		if number, ok := fileNumber(name); ok && s.journal.files[number] == nil {
			return fmt.Errorf("%s is not in the journal, %s: put back the journal of its run, or begin with another output", name, journalName+suffix)
		}
	}
	return err
}

// Close releases the files.
func (s *Session) Close() {
	s.store.close()
	_ = s.journal.file.Close()
	s.unlock()
}

// Answer implements llm.Deferred.
func (s *Session) Answer(request llm.DeferredRequest) llm.DeferredAnswer {
	return s.store.answer(request)
}

// Final implements llm.Deferred.
func (s *Session) Final() bool { return s.final }

// begun notes a request file that is complete.
func (s *Session) begun(f requestFile) error {
	return s.journal.record(&event{Event: eventFile, File: f.number, Requests: f.requests, Bytes: f.bytes, Most: f.most})
}

// Run walks over the archive until no request has to wait, and a last time for what the
// batches have left. Walk asks the model of biller, which asks the session; it is told
// whether it is the last. Its error ends the run, but where requests were not taken for want
// of money: then the batches that are paid for are seen through first. A line at
// the end gives the cost of the batches; an interrupted run also says how to continue it.
func (s *Session) Run(ctx context.Context, biller Biller, walk func(ctx context.Context, last bool) error) error {
	s.biller = biller
	err := s.run(ctx, walk)
	if usage, batches := s.total(); batches > 0 {
		s.options.Say("%d batches of the provider: %d tokens in (%d cached), %d out, $%.4f", batches, usage.InputTokens, usage.CachedInputTokens, usage.OutputTokens, float64(usage.CostMicroUSD)/1e6)
	}
	if working := s.working(); working > 0 && errors.Is(err, context.Canceled) {
		s.options.Say("%d batches continue at the provider; --resume fetches their results, --llm-batch-cancel ends them", working)
	}
	return err
}

func (s *Session) run(ctx context.Context, walk func(ctx context.Context, last bool) error) error {
	if s.options.Cancel {
		return s.cancel(ctx, walk)
	}
	for {
		err := walk(ctx, false)
		if err != nil && (ctx.Err() != nil || !s.store.unaffordable) {
			return err
		}
		s.runShort(err)
		if err := s.store.finish(); err != nil {
			return fmt.Errorf("the files of requests cannot be written: %w", err)
		}
		if s.store.open() == 0 {
			break
		}
		goOn, err := s.await(ctx)
		if err != nil {
			return err
		}
		if !goOn {
			break
		}
	}
	if s.short != nil {
		return s.short
	}
	s.final, s.store.accepts = true, false
	return walk(ctx, true)
}

// runShort takes no further request where err is a want of money.
func (s *Session) runShort(err error) {
	if err != nil {
		s.short, s.store.accepts = cmp.Or(s.short, err), false
	}
}

// await waits for the answers to all requests that are written. It reports whether they may
// lead to others.
func (s *Session) await(ctx context.Context) (goOn bool, err error) {
	if !s.options.Offline {
		unpaid, err := s.submitAll(ctx)
		if err == nil {
			if unpaid == nil {
				s.store.submitted()
			}
			err = s.poll(ctx)
		}
		s.runShort(unpaid)
		if unpaid != nil { // their requests wait for ever
			s.store.drop()
		}
		return true, err
	}
	if err := s.takeUp(); err != nil {
		return false, err
	}
	left := s.store.open()
	if left > 0 && s.options.Wait {
		return false, &LeftError{left, fmt.Sprintf("answer the files %s*%s in %s, put the files of results beside them under other names that end in %s, and go on with --resume", requestsPrefix, suffix, s.options.Dir, suffix)}
	}
	return left == 0, nil
}

// takeUp reads files of results that have come.
func (s *Session) takeUp() error {
	if err := s.store.takeResults(); err != nil {
		return fmt.Errorf("the files of results cannot be read: %w", err)
	}
	if s.store.foreign+s.store.unreadable > 0 {
		s.options.Say("%d rows of results belong to other requests, %d cannot be read", s.store.foreign, s.store.unreadable)
		s.store.foreign, s.store.unreadable = 0, 0
	}
	return nil
}

// unfinished returns the request files whose results are not here, in order.
func (s *Session) unfinished() (files []*fileState) {
	for _, number := range slices.Sorted(maps.Keys(s.journal.files)) {
		if f := s.journal.files[number]; !f.isDone() {
			files = append(files, f)
		}
	}
	return files
}

// total returns the usage of all batches of the session, and their number.
func (s *Session) total() (sum summarizer.Usage, batches int) {
	for _, f := range s.journal.files {
		sum.Add(f.usage)
		if f.batch != "" {
			batches++
		}
	}
	return sum, batches
}

// working returns how many batches are at work at the provider.
func (s *Session) working() (n int) {
	for _, f := range s.unfinished() {
		if f.batch != "" || f.creating {
			n++
		}
	}
	return n
}
