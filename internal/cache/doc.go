// Package cache keeps what language models answered, so that no answer is paid
// for twice, and finished results, so that a repeated request costs a look-up.
//
// A Cache holds one record for each content key: up to four answers, one a
// fingerprint, newest first. It looks for them in tiers. The memory tier is
// asked in place and costs well under a microsecond. The tiers behind it are
// asked from a goroutine and given 20 ms, or 250 ms where a model call hangs on them: one
// that does not answer by then counts as empty. Answers that they find are put into memory. The disk tier costs
// some 20 µs a look-up.
//
// Store puts an answer into memory and into a bounded queue for the disk, and
// returns. One goroutine writes the queue in transactions of up to 256 records
// at least every 50 ms, each synced, so that a killed process loses what came in
// since the last one. Look-ups see the queue. When the disk cannot keep up or is
// full, answers are dropped and counted; requests go on.
//
// The file holds records behind a version byte and a checksum, bounded in bytes:
// what was written first goes first. The bound counts what is stored; the file
// takes about 1.7 times as much. One of 16 MiB or more of which half is free is copied
// while it is in use, and so is each from which something was purged, once for many purges
// within a minute: the former file is overwritten, so that purged text is not left in free
// pages. A record that does not check
// is removed. The pages of the file are verified when it is opened, above 256 MiB
// before it is written, which reads all of it at some 1.5 GB/s. A file that
// cannot be used is renamed, never deleted, and another one begun; one that is
// found damaged while in use is renamed too, and the memory serves alone until
// the next start.
//
// The shared tier is a bucket of a NATS JetStream cluster, which any number of
// processes read and write, under keys made of hashes. A look-up costs some 100 µs on
// one machine and a round trip on a network. Entries are merged by compare-and-set,
// eight at a time and in the background; when the bucket is full the oldest give
// way. A purge in one process empties the tiers of all others as well. A process that hears of
// it late announces it again: others may have read an answer that it wrote in between.
//
// A purge wins over the work under way: each process remembers what was purged, and
// stores no answer, and fills no tier from another, whose work began before that.
//
// A clock may be wrong. An answer of a time that has not come counts as absent, and a
// record that is stamped more than a day ahead is removed, unless most are: then the present
// clock is behind. The ledger keeps the days that were used last, not those next to today.
//
// The ledger keeps what is spent on language models in memory and, with the same
// writer, in the same file. A reservation and its settlement cost some 5 µs beside
// 64 calls under way. Spending survives damage to answers, but not the loss of the
// whole file.
//
// With a shared tier the ledger lies in a bucket of the cluster, one entry a day,
// and is changed by compare-and-set: all that came in during one write goes into the
// next, so that a reservation waits for two round trips at most, unless other
// processes are faster.
//
// A ResultStore holds finished results in memory only and costs about 100 ns a look-up,
// without an allocation.
package cache
