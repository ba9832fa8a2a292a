package main

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// check reads everything that a server reads at its start, and says all that it would
// refuse. It opens no address, no cache and no connection, so that a server may run beside
// it.
func (c *serveCmd) check(env *environment) error {
	_, addresses := c.listen(func(address string, localOnly bool) (net.Listener, error) {
		return nil, server.CheckAddress(address, localOnly)
	})
	access, entry := c.openAccess(c.IssuerFlags, server.Watch{Logger: slog.New(slog.DiscardHandler)})
	if entry == nil {
		access.close()
	}
	_, token := settings.ReadSecret("--admin-token-file", c.AdminTokenFile)
	_, topics := loadTaxonomy(c.Taxonomy)
	model, endpoints := c.buildModel(env, nil, nil, nil, nil)
	if model != nil {
		model.Close()
	}
	var nats error
	if c.clustered() {
		_, nats = c.options(env, c.DataDir)
	}
	var audit error
	if c.AuditLog != "" {
		if _, err := os.Stat(filepath.Dir(c.AuditLog)); err != nil {
			audit = fmt.Errorf("--audit-log %s: %s", c.AuditLog, archive.Describe(err))
		}
	}
	failed := false
	for _, err := range []error{addresses, entry, token, audit, telemetry.CheckExport(env.environ.Get), topics, endpoints, nats, checkDataDir(c.DataDir)} {
		if err != nil {
			failed = true
			env.say("%v", err)
		}
	}
	if failed {
		return &exitError{code: exitUsage}
	}
	fmt.Fprintln(env.stdout, "the settings can be used")
	return nil
}

// checkDataDir reports a directory of the disk cache that cannot be had.
func checkDataDir(flag string) error {
	directory, err := cacheDir(flag)
	if err != nil {
		return nil // a server goes on without one
	}
	if err := cache.CheckDir(directory); err != nil {
		return fmt.Errorf("--data-dir: %w", err)
	}
	return nil
}
