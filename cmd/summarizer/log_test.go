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
	text   strings.Builder
	count  int
	broken int
}

func (w *writes) Write(p []byte) (int, error) {
	w.count++
	if p[len(p)-1] != '\n' {
		w.broken++
	}
	return w.text.Write(p)
}

func TestBufferedLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &writes{}
		log := newBufferedLog(out)
		_, _ = io.WriteString(log, "one\n")
		_, _ = io.WriteString(log, "two\n")
		if out.count != 0 {
			t.Errorf("%d writes at once", out.count)
		}
		time.Sleep(logDelay)
		synctest.Wait()
		if out.count != 1 || out.text.String() != "one\ntwo\n" {
			t.Errorf("%d writes after the delay: %q", out.count, out.text.String())
		}
		_, _ = io.WriteString(log, "three\n")
		log.Flush()
		if out.count != 2 || !strings.HasSuffix(out.text.String(), "three\n") {
			t.Errorf("%d writes after a flush: %q", out.count, out.text.String())
		}
		time.Sleep(logDelay)
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
