// Package llm is the summarizer.Engine over language models behind
// OpenAI-compatible endpoints.
//
// One chat completion answers all features of a task. Package prompt puts the task in
// words and judges the answer; a faulty one is repaired once, by naming the fault to the
// model; then the next endpoint is asked. Nothing is
// started when nobody waits any more, when too little time is left, or when the calls of the
// task are used up.
//
// Servers differ in the requests that they take and in how they refuse one. The form of a
// request is found out by asking, and failures are told apart by status, codes and the
// server's own words. A failure of one article changes how others are asked only if
// another form has helped. Package modelserver reads what servers say, and llmtest has the
// table of their behaviors.
//
// Each endpoint has a circuit breaker, a limit of calls at once and, if set, of
// requests and tokens a minute. A transient failure is retried after a random pause or
// the one that the endpoint asks for, within a budget over all tasks: see package limits.
//
// Each failure is a *summarizer.Error with its own reason. Neither errors nor
// logs hold article text, model output, response bodies or keys.
//
// Beside the upstream call a task costs well under a millisecond for a 4 KB
// article: a prompt of about 12 KB with the default taxonomy, one parse of the
// answer, and one pass over the article for grounding. Each endpoint holds its
// own connection pool; Close releases the idle connections.
package llm
