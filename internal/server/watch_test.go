package server

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// Unusable files are read again though they did not change, as the cause may be outside of
// them: the owner of a directory, another file.
func TestWatchTriesAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	replace(t, path, []byte("first"))
	var log logBuffer
	registry := prometheus.NewRegistry()
	loaded, fault := 0, error(nil)
	w, err := watch("clients", func() (int, error) {
		loaded++
		return loaded, fault
	}, Watch{Logger: log.logger(), Metrics: telemetry.New(registry)}, path)
	if err != nil {
		t.Fatal(err)
	}
	state := func(want float64) {
		t.Helper()
		if got := gaugeOf(t, registry, "summarizer_reload_successful"); got != want {
			t.Errorf("the metric is %v, want %v", got, want)
		}
	}
	w.check()
	if w.get() != 1 {
		t.Error("a file that did not change is read again")
	}
	state(1)

	fault = errors.New("no permission")
	replace(t, path, []byte("second"))
	w.check()
	w.check()
	if got := strings.Count(log.String(), "level=ERROR"); w.get() != 1 || loaded != 3 || got != 1 {
		t.Errorf("value %d, read %d times, reported %d times", w.get(), loaded, got)
	}
	state(0)
	if err := w.reload(); !errors.Is(err, fault) || strings.Count(log.String(), "level=ERROR") != 2 {
		t.Errorf("asked to read again: %v, and the log: %s", err, log.String())
	}

	fault = nil
	w.check()
	if w.get() != 5 {
		t.Errorf("value %d when the file can be used again", w.get())
	}
	state(1)
}
