package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// writes counts how often something is written, and looks at where writes end.
type writes struct {
	mu     sync.Mutex
	text   strings.Builder
	count  int
	broken int
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	if p[len(p)-1] != '\n' {
		w.broken++
	}
	return w.text.Write(p)
}

// seen returns how often and what was written.
func (w *writes) seen() (count int, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count, w.text.String()
}

func TestBufferedLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &writes{}
		log := newBufferedLog(out)
		_, _ = io.WriteString(log, "one\n")
		_, _ = io.WriteString(log, "two\n")
		if count, _ := out.seen(); count != 0 {
			t.Errorf("%d writes at once", count)
		}
		<-time.After(logDelay)
		synctest.Wait()
		if count, text := out.seen(); count != 1 || text != "one\ntwo\n" {
			t.Errorf("%d writes after the delay: %q", count, text)
		}
		_, _ = io.WriteString(log, "three\n")
		log.Flush()
		if count, text := out.seen(); count != 2 || !strings.HasSuffix(text, "three\n") {
			t.Errorf("%d writes after a flush: %q", count, text)
		}
		<-time.After(logDelay)
	})
}

func TestBufferedLogKeepsEveryLine(t *testing.T) {
	const writers, each = 8, 2000
	out := &writes{}
	log := newBufferedLog(out)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for n := range each {
				fmt.Fprintf(log, "line %d of writer %d, as long as those of calls are in practice\n", n, i)
			}
		})
	}
	wg.Wait()
	log.Flush()
	log.mu.Lock()
	defer log.mu.Unlock()
	if n := strings.Count(out.text.String(), "\n"); n != writers*each || out.broken != 0 || out.count >= n/10 {
		t.Errorf("%d lines in %d writes, %d of them within a line; want %d lines", n, out.count, out.broken, writers*each)
	}
}
