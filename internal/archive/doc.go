// Package archive reads news articles out of archives, as a stream.
//
// Files opens one path after the other: files, directories, patterns, standard
// input. Compression (gzip, zstd, bzip2, xz) and containers (tar, zip) are undone on
// the way, and the format of what is in them is told by content and name: JSON, JSONL,
// CSV, TSV, Parquet, text, Markdown, HTML, WARC, WET, RSS, Atom, ninjs, NewsML-G2. An
// entry names its story and version where its publisher may send another version. A row,
// record, document or member that cannot be read is yielded as a *ReadError in its place
// and the reading goes on behind it, so that every input has an outcome and nothing
// disappears silently. A file that cannot be opened, or that breaks off, is one
// *ReadError of its own. Anything else, such as a blank line or an image among
// pages, is passed over and counted.
//
// Archives are not trusted. Nothing is written to a disk, names that lead out of
// an archive are refused, compressed data may expand to 250 times its size, and a
// row or document is at most 4 MiB. Memory does not grow with the archive: the
// cost is a buffer of the longest row, and 10 to 15 µs for a JSONL row of 4 KB.
// Feeds and documents are read whole, Parquet by row group, and the directory of
// a zip is held.
//
// No error holds anything of a row but its position and the names of fields.
package archive
