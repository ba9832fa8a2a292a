package cache

import (
	"sync"
	"time"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// purgeLog remembers what was purged and when, so that work which began before a purge
// does not bring back what that removed. The zero value is ready for use.
type purgeLog struct {
	// writing is held, shared, from the look into the log until an answer is in all
	// tiers, and alone while a purge is noted: an answer is either seen by the purge or
	// sees it.
	writing sync.RWMutex

	all      time.Time // of all articles, or of some that are forgotten
	articles map[summarizer.Key]time.Time
}

// maxPurges is how many articles the log remembers. Beyond it every answer counts as
// purged that was begun by then, which costs a call each.
const maxPurges = 4096

// record adds a purge of an article, or of all with nil.
func (l *purgeLog) record(article *summarizer.Key) {
	l.writing.Lock()
	defer l.writing.Unlock()
	now := time.Now()
	if article == nil || len(l.articles) >= maxPurges {
		l.all, l.articles = now, nil
	}
	if article == nil {
		return
	}
	if l.articles == nil {
		l.articles = make(map[summarizer.Key]time.Time)
	}
	l.articles[*article] = now
}

// since reports whether an article was purged after work on it began. l.writing is held.
func (l *purgeLog) since(article summarizer.Key, began time.Time) bool {
	return !began.After(l.all) || !began.After(l.articles[article])
}
