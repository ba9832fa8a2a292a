package telemetry

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// writes keeps what is written, write by write.
type writes struct {
	mu    sync.Mutex
	seen  []string
	fails error
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fails != nil {
		return 0, w.fails
	}
	w.seen = append(w.seen, string(p))
	return len(p), nil
}

func (w *writes) expect(t *testing.T, want ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if fmt.Sprintf("%q", w.seen) != fmt.Sprintf("%q", want) {
		t.Errorf("written: %q, want %q", w.seen, want)
	}
}

func TestLineBufferWaitsOnlyWhereLinesFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &writes{}
		b := NewLineBuffer(out)
		for _, line := range []string{"one\n", "two\n", "three\n"} {
			if n, err := b.Write([]byte(line)); n != len(line) || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
		}
		out.expect(t, "one\n") // at once, as nothing came before it
		time.Sleep(lineDelay)
		synctest.Wait()
		out.expect(t, "one\n", "two\nthree\n")
		time.Sleep(lineDelay)
		_, _ = b.Write([]byte("four\n"))
		_, _ = b.Write([]byte("five\n"))
		out.expect(t, "one\n", "two\nthree\n", "four\n")
		b.Flush()
		b.Flush()
		time.Sleep(time.Second)
		synctest.Wait()
		out.expect(t, "one\n", "two\nthree\n", "four\n", "five\n")
	})
}

func TestLineBufferLeavesNoWarningWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &bytes.Buffer{}
		b := NewLineBuffer(out)
		log := NewLogger(b, true, slog.LevelInfo).With("of", "test").WithGroup("g")
		log.Info("first")
		log.Info("second")
		if strings.Contains(out.String(), "second") {
			t.Errorf("written at once: %s", out)
		}
		log.Warn("third")
		if s := out.String(); strings.Count(s, "\n") != 3 || !strings.Contains(s, "third") {
			t.Errorf("after a warning: %s", s)
		}
	})
}

func TestLineBufferKeepsEveryLineWhole(t *testing.T) {
	const writers, each = 8, 2000
	out := &writes{}
	b := NewLineBuffer(out)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for n := range each {
				fmt.Fprintf(b, "line %d of writer %d, as long as the line of a call is in practice\n", n, i)
			}
		})
	}
	long := strings.Repeat("x", 2*lineBufSize) + "\n"
	fmt.Fprint(b, long)
	wg.Wait()
	b.Flush()
	out.mu.Lock()
	defer out.mu.Unlock()
	lines := 0
	for _, text := range out.seen {
		lines += strings.Count(text, "\n")
		if !strings.HasSuffix(text, "\n") || len(text) > lineBufSize && text != long {
			t.Errorf("a write of %d bytes that ends in %q", len(text), text[len(text)-20:])
		}
	}
	if lines != writers*each+1 {
		t.Errorf("%d lines, want %d", lines, writers*each+1)
	}
}

func TestLineBufferTellsFailures(t *testing.T) {
	full := errors.New("disk full")
	b := NewLineBuffer(&writes{fails: full})
	if _, err := b.Write([]byte("one\n")); !errors.Is(err, full) {
		t.Errorf("%v, want %v", err, full)
	}
}
