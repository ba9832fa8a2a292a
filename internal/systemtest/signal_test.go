package systemtest

import (
	"os"
	"syscall"
	"testing"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

func TestSignalDrains(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		p := start(t, "", "serve", "--listen", "127.0.0.1:0", "--http-listen", "", "--admin-listen", "")
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
