package queue

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// Streams that were written under an earlier form of the contract are read: a resumed
// run gets the answers and errors of its workers, and a worker gets an item whole.
func TestEarlierStreams(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unpack(t, "testdata/earlier.tar.gz", dir)
	s, err := server.NewServer(&server.Options{
		ServerName: "earlier", Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server did not start")
	}
	streams, err := OpenStreams(t.Context(), connectNATS(t, s), StreamOptions{})
	if err != nil {
		t.Fatal(err)
	}
	good := &summarizerv1.AnalyzeArticleRequest{
		Article: &summarizerv1.Article{
			Title: "Harbour reopens", MimeType: "text/html",
			Text: "<p>The harbour of Velmar reopened on Tuesday after a strike of nine days.</p><p>Dockers accepted a pay rise of 4 percent. The city had lost trade worth 30 million crowns.</p>",
		},
		SummaryOptions: &summarizerv1.SummaryOptions{MaxSentences: 1},
	}

	// The error of the other article, which a resumed run would have answered once more.
	refused, err := streams.results.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = readResult(refused.Header, refused.Data)
	reason := ""
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			reason = info.GetReason()
		}
	}
	if status.Code(err) != codes.InvalidArgument || reason != "FIELD_INVALID" {
		t.Errorf("an error: %v, reason %q", err, reason)
	}

	answered := openQueue(t, Options{Streams: streams, Run: "answered", Resume: true})
	response, err := answered.AnalyzeArticle(t.Context(), good)
	if err != nil || response.GetSummary().GetText() != "The harbour of Velmar reopened on Tuesday after a strike of nine days." ||
		response.GetSummary().GetProvenance().GetSource() != summarizerv1.Provenance_SOURCE_LOCAL {
		t.Errorf("an answer: %v, %v", response, err)
	}

	item := make(chan *summarizerv1.AnalyzeArticleRequest, 1)
	startWorker(t, quick(openStreams(t, s), analyzerFunc(func(ctx context.Context, r *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
		item <- r
		return echo(ctx, r)
	})))
	waiting := openQueue(t, Options{Streams: streams, Run: "waiting", Resume: true})
	if response, err := waiting.AnalyzeArticle(t.Context(), good); err != nil || response.GetSummary().GetText() != good.Article.Text {
		t.Errorf("an item that waited: %v, %v", response, err)
	}
	if got := <-item; got.GetArticle().GetMimeType() != "text/html" || got.GetArticle().GetTitle() != "Harbour reopens" {
		t.Errorf("the worker had %v", got)
	}
	if n := left(t, streams.dead); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

// unpack writes the files of a compressed tar into dir.
func unpack(t *testing.T, path, dir string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	expanded, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for members := tar.NewReader(expanded); ; {
		member, err := members.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if member.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(members)
		if err == nil {
			err = root.MkdirAll(filepath.Dir(filepath.Clean(member.Name)), 0o700)
		}
		if err == nil {
			err = root.WriteFile(filepath.Clean(member.Name), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
