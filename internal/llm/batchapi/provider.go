package batchapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/pause"
)

// provider is the files and batches API of an endpoint.
type provider struct {
	client  *openai.Client
	azure   bool
	pause   time.Duration // before the second try
	tries   int
	timeout time.Duration // of one exchange
	say     func(format string, args ...any)
}

// The bounds of tries and pauses. A provider that is down for longer ends the run, which
// goes on with --resume.
const (
	maxTries   = 10
	firstPause = time.Second
	maxPause   = time.Minute
	// maxWait bounds the wait that a provider asks for.
	maxWait = 10 * time.Minute
	// listLag is the time in which the list of batches shows one, in first pauses.
	listLag = 5
	// exchangeTime is enough for a file of 100 MB at a megabit a second.
	exchangeTime = 15 * time.Minute
)

func newProvider(e llm.Endpoint, interval time.Duration, say func(format string, args ...any)) *provider {
	p := &provider{azure: e.AzureAPIVersion != "", pause: min(interval, firstPause), tries: maxTries, timeout: exchangeTime, say: say}
	config := openai.DefaultConfig("")
	config.BaseURL = e.BaseURL
	if p.azure {
		config = openai.DefaultAzureConfig("", e.BaseURL)
		config.APIVersion = e.AzureAPIVersion
	}
	config.HTTPClient = &http.Client{
		Transport:     &signingTransport{endpoint: e},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
	}
	p.client = openai.NewClientWithConfig(config)
	return p
}

var errRedirect = errors.New("the endpoint redirects: set its base URL to the address that answers")

// path returns the path of chat completions as requests in a file name it.
func path(azure bool) string {
	if azure {
		return "/chat/completions"
	}
	return string(openai.BatchEndpointChatCompletions)
}

// signingTransport adds key and headers, and notes the wait that a refusal asks for.
type signingTransport struct{ endpoint llm.Endpoint }

type waitKey struct{}

// RoundTrip implements http.RoundTripper.
func (t *signingTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Del("Authorization")
	request.Header.Del(openai.AzureAPIKeyHeader)
	for name, value := range t.endpoint.Headers {
		request.Header.Set(name, value)
	}
	switch key := t.endpoint.APIKey; {
	case key == "":
	case t.endpoint.AzureAPIVersion != "":
		request.Header.Set(openai.AzureAPIKeyHeader, key)
	default:
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if wait, ok := request.Context().Value(waitKey{}).(*time.Duration); ok && err == nil {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		*wait = time.Duration(min(max(seconds, 0), maxSeconds)) * time.Second
	}
	if err == nil && !strings.HasSuffix(request.URL.Path, contentPath) {
		if err = dropTimes(response); err != nil {
			return nil, err
		}
	}
	return response, err
}

// maxSeconds is more than any provider means by Retry-After.
const maxSeconds = 1 << 30

// contentPath ends the path of the content of a file.
const contentPath = "/content"

// timestamp matches a time in JSON. Providers write it as a fraction or as text too, which
// go-openai does not read; nothing here depends on it.
var timestamp = regexp.MustCompile(`"[a-z_]+_at"\s*:\s*(?:"[^"\\]*"|[-+.0-9eE]+)`)

// dropTimes leaves the times out of a response.
func dropTimes(response *http.Response) error {
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(timestamp.ReplaceAll(body, []byte(`"at":0`))))
	return nil
}

// providerError is an answer of the provider with an error status.
type providerError struct {
	status int
	code   string
	doing  string
}

// Error implements error. The provider's words are left out, as they may quote requests.
func (r *providerError) Error() string {
	text := fmt.Sprintf("the provider refuses %s with status %d", r.doing, r.status)
	if r.code != "" {
		text += ", " + r.code
	}
	switch {
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return text + ": check the key and its rights"
	case r.lacksCall():
		return text + ": it may not have the files and batches API, or the base URL is another"
	}
	return text
}

// lacksCall reports whether the provider may not offer the call at all.
func (r *providerError) lacksCall() bool {
	return r.status == http.StatusNotFound || r.status == http.StatusMethodNotAllowed || r.status == http.StatusNotImplemented
}

// isTransient reports whether the same request may succeed later.
func (r *providerError) isTransient() bool {
	return r.status == http.StatusRequestTimeout || r.status == http.StatusConflict || r.status == http.StatusTooManyRequests || r.status >= 500 && r.status != http.StatusNotImplemented
}

// fileCodes are the codes of refusals that are about the requests in a file.
var fileCodes = map[string]bool{
	"invalid_file": true, "invalid_file_format": true, "invalid_file_for_batch": true, "empty_file": true, "empty_batch": true,
	"invalid_json": true, "invalid_json_line": true, "duplicate_custom_id": true, "invalid_custom_id": true,
	"invalid_method": true, "invalid_url": true, "url_mismatch": true, "model_mismatch": true, "mismatched_model": true,
	"too_many_tasks": true, "file_too_large": true, "unsupported_parameter": true, "unsupported_value": true,
}

// isAboutFile reports whether the refusal is about the requests. Any other, such as one for
// a limit of money, ends the run: its requests wait in the files.
func (r *providerError) isAboutFile() bool {
	return r.isTooLarge() || (r.status == http.StatusBadRequest || r.status == http.StatusUnprocessableEntity) && fileCodes[r.code]
}

// isTooLarge reports whether a smaller file may be taken.
func (r *providerError) isTooLarge() bool { return r.status == http.StatusRequestEntityTooLarge }

// isNotFound reports whether err says that the provider does not have the thing named.
func isNotFound(err error) bool {
	r, ok := errors.AsType[*providerError](err)
	return ok && (r.status == http.StatusNotFound || r.status == http.StatusGone)
}

var plainCode = regexp.MustCompile(`^[a-z0-9_.-]{1,64}$`)

// safeCode returns a code of the provider that may be shown: a word, and no sentence, which
// could quote a request. Other text is "unknown".
func safeCode(code string) string {
	code = strings.ToLower(code)
	if code != "" && !plainCode.MatchString(code) {
		return "unknown"
	}
	return code
}

// failureOf returns a refusal for an answer with an error status, and else err.
func failureOf(doing string, err error) error {
	r := &providerError{doing: doing}
	var api *openai.APIError
	var request *openai.RequestError
	switch {
	case errors.As(err, &api):
		r.status = api.HTTPStatusCode
		if code, ok := api.Code.(string); ok {
			r.code = safeCode(code)
		}
	case errors.As(err, &request) && request.HTTPStatusCode >= 300:
		r.status = request.HTTPStatusCode
	default:
		return fmt.Errorf("%s: %w", doing, withoutURL(err))
	}
	return r
}

// withoutURL leaves the address and the request out of an error.
func withoutURL(err error) error {
	switch {
	case errors.Is(err, errRedirect):
		return errRedirect
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("the provider does not answer in time")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the answer of the provider breaks off")
	}
	return errors.New("the provider cannot be reached")
}

// localError is a failure of this machine, or a verdict on a response that was read: the
// exchange is not made again for it.
type localError struct{ error }

func (e localError) Unwrap() error { return e.error }

// once makes one exchange. It returns the wait that a refusal asks for.
func (p *provider) once(ctx context.Context, doing string, exchange func(ctx context.Context) error) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, waitKey{}, &wait), p.timeout)
	defer cancel()
	err = exchange(ctx)
	if _, isLocal := errors.AsType[localError](err); err != nil && !isLocal {
		err = failureOf(doing, err)
	}
	return wait, err
}

// sleep waits between two tries: for least, or longer where the provider asks for it.
func (p *provider) sleep(ctx context.Context, wait, least time.Duration) error {
	if wait > maxWait {
		p.say("the provider asks to wait for %v; the next try is in %v", wait, maxWait)
		wait = maxWait
	}
	return pause.For(ctx, max(wait, least))
}

// try makes an exchange that does no harm when it is made twice, and again while it fails
// in a passing way.
func (p *provider) try(ctx context.Context, doing string, exchange func(ctx context.Context) error) error {
	backoff := p.pause
	for tried := 1; ; tried++ {
		wait, err := p.once(ctx, doing, exchange)
		refused, isRefused := errors.AsType[*providerError](err)
		_, isLocal := errors.AsType[localError](err)
		if err == nil || isLocal || isRefused && !refused.isTransient() || errors.Is(err, errRedirect) || tried == p.tries {
			return err
		}
		if err := p.sleep(ctx, wait, backoff); err != nil {
			return err
		}
		backoff = min(2*backoff, maxPause)
	}
}

// upload sends a request file and returns its id.
func (p *provider) upload(ctx context.Context, file string) (id string, err error) {
	err = p.try(ctx, "the upload of requests", func(ctx context.Context) error {
		uploaded, err := p.client.CreateFile(ctx, openai.FileRequest{FilePath: file, Purpose: string(openai.PurposeBatch)})
		id = uploaded.ID
		return err
	})
	if err == nil && id == "" {
		err = errors.New("the provider names no id for the file of requests")
	}
	return id, err
}

// The metadata by which a batch is found again.
const (
	metadataRun  = "summarizer_run"
	metadataFile = "summarizer_file"
)

func metadata(run string, file int32) map[string]any {
	return map[string]any{metadataRun: run, metadataFile: strconv.Itoa(int(file))}
}

// create starts the batch of an uploaded file, unless it is there. Known says that there
// was an attempt before whose outcome is not known.
func (p *provider) create(ctx context.Context, run string, f *fileState, known bool) (id string, err error) {
	backoff := p.pause
	for tried := 1; ; tried++ {
		if known {
			if id, err = p.findTwice(ctx, run, f); err != nil || id != "" {
				return id, err
			}
		}
		var wait time.Duration
		wait, err = p.once(ctx, "to create a batch", func(ctx context.Context) error {
			created, err := p.client.CreateBatch(ctx, openai.CreateBatchRequest{
				InputFileID: f.upload, Endpoint: openai.BatchEndpoint(path(p.azure)), CompletionWindow: "24h", Metadata: metadata(run, f.number),
			})
			id = created.ID
			return err
		})
		refused, isRefused := errors.AsType[*providerError](err)
		switch {
		case err == nil && id != "":
			return id, nil
		case isRefused && !refused.isTransient(), tried == p.tries:
			return "", err
		}
		// But for a limit of rates, the batch may be there although nobody said so.
		known = known || !isRefused || refused.status != http.StatusTooManyRequests
		if err := p.sleep(ctx, wait, backoff); err != nil {
			return "", err
		}
		backoff = min(2*backoff, maxPause)
	}
}

// findTwice looks for the batch of a file, and again where there is none: the list of the
// provider may show a batch some seconds late.
func (p *provider) findTwice(ctx context.Context, run string, f *fileState) (id string, err error) {
	if id, err = p.find(ctx, run, f); err != nil || id != "" {
		return id, err
	}
	if err := pause.For(ctx, listLag*p.pause); err != nil {
		return "", err
	}
	return p.find(ctx, run, f)
}

// maxPages bounds how many pages of batches are looked through, of 100 each.
const maxPages = 200

// find looks for the batch of a file; the id is empty where there is none. A batch that
// failed without results counts as none.
func (p *provider) find(ctx context.Context, run string, f *fileState) (id string, err error) {
	want, limit := metadata(run, f.number), 100
	var after *string
	for range maxPages {
		var page openai.ListBatchResponse
		err := p.try(ctx, "to list batches", func(ctx context.Context) (err error) {
			page, err = p.client.ListBatch(ctx, after, &limit)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("%w; whether a batch was created cannot be told", err)
		}
		for _, b := range page.Data {
			if b.Metadata[metadataRun] == want[metadataRun] && b.Metadata[metadataFile] == want[metadataFile] || b.InputFileID == f.upload {
				if !strings.EqualFold(b.Status, "failed") || hasID(b.OutputFileID) {
					return b.ID, nil
				}
			}
		}
		if !page.HasMore || len(page.Data) == 0 {
			return "", nil
		}
		after = &page.Data[len(page.Data)-1].ID
	}
	return "", fmt.Errorf("there are more than %d batches at the provider: whether one was created cannot be told", maxPages*limit)
}

// isLost reports whether err says that the provider does not have something any more. It
// returns an error for all else, also where the key may be wrong.
func (p *provider) isLost(ctx context.Context, err error) (bool, error) {
	if !isNotFound(err) {
		return false, err
	}
	if keyErr := p.checkKey(ctx); keyErr != nil {
		return false, fmt.Errorf("%w; whether it is lost cannot be told: %w", err, keyErr)
	}
	return true, nil
}

// checkKey returns an error unless the key lists the batches of its account, or its models
// where the provider lists no batches. Some providers answer a wrong key as if they had
// nothing, and a batch that only seems lost would be paid for twice.
func (p *provider) checkKey(ctx context.Context) error {
	limit := 1
	err := p.try(ctx, "to list batches", func(ctx context.Context) error {
		_, err := p.client.ListBatch(ctx, nil, &limit)
		return err
	})
	if refused, ok := errors.AsType[*providerError](err); ok && refused.lacksCall() {
		return p.try(ctx, "to list models", func(ctx context.Context) error {
			_, err := p.client.ListModels(ctx)
			return err
		})
	}
	return err
}

// hasID reports whether a batch names a file.
func hasID(id *string) bool { return id != nil && *id != "" }

// look returns how far a batch is.
func (p *provider) look(ctx context.Context, id string) (batch openai.Batch, err error) {
	err = p.try(ctx, "to tell of a batch", func(ctx context.Context) error {
		response, err := p.client.RetrieveBatch(ctx, id)
		batch = response.Batch
		return err
	})
	return batch, err
}

// cancel asks the provider to end a batch. One that has ended meanwhile is no error.
func (p *provider) cancel(ctx context.Context, id string) error {
	return p.try(ctx, "to cancel a batch", func(ctx context.Context) error {
		_, err := p.client.CancelBatch(ctx, id)
		if err != nil && hasEnded(failureOf("", err)) {
			return nil
		}
		return err
	})
}

// hasEnded reports whether err is the refusal to cancel a batch that has ended.
func hasEnded(err error) bool {
	refused, ok := errors.AsType[*providerError](err)
	return ok && (refused.status == http.StatusBadRequest || refused.status == http.StatusConflict || isNotFound(err))
}

// remoteFile notes whether reading it failed.
type remoteFile struct {
	io.Reader
	err error
}

// Read implements io.Reader.
func (r *remoteFile) Read(to []byte) (n int, err error) {
	n, err = r.Reader.Read(to)
	if !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// download copies a file of the provider. A failure at this end is a localError.
func (p *provider) download(ctx context.Context, id string, to func(io.Reader) error) error {
	return p.try(ctx, "the download of results", func(ctx context.Context) error {
		content, err := p.client.GetFileContent(ctx, id)
		if err != nil {
			return err
		}
		defer content.Close()
		from := &remoteFile{Reader: content}
		if err = to(from); err != nil && from.err == nil {
			return localError{err}
		}
		return err
	})
}
