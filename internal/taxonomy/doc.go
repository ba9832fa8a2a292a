// Package taxonomy holds the topics that articles are labelled with: the
// embedded default and files of a user's own.
//
// A taxonomy file is YAML with one key, "topics", a list in the order in which
// topics are shown. Each topic has an id and a display_name, and may have a
// group, an iptc_code with its iptc_relation, a definition, and phrases for the
// local engine: strings of weight 1, or {text, weight}; a string holds one
// phrase or several separated by semicolons. A topic without phrases is found
// by its name and its definition.
//
// The file is walked as a syntax tree and not decoded by reflection, so that
// every fault (unknown key, repeated id, weight out of range, broken YAML)
// comes as one line with file and line number and what to do about it.
//
// The version is a hash over the content, not over the bytes: comments and
// formatting do not change it, the order of topics and phrases does. The
// embedded file is parsed on first use, which takes a few milliseconds, and
// kept.
package taxonomy
