// Package grounding looks up in a source what a summary of it states: every number,
// amount, date, name and quotation has to stand there, in whatever form.
//
// Check reads a summary statement by statement. A text becomes lexemes (words.go), of
// which numbers with their units, magnitudes and shares (numbers.go, units.go,
// magnitudes.go, fractions.go, numberwords.go, ordinals.go, clock.go), dates (dates.go),
// names (names.go, firstwords.go, german.go, people.go, places.go, hannames.go) and
// quotations (quotations.go) are made by the rules of its language (rules.go, with
// vocabulary.go for English); the facts of a source (facts.go) are the same in an index.
// Opposites of a sentence are found in relations.go and hanopposites.go.
// Locate finds the passages that a quote was copied from (source.go). docs/grounding.md
// says what supports what.
//
// An index of 4 KB takes some 0.13 ms and is made once, and only where the
// sentences that the summary cites do not settle it.
package grounding
