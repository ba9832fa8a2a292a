// Package archive reads news articles out of archives, as a stream.
//
// Files opens one path after the other and yields what a Reader of the right
// format finds in it. A row that cannot be read is yielded as an *Error in its
// place and the reading goes on behind it, so that every input has an outcome
// and nothing disappears silently. A file that cannot be opened, or that breaks
// off, is one *Error of its own.
//
// The one format is JSONL: an object a line, of at most 4 MiB. The cost is one
// buffer of the longest line and about 20 µs for an article of 4 KB; memory does
// not grow with the archive.
//
// No error holds anything of a row but its position and the names of fields.
package archive
