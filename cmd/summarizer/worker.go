package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"time"

	"github.com/seed-59202292/summarizer/internal/probe"
	"github.com/seed-59202292/summarizer/internal/queue"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

type workerCmd struct {
	Concurrency   int           `help:"Maximum concurrent articles. Default: the concurrent calls that the language model takes, else 8 for each core." default:"0" placeholder:"N" min:"0" max:"10000"`
	MaxDeliveries int           `help:"Maximum deliveries of an article, over all workers, before it becomes a dead letter." std:"max_deliveries" min:"1" max:"1000"`
	DrainTimeout  time.Duration `help:"Maximum time to finish running articles after SIGTERM." std:"worker_drain" min:"1ms"`
	AdminListen   string        `help:"Address for /metrics, /healthz and /readyz. Default: none." placeholder:"HOST:PORT"`

	adminFlags   `group:"access"`
	serviceFlags `group:"service"`
}

// Help implements kong.HelpProvider.
func (*workerCmd) Help() string {
	return `Examples:

    summarizer worker --nats-url nats://queue-1:4222,nats://queue-2:4222
    OPENAI_API_KEY=… summarizer worker --nats-url tls://queue:4222 --nats-creds worker.creds --llm-model gpt-5-mini

Takes articles that summarizer batch --nats-url publishes, and stores the answers. An article leaves the queue when its answer is stored; if its worker dies, another takes it. SIGTERM or SIGINT finishes running articles and returns the rest; a second one stops at once. SIGHUP reads model keys, taxonomy and the level of the log again.`
}

// Validate implements kong.Validatable.
func (c *workerCmd) Validate() error {
	if !c.clustered() {
		return errors.New("--nats-url is missing: name the NATS servers that batch uses")
	}
	return c.validate()
}

// Run works until the process is asked to end.
func (c *workerCmd) Run(env *environment, config *config, invoked *invocation) error {
	log := config.logger(env, slog.LevelInfo)
	var adminListener net.Listener
	if c.AdminListen != "" {
		var err error
		if adminListener, err = listenAdmin(server.Listen, c.AdminListen, c.AdminInsecure); err != nil {
			return err
		}
		defer adminListener.Close()
	}
	monitor, err := telemetry.OpenMonitor(env.ctx, env.environ.Get, versionOf(), c.AuditLog, log)
	if err != nil {
		return err
	}
	defer monitor.Close()
	w, err := wire(env, &c.serviceFlags, false, monitor, log)
	if err != nil {
		return err
	}
	defer w.Close()
	streams, err := c.streams(env, w.nats)
	if err != nil {
		return err
	}
	concurrency := c.Concurrency
	if concurrency == 0 {
		concurrency = 8 * runtime.GOMAXPROCS(0)
		if w.model != nil {
			concurrency = max(concurrency, w.model.Capacity())
		}
	}
	ready := []any{"nats", w.nats.Address()}
	admin, err := w.serveAdmin(c.adminFlags, monitor, false, nil, adminListener)
	if err != nil {
		return err
	}
	defer admin.Close()
	context.AfterFunc(env.ctx, admin.Drain)
	if adminListener != nil {
		ready = append(ready, "admin", adminListener.Addr().String())
	}
	defer (&reloader{env, invoked, (*invocation).workerFlags, w, access{}, monitor.Audit, log}).start()()
	env.notify(log, probe.Ready)
	context.AfterFunc(env.ctx, func() { env.notify(log, probe.Stopping) })
	log.Info("ready", append(ready, "concurrency", concurrency, "model", c.modelNames(), "version", w.info.Version)...)
	counts, err := queue.Work(env.ctx, queue.WorkerOptions{
		Streams:       streams,
		Analyzer:      w.bulkAnalyzer(c.DefaultDeadline),
		Concurrency:   concurrency,
		MaxDeliveries: c.MaxDeliveries,
		DrainTimeout:  c.DrainTimeout,
		Logger:        log,
	})
	log.Info("stopped", "answered", counts.Answered, "returned", counts.Returned, "dead", counts.Dead)
	if err != nil {
		return fmt.Errorf("the worker failed: %w", err)
	}
	return nil
}
