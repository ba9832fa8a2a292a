// Package parquet reads columns of text, whole numbers and times out of untrusted
// Parquet files.
//
// Open reads the footer, and Rows the values of some columns at the top of the schema,
// row by row. A column holds one page at a time, of at most MaxPageBytes, so memory
// depends on neither the file nor its row groups: about three pages for each column,
// usually of a megabyte. A length that a file declares is checked against the bytes that
// are there before anything is allocated; runs, deltas and dictionary indices are decoded
// one value at a time.
//
// The tables of results are written with parquet-go. Its reader is not used: it decodes
// LZ4_RAW wrongly, panics over damaged files, and allocates the lengths that a file
// declares, which no recover survives.
//
// A damaged page ends its row group and not the file. Forms that are known and not read
// (encryption, LZO, LZ4 in the framing of Hadoop, pages beyond the limit) are an
// *UnsupportedError.
package parquet
