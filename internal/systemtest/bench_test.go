package systemtest

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/oidc/oidctest"
	"github.com/seed-59202292/summarizer/internal/server"
)

// BenchmarkCachedSummary measures a SummarizeArticle that the cache answers, over
// loopback, by the program with logging, metrics, recovery, API keys, quotas and
// validation on, beside a bare grpc-go echo of messages of the same sizes. Each
// server is a process of its own, as in use. The two take turns in rounds, so that
// a machine that slows down slows both; the figures to read are the medians over
// the rounds:
//
//	rate/echo  calls a second, as a share of the echo's
//	p50/echo   median latency, as a multiple of the echo's
func BenchmarkCachedSummary(b *testing.B) {
	request := &summarizerv1.SummarizeArticleRequest{Article: &summarizerv1.Article{Text: articleOf(4 << 10)}}
	cached := startService(b, llmtest.New(b).URL())
	response := primeCache(b, cached, request)
	echo := connect(b, startEcho(b, proto.Size(response)))
	payload := wrapperspb.Bytes(make([]byte, proto.Size(request)))

	callEcho := func(ctx context.Context) error {
		return echo.Invoke(ctx, "/echo.Echo/Echo", payload, new(wrapperspb.BytesValue))
	}
	callCached := func(ctx context.Context) error {
		response, err := cached.SummarizeArticle(ctx, request)
		if err == nil && response.Summary.Provenance.Source != summarizerv1.Provenance_SOURCE_CACHE {
			err = fmt.Errorf("source %v, want the cache", response.Summary.Provenance.Source)
		}
		return err
	}
	for _, concurrent := range []int{1, 64} {
		b.Run(fmt.Sprintf("c=%d", concurrent), func(b *testing.B) {
			const rounds = 20
			calls := max(b.N/rounds, concurrent)
			var rates, medians, ours, theirs []float64
			b.ResetTimer()
			for range rounds {
				e := measure(b, concurrent, calls, callEcho)
				c := measure(b, concurrent, calls, callCached)
				rates = append(rates, c.rate/e.rate)
				medians = append(medians, float64(c.p50)/float64(e.p50))
				ours = append(ours, float64(c.p50)/1e3)
				theirs = append(theirs, float64(e.p50)/1e3)
			}
			b.ReportMetric(0, "ns/op") // both sides together say nothing
			b.ReportMetric(median(rates), "rate/echo")
			b.ReportMetric(median(medians), "p50/echo")
			b.ReportMetric(median(ours), "cached-p50-µs")
			b.ReportMetric(median(theirs), "echo-p50-µs")
		})
	}
}

// againstVariable names another binary of the program, such as one of an earlier commit.
const againstVariable = "SUMMARIZER_BENCH_AGAINST"

// BenchmarkCachedAgainst compares cached answers of the program with answers of another
// binary of it, by compareCached.
func BenchmarkCachedAgainst(b *testing.B) {
	other := os.Getenv(againstVariable)
	if other == "" {
		b.Skip("set " + againstVariable + " to the path of another binary of the program")
	}
	compareCached(b, startedBinary{binary: program(b)}, startedBinary{binary: other})
}

// BenchmarkHeapGoal compares cached answers of the program with answers of the same program
// under Go's default for the garbage collector, by compareCached.
func BenchmarkHeapGoal(b *testing.B) {
	compareCached(b, startedBinary{binary: program(b)}, startedBinary{binary: program(b), variable: "GOGC=100"})
}

// BenchmarkTokenAgainstKey compares cached answers to a caller with a token of an issuer with
// those to a caller with a key, by compareCached.
func BenchmarkTokenAgainstKey(b *testing.B) {
	compareCached(b, startedBinary{binary: program(b), issuer: oidctest.New(b)}, startedBinary{binary: program(b)})
}

// startedBinary is a program that is started as a server.
type startedBinary struct {
	binary   string
	variable string               // set in its environment, as NAME=VALUE; empty: none
	issuer   *oidctest.FakeIssuer // its client shows a token; nil: a key
}

// compareCached compares the cached answers of two servers. Both run with two processors,
// and take turns in rounds; the figures are medians over the rounds, of the first as a
// multiple of the second:
//
//	rate/other  calls a second
//	p50/other   median latency
//	cpu/other   processor time of the server over all rounds, which other work on the
//	            machine hardly changes
func compareCached(b *testing.B, first, second startedBinary) {
	b.Helper()
	b.Setenv("GOMAXPROCS", "2")
	request := &summarizerv1.SummarizeArticleRequest{Article: &summarizerv1.Article{Text: articleOf(4 << 10)}}
	var calls [2]func(context.Context) error
	var processes [2]*os.Process
	for i, started := range []startedBinary{first, second} {
		client, process := startServiceOf(b, started, llmtest.New(b).URL())
		processes[i] = process
		primeCache(b, client, request)
		calls[i] = func(ctx context.Context) error {
			_, err := client.SummarizeArticle(ctx, request)
			return err
		}
	}
	for _, concurrent := range []int{1, 64} {
		b.Run(fmt.Sprintf("c=%d", concurrent), func(b *testing.B) {
			const rounds = 60
			n := max(b.N/rounds, concurrent)
			var rates, medians []float64
			before := [2]float64{processorTime(b, processes[0].Pid), processorTime(b, processes[1].Pid)}
			b.ResetTimer()
			for round := range rounds {
				var m [2]measurement
				for i := range m {
					which := (i + round) % 2
					m[which] = measure(b, concurrent, n, calls[which])
				}
				rates = append(rates, m[0].rate/m[1].rate)
				medians = append(medians, float64(m[0].p50)/float64(m[1].p50))
			}
			b.ReportMetric(0, "ns/op") // both sides together say nothing
			b.ReportMetric(median(rates), "rate/other")
			b.ReportMetric(median(medians), "p50/other")
			b.ReportMetric((processorTime(b, processes[0].Pid)-before[0])/(processorTime(b, processes[1].Pid)-before[1]), "cpu/other")
		})
	}
}

// processorTime returns the processor time that a process has used, in hundredths of a
// second.
func processorTime(b *testing.B, process int) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		b.Skip("the processor time of a process is read from /proc")
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest) // from the third on
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		b.Fatal(err)
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	if err != nil {
		b.Fatal(err)
	}
	return user + system
}

func primeCache(b *testing.B, client summarizerv1.SummarizerServiceClient, request *summarizerv1.SummarizeArticleRequest) *summarizerv1.SummarizeArticleResponse {
	b.Helper()
	for _, want := range []summarizerv1.Provenance_Source{summarizerv1.Provenance_SOURCE_LLM, summarizerv1.Provenance_SOURCE_CACHE} {
		response, err := client.SummarizeArticle(b.Context(), request)
		if err != nil {
			b.Fatal(err)
		}
		if p := response.Summary.Provenance; p.Source != want {
			b.Fatalf("source %v (%s), want %v", p.Source, p.FallbackReason, want)
		}
		if want == summarizerv1.Provenance_SOURCE_CACHE {
			return response
		}
	}
	return nil
}

// startService starts the program as a server with a client's key, and returns a
// client that has it.
func startService(b *testing.B, model string) summarizerv1.SummarizerServiceClient {
	b.Helper()
	client, _ := startServiceOf(b, startedBinary{binary: program(b)}, model)
	return client
}

func startServiceOf(b *testing.B, started startedBinary, model string) (summarizerv1.SummarizerServiceClient, *os.Process) {
	b.Helper()
	key, hash := server.NewKey()
	clients := filepath.Join(b.TempDir(), "clients.yaml")
	entry := server.ClientEntry{Name: "bench", RequestsPerSecond: 1e6, ArticlesInFlight: 1e6}
	var settings []string
	if issuer := started.issuer; issuer == nil {
		entry.Keys = []server.ClientKey{{SHA256: hash.SHA256}}
	} else {
		entry.Subjects = []string{"robot"}
		key = issuer.Token(b, map[string]any{"note": strings.Repeat("x", 512)}) // about a kilobyte, as usual
		settings = []string{"--oidc-issuer", issuer.URL, "--oidc-audience", oidctest.Audience}
	}
	if err := writeClients(clients, []server.ClientEntry{entry}); err != nil {
		b.Fatal(err)
	}
	address, process := startOther(b, `"grpc":"`, []string{"GOMAXPROCS=" + os.Getenv("GOMAXPROCS"), "SUMMARIZER_HTTP_LISTEN=127.0.0.1:0", started.variable}, started.binary, append([]string{
		"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--log-format", "json", "--clients", clients, "--data-dir", b.TempDir(), "--llm-model", "fake", "--llm-base-url", model,
	}, settings...)...)
	return summarizerv1.NewSummarizerServiceClient(connect(b, address, grpc.WithPerRPCCredentials(bearerKey(key)))), process
}

// startEcho starts a bare gRPC server that answers every request with so many
// bytes, and returns its address.
func startEcho(b *testing.B, size int) string {
	b.Helper()
	address, _ := startOther(b, "grpc=", []string{fmt.Sprintf("%s=%d", asEcho, size)}, os.Args[0])
	return address
}

// startOther starts a program with variables set and returns what follows the mark
// on standard error.
func startOther(b *testing.B, mark string, variables []string, program string, args ...string) (value string, other *os.Process) {
	b.Helper()
	command := exec.CommandContext(b.Context(), program, args...)
	command.Env = append(variables, "HOME="+b.TempDir())
	stderr, err := command.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	drained := make(chan struct{})
	b.Cleanup(func() {
		_ = command.Process.Kill()
		<-drained
		_ = command.Wait()
	})
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if _, value, ok := strings.Cut(lines.Text(), mark); ok {
			go func() {
				defer close(drained)
				_, _ = io.Copy(io.Discard, stderr) // its log
			}()
			value, _, _ = strings.Cut(value, `"`)
			return value, command.Process
		}
	}
	close(drained)
	b.Fatalf("the other program ended without %q", mark)
	return "", nil
}

// asEcho is the variable that makes the test binary an echo that answers with so
// many bytes.
const asEcho = "SUMMARIZER_TEST_ECHO"

func serveEcho(size string) {
	bytes, err := strconv.Atoi(size)
	if err != nil {
		panic(err)
	}
	answer := wrapperspb.Bytes(make([]byte, bytes))
	s := grpc.NewServer()
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: "echo.Echo",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{
			MethodName: "Echo",
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				if err := decode(new(wrapperspb.BytesValue)); err != nil {
					return nil, err
				}
				return answer, nil
			},
		}},
	}, struct{}{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, "grpc=%s\n", listener.Addr())
	panic(s.Serve(listener))
}

type measurement struct {
	rate     float64 // calls a second
	p50, p99 time.Duration
}

// measure makes so many calls, concurrent of them at once.
func measure(b *testing.B, concurrent, calls int, call func(context.Context) error) measurement {
	b.Helper()
	took := make([]time.Duration, calls)
	var next atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range concurrent {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= calls {
					return
				}
				t := time.Now()
				if err := call(b.Context()); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(t)
			}
		})
	}
	wg.Wait()
	rate := float64(calls) / time.Since(began).Seconds()
	slices.Sort(took)
	return measurement{rate, took[calls/2], took[min(calls*99/100, calls-1)]}
}

func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// articleOf returns an invented article of about so many bytes.
func articleOf(size int) string {
	const paragraph = "The harbour council of Port Harlan met on day %d of the strike and offered the dockers a rise of %d percent. " +
		"Ilse Brandt, who chairs it, said that ships worth %d million crowns were waiting outside. " +
		"The union called the offer a beginning and asked for talks on night shifts.\n\n"
	var text strings.Builder
	for i := 2; text.Len() < size; i++ {
		fmt.Fprintf(&text, paragraph, i, i+1, 10*i)
	}
	return strings.TrimSpace(text.String()[:size])
}

// BenchmarkStart starts the stripped binary without a model, on an empty data
// directory, and asks for an analysis of 4 KB over a connection of its own:
//
//	first-ms   from the start of the process to the answer, the median
//	rss-MB     what the process holds in memory after it, the median
//	binary-MB  size of the file
func BenchmarkStart(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "summarizer")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./cmd/summarizer")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, output)
	}
	info, err := os.Stat(binary)
	if err != nil {
		b.Fatal(err)
	}
	request := &summarizerv1.AnalyzeArticleRequest{Article: &summarizerv1.Article{Text: articleOf(4 << 10)}}
	var took, resident []float64
	for b.Loop() {
		began := time.Now()
		address, program := startOther(b, `"grpc":"`, []string{"GOTRACEBACK=none", "SUMMARIZER_HTTP_LISTEN=127.0.0.1:0"}, binary, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
			"--log-format", "json", "--data-dir", b.TempDir())
		client := summarizerv1.NewSummarizerServiceClient(connect(b, address))
		if _, err := client.AnalyzeArticle(b.Context(), request); err != nil {
			b.Fatal(err)
		}
		took = append(took, float64(time.Since(began))/1e6)
		resident = append(resident, residentMB(b, program.Pid))
		if err := program.Kill(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op") // includes the end of the process
	b.ReportMetric(median(took), "first-ms")
	b.ReportMetric(median(resident), "rss-MB")
	b.ReportMetric(float64(info.Size())/1e6, "binary-MB")
}

func residentMB(b *testing.B, process int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		b.Skip("the memory of a process is read from /proc")
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kilobytes * 1024 / 1e6
}
