package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/atomicfile"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/llm/batchapi"
)

// deferFlags have the language model asked in batches.
type deferFlags struct {
	LLMBatch       bool   `name:"llm-batch" help:"Ask the first endpoint by its batch API, at about half the price: requests go up in files, and answers come within a day. The directory OUT.llm-batch keeps the state for --resume."`
	LLMBatchDir    string `name:"llm-batch-dir" help:"Write the requests to files in this directory, for a machine of your own (vLLM's run_batch reads them), and take up the files of results that are put beside them." placeholder:"DIR"`
	LLMBatchRest   string `name:"llm-batch-rest" help:"How to handle articles without an answer from a batch: online calls the endpoints, local has the local engine answer, fail makes them errors, and wait, with --llm-batch-dir, waits for further results. Default: online, or wait with --llm-batch-dir." enum:"online,local,fail,wait,auto" default:"auto"`
	LLMBatchCancel bool   `name:"llm-batch-cancel" help:"Cancel running batches and write the answers so far; needs --resume." config:"-"`
}

func (f *deferFlags) deferred() bool { return f.LLMBatch || f.LLMBatchDir != "" }

// validate checks the flags against each other.
func (f *deferFlags) validate() error {
	switch {
	case f.LLMBatch && f.LLMBatchDir != "":
		return errors.New("--llm-batch and --llm-batch-dir exclude each other: the provider answers, or a machine of your own")
	case f.LLMBatchCancel && !f.LLMBatch:
		return errors.New("--llm-batch-cancel goes with --llm-batch")
	case f.LLMBatchRest == "wait" && f.LLMBatchDir == "":
		return errors.New("--llm-batch-rest wait goes with --llm-batch-dir")
	}
	return nil
}

// rest returns what becomes of articles without an answer.
func (f *deferFlags) rest() llm.DeferredRest {
	switch {
	case f.LLMBatchRest != "auto" && f.LLMBatchRest != "wait":
		return llm.DeferredRest(f.LLMBatchRest)
	case f.LLMBatchDir != "": // nothing is sent anywhere
		return llm.RestFail
	}
	return llm.RestOnline
}

// callsNone reports whether nothing is called for articles that the batches leave: then it
// helps nothing to try again.
func (f *deferFlags) callsNone() bool { return f.deferred() && f.rest() != llm.RestOnline }

// openSession opens the batches of the run; nil where there are none.
func (c *batchCmd) openSession(env *environment) (*batchapi.Session, error) {
	switch {
	case !c.deferred():
		return nil, nil
	case !c.enabled() || c.Addr != "" || c.clustered() || c.Engine == "local":
		return nil, errors.New("--llm-batch and --llm-batch-dir ask a language model from this process: name one with --llm-model, without --addr, --nats-url and --engine local")
	case slices.Contains(c.Inputs, archive.Stdin):
		return nil, errors.New("--llm-batch and --llm-batch-dir read the inputs several times: name files in place of standard input")
	case c.Output == archive.Stdin:
		return nil, errors.New("--llm-batch and --llm-batch-dir need a file of results: name one with --output")
	case c.LLMBatchCancel && !c.Resume:
		return nil, errors.New("--llm-batch-cancel goes with --resume")
	}
	endpoints, err := c.modelEndpoints(env)
	if err != nil {
		return nil, err
	}
	options := batchapi.Options{
		Dir:      c.batchDir(),
		Endpoint: endpoints[0],
		Offline:  c.LLMBatchDir != "",
		Wait:     c.LLMBatchRest == "auto" || c.LLMBatchRest == "wait",
		Cancel:   c.LLMBatchCancel,
		Client:   commandLine,
		Say:      env.sayOf("batch"),
	}
	session, err := batchapi.Open(options)
	if errors.Is(err, atomicfile.ErrLocked) {
		return nil, fmt.Errorf("another run works on the batches in %s: wait for its end", options.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("the batches in %s: %w", options.Dir, err)
	}
	c.llmFlags.deferred, c.deferredRest = session, c.rest()
	return session, nil
}

// batchDir returns the directory of requests and their results.
func (c *batchCmd) batchDir() string { return cmp.Or(c.LLMBatchDir, c.Output+".llm-batch") }

// walks goes over the archive as often as the batches need it, or once where there are none.
func (r *archiveRun) walks(session *batchapi.Session) error {
	if session == nil {
		return r.walk(r.env.ctx, true)
	}
	return session.Run(r.env.ctx, r.backend.model, r.walk)
}
