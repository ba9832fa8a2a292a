package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/display"
)

// A command line that cannot be used is answered with a line that names the way out.
func TestSlips(t *testing.T) {
	article := write(t, "a.txt", mine)
	file := write(t, "config.yaml", "max-sentences: three\n")
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"address to analyze", []string{"analyze", "https://example.org/a"}, "addresses are not fetched: curl -s https://example.org/a | summarizer analyze -; see summarizer analyze --help"},
		{"address to batch", []string{"batch", article, "HTTP://example.org/a", "-o", "-"}, "curl -s HTTP://example.org/a | summarizer batch " + article + " - -o -"},
		{"address to read", []string{"read", "https://example.org/a"}, "curl -s https://example.org/a | summarizer read -"},
		{"address to eval", []string{"eval", "https://example.org/a"}, "curl -s https://example.org/a | summarizer eval -"},
		{"address to purge", []string{"cache", "purge", "https://example.org/a"}, "curl -s https://example.org/a | summarizer cache purge -"},
		{"address of a taxonomy", []string{"topics", "--taxonomy", "https://example.org/t.yaml"}, "--taxonomy: https://example.org/t.yaml is an address: name a file"},
		{"address of an output", []string{"batch", article, "-o", "s3://bucket/out.jsonl"}, "--output: s3://bucket/out.jsonl is an address"},
		{"address and no command", []string{"https://example.org/a"}, "curl -s https://example.org/a | summarizer analyze -"},
		{"file and no command", []string{article}, "to summarize it, write summarizer analyze " + article},
		{"dash and no command", []string{"-"}, "write summarizer analyze -"},
		{"no file", []string{"analyze"}, "no file is named: name one, or - for standard input, such as summarizer analyze FILE"},
		{"no name", []string{"keys", "add"}, "no name is given: write summarizer keys add NAME; see summarizer keys add --help"},
		{"words for a number", []string{"analyze", "--max-sentences", "three", article}, `--max-sentences: "three" is not a whole number: write digits, such as 3; see summarizer analyze --help`},
		{"words in a file", []string{"analyze", "--config", file, article}, `config.yaml:1: the key "max-sentences": "three" is not a whole number`},
		{"comma in a price", []string{"analyze", "--llm-input-price", "1,5", article}, `"1,5" is not a number: write digits, such as 2 or 0.5`},
		{"words for a quota", []string{"keys", "add", "a", "--streams", "many"}, `--streams: "many" is not a whole number`},
		{"no unit", []string{"serve", "--llm-timeout", "5"}, `--llm-timeout: "5" has no unit: write 5s, 5m or 5h; see summarizer serve --help`},
		{"unit of another kind", []string{"serve", "--llm-timeout", "5minutes"}, "write numbers with units, such as 500ms, 30s or 1h30m"},
		{"no value", []string{"batch", article, "-o"}, "--output: the value is missing: write --output=VALUE"},
		{"flag for a value", []string{"batch", article, "-o", "--ordered"}, "--ordered looks like a flag: write --output=--ordered if it is the value"},
		{"one dash", []string{"analyze", "-json", article}, "unknown flag -json: write --json with two dashes"},
		{"letters swapped", []string{"analyze", "--max-sentence", "2", article}, `did you mean "--max-sentences"?; see summarizer analyze --help`},
		{"command misspelt", []string{"analyse", article}, `did you mean "analyze"?; see summarizer --help`},
		{"level", []string{"analyze", "--log-level", "loud", article}, `--log-level must be one of "debug","info","warn","error" but got "loud"`},
		{"quoted address", []string{"read", "https://example.org/a?b=c&d"}, "curl -s 'https://example.org/a?b=c&d' | summarizer read -; see"},
		{"no command", []string{"frob"}, "there is no command frob; see summarizer --help"},
		{"argument too many", []string{"topics", "all"}, "unexpected argument all; see summarizer topics --help"},
		{"no subcommand", []string{"keys"}, `expected one of "add", "set", "list", "remove"; see summarizer keys --help`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := cli(t, nil, "", tt.args...)
			if got.code != exitUsage || got.stdout != "" {
				t.Errorf("code %d, standard output %q", got.code, got.stdout)
			}
			oneLine(t, got.stderr, "summarizer: ", tt.want)
		})
	}
	oneLine(t, cli(t, map[string]string{"SUMMARIZER_MAX_SENTENCES": "three"}, "", "analyze", article).stderr,
		`the variable SUMMARIZER_MAX_SENTENCES: "three" is not a whole number`)
}

// A path that looks like an address and is a file is read.
func TestFileThatLooksLikeAnAddress(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("file:/x", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("file:/x/a.txt", []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := cli(t, nil, "", "analyze", "file://x/a.txt"); got.code != exitOK {
		t.Errorf("code %d: %s", got.code, got.stderr)
	}
}

// Text that is piped in needs a dash; what to write is said.
func TestPipeWithoutDash(t *testing.T) {
	for command, want := range map[string]string{
		"":           "no command is given: to summarize what is piped in, write summarizer analyze -",
		"read":       "no file is named: to read what is piped in, write summarizer read -",
		"batch -o -": "no input is named: to read what is piped in, write summarizer batch -",
	} {
		in, out, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = out.Close()
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), hangups{}, strings.Fields(command), environOf(nil), in, &stdout, &stderr)
		_ = in.Close()
		if code != exitUsage || stdout.Len() > 0 {
			t.Errorf("%q: code %d, standard output %q", command, code, stdout.String())
		}
		oneLine(t, stderr.String(), want)
	}
}

// The error of a client says whether the server speaks TLS, is no gRPC server, or is missing.
func TestUnreachableServers(t *testing.T) {
	certificate, key := selfSigned(t)
	encrypted := serve(t, nil, "--listen-tls-cert", certificate, "--listen-tls-key", key)
	plain := serve(t, nil)
	article := write(t, "a.txt", mine)
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"TLS in plain text", []string{"--addr", encrypted.grpc}, "it speaks TLS, and was asked in plain text: add --tls, or --tls-ca FILE"},
		{"plain text in TLS", []string{"--addr", plain.grpc, "--tls"}, "it speaks plain text: leave out --tls"},
		{"unknown authority", []string{"--addr", encrypted.grpc, "--tls"}, "name the authority of its certificate with --tls-ca FILE"},
		{"nobody", []string{"--addr", "127.0.0.1:1"}, "connection refused: start it with summarizer serve, or check --addr"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oneLine(t, cli(t, nil, "", append([]string{"healthcheck", "--timeout", "20s"}, tt.args...)...).stderr, tt.want)
			oneLine(t, cli(t, nil, "", append([]string{"analyze", article}, tt.args...)...).stderr, tt.want)
		})
	}
}

// analyzerFunc is a function as a batch.Analyzer.
type analyzerFunc func(ctx context.Context, request *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error)

func (f analyzerFunc) AnalyzeArticle(ctx context.Context, request *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
	return f(ctx, request)
}

// A model that hangs is named on a terminal, once. One that answers soon is not, and no line
// is written where standard error is no terminal.
func TestHangingModelIsNamed(t *testing.T) {
	article := write(t, "a.txt", mine)
	for _, tt := range []struct {
		took     time.Duration
		terminal bool
		want     string
	}{
		{2 * time.Second, true, ""},
		{20 * time.Second, true, "summarizer: analyze: waiting for the language model m, at most 30s (--default-deadline)\n"},
		{20 * time.Second, false, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var stderr bytes.Buffer
			env := &environment{ctx: t.Context(), stdout: io.Discard, stderr: &lockedWriter{w: &stderr}, terminal: tt.terminal}
			b := &backend{waitsFor: "the language model m", Analyzer: analyzerFunc(func(context.Context, *summarizerv1.AnalyzeArticleRequest) (*summarizerv1.AnalyzeArticleResponse, error) {
				time.Sleep(tt.took)
				return &summarizerv1.AnalyzeArticleResponse{}, nil
			})}
			command := &analyzeCmd{serviceFlags: serviceFlags{DefaultDeadline: 30 * time.Second}}
			printer := display.NewPrinter(env.stdout, func(string) string { return "" })
			err := command.analyze(env, b, article, printer, false)
			synctest.Wait()
			if err != nil || stderr.String() != tt.want {
				t.Errorf("%+v: %v, %q", tt, err, stderr.String())
			}
		})
	}
}

// A standard output that cannot be written is an error of every command that prints.
func TestFullStandardOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	article := write(t, "a.txt", mine)
	for _, args := range [][]string{
		{"topics"},
		{"topics", "--json"},
		{"version"},
		{"--version"},
		{"--help"},
		{"man"},
		{"completion", "bash"},
		{"analyze", article},
		{"analyze", "--json", article},
		{"read", article},
		{"batch", article, "-o", "-", "--engine", "local"},
		{"batch", article, "--dry-run"},
		{"cache", "stats", "--data-dir", t.TempDir()},
		{"eval", write(t, "d.jsonl", `{"text":"A bridge opened on Monday.","reference":"A bridge opened."}`)},
	} {
		var stderr bytes.Buffer
		if code := run(t.Context(), hangups{}, args, environOf(nil), strings.NewReader(""), full, &stderr); code == exitOK {
			t.Errorf("%v: exit code 0, %q", args, stderr.String())
		}
		if !strings.Contains(stderr.String(), "standard output cannot be written: no space left on device") {
			t.Errorf("%v: standard error is %q", args, stderr.String())
		}
	}
}

// Figures and purges of a cache that is not there make none.
func TestMissingCache(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "none")
	if got := cli(t, nil, "", "cache", "stats", "--data-dir", directory); got.code != exitOK || !strings.Contains(got.stdout, "disk    none\n") {
		t.Errorf("stats: %+v", got)
	}
	if got := cli(t, nil, "", "cache", "purge", "--all", "--data-dir", directory); got.code != exitOK || got.stdout != "0 answers removed\n" {
		t.Errorf("purge: %+v", got)
	}
	if _, err := os.Stat(directory); err == nil {
		t.Error("the directory was made")
	}
}

// A report replaces a file only with --overwrite.
func TestReportsKeepExistingFiles(t *testing.T) {
	data := write(t, "data.jsonl", `{"text":"A bridge opened on Monday in Harwick.","reference":"A bridge opened."}`)
	for _, flag := range []string{"--html", "--json"} {
		report := write(t, "report", "mine")
		oneLine(t, cli(t, nil, "", "eval", data, flag, report).stderr, flag+" "+report+" exists: name another file, or replace it with --overwrite")
		if held, err := os.ReadFile(report); err != nil || string(held) != "mine" {
			t.Errorf("%v: the file holds %q", err, held)
		}
		if got := cli(t, nil, "", "eval", data, flag, report, "--overwrite"); got.code != exitOK {
			t.Errorf("code %d: %s", got.code, got.stderr)
		}
		if held, err := os.ReadFile(report); err != nil || strings.HasPrefix(string(held), "mine") {
			t.Errorf("%v: the file holds %q", err, held)
		}
	}
}

// The report of a run takes the place of no input, no output and no file that was there.
func TestBatchReportKeepsExistingFiles(t *testing.T) {
	article, mineToo := write(t, "a.txt", mine), write(t, "page.html", "mine")
	out := filepath.Join(t.TempDir(), "out.jsonl")
	for _, tt := range []struct {
		report, want string
	}{
		{article, "the input " + article + " is a file that this run writes"},
		{out, "--report " + out + " is also another output"},
		{mineToo, "--report " + mineToo + " exists: name another file, or replace it with --overwrite"},
	} {
		got := cli(t, nil, "", "batch", article, "-o", out, "--engine", "local", "--report", tt.report)
		if got.code != exitUsage {
			t.Errorf("code %d", got.code)
		}
		oneLine(t, got.stderr, tt.want)
	}
	if held, err := os.ReadFile(mineToo); err != nil || string(held) != "mine" {
		t.Errorf("%v: the file holds %q", err, held)
	}
	if got := cli(t, nil, "", "batch", article, "-o", out, "--engine", "local", "--report", mineToo, "--overwrite"); got.code != exitOK {
		t.Errorf("code %d: %s", got.code, got.stderr)
	}
}

// Two outputs of one command are two files, whatever their paths look like.
func TestTwoOutputsOnOnePath(t *testing.T) {
	t.Chdir(t.TempDir())
	data := write(t, "data.jsonl", `{"text":"A bridge opened on Monday in Harwick.","reference":"A bridge opened."}`)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"eval", data, "--json", "report", "--html", "./report"}, "--html ./report is also another output"},
		{[]string{"keys", "add", "newsroom", "--clients", "clients", "--output", "./clients"}, "--output and --clients name one file"},
		{[]string{"serve", "--listen", "unix:///tmp/one.sock", "--admin-listen", "unix:///tmp/one.sock"}, "--listen and --admin-listen are one address"},
		{[]string{"serve", "--check", "--http-listen", "127.0.0.1:50051"}, "--http-listen is the address of --listen"},
		{[]string{"serve", "--http-listen", "127.0.0.1:9090", "--admin-listen", "127.0.0.1:9090"}, "--http-listen is the address of"},
	} {
		got := cli(t, nil, "", tt.args...)
		if got.code != exitUsage {
			t.Errorf("%v: code %d", tt.args, got.code)
		}
		oneLine(t, got.stderr, tt.want)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("%v: %v was made", err, left)
	}
}

// Shells are told commands, flags and values, and no file is touched.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if got := cli(t, nil, "", "completion", shell); got.code != exitOK || !strings.Contains(got.stdout, "complete ") {
			t.Errorf("%s: %+v", shell, got)
		}
	}
	for line, want := range map[string]string{
		"summarizer an":                 "analyze",
		"summarizer keys re":            "remove",
		"summarizer batch --overw":      "--overwrite",
		"summarizer analyze --format b": "bullets",
		"summarizer completion z":       "zsh",
	} {
		t.Setenv("COMP_LINE", line)
		t.Setenv("COMP_POINT", strconv.Itoa(len(line)))
		if got := cli(t, nil, ""); got.code != exitOK || strings.TrimSpace(got.stdout) != want {
			t.Errorf("%q: %+v, want %s", line, got, want)
		}
	}
}

// Each command has a manual page that holds its help and its flags.
func TestManual(t *testing.T) {
	program := cli(t, nil, "", "man")
	if program.code != exitOK || !strings.HasPrefix(program.stdout, `.TH "SUMMARIZER" 1`) || !strings.Contains(program.stdout, ".B summarizer keys add\n") {
		t.Errorf("%+v", program)
	}
	page := cli(t, nil, "", "man", "keys", "add").stdout
	for _, want := range []string{
		`summarizer\-keys\-add \- Add a client, or a further key of a client, and print the key`,
		"    summarizer keys add newsroom \\-\\-clients clients.yaml",
		".B \\-\\-requests\\-per\\-second=N\n",
		"Variable: SUMMARIZER_CLIENTS.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
	oneLine(t, cli(t, nil, "", "man", "keys", "ad").stderr, `there is no command "keys ad": see summarizer keys --help`)
}
