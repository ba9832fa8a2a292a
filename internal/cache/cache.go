package cache

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/seed-59202292/summarizer/internal/ledger"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// ErrLocked is returned by Open when another process holds the disk cache.
var ErrLocked = errors.New("the disk cache is in use by another process")

// ErrShared is in the chain of what Open returns when the tier that processes share
// cannot be had.
var ErrShared = errors.New("cannot open the shared cache")

// Options configures a Cache.
type Options struct {
	// Dir is the directory of the disk tier, made when it does not exist; empty
	// means no disk tier.
	Dir string

	// Shared names the tier that processes share; nil means none.
	Shared *SharedOptions

	// Purged, if set, is called when another process has removed answers from the
	// shared tier, after they are removed here. It must not block.
	Purged func()

	MemoryBytes int64         // 0 means 16 MiB
	DiskBytes   int64         // logical size of the disk tier; 0 means 1 GiB
	MaxAge      time.Duration // older answers are not returned; 0 means 90 days

	Logger  *slog.Logger       // nil means discard
	Metrics *telemetry.Metrics // nil means none
}

// Defaults of Options.
const (
	defaultMemoryBytes = 16 << 20
	defaultDiskBytes   = 1 << 30
	defaultMaxAge      = 90 * 24 * time.Hour
)

// Cache keeps answers in memory and on disk. It implements summarizer.Answers.
type Cache struct {
	options Options
	memory  *memory
	tiers   []*boundedTier // behind the memory, nearest first
	disk    *disk          // nil: no disk tier
	shared  *shared        // nil: no shared tier
	ledger  *localLedger

	sharedLedger *sharedLedger // nil: no shared tier

	purges purgeLog
	closed atomic.Bool
}

var _ summarizer.Answers = (*Cache)(nil)

// Open opens the tiers. Its error says what is wrong with the disk tier and what
// to do; ErrLocked is in its chain when another process has the file. Open with
// an empty Dir does not fail.
func Open(options Options) (*Cache, error) {
	options.MemoryBytes = cmp.Or(options.MemoryBytes, defaultMemoryBytes)
	options.DiskBytes = cmp.Or(options.DiskBytes, defaultDiskBytes)
	options.MaxAge = cmp.Or(options.MaxAge, defaultMaxAge)
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Cache{options: options, memory: newMemory(options.MemoryBytes, ageLimit(options.MaxAge)), ledger: newLedger()}
	if options.Dir != "" {
		d, err := openDisk(options, c.ledger)
		if err != nil {
			return nil, err
		}
		c.disk = d
		c.tiers = append(c.tiers, newBoundedTier(d, options))
	}
	if options.Shared != nil {
		s, err := openShared(options, c.purgedElsewhere)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		d, err := openDayStore(*options.Shared)
		if err != nil {
			return nil, errors.Join(err, s.close(), c.Close())
		}
		c.shared, c.sharedLedger = s, newSharedLedger(d, options.Logger)
		c.tiers = append(c.tiers, newBoundedTier(s, options))
	}
	return c, nil
}

// Ledger returns what keeps the spending: of all processes where there is a shared
// tier, else of this one, in the same file as the disk tier where there is one.
func (c *Cache) Ledger() ledger.Ledger {
	if c.sharedLedger != nil {
		return c.sharedLedger
	}
	return c.ledger
}

// Lookup implements summarizer.Answers.
func (c *Cache) Lookup(ctx context.Context, key summarizer.Key, wanted []string) []*summarizer.StoredAnswer {
	if c.closed.Load() {
		return nil
	}
	limit := ageLimit(c.options.MaxAge)
	found := limit.usable(c.memory.lookup(key))
	hit := hasFingerprint(found, wanted...)
	c.options.Metrics.CacheLookup("memory", outcome(hit || len(wanted) == 0 && len(found) > 0))
	for i, tier := range c.tiers {
		if hit || ctx.Err() != nil {
			break
		}
		began := time.Now()
		waiting, stop := shareOfTime(ctx, c.tiers[i:])
		r, ok := tier.ask(waiting, key, len(wanted) > 0)
		stop()
		if !ok {
			continue
		}
		r.answers = limit.usable(r.answers)
		hit = hasFingerprint(r.answers, wanted...)
		c.options.Metrics.CacheLookup(tier.name(), outcome(hit || len(wanted) == 0 && len(r.answers) > 0))
		if len(r.answers) > 0 {
			c.remember(key, r, began)
			found = merge(found, r.answers)
		}
	}
	return found
}

// shareOfTime returns the part of the time to the deadline of ctx that the first of tiers may
// take, so that one that hangs leaves time for the tiers behind it.
func shareOfTime(ctx context.Context, tiers []*boundedTier) (context.Context, context.CancelFunc) {
	shares := 1
	for _, behind := range tiers[1:] {
		if behind.ready() {
			shares++
		}
	}
	deadline, ok := ctx.Deadline()
	if !ok || shares == 1 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Until(deadline)/time.Duration(shares))
}

func outcome(hit bool) string {
	if hit {
		return "hit"
	}
	return "miss"
}

// remember puts into memory what was read from a farther tier, unless it was purged
// since the reading began.
func (c *Cache) remember(key summarizer.Key, r answerRecord, began time.Time) {
	c.purges.writing.RLock()
	defer c.purges.writing.RUnlock()
	if !c.purges.since(r.article, began) {
		c.memory.add(key, r)
	}
}

// Store implements summarizer.Answers.
func (c *Cache) Store(key, article summarizer.Key, answer *summarizer.StoredAnswer, began time.Time) {
	r := answerRecord{article: article, answers: []*summarizer.StoredAnswer{answer}}
	if c.closed.Load() || len(ageLimit(c.options.MaxAge).usable(r.answers)) == 0 {
		return
	}
	c.purges.writing.RLock()
	defer c.purges.writing.RUnlock()
	if c.purges.since(article, began) {
		return
	}
	c.memory.store(key, r)
	for _, tier := range c.tiers {
		tier.store(key, r)
	}
}

// PurgedSince implements summarizer.Answers.
func (c *Cache) PurgedSince(article summarizer.Key, began time.Time) bool {
	c.purges.writing.RLock()
	defer c.purges.writing.RUnlock()
	return c.purges.since(article, began)
}

// Purge removes every answer filed under article, in all tiers, and returns how
// many the fullest tier held. Answers under way are not stored later. Finished results
// are kept elsewhere: see ResultStore.
func (c *Cache) Purge(article summarizer.Key) (int, error) {
	return c.purge(&article,
		func(t tier) (int, error) { return t.purge(article) },
		func() int { return c.memory.purge(article) },
	)
}

// PurgeAll removes every answer and returns how many the fullest tier held. The
// file of the disk tier shrinks soon after.
func (c *Cache) PurgeAll() (int, error) {
	return c.purge(nil, tier.purgeAll, c.memory.purgeAll)
}

// purge empties the tiers behind the memory first, so that a look-up cannot fill the memory
// from them once it is empty. The purge is noted twice: before, so that nothing begun by
// then is stored behind it, and once the tiers are empty, as a look-up that began
// meanwhile may have read a removed answer.
func (c *Cache) purge(article *summarizer.Key, behind func(tier) (int, error), memory func() int) (removed int, err error) {
	if c.closed.Load() {
		return 0, nil
	}
	c.purges.record(article)
	for _, t := range c.tiers {
		n, failed := behind(t)
		removed, err = max(removed, n), errors.Join(err, failed)
	}
	c.purges.record(article)
	return max(removed, memory()), err
}

// purgedElsewhere removes from the tiers of this process what another process has
// removed from the shared one. Again says that others have heard of the purge before.
func (c *Cache) purgedElsewhere(s *shared, article *summarizer.Key, again bool) {
	if c.closed.Load() {
		return
	}
	c.purges.record(article)
	if again { // what this process wrote behind the purge is removed since then
	} else if err := s.purgeOwn(article); err != nil {
		c.options.Logger.Error("answers that were purged from the shared cache may have been written again from here", "error", err)
	}
	if c.disk != nil {
		var err error
		if article == nil {
			_, err = c.disk.purgeAll()
		} else {
			_, err = c.disk.purge(*article)
		}
		if err != nil {
			c.options.Logger.Error("answers that were purged from the shared cache are still on disk here", "error", err)
		}
	}
	c.purges.record(article)
	if article == nil {
		c.memory.purgeAll()
	} else {
		c.memory.purge(*article)
	}
	if c.options.Purged != nil {
		c.options.Purged()
	}
}

// Stats describes the tiers. An entry is what is kept under one content key.
type Stats struct {
	MemoryEntries, MemoryBytes int64
	DiskEntries, DiskBytes     int64     // what is written, in logical bytes
	DiskPath                   string    // empty: no disk tier
	Oldest                     time.Time // when the oldest entry on disk was written; zero: none

	// Spending on language models today, in UTC, tokens in and out.
	SpentTokens, SpentMicroUSD int64
	Clients                    []ledger.ClientSpending // accounts that spent something, by how much
}

// spentToday returns what is spent today, by account: of all processes where there is a
// shared tier.
func (c *Cache) spentToday() map[string]ledger.Spending {
	if c.sharedLedger != nil {
		return c.sharedLedger.byAccount()
	}
	return c.ledger.byAccount()
}

// Stats returns the state of the tiers.
func (c *Cache) Stats() (Stats, error) {
	var s Stats
	if c.closed.Load() {
		return s, nil
	}
	s.MemoryEntries, s.MemoryBytes = c.memory.usage()
	spent := c.spentToday()
	s.SpentTokens, s.SpentMicroUSD = spent[ledger.AccountAll].Tokens, spent[ledger.AccountAll].MicroUSD
	s.Clients = ledger.ByClient(spent)
	if c.disk == nil {
		return s, nil
	}
	err := c.disk.stats(&s)
	return s, err
}

// Close writes what is queued and closes the disk tier. It waits at most 5 s.
// Calls after it do nothing.
func (c *Cache) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	var err error
	if c.sharedLedger != nil {
		c.sharedLedger.close()
	}
	for _, tier := range c.tiers {
		err = errors.Join(err, tier.close())
	}
	return err
}
