package batchapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/seed-59202292/summarizer/internal/llm"
)

// provider is the files and batches API of an endpoint.
type provider struct {
	client  *openai.Client
	azure   bool
	pause   time.Duration // before the second try of what failed
	tries   int
	timeout time.Duration // of one exchange
}

// The bounds of tries and pauses. A provider that is down for longer ends the run, which
// goes on with --resume.
const (
	maxTries   = 10
	firstPause = time.Second
	maxPause   = time.Minute
	// exchangeTime is enough for a file of 100 MB at a megabit a second.
	exchangeTime = 15 * time.Minute
)

func newProvider(e llm.Endpoint, pause time.Duration) *provider {
	p := &provider{azure: e.AzureAPIVersion != "", pause: min(pause, firstPause), tries: maxTries, timeout: exchangeTime}
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

// signingTransport adds key and headers, and notes what a refusal asks to wait.
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
		*wait = time.Duration(seconds) * time.Second
	}
	return response, err
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
	switch r.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return text + ": check the key and its rights"
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return text + ": it may not have the files and batches API, or the base URL is another"
	}
	return text
}

// mayPass reports whether the same request may succeed later.
func (r *providerError) mayPass() bool {
	return r.status == http.StatusRequestTimeout || r.status == http.StatusConflict || r.status == http.StatusTooManyRequests || r.status >= 500 && r.status != http.StatusNotImplemented
}

// isAboutFile reports whether the refusal is about the requests, and not about who asks.
func (r *providerError) isAboutFile() bool {
	return r.status == http.StatusBadRequest || r.status == http.StatusRequestEntityTooLarge || r.status == http.StatusUnprocessableEntity
}

// failureOf returns a refusal for an answer with an error status, and err for what is none.
func failureOf(doing string, err error) error {
	r := &providerError{doing: doing}
	var api *openai.APIError
	var request *openai.RequestError
	switch {
	case errors.As(err, &api):
		r.status = api.HTTPStatusCode
		if code, ok := api.Code.(string); ok && len(code) <= 64 {
			r.code = code
		}
	case errors.As(err, &request) && request.HTTPStatusCode >= 300:
		r.status = request.HTTPStatusCode
	default:
		return fmt.Errorf("%s: %w", doing, withoutURL(err))
	}
	return r
}

// withoutURL leaves the address and what was sent out of an error.
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

// once makes one exchange. The wait is what a refusal asks for.
func (p *provider) once(ctx context.Context, doing string, exchange func(ctx context.Context) error) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, waitKey{}, &wait), p.timeout)
	defer cancel()
	if err = exchange(ctx); err != nil {
		err = failureOf(doing, err)
	}
	return wait, err
}

// try makes an exchange that does no harm when it is made twice, and again while it fails
// in a passing way.
func (p *provider) try(ctx context.Context, doing string, exchange func(ctx context.Context) error) error {
	pause := p.pause
	for tried := 1; ; tried++ {
		wait, err := p.once(ctx, doing, exchange)
		refused, isRefused := errors.AsType[*providerError](err)
		if err == nil || isRefused && !refused.mayPass() || errors.Is(err, errRedirect) || tried == p.tries {
			return err
		}
		if err := sleep(ctx, max(wait, pause)); err != nil {
			return err
		}
		pause = min(2*pause, maxPause)
	}
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
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
	pause := p.pause
	for tried := 1; ; tried++ {
		if known {
			if id, err = p.find(ctx, run, f); err != nil || id != "" {
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
		case isRefused && !refused.mayPass(), tried == p.tries:
			return "", err
		}
		// But for a limit of rates, the batch may be there although nobody said so.
		known = known || !isRefused || refused.status != http.StatusTooManyRequests
		if err := sleep(ctx, max(wait, pause)); err != nil {
			return "", err
		}
		pause = min(2*pause, maxPause)
	}
}

// maxPages bounds how many pages of batches are looked through, of 100 each.
const maxPages = 200

// find looks for the batch of a file; the id is empty where there is none.
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
				return b.ID, nil
			}
		}
		if !page.HasMore || len(page.Data) == 0 {
			return "", nil
		}
		after = &page.Data[len(page.Data)-1].ID
	}
	return "", fmt.Errorf("there are more than %d batches at the provider: whether one was created cannot be told", maxPages*limit)
}

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
	err := p.try(ctx, "to cancel a batch", func(ctx context.Context) error {
		_, err := p.client.CancelBatch(ctx, id)
		return err
	})
	if refused, ok := errors.AsType[*providerError](err); ok && (refused.status == http.StatusBadRequest || refused.status == http.StatusConflict) {
		return nil
	}
	return err
}

// download copies a file of the provider.
func (p *provider) download(ctx context.Context, id string, to func(io.Reader) error) error {
	return p.try(ctx, "the download of results", func(ctx context.Context) error {
		content, err := p.client.GetFileContent(ctx, id)
		if err != nil {
			return err
		}
		defer content.Close()
		return to(content)
	})
}
