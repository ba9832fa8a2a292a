// Package local is the engine that needs no network: it summarises by choosing
// sentences of the article, and labels by the phrases of the taxonomy. It is
// what a service without a language model answers with, and what answers when
// the model cannot.
//
// An article is cut once into tokens: stemmed words, hashed. A summary takes
// sentences that are worth much by what can be measured of them (measures.go),
// with weights that are learned from summaries by humans (weights.go, made by the
// command in fit), and that go together: none repeats the others or refers to a
// sentence that is not there. They are copied, never changed, except that one
// which is too long for the limit may be cut.
//
// Topics are found in one walk of a trie over all phrases. A phrase counts by
// its weight and by where it stands; a topic needs evidence in more than one
// late sentence, more of it in a longer text, and a fair share of what the best
// topic has. How sure that is was fitted to labelled articles (calibration.go).
// Topics of a caller or a user, which no articles are labelled with, are also
// compared with the article in meaning, by word vectors (candidates.go).
//
// All figures are integers, so that answers are the same bytes on every
// machine. An article of 4 KB takes about a fifth of a millisecond, and cost
// grows linearly with length. The phrases of a taxonomy are compiled on first
// use, in a few milliseconds, and kept; candidates of a caller are compiled for
// each request. Phrases are English; summaries work in any language.
package local
