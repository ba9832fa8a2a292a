package cache

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// The file holds five buckets, the last of which is made when it is needed.
//
//	meta      "format" -> formatVersion, "usage" -> usage
//	records   content key -> stamp, entry
//	order     stamp -> orderEntry
//	articles  article key, content key -> nothing
//	ledger    day -> entry of what is spent on it
//
// A stamp is when a record was written, made unique: the order of stamps is the
// order of eviction. Order and articles may name records that are gone or were
// written again; readers pass over such lines and writers remove them.
var (
	metaBucket     = []byte("meta")
	recordsBucket  = []byte("records")
	orderBucket    = []byte("order")
	articlesBucket = []byte("articles")
	ledgerBucket   = []byte("ledger")

	formatKey = []byte("format")
	usageKey  = []byte("usage")
)

// formatVersion names the layout of the file; the entries have a version of their own.
const formatVersion = "summarizer answers 1"

const (
	keyBytes        = len(summarizer.Key{})
	stampBytes      = 8
	orderEntryBytes = 2*keyBytes + 1

	// indexBytes is what a record takes in the buckets besides records.
	indexBytes = stampBytes + orderEntryBytes + 2*keyBytes
)

// orderEntry says what was written at a stamp: content key, article key and number
// of answers.
type orderEntry []byte

func newOrderEntry(key []byte, r answerRecord) orderEntry {
	return append(slices.Concat(key, r.article[:]), byte(len(r.answers)))
}

func (f orderEntry) valid() bool   { return len(f) == orderEntryBytes }
func (f orderEntry) key() []byte   { return f[:keyBytes] }
func (f orderEntry) answers() int  { return int(f[2*keyBytes]) }
func (f orderEntry) index() []byte { return slices.Concat(f[keyBytes:2*keyBytes], f[:keyBytes]) }

// fileUsage counts what the file holds.
type fileUsage struct{ records, answers, bytes int64 }

func (u fileUsage) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(u.records))
	b = binary.BigEndian.AppendUint64(b, uint64(u.answers))
	return binary.BigEndian.AppendUint64(b, uint64(u.bytes))
}

func decodeUsage(b []byte) (u fileUsage, ok bool) {
	if len(b) != 24 {
		return u, false
	}
	u.records = int64(binary.BigEndian.Uint64(b))
	u.answers = int64(binary.BigEndian.Uint64(b[8:]))
	u.bytes = int64(binary.BigEndian.Uint64(b[16:]))
	return u, true
}

// pages is the file within one transaction.
type pages struct {
	meta, records, order, articles *bbolt.Bucket
	usage                          fileUsage
	behind                         *bool // see clockIsBehind; nil: not known
}

var errLayout = errors.New("the file is not laid out as a cache of this version")

// openPages returns the file as tx sees it.
func openPages(tx *bbolt.Tx) (*pages, error) {
	p := &pages{
		meta:     tx.Bucket(metaBucket),
		records:  tx.Bucket(recordsBucket),
		order:    tx.Bucket(orderBucket),
		articles: tx.Bucket(articlesBucket),
	}
	if p.meta == nil || p.records == nil || p.order == nil || p.articles == nil {
		return nil, errLayout
	}
	var ok bool
	if p.usage, ok = decodeUsage(p.meta.Get(usageKey)); !ok || string(p.meta.Get(formatKey)) != formatVersion {
		return nil, errLayout
	}
	return p, nil
}

// createPages lays out an empty file.
func createPages(tx *bbolt.Tx) error {
	for _, name := range [][]byte{metaBucket, recordsBucket, orderBucket, articlesBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	meta := tx.Bucket(metaBucket)
	if err := meta.Put(usageKey, fileUsage{}.encode()); err != nil {
		return err
	}
	return meta.Put(formatKey, []byte(formatVersion))
}

// load returns the record under key, one without answers when there is none.
func (p *pages) load(key []byte) (answerRecord, error) {
	value := p.records.Get(key)
	if value == nil {
		return answerRecord{}, nil
	}
	if len(value) < stampBytes {
		return answerRecord{}, errEntry
	}
	return decodeEntry(value[stampBytes:])
}

// put writes a record at a stamp that is higher than every other.
func (p *pages) put(key []byte, entry []byte, f orderEntry, stamp []byte) error {
	if err := p.remove(key); err != nil {
		return err
	}
	p.usage.records++
	p.usage.answers += int64(f.answers())
	p.usage.bytes += recordBytes(stampBytes + len(entry))
	return errors.Join(
		p.records.Put(key, slices.Concat(stamp, entry)),
		p.order.Put(stamp, f),
		p.articles.Put(f.index(), nil),
	)
}

// remove removes the record under key, damaged or not.
func (p *pages) remove(key []byte) error {
	value := p.records.Get(key)
	if value == nil {
		return nil
	}
	p.usage.records--
	p.usage.bytes -= recordBytes(len(value))
	if len(value) >= stampBytes {
		stamp := value[:stampBytes]
		if f := orderEntry(p.order.Get(stamp)); f.valid() && bytes.Equal(f.key(), key) {
			p.usage.answers -= int64(f.answers())
			if err := errors.Join(p.articles.Delete(f.index()), p.order.Delete(stamp)); err != nil {
				return err
			}
		}
	}
	return p.records.Delete(key)
}

// purge removes the record under key for good: the pages that held it are overwritten.
func (p *pages) purge(key []byte) error {
	return errors.Join(p.remove(key), p.meta.Put(scrubKey, scrubKey))
}

// recordBytes is what a value of the bucket records counts against the bound.
func recordBytes(value int) int64 { return int64(keyBytes + value + indexBytes) }

// freeStamp returns a stamp for a record that is written at present, after one that was
// given out before.
func (p *pages) freeStamp(before int64) int64 {
	stamp := time.Now().UnixNano()
	if before >= stamp && time.Duration(before-stamp) < maxSkew { // many at once
		stamp = before + 1
	}
	for p.order.Get(encodeStamp(stamp)) != nil {
		stamp++
	}
	return stamp
}

// maxAhead is how far a clock may have run ahead when a record was written, so that the
// record is kept.
const maxAhead = 24 * time.Hour

// due returns the line of order of the record that is to go next: one of a time that has
// not come, as nobody knows when that was, or one that is too old or, over the bound, the
// oldest. It is nil when all may stay. Where most are of a time that has not come, it is
// the present clock that is wrong.
func (p *pages) due(bound int64, oldest time.Time) (stamp, value []byte) {
	stamp, value = p.order.Cursor().First()
	if stamp == nil {
		return nil, nil
	}
	ahead := time.Now().Add(maxAhead)
	if last, entry := p.order.Cursor().Last(); stampTime(last).After(ahead) && !p.clockIsBehind(ahead) {
		return last, entry
	}
	if p.usage.bytes > bound || !stampTime(stamp).After(oldest) {
		return stamp, value
	}
	return nil, nil
}

// clockIsBehind reports whether most records are of a time after ahead. They are counted
// once a transaction.
func (p *pages) clockIsBehind(ahead time.Time) bool {
	if p.behind == nil {
		later, most := int64(0), p.usage.records/2
		c := p.order.Cursor()
		for stamp, _ := c.Seek(encodeStamp(ahead.UnixNano())); stamp != nil && later <= most; stamp, _ = c.Next() {
			later++
		}
		behind := later > most
		p.behind = &behind
	}
	return *p.behind
}

// overdue reports whether a record is due.
func (p *pages) overdue(bound int64, oldest time.Time) bool {
	stamp, _ := p.due(bound, oldest)
	return stamp != nil
}

// evict removes records as long as one is due, but no more than most at once. It reports
// whether more are due.
func (p *pages) evict(bound int64, oldest time.Time, most int) (more bool, err error) {
	for range most {
		stamp, value := p.due(bound, oldest)
		if stamp == nil {
			return false, nil
		}
		f := orderEntry(value)
		if f.valid() && bytes.HasPrefix(p.records.Get(f.key()), stamp) {
			err = p.remove(bytes.Clone(f.key()))
		} else {
			err = p.order.Delete(stamp)
		}
		if err != nil {
			return false, err
		}
	}
	return p.overdue(bound, oldest), nil
}

// keysOfArticle returns the content keys of the records of an article.
func (p *pages) keysOfArticle(article summarizer.Key) []summarizer.Key {
	var keys []summarizer.Key
	c := p.articles.Cursor()
	for k, _ := c.Seek(article[:]); len(k) == 2*keyBytes && bytes.HasPrefix(k, article[:]); k, _ = c.Next() {
		keys = append(keys, summarizer.Key(k[keyBytes:]))
	}
	return keys
}

// clear removes all records.
func (p *pages) clear() error {
	tx := p.meta.Tx()
	for _, name := range [][]byte{recordsBucket, orderBucket, articlesBucket} {
		if err := tx.DeleteBucket(name); err != nil {
			return err
		}
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	p.usage = fileUsage{}
	return p.meta.Put(scrubKey, scrubKey)
}

// do runs work on the pages. Nothing is read or written on disk before the
// transaction ends, so that an error means that the pages do not hold together.
func (p *pages) do(work func(*pages) error) error {
	err := work(p)
	if err != nil && !errors.Is(err, errEntry) {
		return fmt.Errorf("%w: %w", errLayout, err)
	}
	return err
}

func encodeStamp(stamp int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(stamp))
}

// decodeStamp returns 0 for what is no stamp.
func decodeStamp(b []byte) int64 {
	if len(b) != stampBytes {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

// stampTime is when a stamp was given out.
func stampTime(stamp []byte) time.Time { return time.Unix(0, decodeStamp(stamp)).UTC() }
