package httpapi

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry/logtest"
)

// An answer that is ready after the deadline is not given: client, log and metrics are all
// told of the deadline, whatever the protocol.
func TestLateAnswer(t *testing.T) {
	late := &fakeService{analyze: func(ctx context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		<-ctx.Done()
		return sampleResult(r), nil
	}}
	const connectPath = "/summarizer.v1.SummarizerService/SummarizeArticle"
	for _, c := range []struct {
		path, body, media, name, value string
		status                         int
		says                           string
	}{
		{summarizePath, good, mediaJSON, "X-Server-Timeout", "0.01", 504, `"code":4`},
		{"/v1/articles:classify", good, mediaJSON, "X-Server-Timeout", "0.01", 504, `"code":4`},
		{"/v1/articles:analyze", good, mediaJSON, "X-Server-Timeout", "0.01", 504, `"code":4`},
		{"/v1/articles:batchAnalyze", `{"requests":[` + good + `]}`, mediaJSON, "Grpc-Timeout", "10m", 504, `"code":4`},
		{connectPath, good, mediaJSON, "Connect-Timeout-Ms", "10", 504, `"deadline_exceeded"`},
		{connectPath, string(make([]byte, prefixBytes)), "application/grpc-web+proto", "Grpc-Timeout", "0S", 200, "grpc-status: 4"},
		{connectPath, "\x00\x00\x00\x00" + string(rune(len(good))) + good, "application/grpc-web+json", "Grpc-Timeout", "10m", 200, "grpc-status: 4"},
	} {
		t.Run(c.path+" "+c.media+" "+c.value, func(t *testing.T) {
			var log logtest.Log
			registry := prometheus.NewRegistry()
			_, _, address := serve(t, late, server.Options{Logger: log.Logger(slog.LevelInfo), Registerer: registry}, Options{})
			got := ask(t, http.MethodPost, "http://"+address+c.path, c.body, "Content-Type", c.media, c.name, c.value)
			if got.status != c.status || !strings.Contains(strings.ReplaceAll(got.body, " ", ""), strings.ReplaceAll(c.says, " ", "")) {
				t.Errorf("%d %s", got.status, got.body)
			}
			if bytes.Contains([]byte(got.body), []byte("The ferry runs")) {
				t.Errorf("the answer came with the error: %q", got.body)
			}
			if line := log.String(); !strings.Contains(line, "code=DeadlineExceeded") {
				t.Errorf("the log says %s", line)
			}
			if codes := handledCodes(t, registry); codes != "DeadlineExceeded" {
				t.Errorf("the metrics have %s", codes)
			}
		})
	}
}

// handledCodes returns the codes of calls in the metrics.
func handledCodes(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if family.GetName() == "grpc_server_handled_total" && l.GetName() == "grpc_code" && m.GetCounter().GetValue() > 0 {
					codes = append(codes, l.GetValue())
				}
			}
		}
	}
	return strings.Join(codes, " ")
}
