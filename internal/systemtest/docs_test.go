package systemtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// block is a fenced block of a page.
type block struct {
	line     int // of the page, where it begins
	language string
	text     string
}

var fence = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

// blocksOf returns the fenced blocks of a page.
func blocksOf(t *testing.T, path string) (blocks []block) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fence.FindAllSubmatchIndex(page, -1) {
		blocks = append(blocks, block{
			line:     bytes.Count(page[:m[0]], []byte("\n")) + 1,
			language: string(page[m[2]:m[3]]), text: string(page[m[4]:m[5]]),
		})
	}
	return blocks
}

// pages returns the README and the pages of docs/.
func pages(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{root + "/README.md"}, paths...)
}

// shown is a command of a console block with the output that the page shows; empty
// where it shows none.
type shown struct{ command, output string }

// commandsOf returns the commands of a block. Each begins with "$ " and goes on after
// a backslash, a pipe, and within quotation marks.
func commandsOf(text string) (all []shown) {
	for line := range strings.Lines(text) {
		last := len(all) - 1
		switch command, ok := strings.CutPrefix(line, "$ "); {
		case ok:
			all = append(all, shown{command: command})
		case last < 0:
			return nil // not a session
		case all[last].output == "" && goesOn(all[last].command):
			all[last].command += line
		default:
			all[last].output += line
		}
	}
	return all
}

func goesOn(command string) bool {
	command = strings.TrimRight(command, "\n")
	return strings.HasSuffix(command, `\`) || strings.HasSuffix(command, "|") || strings.Count(command, "'")%2 == 1
}

// needs maps words of commands that cannot be run here to their missing requirement.
var needs = map[string]string{
	"llm":                         "a language model",
	"--llm-model":                 "a language model",
	"--nats-url":                  "a cluster",
	"./internal/local/fit":        "a corpus",
	"make":                        "the tools",
	"alias":                       "no alias, as grpcurl is on the path",
	"OTEL_EXPORTER_OTLP_ENDPOINT": "a collector",
}

var update = flag.Bool("update", false, "write what commands print into the pages")

// TestDocsShowWhatCommandsPrint runs the console sessions of the README and of docs/,
// each page in a directory of its own, and compares what they print with what the page
// shows, but for times, durations, rates and random keys. tools has the
// other programs. With -update it writes changed output into the pages.
func TestDocsShowWhatCommandsPrint(t *testing.T) {
	bin := toolsOnPath(t)
	compared := 0
	for _, path := range pages(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			s := newSession(t, bin)
			for _, b := range blocksOf(t, path) {
				if b.language != "" && b.language != "console" {
					continue
				}
				for _, c := range commandsOf(b.text) {
					if need := needOf(c.command); need != "" {
						t.Logf("line %d: not run, as it needs %s: %s", b.line, need, c.command)
						continue
					}
					output, failed := s.run(t, c)
					if wantFailure := showsFailure(c.output); failed != wantFailure {
						t.Errorf("line %d: %sfails: %t, as the page shows it: %t\n%s", b.line, c.command, failed, wantFailure, output)
					}
					if c.output == "" {
						continue
					}
					compared++
					output = s.asShown(output)
					switch diff := cmp.Diff(inKind(c.output), inKind(output)); {
					case diff == "":
					case *update:
						rewrite(t, path, c, output)
					default:
						t.Errorf("line %d: %s(-page +printed):\n%s", b.line, c.command, diff)
					}
				}
			}
		})
	}
	if compared < 30 {
		t.Errorf("%d commands were compared: are the sessions of the pages still found?", compared)
	}
}

// rewrite puts the output of a command into a page.
func rewrite(t *testing.T, path string, c shown, output string) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before := "$ " + c.command
	page = bytes.Replace(page, []byte(before+c.output), []byte(before+output), 1)
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
}

// needOf returns what a command needs that is not there; empty when it can be run.
func needOf(command string) string {
	for _, word := range strings.FieldsFunc(command, func(r rune) bool { return r == ' ' || r == '\n' || r == '=' }) {
		if need, ok := needs[word]; ok {
			return need
		}
	}
	return ""
}

// showsFailure reports whether an output comes from a failing command.
func showsFailure(output string) bool {
	return strings.HasPrefix(output, "ERROR:") || strings.HasPrefix(output, "summarizer: ") && !strings.HasPrefix(output, "summarizer: batch: ")
}

// Addresses of a server as the pages name them.
const (
	shownListen = ":50051"
	shownHTTP   = ":8080"
	shownAdmin  = ":9464"
)

// session is a directory in which the commands of a page are run, and the server that
// they speak to.
type session struct {
	dir, bin string
	server   *testServer // nil until a command needs one
}

func newSession(t *testing.T, bin string) *session {
	t.Helper()
	dir := t.TempDir()
	examples, err := filepath.Abs(root + "/examples")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(examples, filepath.Join(dir, "examples")); err != nil {
		t.Fatal(err)
	}
	article, err := os.ReadFile(filepath.Join(examples, "articles", "gas-tariff.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "article.txt"), article, 0o600); err != nil {
		t.Fatal(err)
	}
	return &session{dir: dir, bin: bin}
}

var (
	goRun     = regexp.MustCompile(`\bgo run \./cmd/summarizer\b`)
	serveArgs = regexp.MustCompile(`^summarizer serve\b([^|<>]*)$`)
	localhost = regexp.MustCompile(`(localhost|127\.0\.0\.1)(` + shownListen + `|` + shownHTTP + `|` + shownAdmin + `)`)
)

// run runs a command and returns all that it prints. A server that the page shows to
// be ready goes on, in the place of the one before.
func (s *session) run(t *testing.T, c shown) (output string, failed bool) {
	t.Helper()
	command := goRun.ReplaceAllString(strings.TrimSpace(c.command), "summarizer")
	if m := serveArgs.FindStringSubmatch(command); m != nil && !showsFailure(c.output) {
		return s.serve(t, strings.Fields(m[1])...), false
	}
	if command == "summarizer healthcheck" {
		command += " --addr localhost" + shownListen // its default
	}
	command = localhost.ReplaceAllStringFunc(command, func(address string) string {
		if s.server == nil {
			s.serve(t)
		}
		switch {
		case strings.HasSuffix(address, shownAdmin):
			return s.server.admin
		case strings.HasSuffix(address, shownHTTP):
			return s.server.http
		}
		return s.server.grpc
	})
	shell := exec.CommandContext(t.Context(), "sh", "-c", command)
	shell.Dir = s.dir
	shell.Env = s.environ()
	printed, err := shell.CombinedOutput()
	return string(printed), err != nil
}

func (s *session) environ() []string {
	return []string{"HOME=" + s.dir, "GORACE=atexit_sleep_ms=0", "PATH=" + s.bin + string(os.PathListSeparator) + os.Getenv("PATH")}
}

// serve starts a server and returns the line that says that it is ready.
func (s *session) serve(t *testing.T, args ...string) string {
	t.Helper()
	if s.server != nil {
		s.server.stop()
	}
	command := exec.CommandContext(t.Context(), program(t), slices.Concat([]string{"serve"}, args,
		[]string{"--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir", t.TempDir()})...)
	command.Dir, command.Env = s.dir, s.environ()
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 20 * time.Second
	logs, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	found, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(found)
		for lines := bufio.NewScanner(logs); lines.Scan(); {
			if readyLine.MatchString(lines.Text()) {
				found <- lines.Text()
			}
		}
	}()
	server := &testServer{stop: sync.OnceValue(func() result {
		_ = command.Process.Signal(syscall.SIGTERM)
		<-ended
		_ = command.Wait()
		return result{}
	})}
	t.Cleanup(func() { server.stop() })
	ready, ok := <-found
	if !ok {
		t.Fatal("the server did not start")
	}
	addresses := readyLine.FindStringSubmatch(ready)
	server.grpc, server.http, server.admin = addresses[1], addresses[2], addresses[3]
	s.server = server
	return ready + "\n"
}

var readyLine = regexp.MustCompile(`msg=ready grpc=(\S+) http=(\S+) admin=(\S+)`)

// asShown names the server by the addresses of the pages.
func (s *session) asShown(output string) string {
	if s.server == nil {
		return output
	}
	output = strings.ReplaceAll(output, s.server.grpc, "127.0.0.1"+shownListen)
	output = strings.ReplaceAll(output, s.server.http, "127.0.0.1"+shownHTTP)
	return strings.ReplaceAll(output, s.server.admin, "127.0.0.1"+shownAdmin)
}

// varying is what differs between two runs of a command.
var varying = []struct {
	pattern     *regexp.Regexp
	replacement string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+Z`), "TIME"},
	{regexp.MustCompile(`\(\d+\.\d/s\)`), "(RATE)"},
	{regexp.MustCompile(`\b\d+(\.\d+)?(ms|µs|s)\b`), "DURATION"},
	{regexp.MustCompile(`"nextPageToken": "[\w-]+"`), `"nextPageToken": "TOKEN"`},
	{regexp.MustCompile(`\bgo1\.[\d.]+, \w+/\w+`), "PLATFORM"},
	{regexp.MustCompile(`(?m)^(\w+ +)[0-9a-f]{12}( +)\d{4}-\d\d-\d\d`), "${1}KEY$2DAY"},                   // keys list
	{regexp.MustCompile(`(?m)^(local +)[\d.]+ +[\d.]+ +[\d.]+ +(\d+ +\d+ +\d\.\d{4})`), "${1}LATENCY $2"}, // eval
}

// inKind returns the lines of an output with what varies replaced, and its JSON with
// the keys in order. JSON values of a line each, as rows of a batch are, come in any
// order.
func inKind(output string) (lines []string) {
	for _, v := range varying {
		output = v.pattern.ReplaceAllString(output, v.replacement)
	}
	var rows []string
	for output = strings.TrimSpace(output); output != ""; {
		start := strings.TrimLeft(output, " \t0123456789)") // details of an error are numbered
		if strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[") {
			decoder := json.NewDecoder(strings.NewReader(start))
			var value any
			if decoder.Decode(&value) == nil {
				length := decoder.InputOffset()
				if strings.Contains(start[:length], "\n") {
					canonical, _ := json.MarshalIndent(value, "", " ")
					lines = append(lines, strings.Split(string(canonical), "\n")...)
				} else {
					canonical, _ := json.Marshal(value)
					rows = append(rows, string(canonical))
				}
				output = strings.TrimLeft(start[length:], "\n")
				continue
			}
		}
		line, rest, _ := strings.Cut(output, "\n")
		lines, output = append(lines, strings.Join(strings.Fields(line), " ")), rest // columns are as wide as figures
	}
	slices.Sort(rows)
	return append(lines, rows...)
}

// TestDocsNameExistingFlags looks up each flag of each summarizer command on the
// pages in the help of that command.
func TestDocsNameExistingFlags(t *testing.T) {
	help := map[string]string{}
	named := regexp.MustCompile(`(^|\s)(--[a-z][a-z-]*)`)
	call := regexp.MustCompile(`(?:^|[\s;|(])(?:go run \./cmd/summarizer|summarizer)((?: [a-z]+)*)([^|;&#\n]*(?:\\\n[^|;&#\n]*)*)`)
	found := 0
	for _, path := range pages(t) {
		for _, b := range blocksOf(t, path) {
			if !slices.Contains([]string{"", "console", "sh"}, b.language) {
				continue
			}
			for _, m := range call.FindAllStringSubmatch(b.text, -1) {
				command := commandIn(strings.Fields(m[1]))
				if command == "" {
					continue
				}
				if help[command] == "" {
					help[command] = cli(t, nil, "", append(strings.Fields(command), "--help")...).stdout
				}
				for _, f := range named.FindAllStringSubmatch(m[2], -1) {
					found++
					if !strings.Contains(help[command], f[2]+" ") && !strings.Contains(help[command], f[2]+"=") && !strings.Contains(help[command], f[2]+"\n") {
						t.Errorf("%s: line %d: %s has no flag %s", filepath.Base(path), b.line, command, f[2])
					}
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("%d flags were found", found)
	}
}

// commandIn returns the command that words begin with.
func commandIn(words []string) string {
	commands := []string{"serve", "analyze", "batch", "eval", "worker", "topics", "llm check", "cache stats", "cache purge", "keys add", "keys set", "keys list", "keys remove", "healthcheck", "version"}
	for n := min(len(words), 2); n > 0; n-- {
		if name := strings.Join(words[:n], " "); slices.Contains(commands, name) {
			return name
		}
	}
	return ""
}

// toolsOnPath returns a directory with the program and with the other programs of the
// pages, which this binary is, so that the tests need nothing but Go.
func toolsOnPath(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for name := range tools {
		if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(program(t), filepath.Join(bin, "summarizer")); err != nil {
		t.Fatal(err)
	}
	return bin
}

// runTool ends the process when it was started by the name of a tool.
func runTool() {
	tool, ok := tools[filepath.Base(os.Args[0])]
	if !ok {
		return
	}
	code, err := tool(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}
