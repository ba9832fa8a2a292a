// Package batch runs an archive of articles through an Analyzer and writes one
// result row for every input.
//
// Run reads articles from a sequence, keeps a number of them in flight, fixed or
// found out, and writes rows in the order of the answers or of the
// articles. A bad input, a failed article and a panic in the analyzer each
// become an error row; none ends the run. An article that the analyzer cannot take
// is tried again for a while. When the context ends, Run reads no further,
// finishes what is in flight and writes it. A row is flushed as soon as no other is
// waiting, so a follower of the output sees answers as they come.
//
// A Journal is an output that a run can be resumed from: it knows from the rows themselves
// which places of the archives have a row, and of what article, and keeps one row a story,
// the row of its newest version. Export makes tables and items of ninjs of it.
//
// Memory is bounded by the articles in flight times the size of an article and its
// answer, whatever the size of the archive; resuming adds 8 bytes for each place, and
// a story some 200. The cost beside the analyzer is some 30 µs an article, nearly all of it
// JSON, spread over the workers.
package batch
