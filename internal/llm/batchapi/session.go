package batchapi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	openai "github.com/sashabaranov/go-openai"

	"github.com/seed-59202292/summarizer/internal/atomicfile"
	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// Biller pays for batches. The language model that makes the requests is one.
type Biller interface {
	ReserveBatch(ctx context.Context, client string, most ledger.Spending, lifetime time.Duration) (*ledger.Reservation, error)
	SettleBatch(reservation *ledger.Reservation, spent ledger.Spending)
	BatchUsage(response []byte) summarizer.Usage
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
	return s.journal.note(&event{Event: eventFile, File: f.number, Requests: f.requests, Bytes: f.bytes, Most: f.most})
}

// Run walks over the archive until no request has to wait, and a last time for what the
// batches have left. Walk asks the model of biller, which asks the session; it is told
// whether it is the last. Its error ends the run, but where requests were not taken for want
// of money: then the batches that are paid for are seen through first. At the end a line says
// what the provider took, and one what it goes on with where the run is interrupted.
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

// cancel ends the batches and has the rows of their results written.
func (s *Session) cancel(ctx context.Context, walk func(ctx context.Context, final bool) error) error {
	for _, f := range s.unfinished() {
		if f.batch == "" && f.creating {
			id, err := s.provider.findTwice(ctx, s.journal.run, f)
			if err != nil {
				return err
			}
			if id != "" {
				if err := s.journal.note(&event{Event: eventCreated, File: f.number, ID: id}); err != nil {
					return err
				}
			}
		}
		if f.batch == "" {
			continue
		}
		if err := s.journal.note(&event{Event: eventCancel, File: f.number}); err != nil {
			return err
		}
		if err := s.provider.cancel(ctx, f.batch); err != nil {
			return err
		}
	}
	if err := s.poll(ctx); err != nil {
		return err
	}
	if err := walk(ctx, false); err != nil {
		return err
	}
	return &LeftError{s.store.unanswered(), "the batches are cancelled; go on with --resume"}
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

// submitAll submits the request files that have no batch. Unpaid says that there is no
// money for some of them.
func (s *Session) submitAll(ctx context.Context) (unpaid, err error) {
	for _, f := range s.unfinished() {
		if f.batch != "" {
			continue
		}
		err := s.submit(ctx, f)
		if over, ok := errors.AsType[*ledger.OverBudgetError](err); ok {
			return over, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// submit pays for, uploads and starts one request file. A file that the provider refuses
// is done: its requests have that for an answer.
func (s *Session) submit(ctx context.Context, f *fileState) error {
	if err := s.reserve(ctx, f); err != nil {
		return err
	}
	isOld := f.upload != ""
	err := s.start(ctx, f)
	if isOld && isNotFound(err) {
		s.options.Say("the provider has no file of the requests of batch %d any more: it is uploaded again", f.number)
		if err := s.journal.note(&event{Event: eventUploaded, File: f.number}); err != nil {
			return err
		}
		err = s.start(ctx, f)
	}
	switch refused, ok := errors.AsType[*providerError](err); {
	case ok && refused.code == queueFull:
		return s.journal.note(&event{Event: eventQueued, File: f.number})
	case ok && refused.isAboutFile():
		return s.refuse(f, refused)
	}
	return err
}

// reserve sets aside what the batch of a file may cost.
func (s *Session) reserve(ctx context.Context, f *fileState) error {
	if f.reservation != nil {
		return nil
	}
	reservation, err := s.biller.ReserveBatch(ctx, s.options.Client, f.most, batchLifetime)
	if err != nil || reservation == nil {
		return err
	}
	return s.journal.note(&event{Event: eventReserved, File: f.number, Reservation: reservation})
}

// start uploads a file that is not at the provider, and creates its batch.
func (s *Session) start(ctx context.Context, f *fileState) error {
	if f.upload == "" {
		id, err := s.provider.upload(ctx, filepath.Join(s.options.Dir, fileName(requestsPrefix, f.number)))
		if err == nil {
			err = s.journal.note(&event{Event: eventUploaded, File: f.number, ID: id})
		}
		if err != nil {
			return err
		}
	}
	known := f.creating
	if err := s.journal.note(&event{Event: eventCreating, File: f.number}); err != nil {
		return err
	}
	id, err := s.provider.create(ctx, s.journal.run, f, known)
	if err != nil {
		return err
	}
	return s.journal.note(&event{Event: eventCreated, File: f.number, ID: id})
}

// refuse makes the refusal of a whole file the answer to each of its requests, as if each
// had been refused: the model may ask in another form. The requests of a file that is too
// large go into smaller ones.
func (s *Session) refuse(f *fileState, why *providerError) error {
	if why.isTooLarge() && f.requests > 1 {
		s.options.Say("the requests of batch %d are too large a file for the provider: they go into smaller ones", f.number)
		s.store.halve(f.requestFile)
		return s.done(f, statusTooLarge)
	}
	s.options.Say("the provider refuses the requests of batch %d: status %d %s", f.number, why.status, why.code)
	body, _ := json.Marshal(map[string]any{"error": map[string]any{"message": "the batch is refused", "code": why.code}})
	if err := s.writeErrors(f, func(int) (int, jsontext.Value) { return why.status, body }); err != nil {
		return err
	}
	return s.done(f, "refused")
}

// writeErrors writes a file of errors for the requests of f. Of answer, a status of 0
// leaves a request without one.
func (s *Session) writeErrors(f *fileState, answer func(line int) (int, jsontext.Value)) error {
	return atomicfile.Replace(filepath.Join(s.options.Dir, fileName(refusedPrefix, f.number)), filesMode, func(to io.Writer) error {
		line := 0
		var failed error
		err := s.store.eachLine(fileName(requestsPrefix, f.number), func(content []byte, _ int64) {
			line++
			status, body := answer(line)
			var row resultRow
			if status == 0 || json.Unmarshal(content, &row) != nil {
				return
			}
			encoded, _ := json.Marshal(map[string]any{"custom_id": row.CustomID, "response": map[string]any{"status_code": status, "body": body}})
			if _, err := to.Write(append(encoded, '\n')); err != nil && failed == nil {
				failed = err
			}
		})
		return cmp.Or(failed, err)
	})
}

// done takes up the results of a file that is through, charges for them and notes it.
func (s *Session) done(f *fileState, status string) error {
	if err := s.takeUp(); err != nil {
		return err
	}
	usage, missing := s.usage(f)
	if err := s.journal.note(&event{Event: eventFetched, File: f.number, Status: status, Usage: usage}); err != nil {
		return err
	}
	s.store.fail(f.number, status)
	if f.reservation != nil {
		spent := ledger.Spending{Tokens: int64(usage.InputTokens + usage.OutputTokens), MicroUSD: usage.CostMicroUSD}
		if f.requests > 0 { // answers without usage are charged as set aside
			spent = spent.Plus(ledger.Spending{
				Tokens:   f.most.Tokens / int64(f.requests) * int64(missing),
				MicroUSD: f.most.MicroUSD / int64(f.requests) * int64(missing),
			})
		}
		s.biller.SettleBatch(f.reservation, spent)
	}
	return nil
}

// usage adds up the usage of the answers to a file, and counts the answers without one.
func (s *Session) usage(f *fileState) (sum summarizer.Usage, silent int) {
	for _, answer := range s.store.answersTo(f.number) {
		if answer.Status > 299 {
			continue
		}
		usage := s.biller.BatchUsage(answer.Body)
		if usage.InputTokens+usage.OutputTokens == 0 {
			silent++
		}
		sum.Add(usage)
	}
	return sum, silent
}

// total returns what all batches of the session used, and their number.
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

// The states of a batch in which nothing more happens.
var finished = map[string]bool{"completed": true, "failed": true, "expired": true, "cancelled": true, "canceled": true}

// queueFull matches the code of a batch that failed as too much waits at the provider.
const queueFull = "token_limit_exceeded"

// maxQueued bounds how often a batch is created again for that while no other gets on.
const maxQueued = 20

// waitFor are the states in which a batch is at work, and whether it gets on in them.
var waitFor = map[string]bool{
	"validating": false, "queued": false, "pending": false, "created": false, "cancelling": false, "canceling": false,
	"in_progress": true, "running": true, "finalizing": true,
}

// maxLate bounds how often a batch that is through is looked at again, as it has fewer
// results than it counts.
const maxLate = 10

// errLate says that there are fewer results than the batch counts.
var errLate = errors.New("the results are not complete")

// poll looks at the batches until all are through. One that the provider had no room for is
// created again when another is through.
func (s *Session) poll(ctx context.Context) error {
	for before := 0; ; {
		working, waiting, err := s.lookAtAll(ctx)
		if err != nil {
			return err
		}
		if working == 0 && (len(waiting) == 0 || s.options.Cancel) {
			return nil
		}
		if err := sleep(ctx, s.options.Endpoint.BatchPollInterval); err != nil {
			return err
		}
		hasRoom := working == 0 || working < before
		before = working
		if len(waiting) == 0 || s.options.Cancel || !hasRoom {
			continue
		}
		if working == 0 {
			s.alone++
		}
		if s.alone > maxQueued {
			err = s.refuse(waiting[0], &providerError{status: http.StatusBadRequest, code: queueFull})
		} else {
			err = s.submit(ctx, waiting[0])
		}
		if err != nil {
			return err
		}
	}
}

// lookAtAll fetches the results of batches that are through. It returns how many are at
// work, and the files whose batch is to be created again.
func (s *Session) lookAtAll(ctx context.Context) (working int, waiting []*fileState, err error) {
	var counts openai.BatchRequestCounts
	for _, f := range s.unfinished() {
		if f.batch == "" {
			if f.queued() {
				waiting = append(waiting, f)
			}
			continue
		}
		batch, err := s.provider.look(ctx, f.batch)
		if isNotFound(err) {
			s.options.Say("the provider does not have batch %d any more: its requests go into another", f.number)
			if err := s.done(f, statusLost); err != nil {
				return 0, nil, err
			}
			continue
		}
		if err != nil {
			return 0, nil, err
		}
		counts.Total += max(batch.RequestCounts.Total, f.requests)
		counts.Completed += batch.RequestCounts.Completed
		counts.Failed += batch.RequestCounts.Failed
		if !finished[strings.ToLower(batch.Status)] {
			s.noteWork(f, strings.ToLower(batch.Status))
			working++
			continue
		}
		switch err := s.fetch(ctx, f, &batch); {
		case errors.Is(err, errLate):
			f.late++
			working++
		case err != nil:
			return 0, nil, err
		case f.isDone():
			s.alone = 0
		default:
			waiting = append(waiting, f)
		}
	}
	s.report(working, len(waiting), counts)
	return working, waiting, nil
}

// noteWork notes that a batch is at work. A state that is not known is told of once.
func (s *Session) noteWork(f *fileState, status string) {
	switch getsOn, isKnown := waitFor[status]; {
	case getsOn:
		s.alone = 0
	case !isKnown && f.odd != status:
		f.odd = status
		s.options.Say("batch %d (%s) is in a state that is not known, %q: it is waited for as one at work; --llm-batch-cancel with --resume ends it", f.number, safeCode(f.batch), safeCode(status))
	}
}

// statusLost is the state of a batch that the provider does not have any more.
const statusLost = "lost"

// queued reports whether the batch of a file is to be created again.
func (f *fileState) queued() bool { return f.upload != "" && f.batch == "" && !f.creating }

// report says how far the batches are, when that has changed.
func (s *Session) report(working, waiting int, counts openai.BatchRequestCounts) {
	line := fmt.Sprintf("batches of the provider: %d at work, %d of %d requests done, %d failed", working, counts.Completed, counts.Total, counts.Failed)
	if waiting > 0 {
		line += fmt.Sprintf("; %d batches wait for room", waiting)
	}
	if line != s.said && working+waiting > 0 {
		s.options.Say("%s", line)
		s.said = line
	}
}

// fetch takes the results of a batch that is through. Its error is errLate where they are
// not all there yet.
func (s *Session) fetch(ctx context.Context, f *fileState, batch *openai.Batch) error {
	failed := strings.EqualFold(batch.Status, "failed") && batch.Errors != nil && len(batch.Errors.Data) > 0
	if failed && !hasID(batch.OutputFileID) && isQueueFull(batch) {
		return s.journal.note(&event{Event: eventQueued, File: f.number})
	}
	status := strings.ToLower(batch.Status)
	if !hasID(batch.OutputFileID) && batch.RequestCounts.Completed > 0 {
		if err := s.checkRows(f, 0, batch.RequestCounts.Completed); err != nil {
			return err
		}
	}
	for _, part := range []struct {
		id     *string
		prefix string
		want   int // rows
	}{{batch.OutputFileID, resultsPrefix, batch.RequestCounts.Completed}, {batch.ErrorFileID, errorsPrefix, 0}} {
		if !hasID(part.id) {
			continue
		}
		err := s.download(ctx, f, *part.id, part.prefix, part.want)
		if isNotFound(err) {
			s.options.Say("the provider does not have the %sfile of batch %d any more: requests without an answer go into another", strings.ReplaceAll(part.prefix, "-", " "), f.number)
			status = statusLost
		} else if err != nil {
			return err
		}
	}
	if failed {
		if err := s.noteFailed(f, batch); err != nil {
			return err
		}
	}
	return s.done(f, status)
}

// download fetches a file of results that is to have at least so many rows.
func (s *Session) download(ctx context.Context, f *fileState, id, prefix string, want int) error {
	name := filepath.Join(s.options.Dir, fileName(prefix, f.number))
	return s.provider.download(ctx, id, func(from io.Reader) error {
		return atomicfile.Replace(name, filesMode, func(to io.Writer) error {
			rows := rowCounter{Writer: to}
			if _, err := io.Copy(&rows, from); err != nil {
				return err
			}
			return s.checkRows(f, rows.count(), want)
		})
	})
}

// checkRows returns errLate where the results of a batch are fewer than it counts, and are
// to be looked for again.
func (s *Session) checkRows(f *fileState, rows, want int) error {
	switch {
	case rows >= want:
		return nil
	case f.late < maxLate:
		return errLate
	}
	s.options.Say("batch %d has %d results, and the provider counts %d: requests without one go into another batch", f.number, rows, want)
	return nil
}

// rowCounter counts the lines that it writes.
type rowCounter struct {
	io.Writer
	rows int
	open bool // the last line has no end
}

// Write implements io.Writer.
func (c *rowCounter) Write(content []byte) (int, error) {
	c.rows += bytes.Count(content, []byte("\n"))
	if len(content) > 0 {
		c.open = content[len(content)-1] != '\n'
	}
	return c.Writer.Write(content)
}

func (c *rowCounter) count() int {
	if c.open {
		return c.rows + 1
	}
	return c.rows
}

func isQueueFull(batch *openai.Batch) bool {
	for _, e := range batch.Errors.Data {
		if e.Code == queueFull {
			return true
		}
	}
	return false
}

// noteFailed makes the errors of a batch that failed as a whole the answers to the requests
// that they name and that have no result; others are put into another batch. Errors that
// name no line are the answer to all, unless the batch has results.
func (s *Session) noteFailed(f *fileState, batch *openai.Batch) error {
	if err := s.takeUp(); err != nil { // results go before errors
		return err
	}
	lines := make(map[int]jsontext.Value)
	var all jsontext.Value
	for _, e := range batch.Errors.Data {
		body, _ := json.Marshal(map[string]any{"error": map[string]any{"message": e.Message, "code": safeCode(e.Code), "param": e.Param}})
		if e.Line != nil {
			lines[*e.Line] = body
		} else {
			all = body
		}
	}
	s.options.Say("batch %d has failed at the provider: %s", f.number, safeCode(batch.Errors.Data[0].Code))
	return s.writeErrors(f, func(line int) (int, jsontext.Value) {
		switch body := lines[line]; {
		case body != nil:
			return http.StatusBadRequest, body
		case len(lines) == 0 && !hasID(batch.OutputFileID):
			return http.StatusBadRequest, all
		}
		return 0, nil
	})
}
