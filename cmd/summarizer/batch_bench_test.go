package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// BenchmarkBatch runs an archive through the whole command, JSONL file to JSONL
// file with the local engine, beside the engine alone, which cleans and analyses
// the same articles in memory on as many cores. The two take turns in rounds; the
// figure to read is
//
//	rate/engine  articles a second, as a share of the engine's, median
//	cpu/engine   processor time of the engine, as a share of the command's, median;
//	             what the rate is where other work keeps the cores busy, too
//
// One iteration is one article.
func BenchmarkBatch(b *testing.B) {
	const rounds = 10
	texts := newsOf(b)
	articles := max(b.N/rounds, len(texts))
	in := filepath.Join(b.TempDir(), "in.jsonl")
	if err := os.WriteFile(in, archiveOfTexts(texts, articles), 0o600); err != nil {
		b.Fatal(err)
	}
	var shares, cpus, rates []float64
	b.ResetTimer()
	for range rounds {
		cpu := cpuTime(b)
		alone := float64(articles) / engineAlone(texts, articles).Seconds()
		cpuAlone := cpuTime(b) - cpu
		begun := time.Now()
		cpu = cpuTime(b)
		args := []string{"batch", in, "-o", filepath.Join(b.TempDir(), "out.jsonl"), "--overwrite", "--engine", "local", "--data-dir", b.TempDir()}
		if got := cli(b, nil, "", args...); got.code != exitOK {
			b.Fatal(got.stderr)
		}
		rate := float64(articles) / time.Since(begun).Seconds()
		shares, rates = append(shares, rate/alone), append(rates, rate)
		cpus = append(cpus, float64(cpuAlone)/float64(cpuTime(b)-cpu))
	}
	b.ReportMetric(median(cpus), "cpu/engine")
	b.ReportMetric(median(shares), "rate/engine")
	b.ReportMetric(median(rates), "articles/s")
}

func median(values []float64) float64 { return slices.Sorted(slices.Values(values))[len(values)/2] }

// cpuTime returns the processor time of this process.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// newsOf returns the example articles, each made as long as 4 KB.
func newsOf(b *testing.B) []string {
	b.Helper()
	paths, err := filepath.Glob("../../examples/articles/*.txt")
	if err != nil || len(paths) == 0 {
		b.Fatal("there are no example articles")
	}
	var all []string
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, string(text))
	}
	long := make([]string, len(all))
	for i := range all {
		for j := i; len(long[i]) < 4<<10; j++ {
			long[i] += all[j%len(all)] + "\n\n"
		}
		long[i] = long[i][:4<<10]
	}
	return long
}

func archiveOfTexts(texts []string, n int) []byte {
	var out bytes.Buffer
	for i := range n {
		row, _ := json.Marshal(map[string]string{"id": fmt.Sprint(i), "text": texts[i%len(texts)]})
		out.Write(append(row, '\n'))
	}
	return out.Bytes()
}

// engineAlone returns how long cleaning and analysing n articles takes on all
// cores.
func engineAlone(texts []string, n int) time.Duration {
	engine, topics := local.New(), taxonomy.Default()
	var next atomic.Int64
	var workers sync.WaitGroup
	begun := time.Now()
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				document := article.Clean(article.Raw{Text: texts[i%int64(len(texts))]})
				engine.Analyze(context.Background(), &summarizer.Task{
					Document: document,
					Summary:  &summarizer.SummaryTask{MaxSentences: 3, Language: document.Language},
					Topics:   &summarizer.TopicTask{Topics: topics.Topics(), Taxonomy: topics},
				})
			}
		})
	}
	workers.Wait()
	return time.Since(begun)
}

// BenchmarkBatchModel runs articles through the command against a fake model of
// one second that takes 64 calls at once; the figure to read is
//
//	rate/ideal  articles a second, as a share of 64
func BenchmarkBatchModel(b *testing.B) {
	const atOnce, latency, articles = 64, time.Second, 64 * 20
	api := llmtest.New(b)
	obey := llmtest.Obey()
	api.Default(llmtest.After(latency, obey))
	var share float64
	runs := 0
	for b.Loop() {
		begun := time.Now()
		got := cli(b, nil, archiveOf(articles), "batch", "-", "-o", os.DevNull, "--data-dir", b.TempDir(),
			"--llm-model", "m", "--llm-base-url", api.URL(), "--llm-max-concurrency", fmt.Sprint(atOnce))
		if got.code != exitOK {
			b.Fatal(got.stderr)
		}
		share += float64(articles) / time.Since(begun).Seconds() / atOnce
		runs++
	}
	if most := api.MaxConcurrent(); most > atOnce {
		b.Errorf("%d calls at once", most)
	}
	b.ReportMetric(share/float64(runs), "rate/ideal")
}
