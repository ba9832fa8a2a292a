package llmtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Batches is a fake of the files and batches API. A batch is validated, works for some
// polls and is then through; its requests are answered by Reply in the order of the file.
type Batches struct {
	// Reply answers the requests; Obey() when nil.
	Reply Response

	// Called answers the calls that are no requests of batches; Obey() when nil.
	Called Response

	// Polls is how many looks at a batch it takes until it is through.
	Polls int

	// Late is how many looks at a batch that is through it takes until it names its files.
	Late int

	// OldestFirst lists the batches in the order of their creation.
	OldestFirst bool

	// Line, if set, may put another row in the place of the result of a request. Nil
	// leaves the request without a result; isError puts the row into the error file.
	Line func(batch, line int, customID string, row map[string]any) (rows []map[string]any, isError bool)

	// Batch, if set, is told of a batch before it is through and may change how it ends.
	Batch func(b *FakeBatch)

	// Fault, if set, may answer a call of the API in the place of the fake. After says that
	// the call has had its effect.
	Fault func(w http.ResponseWriter, call string, number int, after bool) bool

	http *httptest.Server

	mu      sync.Mutex
	files   map[string][]byte
	batches []*FakeBatch
	calls   map[string]int
	replies int
	online  int
	headers []BatchCall
	usage   map[string]int // tokens by kind
}

// FakeBatch is a batch of the fake.
type FakeBatch struct {
	ID, Input string
	Metadata  map[string]any
	Status    string
	Requests  int
	Errors    []map[string]any // of a batch that fails as a whole
	Stop      int              // requests after which it expires or is cancelled, with Ends
	Ends      string           // status; "completed" when empty
	Partial   bool             // it has results although it fails as a whole

	number, polls, completed, failed int
	looks                            int // since it is through
	output, errors                   string
	cancelled                        bool
}

// NewBatches starts a fake that is closed when the test ends.
func NewBatches(tb testing.TB) *Batches {
	b := StartBatches()
	tb.Cleanup(b.Close)
	return b
}

// StartBatches starts a fake. The caller closes it.
func StartBatches() *Batches {
	b := &Batches{files: make(map[string][]byte), calls: make(map[string]int), usage: make(map[string]int)}
	b.http = httptest.NewServer(b)
	return b
}

// URL is the base URL to configure.
func (b *Batches) URL() string { return b.http.URL + "/v1" }

// Close stops the fake.
func (b *Batches) Close() { b.http.Close() }

// Submitted returns how often each request is in a batch that did not fail as a whole, by
// its custom id.
func (b *Batches) Submitted() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	counts := make(map[string]int)
	for _, f := range b.batches {
		for line := range bytes.Lines(b.files[f.Input]) {
			var row struct {
				CustomID string `json:"custom_id"`
			}
			if json.Unmarshal(line, &row) == nil && len(f.Errors) == 0 {
				counts[row.CustomID]++
			}
		}
	}
	return counts
}

// BatchCall is a call of the API, without its body.
type BatchCall struct {
	URL    string
	Header http.Header
}

// Headers returns the calls so far.
func (b *Batches) Headers() []BatchCall {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.headers)
}

// Others makes n batches of somebody else.
func (b *Batches) Others(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range n {
		b.batches = append(b.batches, &FakeBatch{ID: fmt.Sprintf("batch_%d", len(b.batches)+1), Input: "file-of-others", Status: "completed", Ends: "completed"})
	}
}

// Online returns the number of calls that were no requests of batches.
func (b *Batches) Online() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.online
}

// Made returns the batches in the order of their creation.
func (b *Batches) Made() []*FakeBatch {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.batches)
}

// Tokens returns the tokens of the answers of all batches.
func (b *Batches) Tokens() (input, output int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.usage["prompt_tokens"], b.usage["completion_tokens"]
}

// Obeyed returns the response of Obey to the body of a request.
func Obeyed(body []byte) []byte {
	answer := httptest.NewRecorder()
	Obey()(answer, &Call{Body: body})
	return answer.Body.Bytes()
}

// ServeHTTP implements http.Handler.
func (b *Batches) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	path := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/openai"), "/v1")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	call := r.Method + " " + parts[0]
	if len(parts) > 2 {
		call += " " + parts[2]
	} else if len(parts) == 2 {
		call += " one"
	}
	b.calls[call]++
	b.headers = append(b.headers, BatchCall{r.URL.String(), r.Header})
	number := b.calls[call]
	if b.Fault != nil && b.Fault(w, call, number, false) {
		return
	}
	answer := httptest.NewRecorder()
	b.serve(answer, r, call, parts)
	if b.Fault != nil && b.Fault(w, call, number, true) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func (b *Batches) serve(w *httptest.ResponseRecorder, r *http.Request, call string, parts []string) {
	switch call {
	case "POST files":
		b.upload(w, r)
	case "GET files content":
		content, ok := b.files[parts[1]]
		if !ok {
			Error(http.StatusNotFound, nil, "no such file")(w, nil)
			return
		}
		_, _ = w.Write(content)
	case "POST batches":
		b.create(w, r)
	case "GET batches":
		b.list(w, r)
	case "GET batches one", "POST batches cancel":
		i := slices.IndexFunc(b.batches, func(f *FakeBatch) bool { return f.ID == parts[1] })
		if i < 0 {
			Error(http.StatusNotFound, nil, "no such batch")(w, nil)
			return
		}
		if call == "POST batches cancel" {
			b.batches[i].cancelled = true
		}
		b.step(b.batches[i])
		object := b.batches[i].object()
		if b.batches[i].isThrough() {
			if b.batches[i].looks++; b.batches[i].looks <= b.Late {
				object["output_file_id"] = nil
			}
		}
		encode(w, object)
	case "POST chat one": // of completions, which are no batch
		b.online++
		body, _ := io.ReadAll(r.Body)
		reply := b.Called
		if reply == nil {
			reply = Obey()
		}
		reply(w, &Call{Number: b.online, Body: body})
	default:
		Error(http.StatusNotFound, nil, "no such call")(w, nil)
	}
}

func (b *Batches) upload(w http.ResponseWriter, r *http.Request) {
	file, _, err := r.FormFile("file")
	if err != nil || r.FormValue("purpose") != "batch" {
		Error(http.StatusBadRequest, nil, "no file for a batch")(w, nil)
		return
	}
	content, _ := io.ReadAll(file)
	id := fmt.Sprintf("file-in-%d", len(b.files)+1)
	b.files[id] = content
	encode(w, map[string]any{"id": id, "object": "file", "bytes": len(content), "created_at": 1.5, "purpose": "batch", "filename": "requests.jsonl"})
}

func (b *Batches) create(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Input    string         `json:"input_file_id"`
		Endpoint string         `json:"endpoint"`
		Metadata map[string]any `json:"metadata"`
	}
	content, ok := []byte(nil), false
	if err := json.NewDecoder(r.Body).Decode(&asked); err == nil {
		content, ok = b.files[asked.Input]
	}
	if !ok {
		Error(http.StatusBadRequest, nil, "no such input file")(w, nil)
		return
	}
	f := &FakeBatch{ID: fmt.Sprintf("batch_%d", len(b.batches)+1), Input: asked.Input, Metadata: asked.Metadata, Status: "validating", number: len(b.batches) + 1}
	f.Requests = bytes.Count(content, []byte("\n"))
	b.batches = append(b.batches, f)
	encode(w, f.object())
}

func (b *Batches) list(w http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	batches := slices.Clone(b.batches)
	if !b.OldestFirst {
		slices.Reverse(batches)
	}
	if after := r.URL.Query().Get("after"); after != "" {
		i := slices.IndexFunc(batches, func(f *FakeBatch) bool { return f.ID == after })
		batches = batches[i+1:]
	}
	page := batches[:min(len(batches), max(limit, 1))]
	objects := make([]any, len(page))
	for i, f := range page {
		objects[i] = f.object()
	}
	encode(w, map[string]any{"object": "list", "data": objects, "has_more": len(page) < len(batches)})
}

// step lets a batch get on.
func (b *Batches) step(f *FakeBatch) {
	if f.isThrough() {
		return
	}
	f.polls++
	f.Status = "in_progress"
	if f.polls <= b.Polls && !f.cancelled {
		return
	}
	f.Ends, f.Stop = "completed", f.Requests
	if f.cancelled {
		f.Ends, f.Stop = "cancelled", f.Requests/2
	}
	if b.Batch != nil {
		b.Batch(f)
	}
	f.Status = f.Ends
	if len(f.Errors) == 0 || f.Partial {
		b.work(f)
	}
}

func (f *FakeBatch) isThrough() bool { return f.Status == f.Ends && f.Ends != "" }

// work answers the requests of a batch up to where it stops.
func (b *Batches) work(f *FakeBatch) {
	reply := b.Reply
	if reply == nil {
		reply = Obey()
	}
	var output, errors bytes.Buffer
	number := 0
	for line := range bytes.Lines(b.files[f.Input]) {
		var row struct {
			CustomID string          `json:"custom_id"`
			Body     json.RawMessage `json:"body"`
		}
		_ = json.Unmarshal(line, &row)
		number++
		result := map[string]any{"id": fmt.Sprintf("batch_req_%d", number), "custom_id": row.CustomID, "response": nil, "error": nil}
		isError := number > f.Stop
		if isError {
			result["error"] = map[string]any{"code": "batch_" + f.Ends, "message": "This request could not be executed before the completion window expired."}
		} else {
			b.replies++
			answer := httptest.NewRecorder()
			reply(answer, &Call{Number: b.replies, Body: row.Body})
			result["response"] = map[string]any{"status_code": answer.Code, "request_id": "r", "body": json.RawMessage(answer.Body.Bytes())}
			isError = answer.Code != http.StatusOK
		}
		rows := []map[string]any{result}
		if b.Line != nil {
			rows, isError = b.Line(f.number, number, row.CustomID, result)
		}
		for i, row := range rows {
			if i == 0 {
				b.count(row)
			}
			out := &output
			if isError {
				out = &errors
			}
			encoded, _ := json.Marshal(row)
			out.Write(append(encoded, '\n'))
		}
		if isError {
			f.failed++
		} else {
			f.completed++
		}
	}
	if output.Len() > 0 {
		f.output = "file-out-" + f.ID
		b.files[f.output] = output.Bytes()
	}
	if errors.Len() > 0 {
		f.errors = "file-err-" + f.ID
		b.files[f.errors] = errors.Bytes()
	}
}

// count adds the usage of an answer.
func (b *Batches) count(row map[string]any) {
	response, _ := row["response"].(map[string]any)
	body, _ := response["body"].(json.RawMessage)
	var answer struct {
		Usage map[string]any `json:"usage"`
	}
	if response["status_code"] != http.StatusOK || json.Unmarshal(body, &answer) != nil {
		return
	}
	for _, kind := range []string{"prompt_tokens", "completion_tokens"} {
		tokens, _ := answer.Usage[kind].(float64)
		b.usage[kind] += int(tokens)
	}
}

func (f *FakeBatch) object() map[string]any {
	object := map[string]any{
		"id": f.ID, "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": f.Input, "completion_window": "24h",
		"status": f.Status, "created_at": 1700000000.25, "completed_at": "2026-01-01T00:00:00Z", "metadata": f.Metadata, "output_file_id": nil, "error_file_id": nil, "errors": nil,
		"request_counts": map[string]any{"total": f.Requests, "completed": f.completed, "failed": f.failed},
	}
	if f.output != "" {
		object["output_file_id"] = f.output
	}
	if f.errors != "" {
		object["error_file_id"] = f.errors
	}
	if len(f.Errors) > 0 {
		object["errors"] = map[string]any{"object": "list", "data": f.Errors}
	}
	return object
}

func encode(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	writeJSON(w, http.StatusOK, body)
}
