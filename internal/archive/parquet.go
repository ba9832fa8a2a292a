package archive

import (
	"errors"
	"io"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/parquet"
)

// parquet reads the rows of a Parquet file. Its columns are found by name at the top
// of the schema; others are passed over.
func (r *scanner) parquet(in *inputFile) bool {
	if in.file == nil {
		return r.fail(in.location, FormatUnknown, "a Parquet file cannot be read from a pipe or out of another file: name the file itself")
	}
	info, err := in.file.Stat()
	if err != nil {
		return r.unreadable(in.location, "cannot be read", err)
	}
	in.limit.stored = info.Size()
	file, err := parquet.Open(in.file, info.Size())
	if err != nil {
		return r.unreadableParquet(in.location, "is not a Parquet file that can be read", err)
	}
	wanted, places, fault := r.columns.ofParquet(file.Columns())
	if fault != "" {
		return r.fail(in.location, RowInvalid, "%s", fault)
	}
	rows, err := file.Rows(wanted, parquet.Options{Spend: in.limit.spend})
	if err != nil {
		return r.unreadableParquet(in.location, "cannot be read", err)
	}
	for {
		row, err := rows.Next()
		location := in.location
		location.Line = rows.Number()
		var proceed bool
		switch {
		case errors.Is(err, io.EOF):
			return true
		case err != nil:
			proceed = r.unreadableParquet(location, "its row group cannot be read any further", err)
		default:
			proceed = r.parquetRow(location, row, wanted, places)
		}
		if !proceed {
			return false
		}
	}
}

// unreadableParquet tells unsupported forms from damage.
func (r *scanner) unreadableParquet(location Location, what string, err error) bool {
	var unsupported *parquet.UnsupportedError
	if errors.As(err, &unsupported) {
		return r.fail(location, FormatUnsupported, "%s", unsupported)
	}
	return r.unreadable(location, what, err)
}

// ofParquet returns the columns to read and the field of each, or says which are
// missing.
func (c *columns) ofParquet(all []parquet.Column) (wanted []parquet.Column, places []field, fault string) {
	names := make([][]byte, len(all))
	for i, column := range all {
		if f, ok := c.of(column.Name); ok && canHold(column.Kind, f) {
			names[i] = []byte(column.Name)
		}
	}
	fields, fault := c.places(names)
	for i, f := range fields {
		if f != fieldCount {
			wanted, places = append(wanted, all[i]), append(places, f)
		}
	}
	return wanted, places, fault
}

// canHold reports whether a column can be read for a field: text for any, whole
// numbers for an id, times for the date.
func canHold(kind parquet.Kind, f field) bool {
	switch kind {
	case parquet.Text:
		return true
	case parquet.Number:
		return f == fieldID
	case parquet.Time:
		return f == fieldPublished
	case parquet.Other:
	}
	return false
}

// parquetRow yields the article of a row.
func (r *scanner) parquetRow(location Location, row []parquet.Value, columns []parquet.Column, places []field) bool {
	a := &Entry{Location: location}
	size := 0
	for i, value := range row {
		switch column := &columns[i]; {
		case value.Null:
		case column.Kind == parquet.Number:
			a.ID = column.FormatNumber(value)
		case column.Kind == parquet.Time:
			if t := column.Time(value); t.Year() > 0 && t.Year() < 10_000 {
				a.Published = t
			}
		default:
			text := value.Bytes()
			switch size += len(text); {
			case size > MaxRowBytes:
				return r.fail(location, RowTooLarge, "the row is longer than %d bytes", MaxRowBytes)
			case !utf8.Valid(text):
				return r.fail(location, RowInvalid, "the row is not valid UTF-8")
			}
			a.set(places[i], string(text))
		}
	}
	return r.article(a)
}
