// Package queue runs an archive over NATS JetStream: it publishes the articles,
// has workers on any number of machines answer, and collects the results.
//
// A Queue is a batch.Analyzer that has others answer: it publishes articles to a
// work queue and hands out the results that workers store. Work is the other end.
// An item is acknowledged when its result is stored, and a result when its row has
// had time to be written, so that the item or the result goes to the next process when
// one dies. Both ends deliver at least once; Queue drops what comes twice.
//
// Memory is bounded by the articles in flight and by the results that wait for a
// run that is resumed.
package queue
