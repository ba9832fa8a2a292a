package admin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// OpenCache is a cache in a file, in a cluster or in a running server.
type OpenCache interface {
	CacheControl
	Close()
}

// OpenDirectory opens the cache in a data directory, or the server that has its file. A
// directory without one is an empty cache, and stays as it is.
func OpenDirectory(ctx context.Context, directory string, log *slog.Logger) (OpenCache, error) {
	if !cache.Exists(directory) {
		directory = ""
	}
	c, err := cache.Open(cache.Options{Dir: directory, Logger: log})
	if err == nil {
		return &CacheInProcess{Cache: c}, nil
	}
	if !errors.Is(err, cache.ErrLocked) {
		return nil, err
	}
	server := NewHTTPClient(SocketOf(directory), "")
	if _, asked := server.Stats(ctx); asked != nil {
		server.Close()
		return nil, fmt.Errorf("%w, and has no socket there that answers: name the server that has it with --admin-addr", err)
	}
	return server, nil
}

// CacheInProcess is a cache in this process.
type CacheInProcess struct {
	Cache      *cache.Cache
	Results    *cache.ResultStore // purged with the cache; nil when nothing is served from here
	AfterClose func()             // nil: nothing
}

// Stats implements CacheControl.
func (c *CacheInProcess) Stats(context.Context) (CacheStats, error) {
	s, err := c.Cache.Stats()
	return CacheStats(s), err
}

// Purge implements CacheControl.
func (c *CacheInProcess) Purge(_ context.Context, request PurgeRequest) (removed int, err error) {
	keys := make([]summarizer.Key, len(request.Articles))
	for i, text := range request.Articles {
		raw, err := hex.DecodeString(text)
		if err != nil || len(raw) != len(keys[i]) {
			return 0, errors.New("a key of an article is 64 hexadecimal digits")
		}
		copy(keys[i][:], raw)
	}
	if request.All {
		removed, err = c.Cache.PurgeAll()
	}
	for _, key := range keys {
		n, failed := c.Cache.Purge(key)
		removed, err = removed+n, errors.Join(err, failed)
	}
	// A finished result does not say which article it is of.
	if c.Results != nil {
		c.Results.Clear()
	}
	return removed, err
}

// Close closes the cache.
func (c *CacheInProcess) Close() {
	_ = c.Cache.Close()
	if c.AfterClose != nil {
		c.AfterClose()
	}
}

// OwnAndShared returns the cache of this machine together with the one of a cluster.
func OwnAndShared(own, shared OpenCache) OpenCache { return &ownAndShared{own, shared} }

// ownAndShared has the figures of the cache of this machine, what is spent by all machines
// together, and purges both.
type ownAndShared struct {
	OpenCache
	shared OpenCache
}

func (b *ownAndShared) Stats(ctx context.Context) (CacheStats, error) {
	stats, err := b.OpenCache.Stats(ctx)
	shared, failed := b.shared.Stats(ctx)
	stats.SpentTokens, stats.SpentMicroUSD, stats.Clients = shared.SpentTokens, shared.SpentMicroUSD, shared.Clients
	return stats, errors.Join(err, failed)
}

func (b *ownAndShared) Purge(ctx context.Context, request PurgeRequest) (int, error) {
	n, err := b.OpenCache.Purge(ctx, request)
	shared, failed := b.shared.Purge(ctx, request)
	return max(n, shared), errors.Join(err, failed)
}

func (b *ownAndShared) Close() {
	b.OpenCache.Close()
	b.shared.Close()
}

// Add adds an article to the ones whose answers are removed.
func (r *PurgeRequest) Add(a summarizer.Article) {
	key := summarizer.ArticleKey(a)
	r.Articles = append(r.Articles, hex.EncodeToString(key[:]))
}

// spent returns tokens, and what they cost where that is known.
func spent(tokens, microUSD int64) string {
	if microUSD == 0 {
		return fmt.Sprintf("%d tokens", tokens)
	}
	return fmt.Sprintf("%d tokens, %.6f US dollars", tokens, float64(microUSD)/1e6)
}

// WriteText writes the figures for people.
func (s CacheStats) WriteText(out io.Writer) error {
	text := fmt.Sprintf("today   %s spent on language models\n", spent(s.SpentTokens, s.SpentMicroUSD))
	for _, c := range s.Clients {
		text += fmt.Sprintf("        %s of them by %s\n", spent(c.Tokens, c.MicroUSD), c.Client)
	}
	text += fmt.Sprintf("memory  %d entries, %d bytes\n", s.MemoryEntries, s.MemoryBytes)
	if s.DiskPath == "" {
		text += "disk    none\n"
	} else {
		text += fmt.Sprintf("disk    %d entries, %d bytes, %s\n", s.DiskEntries, s.DiskBytes, s.DiskPath)
	}
	if !s.Oldest.IsZero() {
		text += fmt.Sprintf("oldest  %s\n", s.Oldest.Format(time.RFC3339))
	}
	_, err := io.WriteString(out, text)
	return err
}
