package main

import (
	"log/slog"
	"slices"
	"sync"

	"github.com/seed-59202292/summarizer/internal/probe"
	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// reloading are the commands that read files again at a hangup.
var reloading = []string{"serve", "worker"}

// watchHangups passes hangups on that ask a command to end, which none of reloading does.
func (env *environment) watchHangups(i *invocation) (stop func()) {
	done := make(chan struct{})
	if env.hangups.end != nil && !slices.Contains(reloading, i.context.Command()) {
		go func() {
			select {
			case hangup := <-env.hangups.received:
				env.hangups.end <- hangup
			case <-done:
			}
		}()
	}
	return func() { close(done) }
}

// reloader reads again what may change while a server runs: the configuration file for
// the level of the log, and the files of clients, certificates, taxonomy and model keys.
// A file that cannot be used is reported, and its previous content stays in force.
type reloader struct {
	env     *environment
	current *invocation // the last one that could be used
	flags   func(*invocation) *serviceFlags
	wiring  *wiring
	access  access
	audit   *telemetry.Audit
	log     *slog.Logger
}

func (i *invocation) serveFlags() *serviceFlags  { return &i.config.Serve.serviceFlags }
func (i *invocation) workerFlags() *serviceFlags { return &i.config.Worker.serviceFlags }

// start reloads at each hangup until stop is called.
func (r *reloader) start() (stop func()) {
	r.wiring.metrics.Loaded("configuration")
	r.wiring.metrics.Loaded("taxonomy")
	if r.wiring.model != nil {
		r.wiring.metrics.Loaded("model_keys")
	}
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-r.env.hangups.received:
				r.reload()
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		running.Wait()
	}
}

func (r *reloader) reload() {
	r.env.notify(r.log, probe.Reloading)
	defer r.env.notify(r.log, probe.Ready)
	r.log.Info("reloading")
	r.report("configuration", r.reloadConfiguration())
	flags := r.flags(r.current)
	r.report("taxonomy", r.wiring.reloadTaxonomy(flags.Taxonomy))
	if r.wiring.model != nil {
		endpoints, err := flags.modelEndpoints(r.env)
		if err == nil {
			err = r.wiring.model.SetKeys(endpoints)
		}
		r.report("model_keys", err)
	}
	if r.audit != nil {
		r.report("audit_log", r.audit.Reopen())
	}
	r.access.reload()
	r.log.Info("reloaded")
}

// reloadConfiguration reads the configuration file and takes the level of the log.
func (r *reloader) reloadConfiguration() error {
	next, err := parse(r.env.args, r.env)
	if err != nil {
		return err
	}
	changed := settings.Changed(r.current.context, next.context, "log-level", "taxonomy", "llm-api-key-file")
	if !settings.SameEndpoints(r.flags(r.current).Endpoints, r.flags(next).Endpoints) {
		changed = append(changed, settings.EndpointsKey)
	}
	if !settings.SameVerifier(r.flags(r.current).Verify, r.flags(next).Verify) {
		changed = append(changed, settings.VerifyKey)
	}
	if len(changed) > 0 {
		r.log.Warn("some changed settings count after a restart only", "settings", changed)
	}
	r.env.level.Set(next.config.levelOr(slog.LevelInfo))
	r.current = next
	return nil
}

// notify tells a state to systemd, where that started the process.
func (env *environment) notify(log *slog.Logger, state string) {
	if err := probe.Notify(env.environ.Get, state); err != nil {
		log.Warn("systemd could not be notified", "state", state, "error", err)
	}
}

func (r *reloader) report(what string, err error) {
	r.wiring.metrics.Reloaded(what, err)
	if err != nil {
		r.log.Error("a changed file cannot be used; the former content stays in force", "what", what, "error", err)
	}
}
