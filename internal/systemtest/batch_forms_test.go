package systemtest

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// mixedArchive makes a directory of 60 lines, one of them bad, a tar archive with two
// members of one name, and a feed in Latin 1: 73 articles and an error.
func mixedArchive(t *testing.T) (dir string, articles int) {
	t.Helper()
	dir = t.TempDir()
	put := func(name string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.SplitAfter(archiveOf(60), "\n")
	lines[7] = "{\n"
	put("1.jsonl", []byte(strings.Join(lines, "")))
	var members bytes.Buffer
	w := tar.NewWriter(&members)
	for i, name := range []string{"a.txt", "b.txt", "a.txt", "a.txt"} {
		text := fmt.Sprintf("%s\nMember number %d.", strike, i)
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	put("2.tar", members.Bytes())
	feed := `<?xml version="1.0" encoding="iso-8859-1"?><rss version="2.0"><channel>`
	for i := range 10 {
		feed += fmt.Sprintf("<item><guid>%d</guid><title>Jos\xe9 and strike %d</title><description>%s</description></item>", i, i, strike)
	}
	put("3.xml", []byte(feed+"</channel></rss>"))
	return dir, 59 + 4 + 10
}

// rowsOf returns what the rows of an output of any form say, without what depends on the
// run.
func rowsOf(t *testing.T, path string) (rows []string) {
	t.Helper()
	type record struct {
		ID      string `parquet:"id"`
		Path    string `parquet:"path"`
		Member  string `parquet:"member"`
		Ordinal int64  `parquet:"ordinal"`
		Line    int64  `parquet:"line"`
		Status  string `parquet:"status"`
		Summary string `parquet:"summary"`
		Reason  string `parquet:"error_reason"`
	}
	add := func(r record) { rows = append(rows, fmt.Sprintf("%+v", r)) }
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	switch filepath.Ext(path) {
	case ".csv":
		table, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := func(row []string, name string) string { return row[slices.Index(table[0], name)] }
		for _, row := range table[1:] {
			ordinal, _ := strconv.ParseInt(at(row, "ordinal"), 10, 64)
			line, _ := strconv.ParseInt(at(row, "line"), 10, 64)
			add(record{at(row, "id"), at(row, "path"), at(row, "member"), ordinal, line, at(row, "status"), at(row, "summary"), at(row, "error_reason")})
		}
	case ".parquet":
		records, err := parquet.Read[record](bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			add(r)
		}
	default:
		for line := range bytes.Lines(content) {
			var row batch.OutputRow
			var result struct{ Summary struct{ Text string } }
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatalf("the output has the row %q: %v", line, err)
			}
			if row.Result != nil {
				if err := json.Unmarshal(row.Result, &result); err != nil {
					t.Fatal(err)
				}
			}
			reason := ""
			if row.Error != nil {
				reason = row.Error.Reason
			}
			add(record{row.ID, row.Source.Path, row.Source.Member, row.Source.Ordinal, row.Source.Line, row.Status, result.Summary.Text, reason})
		}
	}
	return rows
}

// TestBatchKilledInEveryForm kills runs into each form of output again and again, and
// resumes them: in the end they hold the same rows as one that nobody killed.
func TestBatchKilledInEveryForm(t *testing.T) {
	kills := min(2*testScale(), 16)
	in, articles := mixedArchive(t)
	for _, tt := range []struct {
		name    string
		ordered bool
	}{{"out.jsonl", false}, {"out.jsonl", true}, {"out.csv", false}, {"out.csv", true}, {"out.parquet", false}, {"out.parquet", true}} {
		t.Run(fmt.Sprintf("%s, ordered %t", tt.name, tt.ordered), func(t *testing.T) {
			api := llmtest.New(t)
			api.Default(llmtest.After(10*time.Millisecond, llmtest.Obey()))
			args := func(out string) []string {
				args := []string{
					"batch", in, "-o", out, "--resume", "--concurrency", "4", "--data-dir", t.TempDir(),
					"--llm-model", "m", "--llm-base-url", api.URL(),
				}
				if tt.ordered {
					args = append(args, "--ordered")
				}
				return args
			}
			whole, out := filepath.Join(t.TempDir(), tt.name), filepath.Join(t.TempDir(), tt.name)
			if got := cli(t, nil, "", args(whole)...); got.code != exitSomeFailed {
				t.Fatalf("code %d: %s", got.code, got.stderr)
			}
			want := rowsOf(t, whole)
			random := rand.New(rand.NewPCG(1, 2))
			for range kills {
				api.Forget()
				p := start(t, "", args(out)...)
				// The server of the fake tells when to kill: never so late that all is done.
				api.AwaitArrivals(t, 1+random.IntN(max(1, (articles-10)/kills-2)))
				p.signal(t, syscall.SIGKILL)
				p.end(t)
			}
			if got := cli(t, nil, "", args(out)...); got.code != exitSomeFailed {
				t.Fatalf("code %d: %s", got.code, got.stderr)
			}
			got := rowsOf(t, out)
			if !tt.ordered {
				slices.Sort(want)
				slices.Sort(got)
			}
			if diff := cmp.Diff(want, got); diff != "" || len(got) != articles+1 {
				t.Errorf("%d rows of %d, -want +got:\n%s", len(got), articles+1, diff)
			}
			if left, _ := filepath.Glob(out + ".prior*"); left != nil {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestOrderedBatchKilledEarly kills an ordered run half a second after each of its starts:
// it makes headway all the same. The first line fails each time.
func TestOrderedBatchKilledEarly(t *testing.T) {
	if testScale() == 1 {
		t.Skip("takes time by its nature: run it with " + scaleVariable)
	}
	const articles = 4000
	in := write(t, "in.jsonl", "{\n"+archiveOf(articles))
	out := filepath.Join(t.TempDir(), "out.jsonl")
	args := []string{"batch", in, "-o", out, "--resume", "--ordered", "--engine", "local", "--data-dir", t.TempDir()}
	starts := 0
	for ; starts < 1000; starts++ {
		command := exec.CommandContext(t.Context(), program(t), args...)
		command.Env = environ(nil, tempDir)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(500*time.Millisecond, func() { _ = command.Process.Kill() })
		_ = command.Wait()
		kill.Stop()
		if command.ProcessState.ExitCode() >= 0 {
			break
		}
	}
	if done := len(linesDone(t, out)); done != articles {
		t.Errorf("%d of %d articles are done after %d starts", done, articles, starts)
	}
	t.Logf("done after %d starts", starts+1)
}

// largeArchive makes an archive of about a size out of articles of 4 KB.
type largeArchive struct {
	name string
	make func(t *testing.T, path string, size int64)
}

// story returns an article of 4 KB.
func story(i int) string {
	return strings.Repeat(fmt.Sprintf("Report %d says that the harbour of Velmar has opened again after a storm of %d hours. ", i, i%40), 46)
}

// writeLarge writes parts until the file has a size.
func writeLarge(t *testing.T, path string, size int64, part func(i int) string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	var written int64
	for i := 0; written < size; i++ {
		n, err := w.WriteString(part(i))
		if err != nil {
			t.Fatal(err)
		}
		written += int64(n)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

var largeArchives = []largeArchive{
	{"in.jsonl", func(t *testing.T, path string, size int64) {
		writeLarge(t, path, size, func(i int) string { return fmt.Sprintf("{\"id\":%d,\"text\":%q}\n", i, story(i)) })
	}},
	{"in.warc", func(t *testing.T, path string, size int64) {
		writeLarge(t, path, size, func(i int) string {
			page := fmt.Sprintf("<html><body><article><h1>Report %d</h1><p>%s</article>", i, strings.ReplaceAll(story(i), ". ", ".<p>"))
			answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(page), page)
			return fmt.Sprintf("WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:%d>\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", i, len(answer), answer)
		})
	}},
	{"feeds", func(t *testing.T, path string, size int64) {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		const largest = 3_500_000 // near the limit of a feed
		for n := int64(0); n*largest < size; n++ {
			file := filepath.Join(path, fmt.Sprintf("%04d.xml", n))
			writeLarge(t, file, min(largest, size), func(i int) string {
				item := fmt.Sprintf("<item><guid>%d.%d</guid><title>Report %d</title><description>%s</description></item>\n", n, i, i, story(i))
				if i == 0 {
					return "<rss version=\"2.0\"><channel>" + item
				}
				return item
			})
			end, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := end.WriteString("</channel></rss>"); err != nil {
				t.Fatal(err)
			}
			if err := end.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}},
	{"in.parquet", func(t *testing.T, path string, size int64) { // one row group, larger by a third
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		type row struct {
			ID   int64  `parquet:"id"`
			Text string `parquet:"text"`
		}
		w := parquet.NewGenericWriter[row](file, parquet.Compression(&parquet.Zstd), parquet.PageBufferSize(1<<20))
		var written int64
		for i := 0; written < size/3*4; i++ {
			text := story(i)
			written += int64(len(text))
			if _, err := w.Write([]row{{int64(i), text}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}},
}

// TestBatchOfLargeArchives reads archives of 300 MB, at the scale of a soak, in less than
// 200 MB. A twentieth of the articles is answered, for the sake of time: what is read does
// not depend on it.
func TestBatchOfLargeArchives(t *testing.T) {
	if raceDetector || runtime.GOOS != "linux" {
		t.Skip("the race detector takes memory of its own, and other systems count in other units")
	}
	const most = 200 << 10 // KB
	size := min(25*int64(testScale()), 300) * 1_000_000
	for _, archive := range largeArchives {
		t.Run(archive.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), archive.name)
			archive.make(t, path, size)
			out := filepath.Join(t.TempDir(), "out.jsonl")
			command := exec.CommandContext(t.Context(), program(t), "batch", path, "-o", out, "--shard", "1/20", "--engine", "local", "--data-dir", t.TempDir())
			command.Env = environ(nil, tempDir)
			output, err := command.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
			if !ok {
				t.Skip("no use of resources is known")
			}
			rows := len(rowsOf(t, out))
			t.Logf("%d MB, %d rows, peak %d KB", size/1_000_000, rows, usage.Maxrss)
			if rows < int(size/150_000) || usage.Maxrss > most {
				t.Errorf("%d rows, and a peak of %d KB, more than %d", rows, usage.Maxrss, most)
			}
		})
	}
}
