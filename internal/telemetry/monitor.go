package telemetry

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// flushTimeout bounds how long the last metrics and traces may hold up the end of
// the process.
const flushTimeout = 5 * time.Second

// Monitor is what a server tells of itself: metrics in a registry, metrics and traces to a
// collector where the environment names one, and an audit log where a file is given.
type Monitor struct {
	Registry *prometheus.Registry
	Metrics  *Metrics
	Export   *Export
	Audit    *Audit // nil: no file is given

	log *slog.Logger
}

// OpenMonitor opens what the server of a version tells of itself. An empty auditLog is none.
// The caller closes the monitor.
func OpenMonitor(ctx context.Context, getenv func(string) string, version, auditLog string, log *slog.Logger) (*Monitor, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	export, err := NewExport(ctx, getenv, version, registry, log)
	if err != nil {
		return nil, err
	}
	audit, err := OpenAudit(auditLog, log)
	if err != nil {
		return nil, err
	}
	metrics := New(registry, export.MetricOptions()...)
	metrics.Built(version)
	return &Monitor{registry, metrics, export, audit, log}, nil
}

// Close sends the metrics and traces that still wait.
func (m *Monitor) Close() {
	m.Audit.Close()
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := m.Export.Shutdown(ctx); err != nil {
		m.log.Warn("the last metrics and traces could not be exported", "error", err)
	}
}
