package batchapi

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const (
	journalName    = "journal"
	journalVersion = 1
)

// The events of a journal, in the order in which they befall a request file.
const (
	eventBegin    = "begin"    // of the journal
	eventFile     = "file"     // is about to be complete
	eventReserved = "reserved" // money is set aside
	eventUploaded = "uploaded"
	eventCreating = "creating" // the batch may be there from here on
	eventCreated  = "created"
	eventQueued   = "queued"  // the provider has no room for the batch, which is created again
	eventCancel   = "cancel"  // the user has it cancelled
	eventFetched  = "fetched" // the results are here
)

// event is a line of the journal.
type event struct {
	Event string `json:"event"`

	// Of the journal.
	Version  int    `json:"version,omitzero"`
	Run      string `json:"run,omitzero"`
	Endpoint string `json:"endpoint,omitzero"`
	Model    string `json:"model,omitzero"`

	// Of a request file.
	File        int32               `json:"file,omitzero"`
	Requests    int                 `json:"requests,omitzero"`
	Bytes       int64               `json:"bytes,omitzero"`
	Most        ledger.Spending     `json:"most,omitzero"`
	Reservation *ledger.Reservation `json:"reservation,omitzero"`
	ID          string              `json:"id,omitzero"` // that the provider gave: of a file or a batch
	Status      string              `json:"status,omitzero"`
	Usage       summarizer.Usage    `json:"usage,omitzero"`
}

// fileState is how far a request file has come.
type fileState struct {
	requestFile
	reservation *ledger.Reservation
	upload      string // id; empty: not uploaded, as far as is known
	creating    bool   // the batch may be there
	batch       string // id; empty: none is known
	status      string // that the batch ended with; empty: it has not, or its results are not here
	usage       summarizer.Usage
	cancelled   bool   // by the user
	late        int    // looks at the finished batch that had fewer results than it counts
	odd         string // status that was told of as unknown
}

// isExcused reports whether the requests of a file have no result for a reason that says
// nothing about them: the user cancelled the batch, or the file was too large.
func (f *fileState) isExcused() bool {
	return f.cancelled && (f.status == "" || isCancel(f.status)) || f.status == statusTooLarge
}

func (f *fileState) isDone() bool { return f.status != "" }

// journal is the file of events, each on the disk before the next step.
type journal struct {
	file  *os.File
	run   string // random, for the metadata of batches
	files map[int32]*fileState
}

var errOtherEndpoint = errors.New("it is of another endpoint or model")

// openJournal opens the journal in dir, or begins one. A last line that was cut when the
// process was killed is dropped.
func openJournal(dir, endpoint, model string) (*journal, error) {
	path := filepath.Join(dir, journalName+suffix)
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	j := &journal{files: make(map[int32]*fileState)}
	whole := bytes.LastIndexByte(content, '\n') + 1
	for line := range bytes.Lines(content[:whole]) {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", path, err)
		}
		if e.Event == eventBegin && (e.Version != journalVersion || e.Endpoint != endpoint || e.Model != model) {
			return nil, fmt.Errorf("%s: %w: use that, or another output", path, errOtherEndpoint)
		}
		j.apply(&e)
	}
	if j.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, filesMode); err != nil {
		return nil, err
	}
	if err := j.file.Truncate(int64(whole)); err != nil {
		return nil, err
	}
	if j.run != "" {
		return j, nil
	}
	var run [8]byte
	rand.Read(run[:]) // never fails
	return j, errors.Join(
		j.record(&event{Event: eventBegin, Version: journalVersion, Run: hex.EncodeToString(run[:]), Endpoint: endpoint, Model: model}),
		syncDir(dir))
}

// record writes an event.
func (j *journal) record(e *event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	j.apply(e)
	return nil
}

func (j *journal) apply(e *event) {
	f := j.files[e.File]
	if f == nil {
		f = &fileState{}
	}
	switch e.Event {
	case eventBegin:
		j.run = e.Run
		return
	case eventFile:
		f = &fileState{requestFile: requestFile{e.File, e.Requests, e.Bytes, e.Most}}
	case eventReserved:
		f.reservation = e.Reservation
	case eventUploaded:
		f.upload = e.ID
	case eventCreating:
		f.creating = true
	case eventCreated:
		f.creating, f.batch = false, e.ID
	case eventQueued:
		f.creating, f.batch = false, ""
	case eventCancel:
		f.cancelled = true
	case eventFetched:
		f.status, f.usage = e.Status, e.Usage
	}
	j.files[e.File] = f
}
