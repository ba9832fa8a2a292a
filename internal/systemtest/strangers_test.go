package systemtest

import (
	"context"
	"strings"
	"testing"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// A server whose connections are all at work says so to probes, and serves on.
func TestFullServerIsNoticed(t *testing.T) {
	s := serve(t, nil, "--max-connections", "1")
	if got := get(t, "http://"+s.admin+"/readyz"); got != "ready\n" {
		t.Errorf("/readyz: %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc)).StreamAnalyzeArticles(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(id string) {
		t.Helper()
		if err := stream.Send(&summarizerv1.StreamAnalyzeArticlesRequest{CorrelationId: id, Request: analyzeRequest("The ferry runs again. It was out of service for a week.")}); err != nil {
			t.Fatal(err)
		}
		if r, err := stream.Recv(); err != nil || r.CorrelationId != id {
			t.Fatalf("the stream: %v, %v", r, err)
		}
	}
	ask("a")
	if got := cli(t, nil, "", "healthcheck", "--addr", s.grpc); got.code != 1 || !strings.Contains(got.stderr, "does not answer") {
		t.Errorf("healthcheck of a full server: %+v", got)
	}
	if got := get(t, "http://"+s.admin+"/readyz"); !strings.HasPrefix(got, "full: ") {
		t.Errorf("/readyz of a full server: %q", got)
	}
	ask("b")
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err == nil {
		t.Error("the stream goes on")
	}
	// The connection is idle now, and makes room.
	if got := cli(t, nil, "", "healthcheck", "--addr", s.grpc); got.code != exitOK {
		t.Errorf("healthcheck when there is room: %+v", got)
	}
}
