package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// flushTimeout bounds how long the last metrics and traces may hold up the end of
// the process.
const flushTimeout = 5 * time.Second

// monitor is what a server tells of itself: metrics in registry, and metrics and
// traces to a collector where the environment names one.
type monitor struct {
	registry *prometheus.Registry
	metrics  *telemetry.Metrics
	export   *telemetry.Export
	audit    *telemetry.Audit
	log      *slog.Logger
}

func newMonitor(env *environment, auditLog string, log *slog.Logger) (*monitor, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	export, err := telemetry.NewExport(env.ctx, env.environ.Get, versionOf(), registry, log)
	if err != nil {
		return nil, err
	}
	audit, err := telemetry.OpenAudit(auditLog, log)
	if err != nil {
		return nil, err
	}
	metrics := telemetry.New(registry, export.MetricOptions()...)
	metrics.Built(versionOf())
	return &monitor{registry, metrics, export, audit, log}, nil
}

// close sends what is left.
func (m *monitor) close() {
	m.audit.Close()
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := m.export.Shutdown(ctx); err != nil {
		m.log.Warn("the last metrics and traces could not be exported", "error", err)
	}
}
