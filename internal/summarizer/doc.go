// Package summarizer is what the service does, free of any technology: it
// decides for each request between cache, language model, stale answer and local
// engine, and it says in the answer how it was made.
//
// Service.Analyze is the one way in. It looks the request up by a hash of its
// raw fields (a hit costs one hash and one look-up and cleans nothing), cleans
// the article, and then takes each feature, summary and topics, from the first
// that can give it:
//
//   - the text itself, where it has no more sentences than were asked for;
//   - a stored answer of a configured model;
//   - a call in flight for the same content, joined, or one call for exactly the
//     features that are left;
//   - a stored answer of another model, endpoint or prompt (degraded);
//   - the local engine (degraded, unless no model is configured).
//
// A call belongs to nobody: it runs on a context of its own (see calls) and
// fills the cache also when its callers' deadlines have passed. The time that the
// local engine needs is held back from every deadline, so that a valid request
// is answered in time whatever the model does.
//
// Engines, caches and observers are interfaces declared here and implemented
// elsewhere. Answers hold spans of the clean text; they are mapped to the
// caller's original text on delivery.
package summarizer
