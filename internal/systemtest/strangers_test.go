package systemtest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/server/h2test"
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

const (
	attackSeconds  = 3         // of each attack
	attackers      = 8         // more than the server has room for
	attackResident = 100 << 20 // bytes that the process may hold under attack
	attackPatience = time.Second
)

// Callers without a key neither fill the memory of a server with messages nor keep callers
// with a key waiting, whether they send at full speed or only answer pings.
func TestStrangersLeaveRoom(t *testing.T) {
	const message = 4<<20 - 1 // a byte less than the server takes
	for name, attack := range map[string]func(ctx context.Context, address string) error{
		"large messages": func(ctx context.Context, address string) error {
			c, err := h2test.Connect(address, nil)
			if err != nil {
				return err
			}
			defer c.Conn.Close()
			defer context.AfterFunc(ctx, func() { _ = c.Conn.Close() })()
			go func() { _, _ = io.Copy(io.Discard, c.Conn) }() // as a Peer must not read and write at once
			part := make([]byte, 16<<10-5)
			for stream := uint32(1); stream < 120; stream += 2 {
				if err := c.Open(stream, summarizerv1.SummarizerService_SummarizeArticle_FullMethodName); err != nil {
					return err
				}
				if err := c.Promise(stream, message); err != nil {
					return err
				}
				for range 4 { // what the window of a stream holds
					if err := c.Framer.WriteData(stream, false, part); err != nil {
						return err
					}
				}
			}
			<-ctx.Done()
			return nil
		},
		"idle connections": func(ctx context.Context, address string) error {
			c, err := h2test.Connect(address, nil)
			if err != nil {
				return err
			}
			defer c.Conn.Close()
			defer context.AfterFunc(ctx, func() { _ = c.Conn.Close() })()
			return c.Idle()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func() (late []string) {
				clients := filepath.Join(t.TempDir(), "clients.yaml")
				added := cli(t, nil, "", "keys", "add", "newsroom", "--clients", clients)
				s := serve(t, nil, "--clients", clients, "--max-connections", "5")
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(attackSeconds*testScale())*time.Second)
				defer cancel()
				var attacks sync.WaitGroup
				var attempts atomic.Int64
				for range attackers {
					attacks.Go(func() {
						for ctx.Err() == nil {
							attempts.Add(1)
							_ = attack(ctx, s.grpc) // it is to be refused, now or later
						}
					})
				}
				calls := 0
				for ; ctx.Err() == nil; calls++ {
					began := time.Now()
					if err := summarizeWith(t, s.grpc, added.stdout); err != nil {
						t.Errorf("a call with a key: %v", err)
					}
					if took := time.Since(began); took > attackPatience {
						late = append(late, fmt.Sprintf("a call with a key took %v", took))
					}
				}
				peak := peakOf(t, s.pid)
				cancel()
				attacks.Wait()
				if peak > attackResident && !raceDetector {
					t.Errorf("the server held %d bytes", peak)
				}
				t.Logf("%d connections of strangers, %d calls with a key; resident at most %d KB", attempts.Load(), calls, peak>>10)
				s.stop()
				return late
			})
		})
	}
}

// Strangers who watch the health of a server cannot leave data with it that nobody reads.
func TestWatchesOfStrangersHoldNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes memory of its own")
	}
	const connections, watches = 200, 8
	clients := filepath.Join(t.TempDir(), "clients.yaml")
	cli(t, nil, "", "keys", "add", "newsroom", "--clients", clients)
	s := serve(t, nil, "--clients", clients)
	part := make([]byte, 15<<10)
	for range connections {
		c := h2test.Dial(t, s.grpc, nil)
		for n := range uint32(watches) {
			stream := 2*n + 1
			if err := c.Open(stream, "/grpc.health.v1.Health/Watch"); err != nil {
				t.Fatal(err)
			}
			if err := c.Send(stream, nil, false); err != nil { // an empty message: the whole server
				t.Fatal(err)
			}
			for range 4 {
				if err := c.Framer.WriteData(stream, false, part); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := c.Framer.WritePing(false, [8]byte{1}); err != nil {
			t.Fatal(err)
		}
		for {
			frame, err := c.Read()
			if err != nil {
				t.Fatal(err)
			}
			if ping, ok := frame.(*http2.PingFrame); ok && ping.IsAck() {
				break // all of it has arrived
			}
		}
	}
	if peak := peakOf(t, s.pid); peak > attackResident {
		t.Errorf("the server held %d bytes", peak)
	}
}

// summarizeWith makes a call with a key on a connection of its own.
func summarizeWith(t *testing.T, address, key string) error {
	conn := connect(t, address, grpc.WithPerRPCCredentials(bearerKey(strings.TrimSpace(key))))
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := summarizerv1.NewSummarizerServiceClient(conn).SummarizeArticle(ctx, &summarizerv1.SummarizeArticleRequest{
		Article: &summarizerv1.Article{Text: "The ferry runs again. It was out of service for a week."},
	})
	return err
}

// peakOf returns the most memory, in bytes, that a process has held; 0 where there is no
// /proc to tell it.
func peakOf(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	peak, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return peak << 10
}

// A server at the ceiling of its memory sheds load and does not die: more articles wait
// for a model than it can hold, and beyond a limit of the operating system a process ends.
func TestServerAtItsMemoryCeiling(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes memory of its own")
	}
	fake := llmtest.New(t)
	fake.Default(llmtest.Hang())
	s := serveBy(t, []string{"sh", "-c", `ulimit -d 400000 && exec "$@"`, "sh"}, map[string]string{"GOMEMLIMIT": "80MiB", "OPENAI_API_KEY": "none"},
		"--llm-model", "m", "--llm-base-url", fake.URL(), "--max-buffered-bytes", strconv.Itoa(1<<30), "--max-connection-bytes", strconv.Itoa(1<<30), "--default-deadline", "2s")
	client := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc))
	article := articleOf(600 << 10)
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(testScale())*time.Minute)
	defer cancel()
	enough := int64(50 * testScale()) // the callers stop after so many refusals, and an answer
	var callers sync.WaitGroup
	var answered, shed atomic.Int64
	for n := range 64 {
		callers.Go(func() {
			for call := 0; ctx.Err() == nil; call++ {
				_, err := client.AnalyzeArticle(ctx, analyzeRequest(fmt.Sprintf("Report %d of %d is in. %s", call, n, article)))
				switch {
				case err == nil:
					answered.Add(1)
				case toldWhenToRetry(err):
					if shed.Add(1) >= enough && answered.Load() > 0 {
						cancel()
					}
				case ctx.Err() == nil && status.Code(err) != codes.DeadlineExceeded:
					t.Errorf("a call: %v", err)
					return
				}
			}
		})
	}
	callers.Wait()
	if shed.Load() < enough || answered.Load() == 0 {
		t.Errorf("%d calls were answered and %d shed; want some and %d", answered.Load(), shed.Load(), enough)
	}
	after, cancelAfter := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancelAfter()
	for {
		_, err := client.AnalyzeArticle(after, analyzeRequest("The ferry runs again. It was out of service for a week."))
		if err == nil {
			break
		}
		if !toldWhenToRetry(err) {
			t.Fatalf("when it is over: %v", err)
		}
	}
	t.Logf("%d answered, %d shed; resident at most %d KB", answered.Load(), shed.Load(), peakOf(t, s.pid)>>10)
}
