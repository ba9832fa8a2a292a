package batchapi

import (
	"cmp"
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-59202292/summarizer/internal/atomicfile"
	"github.com/seed-59202292/summarizer/internal/ledger"
)

// This file brings requests to the provider: a file of them is paid for, uploaded and made
// a batch, or its refusal becomes the answer to each.

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
		if err := s.journal.record(&event{Event: eventUploaded, File: f.number}); err != nil {
			return err
		}
		err = s.start(ctx, f)
	}
	switch refused, ok := errors.AsType[*providerError](err); {
	case ok && refused.code == queueFull:
		return s.journal.record(&event{Event: eventQueued, File: f.number})
	case ok && refused.isAboutFile():
		return s.refuse(f, refused)
	}
	return err
}

// reserve sets aside the maximum cost of the batch of a file.
func (s *Session) reserve(ctx context.Context, f *fileState) error {
	if f.reservation != nil {
		return nil
	}
	reservation, err := s.biller.ReserveBatch(ctx, s.options.Client, f.most, batchLifetime)
	if err != nil || reservation == nil {
		return err
	}
	return s.journal.record(&event{Event: eventReserved, File: f.number, Reservation: reservation})
}

// start uploads a file that is not at the provider, and creates its batch.
func (s *Session) start(ctx context.Context, f *fileState) error {
	if f.upload == "" {
		id, err := s.provider.upload(ctx, filepath.Join(s.options.Dir, fileName(requestsPrefix, f.number)))
		if err == nil {
			err = s.journal.record(&event{Event: eventUploaded, File: f.number, ID: id})
		}
		if err != nil {
			return err
		}
	}
	known := f.creating
	if err := s.journal.record(&event{Event: eventCreating, File: f.number}); err != nil {
		return err
	}
	id, err := s.provider.create(ctx, s.journal.run, f, known)
	if err != nil {
		return err
	}
	return s.journal.record(&event{Event: eventCreated, File: f.number, ID: id})
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

// queueFull matches the code of a batch that failed as too much waits at the provider.
const queueFull = "token_limit_exceeded"

// queued reports whether the batch of a file is to be created again.
func (f *fileState) queued() bool { return f.upload != "" && f.batch == "" && !f.creating }
