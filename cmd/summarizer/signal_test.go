package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// process is the program in a process of its own.
type process struct {
	command *exec.Cmd
	stderr  *bufio.Scanner
}

func start(t *testing.T, stdin string, args ...string) *process {
	t.Helper()
	return startBy(t, nil, stdin, args...)
}

// startBy starts the program by a command that runs another one; by may be empty.
func startBy(t *testing.T, by []string, stdin string, args ...string) *process {
	t.Helper()
	args = slices.Concat(by, []string{os.Args[0]}, args)
	command := exec.CommandContext(t.Context(), args[0], args[1:]...)
	command.Env = []string{asProgram + "=1", "HOME=" + t.TempDir()}
	command.Stdin = strings.NewReader(stdin)
	command.WaitDelay = 10 * time.Second
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return &process{command, bufio.NewScanner(stderr)}
}

// await reads standard error up to a line that holds text.
func (p *process) await(t *testing.T, text string) {
	t.Helper()
	for p.stderr.Scan() {
		if strings.Contains(p.stderr.Text(), text) {
			return
		}
	}
	t.Fatalf("the program ended without a line that holds %q", text)
}

func (p *process) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// end waits for the program and returns its exit code.
func (p *process) end(t *testing.T) int {
	t.Helper()
	for p.stderr.Scan() {
		continue
	}
	err := p.command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return p.command.ProcessState.ExitCode()
}

func TestSignalDrains(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		p := start(t, "", "serve", "--listen", "127.0.0.1:0", "--admin-listen", "")
		p.await(t, "msg=ready")
		p.signal(t, signal)
		p.await(t, "msg=stopped")
		if code := p.end(t); code != exitOK {
			t.Errorf("%v: code %d", signal, code)
		}
	}
}

func TestSecondSignalStops(t *testing.T) {
	api := llmtest.New(t)
	api.Default(llmtest.Hang())
	p := start(t, archiveOf(3), "batch", "-", "-o", os.DevNull, "--llm-model", "m", "--llm-base-url", api.URL(), "--default-deadline", "5m", "--llm-timeout", "5m")
	api.AwaitArrivals(t, 1)
	p.signal(t, os.Interrupt)
	p.await(t, "interrupted: finishing")
	p.signal(t, os.Interrupt)
	if code := p.end(t); code != exitInterrupted {
		t.Errorf("code %d", code)
	}
}
