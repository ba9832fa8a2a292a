package server

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// paced runs a test against a server in a bubble, as a client with a quota.
func paced(t *testing.T, entry ClientEntry, test func(ctx context.Context, t *testing.T, server *Server, client summarizerv1.SummarizerServiceClient)) {
	synctest.Test(t, func(t *testing.T) {
		key, hash := NewKey()
		entry.Name, entry.Keys = "a", []ClientKey{hash}
		file := openCallers(t, entry)
		server, conn := connectInMemory(t, &fakeService{}, Options{Clients: file.Clients})
		test(withKey(t.Context(), key), t, server, summarizerv1.NewSummarizerServiceClient(conn))
	})
}

// Items of a stream wait for their turn.
func TestStreamKeepsTheQuotaOfArticles(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		paced(t, ClientEntry{ArticlesPerSecond: 2}, func(ctx context.Context, t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
			began := time.Now()
			stream := openStream(t, ctx, client, "a", "b", "c", "d", "e", "f")
			for range 6 {
				answer, err := stream.Recv()
				if err != nil || answer.GetResult().GetResponse() == nil {
					t.Fatalf("%v, %v", answer, err)
				}
			}
			if took := time.Since(began); took != 2*time.Second {
				t.Errorf("six articles at two a second, two of them at once, took %v", took)
			}
			if _, err := client.AnalyzeArticle(ctx, analyzeRequest("x")); status.Code(err) != codes.ResourceExhausted || reasonIn(err) != "QUOTA_EXCEEDED" {
				t.Errorf("an article of its own beyond the quota: %v", err)
			}
		})
	})
}

// Items of a batch wait as long as there is time, and the others are told to come again.
func TestBatchKeepsTheQuotaOfArticles(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		paced(t, ClientEntry{ArticlesPerSecond: 10}, func(ctx context.Context, t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			batch := &summarizerv1.BatchAnalyzeArticlesRequest{}
			for n := range 100 {
				batch.Requests = append(batch.Requests, analyzeRequest(fmt.Sprint("article ", n)))
			}
			response, err := client.BatchAnalyzeArticles(ctx, batch)
			if err != nil {
				t.Fatal(err)
			}
			answered := 0
			for _, result := range response.Results {
				if result.GetResponse() != nil {
					answered++
					continue
				}
				err := statusOf(result).Err()
				if reasonIn(err) != "QUOTA_EXCEEDED" || detail[*errdetails.RetryInfo](t, err).GetRetryDelay().AsDuration() <= 0 {
					t.Fatalf("an item beyond the quota: %v", err)
				}
			}
			if answered < 30 || answered > 35 { // ten at once, and ten a second in half of the time
				t.Errorf("%d articles are answered", answered)
			}
		})
	})
}

// A drain does not wait for the turns of items.
func TestDrainDoesNotWaitForTheQuotaOfArticles(t *testing.T) {
	paced(t, ClientEntry{ArticlesPerSecond: 0.1}, func(ctx context.Context, t *testing.T, server *Server, client summarizerv1.SummarizerServiceClient) {
		stream := openStream(t, ctx, client, "a", "b", "c")
		if _, err := stream.Recv(); err != nil { // in no order, as each is about to wait
			t.Fatal(err)
		}
		synctest.Wait()
		began := time.Now()
		go server.Shutdown(t.Context())
		for range 2 {
			if answer, err := stream.Recv(); err != nil || answer.GetResult().GetResponse() == nil {
				t.Fatalf("%v, %v", answer, err)
			}
		}
		wantEnd(t, stream, codes.Unavailable, "DRAINING")
		if took := time.Since(began); took > time.Second {
			t.Errorf("the drain took %v", took)
		}
	})
}

// A client has so many streams open at once.
func TestStreamsOfAClientAreBounded(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		paced(t, ClientEntry{Streams: 2}, func(ctx context.Context, t *testing.T, _ *Server, client summarizerv1.SummarizerServiceClient) {
			first := openStream(t, ctx, client, "a")
			wantResults(t, first, "a")
			second := openStream(t, ctx, client, "b")
			wantResults(t, second, "b")
			wantEnd(t, openStream(t, ctx, client), codes.ResourceExhausted, "QUOTA_EXCEEDED")
			if err := first.CloseSend(); err != nil {
				t.Fatal(err)
			}
			wantEnd(t, first, codes.OK, "")
			synctest.Wait()
			wantResults(t, openStream(t, ctx, client, "c"), "c")
		})
	})
}

// A removed key or right ends streams at their next item, after the answers to earlier items.
// Other streams go on.
func TestRemovedRightsEndStreams(t *testing.T) {
	const method = "StreamAnalyzeArticles"
	removed, removedHash := NewKey()
	limited, limitedHash := NewKey()
	moved, movedHash := NewKey()
	stays, staysHash := NewKey()
	file := openCallers(t,
		ClientEntry{Name: "removed", Keys: []ClientKey{removedHash}},
		ClientEntry{Name: "limited", Keys: []ClientKey{limitedHash}, RPCs: []string{method}},
		ClientEntry{Name: "moved", Keys: []ClientKey{movedHash}},
		ClientEntry{Name: "stays", Keys: []ClientKey{staysHash}})
	service := newGate()
	_, conn := connect(t, service, Options{Clients: file.Clients})
	client := summarizerv1.NewSummarizerServiceClient(conn)
	streams := map[string]clientStream{}
	for _, key := range []string{removed, limited, moved, stays} {
		streams[key] = openStream(t, withKey(t.Context(), key), client, "first")
	}
	reflection, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(withKey(t.Context(), removed))
	if err != nil {
		t.Fatal(err)
	}
	ask := func() error {
		_ = reflection.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
		_, err := reflection.Recv()
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	until(t, "the articles are worked on", func() bool {
		service.mu.Lock()
		defer service.mu.Unlock()
		return len(service.working) == 4
	})

	file.write(t,
		ClientEntry{Name: "limited", Keys: []ClientKey{limitedHash}, RPCs: []string{"ListTopics"}},
		ClientEntry{Name: "another", Keys: []ClientKey{movedHash}},
		ClientEntry{Name: "stays", Keys: []ClientKey{staysHash}})
	file.file.check()
	for _, stream := range streams {
		send(t, stream, "second")
	}
	service.release("first", "second")
	for key, reason := range map[string]string{removed: "CREDENTIALS_INVALID", limited: "PERMISSION_DENIED", moved: "CREDENTIALS_INVALID"} {
		wantResults(t, streams[key], "first")
		code := codes.Unauthenticated
		if key == limited {
			code = codes.PermissionDenied
		}
		wantEnd(t, streams[key], code, reason)
	}
	if err := ask(); status.Code(err) != codes.Unauthenticated {
		t.Errorf("reflection goes on: %v", err)
	}
	for range 2 {
		if answer, err := streams[stays].Recv(); err != nil || answer.GetResult().GetResponse() == nil {
			t.Errorf("the stream of another client: %v, %v", answer, err)
		}
	}
}

// Streams that cannot even begin do not use up the quota.
func TestRefusedStreamsHoldNoPlace(t *testing.T) {
	key, hash := NewKey()
	file := openCallers(t, ClientEntry{Name: "a", Keys: []ClientKey{hash}, Streams: 1, RequestsPerSecond: 2})
	address := serveAt(t, &fakeService{}, Options{Clients: file.Clients})
	client := summarizerv1.NewSummarizerServiceClient(dialWith(t, address, insecure.NewCredentials()))
	ctx := withKey(t.Context(), key)
	var refused error
	for range 10 {
		stream, err := client.StreamAnalyzeArticles(ctx, grpc.WaitForReady(true))
		if err != nil {
			t.Fatal(err)
		}
		_ = stream.CloseSend()
		if _, err := stream.Recv(); status.Code(err) == codes.ResourceExhausted {
			refused = err
		}
	}
	if refused == nil {
		t.Fatal("no stream was beyond the quota of requests")
	}
	if used := file.file.get().byName["a"].usage.streams.taken.Load(); used != 0 {
		until(t, "no place is taken", func() bool { return file.file.get().byName["a"].usage.streams.taken.Load() == 0 })
	}
}
