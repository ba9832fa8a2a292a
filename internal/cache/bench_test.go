package cache

import (
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
)

func BenchmarkResultsGet(b *testing.B) {
	r := NewResultStore(0, 0)
	r.Put(cachetest.Key(1), finishedResult(article, now(), now()), time.Now())
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, ok := r.Get(cachetest.Key(1)); !ok {
				b.Fatal("not found")
			}
		}
	})
}

func BenchmarkMemoryLookup(b *testing.B) {
	c := open(b, Options{})
	c.Store(cachetest.Key(1), cachetest.Key(2), cachetest.Summary("a", now()), time.Now())
	b.ReportAllocs()
	for b.Loop() {
		if len(c.Lookup(b.Context(), cachetest.Key(1), []string{"a"})) == 0 {
			b.Fatal("not found")
		}
	}
}

// filled returns a cache whose disk holds that many records.
func filled(b *testing.B, records int) *Cache {
	b.Helper()
	c := open(b, Options{Dir: b.TempDir(), MemoryBytes: 1})
	for i := range records {
		c.Store(cachetest.Key(i), cachetest.Key(i), cachetest.Summary("a", now()), time.Now())
		if i%queueRecords == queueRecords-1 {
			flush(b, c)
		}
	}
	flush(b, c)
	return c
}

// flush writes all that waits to be written.
func flush(b *testing.B, c *Cache) {
	b.Helper()
	for some := true; some; {
		var err error
		if some, err = c.disk.flush(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDiskLookup(b *testing.B) {
	const records = 10_000
	c := filled(b, records)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		if len(c.Lookup(b.Context(), cachetest.Key(i%records), []string{"a"})) == 0 {
			b.Fatal("not found")
		}
	}
}

func BenchmarkDiskMiss(b *testing.B) {
	c := filled(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		c.Lookup(b.Context(), cachetest.Key(-1), []string{"a"})
	}
}

// BenchmarkVerify measures the verification of a file before it is used.
func BenchmarkVerify(b *testing.B) {
	c := filled(b, 50_000)
	file := c.disk.file
	for b.Loop() {
		err := file.View(func(tx *bbolt.Tx) error {
			b.SetBytes(tx.Size())
			return verify(tx, file.os, true)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStore measures what reaches the disk, syncs included.
func BenchmarkStore(b *testing.B) {
	c := open(b, Options{Dir: b.TempDir()})
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		c.Store(cachetest.Key(i), cachetest.Key(i), cachetest.Summary("a", now()), time.Now())
		i++
		if i%queueRecords == 0 {
			flush(b, c)
		}
	}
	flush(b, c)
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "records/s")
}
