// Package morphology knows how words are written and inflected in the languages, other
// than English, whose topics the local engine knows.
//
// It unites the forms of a word by their stem: by the stemmers of Snowball (Porter,
// "Snowball: a language for stemming algorithms", 2001) where there is one, else by a
// light stemmer that cuts off endings (Savoy, "Light stemming approaches for the French,
// Portuguese, German and Hungarian languages", 2006). Snowball unites more than a phrase
// of a topic should match: "nature" and "naturel", or a verb and the noun of its
// deed. Such derivations are told apart again by their endings.
//
// Chinese and Japanese write no spaces between words; there a character is a word, and
// a phrase of several is found wherever they stand side by side.
//
// The words of each language are in a file of words/; the type words says what its lists
// are.
package morphology
