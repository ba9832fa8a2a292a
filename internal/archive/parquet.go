package archive

import (
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquet reads the rows of a Parquet file, a few at a time. Its columns are
// found by name at the top of the schema; others are passed over.
func (r *scanner) parquet(in *inputFile) (proceed bool) {
	if in.file == nil {
		return r.fail(in.location, FormatUnknown, "a Parquet file cannot be read from a pipe or out of another file: name the file itself")
	}
	yielding := false
	location := in.location
	defer func() {
		// The library panics over some damaged files. A panic of whoever ranges
		// over the sequence is none of ours.
		if v := recover(); v != nil {
			if yielding {
				panic(v)
			}
			proceed = r.unreadable(location, "cannot be read", errDamagedParquet)
		}
	}()
	file, fault := openParquet(in.file)
	if fault != nil {
		return r.unreadable(location, "is not a Parquet file that can be read", fault)
	}
	places, message := parquetColumns(&r.columns, file.Schema())
	if message != "" {
		return r.fail(location, RowInvalid, "%s", message)
	}
	rows := parquet.NewReader(file)
	defer rows.Close()
	buffer := make([]parquet.Row, 16)
	for {
		n, err := rows.ReadRows(buffer)
		for _, row := range buffer[:n] {
			location.Line++
			a, fault := parquetRow(row, places, location)
			yielding = true
			if fault != "" {
				proceed = r.fail(location, RowInvalid, "%s", fault)
			} else {
				proceed = r.article(a)
			}
			yielding = false
			if !proceed {
				return false
			}
		}
		switch {
		case errors.Is(err, io.EOF), err == nil && n == 0:
			return true
		case err != nil:
			location.Line++
			return r.unreadable(location, "cannot be read any further", errDamagedParquet)
		}
	}
}

var errDamagedParquet = errors.New("it is damaged")

func openParquet(file *randomAccess) (*parquet.File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	opened, err := parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, errDamagedParquet
	}
	return opened, nil
}

// parquetColumns returns the field of each leaf column, fieldCount for one that is
// not used, or says which columns are missing.
func parquetColumns(c *columns, schema *parquet.Schema) (places []parquetColumn, fault string) {
	var names []string
	var times []toTime
	for _, path := range schema.Columns() {
		name, unit := "", toTime(nil)
		if leaf, ok := schema.Lookup(path...); ok && len(path) == 1 && !leaf.Node.Repeated() {
			f, _ := c.of(path[0])
			unit = timeUnit(leaf.Node.Type())
			if canHold(leaf.Node.Type(), f, unit) {
				name = path[0]
			}
		}
		names, times = append(names, name), append(times, unit)
	}
	fields, fault := c.places(names)
	for i, f := range fields {
		places = append(places, parquetColumn{f, times[i]})
	}
	return places, fault
}

// parquetColumn says what a column is read for.
type parquetColumn struct {
	field field
	time  toTime // nil unless the column holds points in time
}

// toTime turns the number of a timestamp into the time.
type toTime func(int64) time.Time

// timeUnit returns how a column of timestamps is read, nil for any other.
func timeUnit(column parquet.Type) toTime {
	logical := column.LogicalType()
	if logical == nil {
		return nil
	}
	stamp, ok := logical.Value.(*format.TimestampType)
	if !ok || stamp.Unit.Value == nil {
		return nil
	}
	unit := stamp.Unit.Value.Duration()
	second := int64(time.Second / unit)
	return func(n int64) time.Time { return time.Unix(n/second, n%second*int64(unit)) }
}

// canHold reports whether a column can be read for a field: text for any, whole
// numbers for an id, timestamps for the date.
func canHold(column parquet.Type, f field, unit toTime) bool {
	switch column.Kind() {
	case parquet.ByteArray:
		return true
	case parquet.Int32, parquet.Int64:
		return f == fieldID && unit == nil || f == fieldPublished && unit != nil
	}
	return false
}

// parquetRow returns the article of a row.
func parquetRow(row parquet.Row, places []parquetColumn, location Location) (*Entry, string) {
	a := &Entry{Location: location}
	size := 0
	for _, value := range row {
		place := places[value.Column()]
		if place.field == fieldCount || value.IsNull() {
			continue
		}
		if value.Kind() != parquet.ByteArray {
			if place.time != nil {
				a.Published = place.time(value.Int64()).UTC()
			} else {
				a.ID = value.String()
			}
			continue
		}
		raw := value.ByteArray()
		switch size += len(raw); {
		case size > MaxRowBytes:
			return nil, fmt.Sprintf("the row is longer than %d bytes", MaxRowBytes)
		case !utf8.Valid(raw):
			return nil, "the row is not valid UTF-8"
		}
		a.set(place.field, string(raw))
	}
	return a, ""
}
