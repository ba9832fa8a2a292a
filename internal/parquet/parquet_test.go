package parquet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	writer "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/pierrec/lz4/v4"
)

// read returns the rows of a file, one string each, and what went wrong, with its place.
// A column that can be read is read.
func read(t testing.TB, content []byte, options Options) (rows []string) {
	t.Helper()
	file, err := Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return []string{"file: " + err.Error()}
	}
	all := slices.DeleteFunc(file.Columns(), func(c Column) bool { return c.Kind == Other })
	in, err := file.Rows(all, options)
	if err != nil {
		return []string{"columns: " + err.Error()}
	}
	for {
		row, err := in.Next()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			rows = append(rows, fmt.Sprintf("row %d: %v", in.Number(), err))
			continue
		}
		var cells []string
		for i, value := range row {
			cell := "NULL"
			switch {
			case value.Null:
			case all[i].Kind == Text:
				cell = string(value.Bytes())
			case all[i].Kind == Number:
				cell = all[i].FormatNumber(value)
			default:
				cell = all[i].Time(value).Format(time.RFC3339Nano)
			}
			cells = append(cells, all[i].Name+"="+cell)
		}
		rows = append(rows, strings.Join(cells, " "))
	}
}

func readFile(t *testing.T, name string) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, content, Options{})
}

// Every codec, version and encoding gives the same rows, of files that Arrow wrote.
func TestFilesOfArrow(t *testing.T) {
	want := readFile(t, "none-1.parquet")
	if len(want) != 60 || !strings.HasPrefix(want[6], "id=7 text=Report 6 of the port. Report 6 of the port.  title=") || !strings.HasSuffix(want[6], " language=NULL published=2031-07-07T06:30:00Z") ||
		!strings.Contains(want[4], " text=NULL ") {
		t.Fatalf("none-1.parquet: %d rows, %.300q", len(want), want)
	}
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) < 17 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		switch got := readFile(t, name); name {
		case "empty.parquet":
			if len(got) != 0 {
				t.Errorf("%s: %q", name, got)
			}
		case "noise-none.parquet", "noise-lz4.parquet":
			if diff := cmp.Diff(readFile(t, "noise-none.parquet"), got); diff != "" || len(got) != 20 {
				t.Errorf("%s: %d rows, -want +got:\n%s", name, len(got), diff)
			}
		default:
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: -want +got:\n%s", name, diff)
			}
		}
	}
}

// written is a row as the other library writes it.
type written struct {
	ID     int64     `parquet:"id,delta"`
	Code   uint32    `parquet:"code"`
	Text   string    `parquet:"text"`
	Dict   string    `parquet:"dict,dict"`
	Length string    `parquet:"length,delta"`
	Null   *string   `parquet:"null,optional"`
	Both   *string   `parquet:"both,optional,dict"`
	Milli  time.Time `parquet:"milli,timestamp(millisecond)"`
	Nano   time.Time `parquet:"nano,timestamp(nanosecond)"`
	Day    int32     `parquet:"day,date"`
	Money  int64     `parquet:"money,decimal(2:18)"`
	Tags   []string  `parquet:"tags"`
	Share  float64   `parquet:"share"`
}

func (w written) String() string {
	null, both := "NULL", "NULL"
	if w.Null != nil {
		null, both = *w.Null, *w.Both
	}
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	return fmt.Sprintf("id=%d code=%d text=%s dict=%s length=%s null=%s both=%s milli=%s nano=%s day=%s",
		w.ID, w.Code, w.Text, w.Dict, w.Length, null, both, stamp(w.Milli), stamp(w.Nano), stamp(time.Unix(int64(w.Day)*86400, 0)))
}

func writtenRows(n int) (rows []written) {
	for i := range n {
		w := written{
			ID: int64(i*i) - 1<<40, Code: uint32(i) * 1_000_003, Text: strings.Repeat(fmt.Sprintf("Report %d. ", i), i%50),
			Dict: []string{"en", "fr", "ar"}[i%3], Length: fmt.Sprint(i), Milli: time.UnixMilli(int64(i) * -86_400_123), Nano: time.Unix(0, int64(i)*1_000_000_007_003),
			Day: int32(i - 500), Money: 100, Tags: make([]string, i%4), Share: 0.5,
		}
		if i%7 > 2 {
			text := fmt.Sprintf("seen %d", i%100)
			w.Null, w.Both = &text, &text
		}
		rows = append(rows, w)
	}
	return rows
}

// The same of files that the library writes which results are written with.
func TestFilesOfTheOtherLibrary(t *testing.T) {
	const n = 700
	var want []string
	for _, w := range writtenRows(n) {
		want = append(want, w.String())
	}
	for _, codec := range []compress.Codec{&writer.Uncompressed, &writer.Snappy, &writer.Gzip, &writer.Brotli, &writer.Zstd, &writer.Lz4Raw} {
		for version := 1; version <= 2; version++ {
			for _, pageBytes := range []int{500, 1 << 20} {
				var out bytes.Buffer
				w := writer.NewGenericWriter[written](&out, writer.Compression(codec), writer.DataPageVersion(version), writer.PageBufferSize(pageBytes), writer.MaxRowsPerRowGroup(300))
				if _, err := w.Write(writtenRows(n)); err != nil {
					t.Fatal(err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if diff := firstDiff(want, read(t, out.Bytes(), Options{})); diff != "" {
					t.Errorf("%v, version %d, pages of %d bytes: %s", codec, version, pageBytes, diff)
				}
			}
		}
	}
}

// firstDiff shows the first of many rows that is another.
func firstDiff(want, got []string) string {
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			return fmt.Sprintf("row %d of %d and %d: -want +got:\n%s", i+1, len(want), len(got), cmp.Diff(want[min(i, len(want)):min(i+1, len(want))], got[min(i, len(got)):min(i+1, len(got))]))
		}
	}
	return ""
}

// What is known and not read is named, and never "damaged".
func TestUnsupported(t *testing.T) {
	page := madePage{values: 1, body: plainTexts("A story.")}
	good := madeFile{rows: 1, pages: []madePage{page}}
	if diff := cmp.Diff([]string{"text=A story."}, read(t, good.bytes(), Options{})); diff != "" {
		t.Fatal(diff)
	}
	with := func(change func(f *madeFile)) []byte {
		f := good
		f.pages = slices.Clone(f.pages)
		change(&f)
		return f.bytes()
	}
	// Of a file with encrypted columns the others can be read.
	plainColumn := with(func(f *madeFile) { f.edit = func(w *thriftWriter) { w.structure(8, func() {}) } })
	if diff := cmp.Diff([]string{"text=A story."}, read(t, plainColumn, Options{})); diff != "" {
		t.Error(diff)
	}
	for want, content := range map[string][]byte{
		`file: its footer is encrypted: decrypt it first`:                                                                                      append(with(func(*madeFile) {})[:len(good.bytes())-4], "PARE"...),
		`columns: its column "text" is encrypted: decrypt it first`:                                                                            with(func(f *madeFile) { f.sealed = true }),
		`columns: its column "text" is compressed with LZO, which is not read: write it with zstd, snappy or LZ4_RAW`:                          with(func(f *madeFile) { f.codec = codecLZO }),
		`columns: its column "text" is compressed with LZ4 in the framing of Hadoop, which is not read: write it with zstd, snappy or LZ4_RAW`: with(func(f *madeFile) { f.codec = codecHadoopLZ4 }),
		`columns: its column "text" is compressed with codec 8, which is not read: write it with zstd, snappy or LZ4_RAW`:                      with(func(f *madeFile) { f.codec = 8 }),
		`row 1: its column "text" is in an encoding that is not read (number 9): write it again`:                                               with(func(f *madeFile) { f.pages[0].encoding = 9 }),
		`row 1: its column "text" has a page of 16777217 bytes, and at most 16777216 are read: write it with smaller pages`:                    with(func(f *madeFile) { f.pages[0].plain = MaxPageBytes + 1 }),
		`row 1: its column "text" has a page of 2147483647 bytes, and at most 16777216 are read: write it with smaller pages`:                  with(func(f *madeFile) { f.pages[0].stored = 1<<31 - 1 }),
	} {
		if diff := cmp.Diff([]string{want}, read(t, content, Options{})); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

var errSpent = errors.New("too much")

// spend allows bytes, as the reader of archives does.
func spend(allowed int64) Options {
	return Options{Spend: func(bytes int64) error {
		if allowed -= bytes; allowed < 0 {
			return errSpent
		}
		return nil
	}}
}

// allocated returns the bytes that are allocated while do runs.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Files of some bytes that say that they hold billions cost next to nothing, or what
// they are allowed to.
func TestFilesThatSwell(t *testing.T) {
	zeros := make([]byte, MaxPageBytes)
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	bomb := encoder.EncodeAll(zeros, nil)
	dictionary := madePage{kind: dictionaryPage, values: 1, body: plainTexts(strings.Repeat("A story. ", 1000))}
	prefixed := slices.Concat(deltaOf(1_000_000), deltaOf(0))
	tests := []struct {
		name    string
		file    madeFile
		want    string // the end of what is read
		allowed int64
	}{
		{"a run of a billion nulls", madeFile{rows: billion, optional: true, pages: []madePage{{values: billion, body: levelRun(billion, 0)}}}, "too much", 64 << 20},
		{"a run of a billion in a page of one", madeFile{rows: 1, optional: true, pages: []madePage{{values: 1, body: append(levelRun(billion, 1), plainTexts("A story.")...)}}}, "text=A story.", 64 << 20},
		{"a run of one of a billion rows", madeFile{rows: billion, optional: true, pages: []madePage{{values: billion, body: levelRun(1, 0)}}}, "row 2: it is damaged", 64 << 20},
		{"one long value a billion times", madeFile{rows: billion, pages: []madePage{dictionary, {values: billion, encoding: encodingRLEDictionary, body: append([]byte{1}, levelRun(billion, 0)[4:]...)}}}, "too much", 64 << 20},
		{"a dictionary of a billion values", madeFile{rows: 1, pages: []madePage{{kind: dictionaryPage, values: billion, body: plainTexts("a")}}}, "row 1: it is damaged", 64 << 20},
		{"a billion lengths", madeFile{rows: 1, pages: []madePage{{values: 1, encoding: encodingDeltaLength, body: deltaOf(0)}}}, "text=", 64 << 20},
		{"a billion prefixes", madeFile{rows: billion, pages: []madePage{{values: billion, encoding: encodingDeltaBytes, body: prefixed}}}, "row 1: it is damaged", 64 << 20},
		{"lengths without an end", madeFile{rows: 1, pages: []madePage{{values: 1, encoding: encodingDeltaLength, body: deltaOf(0)[:20]}}}, "row 1: it is damaged", 64 << 20},
		{"blocks without a length", madeFile{physical: typeInt64, rows: billion, pages: []madePage{{values: billion, encoding: encodingDelta, body: []byte{0, 0, 0xff, 0x7f, 0}}}}, "row 1: it is damaged", 64 << 20},
		{"a page of zeros", madeFile{rows: 2, codec: codecZstd, pages: []madePage{{values: 2, body: bomb, plain: MaxPageBytes}}}, "text=", 64 << 20},
		{"a thousand row groups of one page of zeros", madeFile{rows: 2, groups: 1000, codec: codecZstd, pages: []madePage{{values: 2, body: bomb, plain: MaxPageBytes}}}, "too much", 64 << 20},
		{"levels longer than a number", madeFile{rows: 1, pages: []madePage{{kind: dataPageV2, values: 1, definition: 1, repetition: math.MaxInt64, body: plainTexts("A story.")}}}, "row 1: it is damaged", 64 << 20},
		{"a page beyond the last number", madeFile{rows: 1, start: math.MaxInt64 - 5, pages: []madePage{{values: 1, body: plainTexts("A story.")}}}, "row 1: it is damaged", 64 << 20},
		{"a page longer than it says", madeFile{rows: 2, codec: codecZstd, pages: []madePage{{values: 2, body: bomb, plain: 100}}}, "row 1: it is damaged", 64 << 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			content := tt.file.bytes()
			var last string
			took := allocated(func() {
				file, err := Open(bytes.NewReader(content), int64(len(content)))
				if err != nil {
					t.Fatal(err)
				}
				rows, err := file.Rows(file.Columns(), spend(tt.allowed))
				if err != nil {
					t.Fatal(err)
				}
				for {
					row, err := rows.Next()
					switch {
					case errors.Is(err, io.EOF):
						return
					case err != nil:
						if last = fmt.Sprintf("row %d: %v", rows.Number(), err); errors.Is(err, errSpent) {
							last = err.Error()
							return
						}
					case file.Columns()[0].Kind == Text:
						last = "text=" + string(row[0].Bytes()[:min(len(row[0].Bytes()), 20)])
					}
				}
			})
			if last != tt.want {
				t.Errorf("a file of %d bytes ends with %q, want %q", len(content), last, tt.want)
			}
			if most := uint64(200 << 20); took > most {
				t.Errorf("%d MB were allocated for a file of %d bytes", took>>20, len(content))
			}
		})
	}
}

// A page may hold nothing, such as the dictionary of a column of nulls.
func TestPagesOfNothing(t *testing.T) {
	var inGzip bytes.Buffer
	if err := gzip.NewWriter(&inGzip).Close(); err != nil {
		t.Fatal(err)
	}
	for codec, stored := range map[int64][]byte{
		codecSnappy: {0},
		codecGzip:   inGzip.Bytes(),
		codecBrotli: {6},
		codecZstd:   {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0},
		codecLZ4:    {0},
	} {
		if err := decompress(codec, nil, stored); err != nil {
			t.Errorf("codec %d: %v", codec, err)
		}
	}
}

// Files of other writers, each with a peculiarity of its own.
func TestPeculiarFiles(t *testing.T) {
	page := madePage{values: 1, body: plainTexts("A story.")}
	unsummed := page
	unsummed.noChecksum = true
	// A frame without the length of its content, and its window.
	zstdHead := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3}
	inZstd := slices.Concat(zstdHead, []byte{byte(len(page.body)<<3 | 1), 0, 0}, page.body)
	two := madePage{values: 2, body: plainTexts("A story.", "Another.")}
	for name, tt := range map[string]struct {
		file madeFile
		want []string
	}{
		"no checksum":                   {madeFile{rows: 1, pages: []madePage{unsummed}}, []string{"text=A story."}},
		"a group without columns":       {madeFile{rows: 1, empty: true, pages: []madePage{page}}, []string{"text=A story."}},
		"a row group of more rows":      {madeFile{rows: 1, values: 2, claimed: 2, pages: []madePage{two}}, []string{"text=A story.", "text=Another."}},
		"a row group that lacks a row":  {madeFile{rows: 2, pages: []madePage{page}}, []string{"text=A story.", "row 2: it is damaged"}},
		"a file that lacks a row group": {madeFile{rows: 1, claimed: 2, pages: []madePage{page}}, []string{"text=A story.", "row 2: it is damaged"}},
		"zstd at its highest level":     {madeFile{rows: 1, codec: codecZstd, pages: []madePage{{values: 1, body: inZstd, plain: int64(len(page.body))}}}, []string{"text=A story."}},
	} {
		if diff := cmp.Diff(tt.want, read(t, tt.file.bytes(), Options{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// Footers that say that they hold billions.
func TestFootersThatSwell(t *testing.T) {
	footer := func(write func(w *thriftWriter)) []byte {
		return madeFile{rows: 1, edit: write}.bytes()
	}
	for name, content := range map[string][]byte{
		"a list of a billion": footer(func(w *thriftWriter) {
			w.header(2, thriftList)
			w.out = append(w.out, 0xf0|thriftStruct)
			w.uvarint(billion)
		}),
		"a name of a gigabyte": footer(func(w *thriftWriter) {
			w.header(6, thriftBinary)
			w.uvarint(1 << 30)
		}),
		"lists in lists": footer(func(w *thriftWriter) {
			w.header(99, thriftList)
			w.out = append(w.out, bytes.Repeat([]byte{0x10 | thriftList}, 1<<20)...)
		}),
		"structs in structs": footer(func(w *thriftWriter) {
			w.header(99, thriftStruct)
			w.out = append(w.out, bytes.Repeat([]byte{0x10 | thriftStruct}, 1<<20)...)
		}),
		"a footer longer than the file": append([]byte("PAR1\x00\xff\xff\xff\xff"), magic...),
		"a footer of nothing":           append([]byte("PAR1\x00\x00\x00\x00"), magic...),
		"no file":                       []byte("PAR1"),
	} {
		took := allocated(func() {
			if got := read(t, content, Options{}); len(got) != 1 || got[0] != "file: it is damaged" {
				t.Errorf("%s: %q", name, got)
			}
		})
		if most := uint64(16 << 20); took > most {
			t.Errorf("%s: %d MB were allocated for %d bytes", name, took>>20, len(content))
		}
	}
}

// A node of a schema may take a byte of the footer.
func TestSchemasThatSwell(t *testing.T) {
	for name, node := range map[string][]byte{
		"columns": {0},
		"groups":  {5<<4 | thriftI32, 2, 0},
	} {
		content := madeFile{rows: 1, edit: func(w *thriftWriter) {
			w.list(2, 1<<21, func(i int) {
				if i == 0 {
					w.int32(5, 1<<30)
				}
				w.out = append(w.out, node...)
			})
		}}.bytes()
		took := allocated(func() {
			if got := read(t, content, Options{}); len(got) != 1 || !strings.HasSuffix(got[0], "split it into several files") {
				t.Errorf("%s: %q", name, got)
			}
		})
		if most := uint64(32 << 20); took > most {
			t.Errorf("%s: %d MB were allocated for a file of %d bytes", name, took>>20, len(content))
		}
	}
}

// Damage ends a row group, and those behind it are read.
func TestDamageEndsARowGroup(t *testing.T) {
	whole := readFile(t, "lz4-2.parquet") // with checksums
	content, err := os.ReadFile("testdata/lz4-2.parquet")
	if err != nil {
		t.Fatal(err)
	}
	content[40] ^= 1
	got := read(t, content, Options{})
	if want := append([]string{"row 1: it is damaged"}, whole[25:]...); !cmp.Equal(want, got) {
		t.Errorf("-want +got:\n%s", cmp.Diff(want, got))
	}
}

// Whatever byte of a file is another, reading ends, and without much memory.
func TestEveryByteDamaged(t *testing.T) {
	for _, name := range []string{"noise-lz4.parquet", "delta_byte_array.parquet", "snappy-1.parquet"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for at := range content {
			damaged := bytes.Clone(content)
			damaged[at] ^= 0xff
			if took := allocated(func() { read(t, damaged, spend(64<<20)) }); took > 150<<20 {
				t.Errorf("%s: %d MB were allocated with byte %d of %d damaged", name, took>>20, at, len(content))
			}
		}
	}
}

// Pages of LZ4 that are damaged are an error.
func TestDamagedLZ4(t *testing.T) {
	text := strings.Repeat("A story of the port. ", 1000)
	plain := plainTexts(text)
	stored := make([]byte, lz4.CompressBlockBound(len(plain)))
	n, err := lz4.CompressBlock(plain, stored, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := func(body []byte) []byte {
		return madeFile{rows: 1, codec: codecLZ4, pages: []madePage{{values: 1, body: body, plain: int64(len(plain))}}}.bytes()
	}
	if got := read(t, file(stored[:n]), Options{}); len(got) != 1 || got[0] != "text="+text {
		t.Fatalf("%.100q", got)
	}
	for name, body := range map[string][]byte{"cut": stored[:n/2], "zeros": make([]byte, n), "more": append(bytes.Clone(stored[:n]), stored[:n]...)} {
		if got := read(t, file(body), Options{}); len(got) != 1 || got[0] != "row 1: it is damaged" {
			t.Errorf("%s: %.100q", name, got)
		}
	}
}

// An error of the file itself ends the reading.
func TestFileThatCannotBeRead(t *testing.T) {
	content, err := os.ReadFile("testdata/none-1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	fails := &failing{in: bytes.NewReader(content)}
	file, err := Open(fails, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := file.Rows(file.Columns()[:1], Options{})
	if err != nil {
		t.Fatal(err)
	}
	fails.err = errors.New("the disk is gone")
	for _, want := range []error{fails.err, io.EOF, io.EOF} {
		if _, err := rows.Next(); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if _, err := Open(fails, int64(len(content))); !errors.Is(err, fails.err) {
		t.Errorf("open: %v, want %v", err, fails.err)
	}
}

type failing struct {
	in  io.ReaderAt
	err error
}

func (f *failing) ReadAt(p []byte, at int64) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return f.in.ReadAt(p, at)
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		// Twice as much as what is allowed for a file of this size by far.
		took := allocated(func() { read(t, content, spend(1<<20)) })
		if took > 256<<20 {
			t.Errorf("%d MB were allocated", took>>20)
		}
	})
}
