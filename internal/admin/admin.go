// Package admin serves operators over HTTP: metrics, probes, profiles and the
// cache; and it is the client of that, for the cache commands. Server and Client
// share the JSON of this file.
//
// Metrics, probes and figures of the cache are for everybody who reaches an address. Requests
// that change something or show the inside of the process take a token, or a Unix socket,
// which the file system guards: the socket in the data directory serves every user who may
// read the cache there. Web pages may not ask for it, whatever name they have for this machine.
// There is no encryption. Texts never travel; articles are named by their keys.
package admin

import (
	"context"
	"time"

	"github.com/seed-59202292/summarizer/internal/ledger"
)

// Paths that the client asks for.
const (
	readyPath = "/readyz"
	statsPath = "/cache/stats"
	purgePath = "/cache/purge"
)

// CacheControl is a cache of answers that can be looked at and purged.
type CacheControl interface {
	Stats(ctx context.Context) (CacheStats, error)
	Purge(ctx context.Context, request PurgeRequest) (removed int, err error)
}

// CacheStats says how much is in a cache.
type CacheStats struct {
	MemoryEntries int64     `json:"memoryEntries"`
	MemoryBytes   int64     `json:"memoryBytes"`
	DiskEntries   int64     `json:"diskEntries"`
	DiskBytes     int64     `json:"diskBytes"`
	DiskPath      string    `json:"diskPath"` // empty: there is no disk cache
	Oldest        time.Time `json:"oldest,omitzero"`
	SpentTokens   int64     `json:"spentTokens"` // on language models, today in UTC
	SpentMicroUSD int64     `json:"spentMicroUsd"`

	// Clients that spent something today, the largest amount first.
	Clients []ledger.ClientSpending `json:"clients,omitempty"`
}

// PurgeRequest says what to remove: everything, or the answers for articles.
type PurgeRequest struct {
	All      bool     `json:"all,omitempty"`
	Articles []string `json:"articles,omitempty"` // keys of 64 hexadecimal digits
}

// purgeResponse is the answer to a PurgeRequest.
type purgeResponse struct {
	Removed int `json:"removed"`
}
