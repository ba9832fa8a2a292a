// Command summarizer makes summaries and topic labels of news articles: as a
// gRPC server, for single files, and for archives.
//
// main hands everything that it has of the process to run, which tests call in
// its place. One struct, config, holds all flags; each subcommand is a file.
// Flags come from the command line, else from the environment, else from the
// file that --config names, else they have their defaults. wiring.go builds
// the objects of the service out of them.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/display"
	"github.com/seed-59202292/summarizer/internal/hangup"
	"github.com/seed-59202292/summarizer/internal/settings"
)

// Exit codes.
const (
	exitOK          = 0
	exitUsage       = 1   // wrong flags or configuration, or no start
	exitSomeFailed  = 2   // some inputs failed
	exitNothingDone = 3   // no input could be done
	exitInterrupted = 130 // as of a shell, after SIGINT or SIGTERM
)

func main() {
	// net/http tells the global logger what a server sends unasked, which may be
	// anything that a model writes.
	log.SetOutput(io.Discard)

	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel() // asks for an orderly end
		<-signals
		os.Exit(exitInterrupted)
	}()
	hangups := hangups{received: hangup.Received}
	if !hangup.Ignored {
		hangups.end = signals
	}
	os.Exit(run(ctx, hangups, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// hangups are the signals SIGHUP: servers read their files again, other commands are asked
// to end, as their terminal is gone. The zero value is none.
type hangups struct {
	received <-chan os.Signal
	end      chan<- os.Signal // takes the signals that ask for an end; nil: none does
}

// environment is what a command may touch of the process.
type environment struct {
	ctx     context.Context // ends when the process is asked to end
	hangups hangups
	args    []string
	environ settings.Environ
	stdin   io.Reader
	stdout  io.Writer     // data
	stderr  io.Writer     // everything else
	level   slog.LevelVar // of the log

	terminal bool // stderr is a terminal that can be drawn on
}

// run is the program: it returns the exit code.
func run(ctx context.Context, hangups hangups, args, environ settings.Environ, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &output{w: stdout}
	env := &environment{ctx: ctx, hangups: hangups, args: args, environ: environ, stdin: stdin, stdout: out, stderr: &lockedWriter{w: stderr}}
	env.terminal = display.IsTerminal(stderr) && environ.Get("TERM") != "dumb"
	command, err := parse(args, env)
	if err == nil && command != nil {
		defer env.watchHangups(command)()
		err = command.Run(env)
	}
	if out.err != nil && (err == nil || command == nil) || env.outputFailed(err) {
		err = &exitError{exitNothingDone, fmt.Errorf("standard output cannot be written: %s", archive.Describe(out.err))}
	}
	if err == nil {
		return exitOK
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{exitUsage, err}
	}
	if exit.err != nil {
		env.say("%v", exit.err)
	}
	return exit.code
}

// say prints one line on standard error.
func (env *environment) say(format string, args ...any) {
	line := strings.ReplaceAll(strings.TrimSpace(fmt.Sprintf(format, args...)), "\n", "; ")
	fmt.Fprintf(env.stderr, "summarizer: %s\n", article.Printable(line))
}

// sayOf returns a function that prints what command has to say.
func (env *environment) sayOf(command string) func(string, ...any) {
	return func(format string, args ...any) { env.say(command+": "+format, args...) }
}

// output is standard output. It keeps the first error, so that no command that prints loses
// one.
type output struct {
	w   io.Writer
	err error
}

// outputFailed reports whether err is the fault of standard output.
func (env *environment) outputFailed(err error) bool {
	out, ok := env.stdout.(*output)
	return ok && out.err != nil && errors.Is(err, out.err)
}

// Unwrap returns what o writes to.
func (o *output) Unwrap() io.Writer { return o.w }

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

// lockedWriter is a writer that several goroutines share.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Unwrap returns what l writes to.
func (l *lockedWriter) Unwrap() io.Writer { return l.w }

// Write implements io.Writer.
func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// exitError ends the program with a code; err may be nil when all is said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	return cmp.Or(e.err, fmt.Errorf("exit code %d", e.code)).Error()
}

func (e *exitError) Unwrap() error { return e.err }
