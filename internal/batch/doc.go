// Package batch runs an archive of articles through an Analyzer and writes one
// result row for every input.
//
// Run reads articles from a sequence, keeps a fixed number of them in flight,
// and writes rows in the order in which answers come. A bad input, a failed
// article and a panic in the analyzer each become an error row; none ends the
// run. When the context ends, Run reads no further, finishes what is in flight
// and writes it: a row that was started is a row that is written. A row is
// flushed as soon as no other is waiting, so a follower of the output sees
// answers as they come.
//
// Memory is bounded by the concurrency times the size of an article and its
// answer, whatever the size of the archive. The cost beside the analyzer is
// about 10 µs an article, nearly all of it JSON, spread over the
// workers.
package batch
