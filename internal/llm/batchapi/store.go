package batchapi

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/llm"
)

// maxAttempts bounds how often a request is put into a batch that brings no answer to it:
// as it expired, was cancelled, or has a fault that may pass.
const maxAttempts = 2

// The names of the files.
const (
	requestsPrefix = "requests-"
	resultsPrefix  = "results-"
	errorsPrefix   = "errors-"
	refusedPrefix  = "refused-" // errors of requests whose whole batch was refused
	suffix         = ".jsonl"
	partSuffix     = ".part"
	filesMode      = 0o600 // they hold articles
)

type requestKey [16]byte

// pendingRequest is the state of one request.
type pendingRequest struct {
	file    int32  // the latest request file that it stands in
	result  int32  // 1 more than the index of its result's file; 0: none
	attempt uint8  // in that request file
	failed  uint8  // the latest attempt that brought no answer
	excused uint8  // attempts that do not count
	status  uint16 // of HTTP, of the result
	length  int32
	offset  int64
}

// requestFile is one file of requests.
type requestFile struct {
	number   int32
	requests int
	bytes    int64
	most     ledger.Spending
}

// store holds requests and their results in files.
type store struct {
	dir                  string
	path                 string // of requests: "/v1/chat/completions"
	maxRequests          int
	maxBytes             int64
	begun                func(requestFile) error // told of a file before it gets its name
	excused              func(file int32) bool
	unbudgeted           bool // no budget is asked
	mu                   sync.Mutex
	known                map[requestKey]*pendingRequest
	results              []*os.File
	read                 map[string]bool // the files of results that are read
	failures             map[requestKey]string
	next                 int32       // number of the next request file
	current              requestFile // to which requests are added
	out                  *os.File
	writer               *bufio.Writer
	unsubmitted, cleared ledger.Spending // of requests without a batch; known to be affordable
	accepts              bool            // further requests
	unaffordable         bool            // a request was not taken for want of money
	dropped              bool            // open requests stay open
	fault                error           // of the files: no further request is taken
	foreign, unreadable  int             // rows of results of other requests, and such as are none
}

// openStore reads the files in dir. Excused reports whether an attempt in a request file
// does not count.
func openStore(dir, path string, maxRequests int, maxBytes int64, excused func(file int32) bool) (*store, error) {
	s := &store{
		dir: dir, path: path, maxRequests: maxRequests, maxBytes: maxBytes, next: 1, excused: excused,
		known: make(map[requestKey]*pendingRequest), read: make(map[string]bool), failures: make(map[requestKey]string),
	}
	names, err := s.files()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if number, ok := fileNumber(name); ok {
			if err := s.index(name, number); err != nil {
				return nil, err
			}
			s.next = max(s.next, number+1)
		}
	}
	return s, s.takeResults()
}

// files returns the names of the files in order. Request files that were being written when
// a run was killed are removed.
func (s *store) files() (names []string, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case entry.IsDir() || strings.HasPrefix(name, journalName):
		case strings.HasSuffix(name, suffix+partSuffix):
			if _, isOurs := fileNumber(strings.TrimSuffix(name, partSuffix)); !isOurs {
				continue
			}
			if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		case strings.HasSuffix(name, suffix):
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func fileName(prefix string, number int32) string {
	return fmt.Sprintf("%s%04d%s", prefix, number, suffix)
}

// fileNumber returns the number of a request file by its name.
func fileNumber(name string) (int32, bool) {
	digits, ok := strings.CutPrefix(strings.TrimSuffix(name, suffix), requestsPrefix)
	number, err := strconv.ParseInt(digits, 10, 32)
	return int32(number), ok && err == nil && number > 0
}

// customID names an attempt at a request to the provider.
func customID(key requestKey, attempt uint8) string {
	return hex.EncodeToString(key[:]) + "-" + strconv.Itoa(int(attempt))
}

func parseCustomID(id string) (key requestKey, attempt uint8, ok bool) {
	digits, count, ok := strings.Cut(id, "-")
	n, err := strconv.ParseUint(count, 10, 8)
	if !ok || err != nil || len(digits) != 2*len(key) {
		return key, 0, false
	}
	_, err = hex.Decode(key[:], []byte(digits))
	return key, uint8(n), err == nil
}

// index notes the requests of a file.
func (s *store) index(name string, number int32) error {
	return s.eachLine(name, func(line []byte, _ int64) {
		var row struct {
			CustomID string `json:"custom_id"`
		}
		if json.Unmarshal(line, &row, lenient) != nil {
			return
		}
		key, attempt, ok := parseCustomID(row.CustomID)
		if !ok {
			return
		}
		r := &pendingRequest{file: number, attempt: attempt}
		if before := s.known[key]; before != nil {
			r.excused = before.excused
			if s.excused(before.file) {
				r.excused++
			}
		}
		s.known[key] = r
	})
}

// eachLine calls do for each line of a file and where it begins.
func (s *store) eachLine(name string, do func(line []byte, offset int64)) error {
	file, err := os.Open(filepath.Join(s.dir, name))
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 1<<20)
	for offset := int64(0); ; {
		line, err := in.ReadBytes('\n')
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 {
			do(trimmed, offset+int64(bytes.Index(line, trimmed[:1])))
		}
		offset += int64(len(line))
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// lenient takes rows of providers as they are: what cannot be read would be asked, and paid
// for, again.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// resultRow is a line of results: of an output file, an error file, or of vLLM.
type resultRow struct {
	CustomID string         `json:"custom_id"`
	Response jsontext.Value `json:"response"`
	Error    jsontext.Value `json:"error"`
}

// outcome returns the response of the row with its status, or why there is none.
// Passing says that the same request may be answered by another batch.
func (r *resultRow) outcome() (status int, body []byte, failure string, passing bool) {
	var response struct {
		Status  jsontext.Value `json:"status_code"` // a number, or a string of one
		Body    jsontext.Value `json:"body"`
		Choices jsontext.Value `json:"choices"` // where the body itself stands for the response
	}
	_ = json.Unmarshal(r.Response, &response, lenient)
	if response.Choices.Kind() == '[' {
		response.Body = r.Response
	}
	status = numberIn(response.Status)
	if kind := response.Body.Kind(); kind == '{' || kind == '"' {
		if status < 100 || status > 599 {
			status = http.StatusOK
		}
		return status, response.Body, fmt.Sprintf("status %d", status), isPassing(status)
	}
	fault, code := r.fault()
	if status < 400 || status > 599 { // vLLM names the status of a refused request as its code
		status, _ = strconv.Atoi(code)
	}
	switch {
	case status >= 400 && status < 500 && !isPassing(status):
		body, _ := json.Marshal(map[string]jsontext.Value{"error": fault}, lenient)
		return status, body, "", false
	case code == "" && status >= 400:
		code = fmt.Sprintf("status %d", status)
	case code == "":
		code = "no response"
	}
	return 0, nil, code, true
}

// fault returns the error of a row and its code. The error may stand in another object, as
// in responses.
func (r *resultRow) fault() (content jsontext.Value, code string) {
	var fault struct {
		Code  jsontext.Value `json:"code"`
		Error jsontext.Value `json:"error"`
	}
	content = r.Error
	_ = json.Unmarshal(content, &fault, lenient)
	if fault.Error.Kind() == '{' {
		content, fault.Code = fault.Error, nil
		_ = json.Unmarshal(content, &fault, lenient)
	}
	if content.Kind() == 0 {
		content = jsontext.Value("null")
	}
	if code = strings.Trim(string(fault.Code), `"`); code == "null" {
		code = ""
	}
	return content, safeCode(code)
}

// isPassing reports whether the same request may be answered later than with this status.
func isPassing(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusConflict || status == http.StatusTooManyRequests || status >= 500
}

// numberIn returns a number, or one in a string; 0 where there is none.
func numberIn(value jsontext.Value) int {
	n, _ := strconv.Atoi(strings.Trim(string(value), `"`))
	return n
}

// takeResults reads the files of results that were not read before. Of several results of
// one request the first counts, and a response before an error.
func (s *store) takeResults() error {
	names, err := s.files()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if _, isRequests := fileNumber(name); isRequests || s.read[name] {
			continue
		}
		file, err := os.Open(filepath.Join(s.dir, name))
		if err != nil {
			return err
		}
		s.results = append(s.results, file)
		if err := s.eachLine(name, func(line []byte, offset int64) { s.takeResult(line, offset) }); err != nil {
			return err
		}
		s.read[name] = true
	}
	return nil
}

func (s *store) takeResult(line []byte, offset int64) {
	var row resultRow
	if json.Unmarshal(line, &row, lenient) != nil {
		s.unreadable++
		return
	}
	key, attempt, ok := parseCustomID(row.CustomID)
	r := s.known[key]
	if !ok || r == nil {
		s.foreign++
		return
	}
	status, _, failure, passing := row.outcome()
	switch {
	case r.result != 0 && (r.status < 300 || status < 200 || status >= 300):
	case passing && attempt <= r.attempt:
		if attempt == r.attempt && r.failed < attempt && isCancel(failure) && s.excused(r.file) {
			r.excused++
		}
		r.failed = max(r.failed, attempt)
		s.failures[key] = failure
	case passing:
	default:
		r.result, r.status, r.offset, r.length = int32(len(s.results)), uint16(status), offset, int32(len(line))
	}
}

// fail notes that the requests of a file that have no result have none to expect.
func (s *store) fail(number int32, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, r := range s.known {
		if r.file == number && r.result == 0 && r.failed < r.attempt {
			r.failed = r.attempt
			s.failures[key] = why
			if s.excused(number) {
				r.excused++
			}
		}
	}
}

// isCancel reports whether an attempt brought no answer as it was cancelled.
func isCancel(why string) bool { return strings.Contains(why, "cancel") }

// statusTooLarge is the state of a request file that the provider finds too large.
const statusTooLarge = "too_large"

// halve bounds the files to come by half of one that is too large.
func (s *store) halve(f requestFile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.maxRequests = min(s.maxRequests, max(f.requests/2, 1))
}

// submitted notes that each request has a batch, for which money is set aside.
func (s *store) submitted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsubmitted, s.cleared = ledger.Spending{}, ledger.Spending{}
}

// drop gives up waiting in this process: files that cannot be paid for stay for another run.
func (s *store) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped = true
}

// unanswered counts the requests without a result.
func (s *store) unanswered() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.known {
		if r.result == 0 {
			n++
		}
	}
	return n
}

// open counts the requests without a result that one may still come for.
func (s *store) open() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.known {
		if r.result == 0 && r.failed < r.attempt && !s.dropped {
			n++
		}
	}
	return n
}

// answer implements llm.Deferred.
func (s *store) answer(q llm.DeferredRequest) llm.DeferredAnswer {
	var key requestKey
	if _, err := hex.Decode(key[:], []byte(q.ID)); err != nil {
		return llm.DeferredAnswer{Failure: "the id of the request is none"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.known[key]
	switch {
	case r != nil && r.result != 0:
		return s.result(r)
	case r != nil && r.failed < r.attempt:
		return llm.DeferredAnswer{}
	case r != nil && r.attempt-r.excused >= maxAttempts:
		return llm.DeferredAnswer{Failure: s.failures[key]}
	case s.fault != nil:
		return llm.DeferredAnswer{Err: s.fault}
	case !s.accepts:
		return llm.DeferredAnswer{}
	}
	next := &pendingRequest{attempt: 1}
	if r != nil {
		next.attempt, next.excused = r.attempt+1, r.excused
	}
	line := s.line(customID(key, next.attempt), q.Body)
	if int64(len(line)) > s.maxBytes {
		return llm.DeferredAnswer{Failure: fmt.Sprintf("the request has %d bytes, and a file of them at most %d", len(line), s.maxBytes)}
	}
	total := s.unsubmitted.Plus(q.Most)
	if err := s.afford(q, total); err != nil {
		return llm.DeferredAnswer{Err: err}
	}
	if err := s.add(line, q.Most); err != nil {
		s.fault = err
		return llm.DeferredAnswer{Err: err}
	}
	s.unsubmitted = total
	next.file = s.current.number
	s.known[key] = next
	return llm.DeferredAnswer{}
}

// headroom is the number of requests ahead for which a budget is asked at once.
const headroom = 64

// afford asks whether the requests without a batch are affordable, where that is not known yet.
func (s *store) afford(q llm.DeferredRequest, total ledger.Spending) error {
	if s.unbudgeted || total.Tokens <= s.cleared.Tokens && total.MicroUSD <= s.cleared.MicroUSD {
		return nil
	}
	ahead := total.Plus(ledger.Spending{Tokens: headroom * q.Most.Tokens, MicroUSD: headroom * q.Most.MicroUSD})
	if q.Afford(ahead) == nil {
		s.cleared = ahead
		return nil
	}
	err := q.Afford(total)
	s.unaffordable = s.unaffordable || err != nil
	return err
}

// line returns a request as a line of a file.
func (s *store) line(id string, body []byte) []byte {
	line := make([]byte, 0, len(body)+len(id)+96)
	line = append(line, `{"custom_id":"`...)
	line = append(line, id...)
	line = append(line, `","method":"POST","url":"`...)
	line = append(line, s.path...)
	line = append(line, `","body":`...)
	line = append(line, body...)
	return append(line, "}\n"...)
}

// result reads a result.
func (s *store) result(r *pendingRequest) llm.DeferredAnswer {
	line := make([]byte, r.length)
	if _, err := s.results[r.result-1].ReadAt(line, r.offset); err != nil {
		return llm.DeferredAnswer{Failure: "the file of results cannot be read"}
	}
	var row resultRow
	if json.Unmarshal(line, &row, lenient) != nil {
		return llm.DeferredAnswer{Failure: "the file of results has changed"}
	}
	status, body, _, _ := row.outcome()
	return llm.DeferredAnswer{Status: status, Body: body}
}

// add writes a request to the current file, or to the next where that is full.
func (s *store) add(line []byte, most ledger.Spending) error {
	if s.out != nil && (s.current.requests >= s.maxRequests || s.current.bytes+int64(len(line)) > s.maxBytes) {
		if err := s.complete(); err != nil {
			return err
		}
	}
	if s.out == nil {
		file, err := os.OpenFile(s.part(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, filesMode)
		if err != nil {
			return err
		}
		s.out, s.writer, s.current = file, bufio.NewWriterSize(file, 1<<20), requestFile{number: s.next}
	}
	if _, err := s.writer.Write(line); err != nil {
		return err
	}
	s.current.requests++
	s.current.bytes += int64(len(line))
	s.current.most = s.current.most.Plus(most)
	return nil
}

func (s *store) part() string {
	return filepath.Join(s.dir, fileName(requestsPrefix, s.next)+partSuffix)
}

// finish completes the current file, if there is one.
func (s *store) finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil || s.out == nil {
		return s.fault
	}
	return s.complete()
}

// complete closes the current file under its name. s.mu is held.
func (s *store) complete() error {
	part := s.part()
	err := errors.Join(s.writer.Flush(), s.out.Sync(), s.out.Close())
	s.out = nil
	if err == nil {
		err = s.begun(s.current)
	}
	if err == nil {
		err = os.Rename(part, strings.TrimSuffix(part, partSuffix))
	}
	if err == nil {
		err = syncDir(s.dir)
	}
	s.next++
	return err
}

// syncDir puts the names of files on the disk.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// close releases the files. A request file that is not complete is dropped: its requests
// are made again.
func (s *store) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.out != nil {
		_ = s.out.Close()
		_ = os.Remove(s.part())
		s.out = nil
	}
	for _, file := range s.results {
		_ = file.Close()
	}
}

// answersTo returns the results of the requests of a file, one after the other.
func (s *store) answersTo(number int32) iter.Seq2[int, llm.DeferredAnswer] {
	return func(yield func(int, llm.DeferredAnswer) bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		n := 0
		for _, r := range s.known {
			if r.file != number || r.result == 0 {
				continue
			}
			if !yield(n, s.result(r)) {
				return
			}
			n++
		}
	}
}
