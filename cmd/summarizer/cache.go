package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-59202292/summarizer/internal/admin"
	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/cluster"
	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

type cacheCmd struct {
	Stats cacheStatsCmd `cmd:"" help:"Print how much is in the cache."`
	Purge cachePurgeCmd `cmd:"" help:"Remove every stored answer for the articles in files, or all answers."`
}

// cacheFlags say which cache is meant.
type cacheFlags struct {
	DataDir        string `help:"Directory of the disk cache. Default: summarizer in the user's cache directory." placeholder:"DIR"`
	natsFlags      `group:"nats"`
	AdminAddr      string `help:"Admin address of a running server, or unix:///PATH, to speak to it and not to the file. When a server has the file, its socket in the data directory is used by itself." placeholder:"HOST:PORT"`
	AdminTokenFile string `help:"File that holds the token of that server, for purge." placeholder:"FILE"`
}

type cacheStatsCmd struct {
	JSON bool `name:"json" help:"Print JSON." config:"-"`
	cacheFlags
}

type cachePurgeCmd struct {
	Files []string `arg:"" optional:"" name:"file" help:"Articles as they were sent, one a file; - is standard input."`
	All   bool     `help:"Remove everything." config:"-"`
	cacheFlags
}

// Help implements kong.HelpProvider.
func (*cachePurgeCmd) Help() string {
	return `An article is recognised by its clean text, whatever its title, markup and the options of the requests: purge the text that was answered, then have the corrected one answered.`
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
	fmt.Fprintf(env.stdout, "today   %d tokens, %.6f US dollars spent on language models\n", stats.SpentTokens, float64(stats.SpentMicroUSD)/1e6)
	fmt.Fprintf(env.stdout, "memory  %d entries, %d bytes\n", stats.MemoryEntries, stats.MemoryBytes)
	if stats.DiskPath == "" {
		fmt.Fprintln(env.stdout, "disk    none")
		return nil
	}
	fmt.Fprintf(env.stdout, "disk    %d entries, %d bytes, %s\n", stats.DiskEntries, stats.DiskBytes, stats.DiskPath)
	if !stats.Oldest.IsZero() {
		fmt.Fprintf(env.stdout, "oldest  %s\n", stats.Oldest.Format(time.RFC3339))
	}
	return nil
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
		key := summarizer.ArticleKey(summarizer.Article{Text: text, MediaType: mediaType})
		request.Articles = append(request.Articles, hex.EncodeToString(key[:]))
	}
	control, err := c.open(env, config)
	if err != nil {
		return err
	}
	defer control.Close()
	n, err := control.Purge(env.ctx, request)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%d answers removed\n", n)
	return nil
}

// closableCache is a cache in a file or in a running server.
type closableCache interface {
	admin.CacheControl
	Close()
}

// open opens the file, or the server that has it, and with them what a cluster
// shares.
func (f *cacheFlags) open(env *environment, config *config) (closableCache, error) {
	own, err := f.openOwn(env, config)
	if err != nil || !f.clustered() {
		return own, err
	}
	shared, err := f.openShared(env, config)
	if err != nil {
		own.Close()
		return nil, err
	}
	return &localAndSharedCache{own, shared}, nil
}

// openShared connects to a cluster. What is purged there, all processes remove that
// are connected to it.
func (f *cacheFlags) openShared(env *environment, config *config) (*localCache, error) {
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
	return &localCache{cache: c, connection: connection}, nil
}

// localAndSharedCache are the cache of this machine and that of a cluster.
type localAndSharedCache struct {
	closableCache
	shared *localCache
}

func (b *localAndSharedCache) Purge(ctx context.Context, request admin.PurgeRequest) (int, error) {
	n, err := b.closableCache.Purge(ctx, request)
	shared, failed := b.shared.Purge(ctx, request)
	return max(n, shared), errors.Join(err, failed)
}

func (b *localAndSharedCache) Close() {
	b.closableCache.Close()
	b.shared.Close()
}

// openOwn opens the file. When a server has it, that server is spoken to.
func (f *cacheFlags) openOwn(env *environment, config *config) (closableCache, error) {
	if f.AdminAddr != "" {
		token, err := settings.ReadSecret("--admin-token-file", f.AdminTokenFile)
		return admin.NewHTTPClient(f.AdminAddr, token), err
	}
	directory, err := cacheDir(f.DataDir)
	if err != nil {
		return nil, err
	}
	log := config.logger(env, slog.LevelWarn)
	c, err := cache.Open(cache.Options{Dir: directory, Logger: log})
	if err == nil {
		return &localCache{cache: c}, nil
	}
	if !errors.Is(err, cache.ErrLocked) {
		return nil, err
	}
	server := admin.NewHTTPClient(admin.SocketOf(directory), "")
	if _, asked := server.Stats(env.ctx); asked != nil {
		server.Close()
		return nil, fmt.Errorf("%w, and has no socket there that answers: name the server that has it with --admin-addr", err)
	}
	return server, nil
}

// localCache is a cache in this process.
type localCache struct {
	cache      *cache.Cache
	results    *cache.ResultStore  // nil when nothing is served from here
	connection *cluster.Connection // to close with the cache; nil when there is none
}

func (c *localCache) Stats(context.Context) (admin.CacheStats, error) {
	s, err := c.cache.Stats()
	return admin.CacheStats(s), err
}

func (c *localCache) Purge(_ context.Context, request admin.PurgeRequest) (removed int, err error) {
	keys := make([]summarizer.Key, len(request.Articles))
	for i, text := range request.Articles {
		raw, err := hex.DecodeString(text)
		if err != nil || len(raw) != len(keys[i]) {
			return 0, errors.New("a key of an article is 64 hexadecimal digits")
		}
		copy(keys[i][:], raw)
	}
	if request.All {
		removed, err = c.cache.PurgeAll()
	}
	for _, key := range keys {
		n, failed := c.cache.Purge(key)
		removed, err = removed+n, errors.Join(err, failed)
	}
	// A finished result does not say which article it is of.
	if c.results != nil {
		c.results.Clear()
	}
	return removed, err
}

func (c *localCache) Close() {
	_ = c.cache.Close()
	c.connection.Close()
}
