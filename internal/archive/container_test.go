package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tarOf writes members in their order, each with its name as its text.
func tarOf(names ...string) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i, name := range names {
		text := fmt.Sprintf("A story, the %d. of them.", i+1)
		_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))})
		must(w.Write([]byte(text)))
	}
	_ = w.Close()
	return out.Bytes()
}

// A tar archive is whole only with its end, wherever it was cut.
func TestTarThatIsCut(t *testing.T) {
	const member = 2 * tarBlock // a header and a block of text
	whole := tarOf("a.txt", "b.txt", "c.txt")
	for cut := range len(whole) + 1 {
		if cut%100 != 0 && cut%tarBlock != 0 && cut%tarBlock != tarBlock-1 {
			continue
		}
		got := outcomes(t, []string{put(t, t.TempDir(), "in.tar", whole[:cut])}, Options{})
		complete := cut == 3*member+tarBlock || cut == len(whole) // one block of zeros is enough
		last := outcome{}
		if len(got) > 0 {
			last = got[len(got)-1]
		}
		if broken := last.Reason == InputUnreadable; broken == complete {
			t.Errorf("cut at %d of %d: %v", cut, len(whole), got)
		}
		if articles := len(got) - 1; !complete && articles < cut/member {
			t.Errorf("cut at %d: %d articles of those before the cut: %v", cut, articles, got)
		}
	}
	for name, content := range map[string][]byte{
		"in.tar.gz":  encoded("gzip", whole[:2*member]),
		"in.tar.zst": encoded("zstd", whole[:2*member]),
		"in.tgz":     encoded("gzip", nil),
	} {
		got := outcomes(t, []string{put(t, t.TempDir(), name, content)}, Options{})
		if len(got) == 0 || got[len(got)-1].Reason != InputUnreadable {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The end of a member of zeros is not the end of the archive.
func TestTarThatIsCutBehindZeros(t *testing.T) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	_ = w.WriteHeader(&tar.Header{Name: "zeros.bin", Mode: 0o600, Size: 4 * tarBlock})
	must(w.Write(make([]byte, 4*tarBlock)))
	got := outcomes(t, []string{put(t, t.TempDir(), "in.tar", out.Bytes())}, Options{})
	if len(got) != 1 || got[0].Reason != InputUnreadable {
		t.Errorf("%v; want an error, as the archive has no end", got)
	}
}

// Archives that were put together are read to their end, and what is none is said.
func TestTarsInOneFile(t *testing.T) {
	first, second := tarOf("a.txt", "b.txt"), tarOf("b.txt", "c.txt")
	for name, content := range map[string][]byte{
		"in.tar":    slices.Concat(first, make([]byte, 9*tarBlock), second),
		"in.tar.gz": slices.Concat(encoded("gzip", first), encoded("gzip", second)),
	} {
		var members []string
		for _, o := range outcomes(t, []string{put(t, t.TempDir(), name, content)}, Options{}) {
			if o.Article == nil {
				t.Fatalf("%s: %v", name, o)
			}
			members = append(members, strings.TrimPrefix(o.Article.Location.String(), o.Article.Location.Path))
		}
		if diff := cmp.Diff([]string{"(a.txt)", "(b.txt)", "(b.txt, no. 2)", "(c.txt)"}, members); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	got := outcomes(t, []string{put(t, t.TempDir(), "in.tar", append(first, "something else"...))}, Options{})
	if len(got) != 3 || got[2].Reason != InputUnreadable {
		t.Errorf("something else behind it: %v", got)
	}
}

// Members of one name have places and ids of their own.
func TestMembersOfOneName(t *testing.T) {
	names := []string{"a.txt", "b.txt", "a.txt", "a.txt"}
	var zipped bytes.Buffer
	w := zip.NewWriter(&zipped)
	for i, name := range names {
		must(must(w.Create(name)).Write(fmt.Appendf(nil, "A story, the %d. of them.", i+1)))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{"in.tar": tarOf(names...), "in.zip": zipped.Bytes()} {
		got := outcomes(t, []string{put(t, t.TempDir(), file, content)}, Options{})
		if len(got) != len(names) {
			t.Fatalf("%s: %v", file, got)
		}
		ids := map[string]bool{}
		for i, o := range got {
			want := Location{Path: o.Article.Location.Path, Member: names[i], Ordinal: []int64{0, 0, 2, 3}[i]}
			if o.Article.Location != want || !strings.Contains(o.Article.Text, fmt.Sprintf("the %d.", i+1)) {
				t.Errorf("%s: %+v, want the place %+v", file, o.Article, want)
			}
			ids[o.Article.ID] = true
		}
		if len(ids) != len(names) {
			t.Errorf("%s: ids %v", file, ids)
		}
	}
}

// Names of files and members in any encoding stand in rows, which are JSON, as different places.
func TestNamesThatAreNotUTF8(t *testing.T) {
	names := []string{"caf\xe9.txt", "caf\xe8.txt", "café.txt", "caf\xe9.txt", "\xe9/\xff.txt"}
	want := []Location{
		{Member: `caf\xe9.txt`}, {Member: `caf\xe8.txt`}, {Member: "café.txt"}, {Member: `caf\xe9.txt`, Ordinal: 2}, {Member: `\xe9/\xff.txt`},
	}
	var tarred, zipped bytes.Buffer
	inTar, inZip := tar.NewWriter(&tarred), zip.NewWriter(&zipped)
	dir := t.TempDir()
	for i, name := range names {
		text := fmt.Appendf(nil, "A story, the %d. of them.", i+1)
		must(0, inTar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), Format: tar.FormatGNU}))
		must(inTar.Write(text))
		must(must(inZip.Create(name)).Write(text))
		if os.WriteFile(filepath.Join(dir, filepath.Base(name)), text, 0o600) != nil {
			dir = "" // a file system that takes UTF-8 only
		}
	}
	must(0, inTar.Close())
	must(0, inZip.Close())
	for file, content := range map[string][]byte{"in.tar": tarred.Bytes(), "in.zip": zipped.Bytes()} {
		var got []Location
		for _, o := range outcomes(t, []string{put(t, t.TempDir(), file, content)}, Options{}) {
			got = append(got, Location{Member: o.Article.Location.Member, Ordinal: o.Article.Location.Ordinal})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", file, diff)
		}
	}
	if dir == "" {
		return
	}
	var paths []string
	for _, o := range outcomes(t, []string{dir}, Options{}) {
		paths = append(paths, filepath.Base(o.Article.Location.Path))
	}
	if diff := cmp.Diff([]string{"café.txt", `caf\xe8.txt`, `caf\xe9.txt`, `\xff.txt`}, paths); diff != "" {
		t.Errorf("files: -want +got:\n%s", diff)
	}
}

// What holds nothing is told from what holds no article, and both from what is read.
func TestEmptyInputs(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "some/a.txt", []byte("A story."))
	put(t, dir, "some/empty.jsonl", nil)
	put(t, dir, "some/empty", []byte(" \n"))
	put(t, dir, "none/picture.png", []byte("\x89PNG\r\n\x1a\n\x00\x00"))
	put(t, dir, "empty.jsonl", nil)
	put(t, dir, "marked.csv", []byte("\uFEFF"))
	put(t, dir, "blank.jsonl.gz", encoded("gzip", []byte("\n \n")))
	put(t, dir, "header.csv", []byte("id,text\n"))
	put(t, dir, "blank.tar", make([]byte, 20*tarBlock))
	put(t, dir, "whole.jsonl", []byte(`{"text":"A story."}`))
	tests := []struct {
		path string
		want []string
	}{
		{"some", []string{"some/empty: empty file", "some/empty.jsonl: empty file"}},
		{"some/*", []string{"some/empty: empty file", "some/empty.jsonl: empty file"}},
		{"none", []string{"none/picture.png: file of no known format", "none: input without an article"}},
		{"empty.jsonl", []string{"empty.jsonl: empty file"}},
		{"marked.csv", []string{"marked.csv: empty file"}},
		{"blank.jsonl.gz", []string{"blank.jsonl.gz: empty file"}},
		{"header.csv", []string{"header.csv: input without an article"}},
		{"blank.tar", []string{"blank.tar: input without an article"}},
		{"whole.jsonl", nil},
	}
	for _, tt := range tests {
		var got []string
		outcomes(t, []string{dir + "/" + tt.path}, Options{Shard: must(ParseShard("1/1000")), Skipped: func(where Location, what Skip) {
			got = append(got, fmt.Sprintf("%s: %s", strings.TrimPrefix(where.Path, dir+"/"), what))
		}})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.path, diff)
		}
	}
	skipped := map[Skip]int{}
	outcomes(t, []string{Stdin}, Options{Stdin: strings.NewReader(""), Skipped: func(_ Location, what Skip) { skipped[what]++ }})
	if diff := cmp.Diff(map[Skip]int{SkipEmptyFile: 1}, skipped); diff != "" {
		t.Errorf("standard input: -want +got:\n%s", diff)
	}
}

// A member that only a password or another program opens is named so, not damaged, and those
// behind it are read.
func TestZipMembersThatAreNotRead(t *testing.T) {
	const text = "A story of one line."
	for want, change := range map[string]func(*zip.FileHeader){
		"it is encrypted": func(h *zip.FileHeader) { h.Flags |= 1 },
		"Deflate64":       func(h *zip.FileHeader) { h.Method = 9 },
		"PPMd":            func(h *zip.FileHeader) { h.Method = 98 },
		"method 97":       func(h *zip.FileHeader) { h.Method = 97 },
		"encrypted":       func(h *zip.FileHeader) { h.Flags, h.Method = 1, 99 },
	} {
		var zipped bytes.Buffer
		w := zip.NewWriter(&zipped)
		for _, name := range []string{"sealed.txt", ".hidden"} {
			header := &zip.FileHeader{Name: name, CompressedSize64: uint64(len(text)), UncompressedSize64: uint64(len(text))}
			change(header)
			must(must(w.CreateRaw(header)).Write([]byte(text)))
		}
		must(must(w.Create("open.txt")).Write([]byte(text)))
		must(0, w.Close())
		got := outcomes(t, []string{put(t, t.TempDir(), "in.zip", zipped.Bytes())}, Options{})
		if len(got) != 2 || got[0].Reason != FormatUnsupported || !strings.Contains(got[0].Message, want) || got[1].Article.Text != text {
			t.Errorf("%s: %+v", want, got)
		}
	}
}

// ARC files and the like are refused by their names, wherever they are met.
func TestUnsupportedForms(t *testing.T) {
	const arc = "filedesc://port.arc 192.0.2.1 20310501000000 text/plain 69\n1 0 news.example\nURL IP-address Archive-date Content-type Archive-length\n\n\n" +
		"https://news.example/1 192.0.2.1 20310501000000 text/html 60\nHTTP/1.1 200 OK\nContent-Type: text/html\n\n<p>A story.</p>\n"
	dir := t.TempDir()
	put(t, dir, "in/port.arc", []byte(arc))
	put(t, dir, "in/port.arc.gz", encoded("gzip", []byte(arc)))
	put(t, dir, "in/port.txt", []byte(arc))
	put(t, dir, "in/quay", []byte(arc[strings.Index(arc, "https://"):]))
	put(t, dir, "in/sealed.parquet", []byte("PARE\x00\x01\x02\x03PARE"))
	put(t, dir, "in/wire.xml", []byte(`<?xml version="1.0"?><!DOCTYPE NewsML SYSTEM "NewsML_1.2.dtd"><NewsML><NewsItem/></NewsML>`))
	for _, options := range []Options{{}, {Format: FormatWARC}} {
		got := outcomes(t, []string{dir + "/in"}, options)
		for i, o := range got {
			want := "it is an ARC file, which is not read: convert it to WARC first"
			switch i {
			case 4:
				want = "it is a Parquet file with an encrypted footer"
			case 5:
				want = "it is NewsML 1, which is not read: take the publisher's NewsML-G2 or ninjs"
			}
			if o.Reason != FormatUnsupported || !strings.HasPrefix(o.Message, want) {
				t.Errorf("format %q: %v", options.Format, o)
			}
		}
		if len(got) != 6 {
			t.Errorf("format %q: %v", options.Format, got)
		}
	}
	if got := outcomes(t, []string{dir + "/in/port.arc"}, Options{Format: FormatText}); len(got) != 1 || got[0].Article == nil {
		t.Errorf("named as text: %v", got)
	}
}

// Forms of compression that are not read are named.
func TestUnsupportedCompressions(t *testing.T) {
	for mark, name := range map[string]string{
		"\x02\x21\x4c\x18": "lz4", "\x89LZO\x00\r\n\x1a\n\x10": "lzop", "LRZI\x00\x06": "lrzip",
		"\x04\x22\x4d\x18": "lz4", "7z\xbc\xaf\x27\x1c": "7-Zip", "Rar!\x1a\x07\x00": "RAR", "LZIP\x01": "lzip", "\x1f\x9d\x90": "compress", "\x5d\x00\x00\x80\x00": "LZMA",
	} {
		dir := t.TempDir()
		put(t, dir, "in/a.jsonl", []byte(mark+"more"))
		for _, format := range []Format{FormatAuto, FormatJSONL} {
			got := outcomes(t, []string{dir + "/in"}, Options{Format: format})
			if len(got) != 1 || got[0].Reason != FormatUnsupported || !strings.Contains(got[0].Message, "compressed with "+name+", which") {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
}

// A hole of any length in a member costs next to nothing, and its archive is read on.
func TestTarWithHoles(t *testing.T) {
	const length = "9000000000000000000"
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range []string{"picture.png", "long.txt"} {
		// The form 1.0 of GNU tar. Its map, in the first block, says that there is no data.
		records := map[string]string{"WWW.sparse.major": "1", "WWW.sparse.minor": "0", "WWW.sparse.name": name, "WWW.sparse.realsize": length}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: tarBlock, PAXRecords: records}); err != nil {
			t.Fatal(err)
		}
		block := make([]byte, tarBlock)
		copy(block, "1\n"+length+"\n0\n")
		must(w.Write(block))
	}
	content := bytes.ReplaceAll(out.Bytes(), []byte("WWW.sparse"), []byte("GNU.sparse")) // which the library does not write
	skipped := 0
	got := outcomes(t, []string{put(t, t.TempDir(), "in.tar", append(content, tarOf("a.txt")...))}, Options{Skipped: func(_ Location, what Skip) {
		if what == SkipFile {
			skipped++
		}
	}})
	if len(got) != 2 || got[0].Reason != RowTooLarge || got[1].Article == nil || skipped != 1 {
		t.Errorf("%v, %d files passed over", got, skipped)
	}
}

// Names and keywords of WARC are matched regardless of case, and fields may span lines.
func TestWARCHeaders(t *testing.T) {
	record := func(header string) string {
		header = strings.ReplaceAll(header, "\n", "\r\n")
		return header + "Content-Length: 8\r\n\r\nA story.\r\n\r\n"
	}
	content := record("WARC/1.1\nWARC-Type: resource\nWARC-Record-ID: <urn:uuid:1>\nContent-Type: text/plain\n") +
		record("warc/1.0\nwarc-type: RESOURCE\nwarc-record-id: <urn:uuid:2>\ncontent-type: TEXT/PLAIN\n") +
		record("WARC/1.0\nWARC-Type: \n resource\nWARC-Record-ID:\n\t<urn:uuid:3>\nContent-Type: text/plain;\n charset=utf-8\nWARC-Target-URI:\n https://news.example/\n \n") +
		record("WARC/1.0\nWARC-Type: resource\nWARC-Record-ID: <urn:uuid:4>\nX-Long: x\n"+strings.Repeat(" "+strings.Repeat("x", 60_000)+"\n", 100)+"Content-Type: text/plain\n")
	for _, name := range []string{"in.warc", "in"} {
		got := outcomes(t, []string{put(t, t.TempDir(), name, []byte(content))}, Options{})
		var ids []string
		for _, o := range got {
			if o.Article == nil || o.Article.Text != "A story." {
				t.Fatalf("%s: %v", name, got)
			}
			ids = append(ids, o.Article.ID)
		}
		if diff := cmp.Diff([]string{"1", "2", "3", "4"}, ids); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if got[2].Article.URL != "https://news.example/" {
			t.Errorf("%s: URL %q", name, got[2].Article.URL)
		}
	}
}

// An input that cannot be read any further never stops those behind it.
func TestBehindWhatCannotBeRead(t *testing.T) {
	members := tarOf("a.txt", "b.txt")
	parquetFile, err := os.ReadFile("../parquet/testdata/lz4-1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"cut.tar":        members[:700],
		"cut.tgz":        encoded("gzip", members)[:60],
		"cut.jsonl.zst":  encoded("zstd", []byte(`{"text":"A story."}`))[:20],
		"swells.txt.gz":  encoded("gzip", make([]byte, expansionAllowance+1<<20)),
		"swells.jsonl":   encoded("gzip", bytes.Repeat([]byte(`{"text":"`+strings.Repeat("A story. ", 100_000)+"\"}\n"), 100)),
		"noise.zip":      []byte("PK\x03\x04 and no more"),
		"noise.gz":       []byte("\x1f\x8b and no more"),
		"noise.parquet":  append([]byte("PAR1"), bytes.Repeat([]byte{0xff}, 100)...),
		"bad.parquet":    append(bytes.Clone(parquetFile[:400]), parquetFile[500:]...),
		"cut.warc":       []byte("WARC/1.0\r\nContent-Length: 99\r\n"),
		"cut.rss":        []byte("<rss><channel><item>"),
		"deep.rss":       []byte("<rss>" + strings.Repeat("<a>", 100_000)),
		"deep.md":        []byte(strings.Repeat(">", 100_000)),
		"open.csv":       []byte("id,text\n1,\"" + strings.Repeat("x", MaxRowBytes+1)),
		"old.arc":        []byte("filedesc://old.arc 0.0.0.0 20310501000000 text/plain 0\n"),
		"wide.html":      []byte("\xff\xfe<\x00p"),
		"nobody.feed.lz": []byte("LZIP\x01"),
	} {
		put(t, dir, name, content)
	}
	put(t, dir, "~last.txt", []byte("A story."))
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Logf("no pipe: %v", err)
	}
	for _, path := range []string{dir, dir + "/*"} {
		got := outcomes(t, []string{path}, Options{})
		last := got[len(got)-1]
		if last.Article == nil || last.Article.Text != "A story." || !strings.HasSuffix(last.Article.Location.Path, "~last.txt") {
			t.Errorf("%s ends with %v", path, last)
		}
		if len(got) < 16 {
			t.Errorf("%s: %d outcomes", path, len(got))
		}
	}
}

// A panic over a damaged member ends the reading of that member only, and one of the
// caller is the caller's.
func TestPanics(t *testing.T) {
	members := tarOf("a.txt", "b.txt")
	in := inputFile{Reader: bytes.NewReader(members), limit: &expansionLimit{stored: 1 << 20}, name: "in.tar"}
	var got []string
	r := &scanner{yield: func(a *Entry, err error) bool {
		if err != nil {
			got = append(got, err.Error())
		} else {
			got = append(got, a.Text)
		}
		return true
	}}
	if !r.read(&inputFile{Reader: panicking{}, limit: in.limit, location: Location{Path: "p"}}) || !r.read(&in) {
		t.Error("the reading did not go on")
	}
	if diff := cmp.Diff([]string{"p: cannot be read any further: it is damaged", "A story, the 1. of them.", "A story, the 2. of them."}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	defer func() {
		if v := recover(); v != "mine" {
			t.Errorf("recovered %v", v)
		}
	}()
	Files([]string{Stdin}, Options{Stdin: strings.NewReader("{}")})(func(*Entry, error) bool {
		panic("mine")
	})
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("a bug of a library") }

var _ io.Reader = panicking{}

// xz is read, but for a dictionary that no preset has.
func TestXZ(t *testing.T) {
	// Two rows, by xz -6, and the same with a dictionary of 1 GiB.
	const (
		head = "/Td6WFoAAATm1rRG"
		tail = "4ABJADNdAD2IiSaBk1OFsX6LQKVh6DgbDpORW6OWi3MetdLx9n6i9gYSFmnDXOpc4pvcjCbQCZbyAAAATuqWLtbCG+gAAU9Kb05uwR+2830BAAAAAARZWg=="
	)
	rows := must(base64.StdEncoding.DecodeString(head + "AgAhARYAAAB0L+Wj" + tail))
	huge := must(base64.StdEncoding.DecodeString(head + "AgAhASQAAABeH8f5" + tail))
	dir := t.TempDir()
	for name, want := range map[string][]string{
		"rows.jsonl.xz": {"a rows.jsonl.xz:1", "b rows.jsonl.xz:2"},
		"cut.jsonl.xz":  {"INPUT_UNREADABLE: cannot be read: it breaks off"},
		"huge.jsonl.xz": {"EXPANDS_TOO_MUCH: its dictionary is longer than 67108864 bytes"},
	} {
		content := rows
		switch name[:3] {
		case "cut":
			content = rows[:50]
		case "hug":
			content = huge
		}
		got := table(dir+"/", outcomes(t, []string{put(t, dir, name, content)}, Options{}))
		for i := range got {
			got[i] = strings.Replace(got[i], "DIR", "", 1)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	if got := outcomes(t, []string{put(t, dir, "rows.jsonl.br", encoded("br", []byte(`{"id":"a","text":"t"}`)))}, Options{}); len(got) != 1 || got[0].Reason != FormatUnsupported || !strings.Contains(got[0].Message, "Brotli") {
		t.Errorf("br: %v", got)
	}
}
