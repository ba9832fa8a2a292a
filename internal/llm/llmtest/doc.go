// Package llmtest is a fake of the OpenAI chat completions API on a real
// socket, for tests of everything that calls a language model.
//
// Left alone it is an obedient model: it reads the article inside the fence of
// the user message and the topic ids in the schema, and answers with the
// article's own first sentences and a topic. A test scripts it with Responses:
// Enqueue sets the responses to the next requests in order of arrival, Default the
// response to all others. Responses exist for answers, for each way of answering badly, and
// for each way in which a server or a network fails.
//
// Every request is recorded. Tests wait for arrivals and disconnects through
// channels, never by sleeping. New is for tests and benchmarks; Start needs no
// testing.TB and serves a small command as well.
package llmtest
