package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/seed-59202292/summarizer/internal/admin"
	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/cluster"
	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

type cacheCmd struct {
	Stats cacheStatsCmd `cmd:"" help:"Print the size of the cache."`
	Purge cachePurgeCmd `cmd:"" help:"Remove every stored answer for the articles in files, or all answers."`
}

// cacheFlags say which cache is meant.
type cacheFlags struct {
	DataDir        string `help:"Directory of the disk cache. Default: summarizer in the user's cache directory." placeholder:"DIR"`
	natsFlags      `group:"nats"`
	AdminAddr      string `help:"Admin address of a running server, or unix:///PATH. Default: the socket in the data directory if a server has the file, else the file." placeholder:"HOST:PORT"`
	AdminTokenFile string `help:"File with the admin token of that server, for purge." placeholder:"FILE"`
}

type cacheStatsCmd struct {
	JSON bool `name:"json" help:"Print JSON." config:"-"`
	cacheFlags
}

type cachePurgeCmd struct {
	Files []string `arg:"" optional:"" name:"file" help:"Articles as they were sent, one a file; - is standard input."`
	All   bool     `help:"Remove everything." config:"-"`
	cacheFlags
	auditFlag
}

// Help implements kong.HelpProvider.
func (*cachePurgeCmd) Help() string {
	return `An article is recognised by its clean text, whatever its title, markup and the options of the requests: purge the old text, then send the corrected one.`
}

// Run prints the state of the cache.
func (c *cacheStatsCmd) Run(env *environment, config *config) error {
	control, err := c.open(env, config)
	if err != nil {
		return err
	}
	defer control.Close()
	stats, err := control.Stats(env.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(env.stdout).Encode(stats)
	}
	return stats.WriteText(env.stdout)
}

// Run removes answers.
func (c *cachePurgeCmd) Run(env *environment, config *config) error {
	if c.All == (len(c.Files) > 0) {
		return errors.New("name the files of the articles to remove, or --all for everything")
	}
	request := admin.PurgeRequest{All: c.All}
	for _, path := range c.Files {
		entry, err := readArticle(env, path, formatFlag{})
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		text, mediaType := entry.Content()
		request.Add(summarizer.Article{Text: text, MediaType: mediaType})
	}
	audit, err := telemetry.OpenAudit(c.AuditLog, config.logger(env, slog.LevelWarn))
	if err != nil {
		return err
	}
	defer audit.Close()
	control, err := c.open(env, config)
	if err != nil {
		return err
	}
	defer control.Close()
	n, err := control.Purge(env.ctx, request)
	audit.Record(env.ctx, "purge", "all", request.All, "articles", len(request.Articles), "removed", n, "failed", err != nil)
	if err == nil {
		fmt.Fprintf(env.stdout, "%d answers removed\n", n)
	}
	return err
}

// open opens the file, or the server that has it, and with them what a cluster
// shares.
func (f *cacheFlags) open(env *environment, config *config) (admin.OpenCache, error) {
	own, err := f.openOwn(env, config)
	if err != nil || !f.clustered() {
		return own, err
	}
	shared, err := f.openShared(env, config)
	if err != nil {
		own.Close()
		return nil, err
	}
	return admin.OwnAndShared(own, shared), nil
}

// openShared connects to a cluster. All processes that are connected to it remove the
// answers that are purged there.
func (f *cacheFlags) openShared(env *environment, config *config) (admin.OpenCache, error) {
	if err := f.validate(); err != nil {
		return nil, err
	}
	if f.URL == cluster.Embedded {
		return nil, errors.New("--nats-url embedded is for serve and batch: name the address that they print")
	}
	log := config.logger(env, slog.LevelWarn)
	connection, err := f.connect(env, "", log)
	if err != nil {
		return nil, err
	}
	c, err := cache.Open(cache.Options{Shared: f.sharedCache(connection), Logger: log})
	if err != nil {
		connection.Close()
		return nil, fmt.Errorf("--nats-url: %w", err)
	}
	return &admin.CacheInProcess{Cache: c, AfterClose: connection.Close}, nil
}

// openOwn opens the file, or the server that has it.
func (f *cacheFlags) openOwn(env *environment, config *config) (admin.OpenCache, error) {
	if f.AdminAddr != "" {
		token, err := settings.ReadSecret("--admin-token-file", f.AdminTokenFile)
		return admin.NewHTTPClient(f.AdminAddr, token), err
	}
	directory, err := cacheDir(f.DataDir)
	if err != nil {
		return nil, err
	}
	return admin.OpenDirectory(env.ctx, directory, config.logger(env, slog.LevelWarn))
}
