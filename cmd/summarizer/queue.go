package main

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/cluster"
	"github.com/seed-59202292/summarizer/internal/queue"
)

// queueConcurrency is the number of articles that wait in a queue for workers
// whose number is not known here.
const queueConcurrency = 1000

// openBackend returns what answers for the articles of the run. The caller
// closes it.
func (c *batchCmd) openBackend(env *environment, config *config) (*backend, error) {
	if c.maxUSD = c.MaxUSD; c.MaxUSD != 0 && (!c.enabled() || c.Addr != "" || c.clustered()) {
		return nil, errors.New("--max-usd limits the language model of this process: name one with --llm-model, without --addr and --nats-url; for servers and workers set --llm-client-daily-usd")
	}
	if !c.clustered() {
		return openBackend(env, config, &c.answerFlags, &c.serviceFlags)
	}
	if c.Addr != "" {
		return nil, errors.New("--addr and --nats-url exclude each other: a run asks servers, or it has workers")
	}
	warnUnused(env, &c.serviceFlags, "--nats-url has workers answer, which have their own")
	log := config.logger(env, slog.LevelWarn)
	connection, err := c.connect(env, c.DataDir, log)
	if err != nil {
		return nil, err
	}
	streams, err := c.streams(env, connection)
	if err != nil {
		connection.Close()
		return nil, err
	}
	queue, err := queue.Open(env.ctx, queue.Options{
		Streams:        streams,
		Run:            c.runIdentity(),
		Resume:         c.Resume,
		PublishTimeout: c.RetryFor,
		Logger:         log,
	})
	if err != nil {
		connection.Close()
		return nil, &exitError{exitNothingDone, err}
	}
	if connection.Embedded() {
		env.say("batch: workers reach the queue at %s", connection.Address())
	}
	return &backend{
		Analyzer:    queue,
		concurrency: queueConcurrency,
		retries:     true,
		close: func() {
			queue.Close()
			connection.Close()
		},
	}, nil
}

// runIdentity tells the runs on a cluster apart: by output, options and machine.
func (c *batchCmd) runIdentity() string {
	if c.Output == archive.Stdin {
		return rand.Text() // nothing goes on with it
	}
	machine, _ := os.Hostname()
	output, err := filepath.Abs(c.Output)
	if err != nil {
		output = c.Output
	}
	return strings.Join([]string{machine, output, c.identity("")}, "\x00")
}

// warnUnused says which flags of the service in this process are not used, and why.
func warnUnused(env *environment, service *serviceFlags, why string) {
	unused := []struct{ name, value string }{{"--llm-model", service.Model}, {"--taxonomy", service.Taxonomy}}
	if service.URL != cluster.Embedded {
		unused = append(unused, struct{ name, value string }{"--data-dir", service.DataDir})
	}
	for _, flag := range unused {
		if flag.value != "" {
			env.say("%s is not used: %s", flag.name, why)
		}
	}
}
