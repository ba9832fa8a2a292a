package batchapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	openai "github.com/sashabaranov/go-openai"

	"github.com/seed-59202292/summarizer/internal/atomicfile"
	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/pause"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// This file waits for batches and fetches their results, which are charged for.

// The states of a batch in which nothing more happens.
var finished = map[string]bool{"completed": true, "failed": true, "expired": true, "cancelled": true, "canceled": true}

// waitFor are the states in which a batch is at work, and whether it gets on in them.
var waitFor = map[string]bool{
	"validating": false, "queued": false, "pending": false, "created": false, "cancelling": false, "canceling": false,
	"in_progress": true, "running": true, "finalizing": true,
}

// maxQueued bounds how often a batch is created again for that while no other gets on.
const maxQueued = 20

// maxLate bounds how often a batch that is through is looked at again, as it has fewer
// results than it counts.
const maxLate = 10

// errLate says that there are fewer results than the batch counts.
var errLate = errors.New("the results are not complete")

// statusLost is the state of a batch that the provider does not have any more.
const statusLost = "lost"

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
		if err := pause.For(ctx, s.options.Endpoint.BatchPollInterval); err != nil {
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
		lost, err := s.provider.isLost(ctx, err)
		if err != nil {
			return 0, nil, err
		}
		if lost {
			s.options.Say("the provider does not have batch %d any more: its requests go into another", f.number)
			if err := s.done(f, statusLost); err != nil {
				return 0, nil, err
			}
			continue
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
		return s.journal.record(&event{Event: eventQueued, File: f.number})
	}
	status := strings.ToLower(batch.Status)
	if !hasID(batch.OutputFileID) && batch.RequestCounts.Completed > 0 {
		if err := s.checkRows(f, 0, batch.RequestCounts.Completed); err != nil {
			return err
		}
	}
	lost, err := s.fetchFiles(ctx, f, batch)
	if err != nil {
		return err
	}
	if lost {
		status = statusLost
	}
	if failed {
		if err := s.noteFailed(f, batch); err != nil {
			return err
		}
	}
	return s.done(f, status)
}

// fetchFiles downloads the files of a batch, and reports whether the provider has lost one.
func (s *Session) fetchFiles(ctx context.Context, f *fileState, batch *openai.Batch) (anyLost bool, err error) {
	for _, part := range []struct {
		id     *string
		prefix string
		want   int // rows
	}{{batch.OutputFileID, resultsPrefix, batch.RequestCounts.Completed}, {batch.ErrorFileID, errorsPrefix, 0}} {
		if !hasID(part.id) {
			continue
		}
		lost, err := s.provider.isLost(ctx, s.download(ctx, f, *part.id, part.prefix, part.want))
		if err != nil {
			return false, err
		}
		if lost {
			s.options.Say("the provider does not have the %sfile of batch %d any more: requests without an answer go into another", strings.ReplaceAll(part.prefix, "-", " "), f.number)
			anyLost = true
		}
	}
	return anyLost, nil
}

func isQueueFull(batch *openai.Batch) bool {
	for _, e := range batch.Errors.Data {
		if e.Code == queueFull {
			return true
		}
	}
	return false
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

// done takes up the results of a file that is through, charges for them and notes it.
func (s *Session) done(f *fileState, status string) error {
	if err := s.takeUp(); err != nil {
		return err
	}
	usage, missing := s.usage(f)
	if err := s.journal.record(&event{Event: eventFetched, File: f.number, Status: status, Usage: usage}); err != nil {
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

// usage adds up the usage of the answers to a file, and counts the answers without one. All
// together are believed no more than all requests of the file can have used.
func (s *Session) usage(f *fileState) (sum summarizer.Usage, silent int) {
	bytes, output := int(f.bytes), int(f.most.Tokens)
	for _, answer := range s.store.answersTo(f.number) {
		if answer.Status > 299 {
			continue
		}
		usage := s.biller.BatchUsage(answer.Body, bytes, output)
		bytes, output = bytes-usage.InputTokens, output-usage.OutputTokens
		if usage.InputTokens+usage.OutputTokens == 0 {
			silent++
		}
		sum.Add(usage)
	}
	return sum, silent
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
				if err := s.journal.record(&event{Event: eventCreated, File: f.number, ID: id}); err != nil {
					return err
				}
			}
		}
		if f.batch == "" {
			continue
		}
		if err := s.journal.record(&event{Event: eventCancel, File: f.number}); err != nil {
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
