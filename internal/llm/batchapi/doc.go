// Package batchapi has requests to a language model answered in batches: by the files and
// batches API that OpenAI introduced, at half the price, or by a machine of one's own that
// reads files of requests, as vLLM's run_batch does. It knows requests by their ids and
// nothing of articles.
//
// A Session works in rounds. In a round, the caller walks over its archive; each request
// that has no answer yet is written to a request file. Then the files are uploaded and
// started as batches, which are waited for, and their results are written to
// files. In the next round, the same requests are made again and find their answers, and
// repairs and last questions make the next files. The round in which nothing is asked ends
// the batches. A last round is told so and does the rest.
//
// All of it stands in one directory, so that a run goes on after it was killed, and on
// another machine: request files, results, and a journal that says which file was
// uploaded under which id and which batch works on it. The id of a file is in the journal
// before its batch is created. Where the answer to that is lost, the batch is found by its
// metadata or its file before another one is made. Money is set aside for a batch before
// it is created and settled once its results are here.
//
// Requests and answers stay in the files; some 100 bytes a request are in memory, and one
// request file while it is uploaded.
package batchapi
