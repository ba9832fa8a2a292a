package main

import (
	"bufio"
	"io"
	"sync"
	"time"
)

const (
	logBufferBytes = 64 << 10
	logDelay       = 100 * time.Millisecond
)

// bufferedLog collects lines and writes them together, at the latest after
// logDelay: a server that logs each call would else make a system call for each.
// It is safe for concurrent use.
type bufferedLog struct {
	mu     sync.Mutex
	buffer *bufio.Writer
	due    bool // a flush is under way to happen
}

func newBufferedLog(w io.Writer) *bufferedLog {
	return &bufferedLog{buffer: bufio.NewWriterSize(w, logBufferBytes)}
}

// Write implements io.Writer. An error is that of an earlier line.
func (l *bufferedLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Whole lines only, as others write to the same file.
	if len(line) > l.buffer.Available() {
		if err := l.buffer.Flush(); err != nil {
			return 0, err
		}
	}
	if !l.due {
		l.due = true
		time.AfterFunc(logDelay, l.Flush)
	}
	return l.buffer.Write(line)
}

// Flush writes what there is. Nobody can be told that a log cannot be written.
func (l *bufferedLog) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.due = false
	_ = l.buffer.Flush()
}
