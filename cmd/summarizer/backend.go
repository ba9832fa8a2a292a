package main

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"

	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/probe"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// backend is what answers the articles of a command: the service in this
// process, or a server.
type backend struct {
	batch.Analyzer
	service     *summarizer.Service // nil: a server answers
	model       *llm.Engine         // nil: none is asked from this process
	concurrency int                 // articles worth having in flight, or to begin with
	adaptive    bool                // how many are worth it is found out
	retries     bool                // whether it tries again by itself what cannot be taken
	identity    string              // what its answers depend on besides the request; empty when that is not known
	waitsFor    string              // what may take its time, in words; empty when nothing does
	close       func()
}

// remoteConcurrency is the number of articles in flight to a server whose
// engines are not known here.
const remoteConcurrency = 32

// openBackend returns what the flags name. The caller closes it.
func openBackend(env *environment, c *config, answer *answerFlags, service *serviceFlags) (*backend, error) {
	if answer.Addr != "" {
		warnUnused(env, service, "--addr asks a server, which has its own")
		return openRemote(env, answer, service)
	}
	if answer.Engine == "llm" && !service.enabled() {
		return nil, errors.New("--engine llm needs a language model: name one with --llm-model")
	}
	log := c.logger(env, slog.LevelWarn)
	w, err := wire(env, service, false, nil, log)
	if err != nil {
		return nil, err
	}
	concurrency, waitsFor := runtime.GOMAXPROCS(0), ""
	if w.model != nil && answer.Engine != "local" {
		concurrency = max(concurrency, w.model.Capacity())
		waitsFor = "the language model " + service.modelNames()
	}
	return &backend{
		Analyzer:    w.bulkAnalyzer(service.DefaultDeadline),
		service:     w.service,
		model:       w.model,
		concurrency: concurrency,
		identity:    w.service.AnswerVersion(),
		waitsFor:    waitsFor,
		close:       w.Close,
	}, nil
}

// explain says why an answer is not of the language model that should have made it; empty where
// it is.
func (b *backend) explain(reason string) string {
	if text := b.model.LastFailure(reason); text != "" {
		return fmt.Sprintf("%s: %s; summarizer llm check calls each endpoint once", reason, text)
	}
	return reason
}

// openRemote connects to a server and asks whether it serves, so that a wrong
// address is one line and not one for each article.
func openRemote(env *environment, answer *answerFlags, service *serviceFlags) (*backend, error) {
	addr := answer.Addr
	remote, err := answer.dial(addr, service.DefaultDeadline)
	if err != nil {
		return nil, err
	}
	closeRemote := func() { _ = remote.Close() }
	if _, err := checkHealth(env.ctx, remote, "", connectTimeout); err != nil {
		closeRemote()
		if env.ctx.Err() != nil {
			return nil, &exitError{exitInterrupted, fmt.Errorf("interrupted while connecting to %s", addr)}
		}
		return nil, &exitError{exitNothingDone, probe.Unreachable(env.ctx, addr, batch.ErrorOf(err).Message, answer.encrypted())}
	}
	return &backend{
		Analyzer:    remoteAnalyzer{remote},
		concurrency: remoteConcurrency,
		adaptive:    true,
		waitsFor:    "the server at " + addr,
		close:       closeRemote,
	}, nil
}
