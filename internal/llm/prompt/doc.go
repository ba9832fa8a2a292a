// Package prompt puts a task to a language model in words, and judges the model's answer.
//
// The system message holds the instructions and the schema of the answer, and is the same
// for equal options, so that providers can cache it; the user message holds nothing but
// title and text inside a fence that nobody can forge. Text around an answer is ignored;
// the answer itself is held to the schema, validated feature by feature, and every
// number, name and quotation of a summary is looked up in the text that was sent. A
// faulty answer makes another question, which names the fault to the model.
//
// A Question asks for a summary and topics, and Claims ask a verifier about a summary. The
// package knows no endpoint and no HTTP.
package prompt

// Versions that are part of every fingerprint. An answer that another prompt,
// schema or validation made is another answer. TestVersions compares them with the texts
// and rules that they stand for.
const (
	Version          = "3" // of the prompt
	SchemaVersion    = "1"
	ValidatorVersion = "13"
)
