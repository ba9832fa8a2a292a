package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/admin"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/cluster"
	"github.com/seed-59202292/summarizer/internal/grounding"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/prompt"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/settings"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// wiring is the service in this process with all that it stands on.
type wiring struct {
	service *summarizer.Service
	cache   *cache.Cache
	results *cache.ResultStore
	local   *local.Engine
	model   *llm.Engine         // nil: no language model is configured
	nats    *cluster.Connection // nil: no cluster is named
	metrics *telemetry.Metrics
	info    server.Info
	log     *slog.Logger
}

// wire builds the service. With needDisk a disk cache that is in use, or
// that was asked for and cannot be had, is an error; without, a line says so and
// the service goes on with memory only. A nil monitor is told nothing.
func wire(env *environment, flags *serviceFlags, needDisk bool, monitor *telemetry.Monitor, log *slog.Logger) (*wiring, error) {
	w := &wiring{log: log}
	var tracer *telemetry.Tracer
	if monitor != nil {
		w.metrics, tracer = monitor.Metrics, monitor.Export.Tracer()
	}
	topics, err := loadTaxonomy(flags.Taxonomy)
	if err != nil {
		return nil, err
	}
	if flags.clustered() {
		if w.nats, err = flags.connect(env, flags.DataDir, log); err != nil {
			return nil, err
		}
	}
	w.results = cache.NewResultStore(0, 0)
	if w.cache, err = openCache(env, flags.DataDir, needDisk, cache.Options{
		Shared:  flags.sharedCache(w.nats),
		Purged:  w.results.Clear,
		Logger:  log,
		Metrics: w.metrics,
	}); err != nil {
		w.nats.Close()
		return nil, err
	}
	if w.model, err = flags.buildModel(env, w.cache.Ledger(), log, w.metrics, tracer); err != nil {
		_ = w.cache.Close() // nothing is in it yet
		w.nats.Close()
		return nil, err
	}
	w.info = serverInfo(&flags.llmFlags, topics)
	w.local = local.New()
	w.local.Prepare(topics)
	options := summarizer.Options{
		Local:            w.local,
		Taxonomy:         topics,
		Answers:          w.cache,
		Results:          w.results,
		ValidatorVersion: prompt.ValidatorVersion,
		DefaultDeadline:  flags.DefaultDeadline,
		MinModelTime:     flags.MinLLMTime,
		MaxStale:         flags.MaxStale,
		Observer:         w.metrics,
		Logger:           log,
	}
	if w.model != nil {
		for _, reason := range summarizer.FallbackReasons() {
			w.metrics.FallbackReason(string(reason))
		}
		w.info.MinModelTime = flags.MinLLMTime
		options.Model, options.Verifier, options.VerifyShare = w.model, w.model, flags.VerifyShare
	}
	w.service = summarizer.New(options)
	w.metrics.WatchCalls(w.service.Calls)
	return w, nil
}

// Close ends calls that run, then writes and closes the stores that they might still use.
func (w *wiring) Close() {
	w.service.Close()
	if w.model != nil {
		w.model.Close()
	}
	if err := w.cache.Close(); err != nil {
		w.log.Error("the cache could not be closed in good order", "error", err)
	}
	w.nats.Close()
}

// commandLine is the client of articles of the command line, for budgets.
const commandLine = "command-line"

// bulkAnalyzer answers the articles of an archive, each within the deadline.
func (w *wiring) bulkAnalyzer(deadline time.Duration) batch.Analyzer {
	return server.NewHandler(w.service, server.Options{
		DefaultDeadline: deadline,
		Bulk:            true,
		Client:          commandLine,
		Info:            w.info,
		Logger:          w.log,
	})
}

// adminFlags say who may use the admin address.
type adminFlags struct {
	AdminInsecure  bool   `help:"Allow an admin address that other machines can reach: it has no encryption, and metrics and probes need no authentication."`
	AdminTokenFile string `help:"File with the token for /cache/purge and /debug/pprof. Without it, only the Unix socket admin.sock in the data directory serves them." placeholder:"FILE"`
	AuditLog       string `help:"File to append to, in lines of JSON: changes of keys and rights, refused callers, and requests for profiles or to purge the cache. Opened again at a SIGHUP." placeholder:"FILE"`
}

// serveAdmin serves operators of the service at a listener, which may be nil, and at a
// socket in the data directory where there is one. A nil ready says that nothing but a drain
// keeps the service from being ready.
func (w *wiring) serveAdmin(flags adminFlags, monitor *telemetry.Monitor, profiles bool, ready func() error, listener net.Listener) (*admin.HTTPServer, error) {
	token, err := settings.ReadSecret("--admin-token-file", flags.AdminTokenFile)
	if err != nil {
		return nil, err
	}
	s := admin.NewHTTPServer(admin.ServerOptions{
		Cache:    &admin.CacheInProcess{Cache: w.cache, Results: w.results},
		Metrics:  monitor.Registry,
		Profiles: profiles,
		Token:    token,
		Ready:    ready,
		Logger:   w.log,
		Audit:    monitor.Audit,
	})
	listeners := []net.Listener{listener}
	if stats, err := w.cache.Stats(); err == nil && stats.DiskPath != "" {
		socket, err := server.Listen(admin.SocketOf(filepath.Dir(stats.DiskPath)), true)
		if err != nil {
			w.log.Warn("there is no admin socket in the data directory", "error", err)
		}
		listeners = append(listeners, socket)
	}
	s.ServeAll(listeners)
	return s, nil
}

// reloadTaxonomy has requests that come from then on answered with the topics of a file.
func (w *wiring) reloadTaxonomy(path string) error {
	topics, err := loadTaxonomy(path)
	if err == nil {
		w.local.Prepare(topics)
		w.service.SetTaxonomy(topics)
	}
	return err
}

func loadTaxonomy(path string) (*taxonomy.Taxonomy, error) {
	if path == "" {
		return taxonomy.Default(), nil
	}
	return taxonomy.Load(path, func(path string) ([]byte, error) {
		data, err := settings.ReadBounded(path, taxonomy.MaxFileBytes)
		if err != nil {
			return nil, fmt.Errorf("--taxonomy %s: %w", path, err)
		}
		return data, nil
	})
}

// openCache opens the memory tier, where it can be had the disk tier, and the one
// that machines share where there is a cluster.
func openCache(env *environment, dataDir string, needDisk bool, options cache.Options) (*cache.Cache, error) {
	directory, err := cacheDir(dataDir)
	if err == nil {
		options.Dir = directory
		var c *cache.Cache
		if c, err = cache.Open(options); err == nil {
			return c, nil
		}
		if errors.Is(err, cache.ErrShared) {
			return nil, fmt.Errorf("--nats-url: %w", err)
		}
		if needDisk && (dataDir != "" || errors.Is(err, cache.ErrLocked)) {
			return nil, fmt.Errorf("--data-dir: %w", err)
		}
	}
	env.say("warning: %v; going on without a disk cache", err)
	options.Dir = ""
	return cache.Open(options)
}

// cacheDir returns dataDir, or its default.
func cacheDir(dataDir string) (string, error) {
	if dataDir != "" {
		return dataDir, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no directory for the cache: %w: set --data-dir", err)
	}
	return filepath.Join(base, "summarizer"), nil
}

// claims are the kinds of claims that grounding looks up, as the contract has them.
var claims = map[grounding.Claim]summarizerv1.GroundingSupport_Claim{
	grounding.Number:    summarizerv1.GroundingSupport_CLAIM_NUMBER,
	grounding.Amount:    summarizerv1.GroundingSupport_CLAIM_AMOUNT,
	grounding.Date:      summarizerv1.GroundingSupport_CLAIM_DATE,
	grounding.Name:      summarizerv1.GroundingSupport_CLAIM_NAME,
	grounding.Quotation: summarizerv1.GroundingSupport_CLAIM_QUOTATION,
}

// serverInfo says for GetCapabilities what answers here.
func serverInfo(flags *llmFlags, topics *taxonomy.Taxonomy) server.Info {
	info := server.Info{Version: versionOf()}
	for _, language := range local.Languages(topics) {
		support := &summarizerv1.LanguageSupport{
			LanguageCode: language.Code,
			Features:     []summarizerv1.LanguageSupport_Feature{summarizerv1.LanguageSupport_FEATURE_SUMMARY},
		}
		if language.Topics {
			support.Features = append(support.Features, summarizerv1.LanguageSupport_FEATURE_TOPICS)
		}
		info.Languages = append(info.Languages, support)
	}
	for _, coverage := range grounding.Languages() {
		support := &summarizerv1.GroundingSupport{LanguageCode: coverage.Language}
		for _, claim := range coverage.Claims {
			support.Claims = append(support.Claims, claims[claim])
		}
		for _, claim := range coverage.Partly {
			support.PartialClaims = append(support.PartialClaims, claims[claim])
		}
		info.Grounding = append(info.Grounding, support)
	}
	if flags.enabled() {
		info.PromptVersion = prompt.Version
		info.MaxParts = llm.MaxParts
		budget := flags.budget().PerClient
		info.ClientTokensPerDay, info.ClientMicroUSDPerDay = budget.Tokens, budget.MicroUSD
	}
	for _, model := range flags.models() {
		info.Engines = append(info.Engines, &summarizerv1.EngineInfo{
			Kind: summarizerv1.EngineKind_ENGINE_KIND_LLM, Name: model.Name, Model: model.Model,
		})
	}
	info.Engines = append(info.Engines, &summarizerv1.EngineInfo{
		Kind: summarizerv1.EngineKind_ENGINE_KIND_LOCAL, Name: "local", Model: local.Version,
	})
	return info
}
