package archive

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/dict"
	"github.com/klauspost/compress/zstd"
)

const ferryPage = "<p>The ferry to Orvale sails again after nine weeks.</p>"

// answered is a response record of a whole answer, header and body.
func answered(answer string) []byte {
	return warcRecordOf("response", "one", "https://news.example/1", "application/http; msgtype=response", []byte(answer))
}

func page(header, body string) []byte {
	return answered("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + header + "\r\n" + body)
}

func chunked(body string) string {
	half := len(body) / 2
	return fmt.Sprintf("%x\r\n%s\r\n%x;name=value\r\n%s\r\n0\r\n\r\n", half, body[:half], len(body)-half, body[half:])
}

// Servers and crawlers write answers in many ways that the standard does not allow. None of
// them loses the page.
func TestOddAnswers(t *testing.T) {
	zipped := string(encoded("gzip", []byte(ferryPage)))
	var deflated bytes.Buffer
	w := must(flate.NewWriter(&deflated, flate.BestSpeed))
	must(w.Write([]byte(ferryPage)))
	_ = w.Close()
	long := ferryPage + strings.Repeat("<p>Its harbour master expects two thousand passengers a day.</p>", 200)
	longZipped := string(encoded("gzip", []byte(long)))
	tests := []struct {
		name      string
		record    []byte
		truncated bool
		fault     string // of an answer that gives no page
	}{
		{name: "status line of HTTP/2", record: answered("HTTP/2 200\r\ncontent-type: text/html\r\n\r\n" + ferryPage)},
		{name: "status line in small letters", record: answered("http/1.1 200 ok\nContent-Type: text/html\n\n" + ferryPage)},
		{name: "line without a colon", record: page("this is no field\r\n", ferryPage)},
		{name: "space before the colon", record: answered("HTTP/1.1 200 OK\r\nContent-Type : text/html\r\n\r\n" + ferryPage)},
		{name: "length that is no number", record: page("Content-Length: many\r\n", ferryPage)},
		{name: "length too small", record: page("Content-Length: 4\r\n", ferryPage)},
		{name: "length too large", record: page("Content-Length: 4000\r\n", ferryPage)},
		{name: "two lengths", record: page("Content-Length: 7\r\nContent-Length: 9\r\n", ferryPage)},
		{name: "identity as transfer encoding", record: page("Transfer-Encoding: identity\r\n", ferryPage)},
		{name: "gzip in chunks", record: page("Transfer-Encoding: gzip, chunked\r\n", chunked(zipped))},
		{name: "chunks that were undone", record: page("Transfer-Encoding: chunked\r\n", ferryPage)},
		{name: "chunks that were undone before a number", record: page("Transfer-Encoding: chunked\r\n", "12\r\n"+ferryPage)},
		{name: "none as content encoding", record: page("Content-Encoding: none\r\n", ferryPage)},
		{name: "charset as content encoding", record: page("Content-Encoding: utf-8\r\n", ferryPage)},
		{name: "gzip that was undone", record: page("Content-Encoding: gzip\r\n", ferryPage)},
		{name: "br that was undone", record: page("Content-Encoding: br\r\n", ferryPage)},
		{name: "deflate that was undone", record: page("Content-Encoding: deflate\r\n", ferryPage)},
		{name: "gzip without its trailer", record: page("Content-Encoding: gzip\r\n", zipped[:len(zipped)-8])},
		{name: "gzip without half its trailer", record: page("Content-Encoding: gzip\r\n", zipped[:len(zipped)-3])},
		{name: "gzip with bytes after it", record: page("Content-Encoding: gzip\r\n", zipped+"\r\n\x00\x00 more")},
		{name: "gzip of several members", record: page("Content-Encoding: gzip\r\n", string(encoded("gzip", []byte(ferryPage[:9])))+string(encoded("gzip", []byte(ferryPage[9:]))))},
		{name: "raw deflate", record: page("Content-Encoding: deflate\r\n", deflated.String())},
		{name: "parameter of the content type without a semicolon", record: answered("HTTP/1.1 200 OK\r\nContent-Type: text/html charset=utf-8\r\n\r\n" + ferryPage)},
		{name: "content type of any kind", record: answered("HTTP/1.1 200 OK\r\nContent-Type: */*\r\n\r\n" + ferryPage)},
		{name: "content type without a kind", record: answered("HTTP/1.1 200 OK\r\nContent-Type: html\r\n\r\n" + ferryPage)},
		{name: "no content type", record: answered("HTTP/1.1 200 OK\r\n\r\n" + ferryPage)},
		{name: "gzip that breaks off", record: page("Content-Encoding: gzip\r\n", longZipped[:len(longZipped)-20]), truncated: true},
		{name: "chunks that break off", record: page("Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n9", len(ferryPage), ferryPage)), truncated: true},
		{name: "a wrong chunk", record: page("Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\nnone\r\nmore", len(ferryPage), ferryPage)), truncated: true},
		{name: "gzip that is damaged", record: page("Content-Encoding: gzip\r\n", string(flip([]byte(zipped), len(zipped)-6))), fault: "ROW_INVALID: the server's answer cannot be read: its body is not valid gzip"},
		{name: "an encoding that nobody knows", record: page("Content-Encoding: sdch\r\n", "\x00\x01\x02"), fault: "ROW_INVALID: the server's answer cannot be read: its content encoding is not known"},
		{name: "no answer at all", record: answered("nothing of the kind"), fault: "ROW_INVALID: the server's answer cannot be read: it has no HTTP header that can be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := fromStdin(t, bytes.NewReader(tt.record), FormatWARC)
			if tt.fault != "" {
				if diff := cmp.Diff([]string{tt.fault}, table("never", got)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				return
			}
			if len(got) != 1 || got[0].Article == nil {
				t.Fatalf("%v; want one page", got)
			}
			if a := got[0].Article; !strings.Contains(a.HTML, ferryPage) || a.Truncated != tt.truncated {
				t.Errorf("truncated %t: %q", a.Truncated, a.HTML)
			}
		})
	}
}

// What the crawler writes about itself is no article, and a page that had not changed has
// its row where it was recorded.
func TestRecordsWithoutPages(t *testing.T) {
	records := bytes.Join([][]byte{
		warcRecordOf("resource", "log", "metadata://gnu.org/software/wget/warc/wget.log", "text/plain", []byte("Saved.")),
		warcRecordOf("resource", "manifest", "metadata://gnu.org/software/wget/warc/MANIFEST.txt", "text/plain", []byte("<urn:uuid:x>")),
		warcRecordOf("resource", "wpull", "urn:X-wpull:log", "text/plain", []byte("Saved.")),
		warcRecordOf("revisit", "again", "https://news.example/1", "application/http; msgtype=response", []byte("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")),
		warcRecordOf("resource", "page", "https://news.example/1", "text/html", []byte(ferryPage)),
	}, nil)
	skipped := map[Skip]int{}
	got := outcomes(t, []string{put(t, t.TempDir(), "crawl.warc", records)}, Options{Skipped: func(_ Location, what Skip) { skipped[what]++ }})
	if len(got) != 1 || got[0].Article == nil || got[0].Article.ID != "page" {
		t.Errorf("%v", got)
	}
	if diff := cmp.Diff(map[Skip]int{SkipRecord: 3, SkipRevisit: 1}, skipped); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A page in which the file breaks off, or which the crawler cut, is read as far as it goes.
func TestCutPages(t *testing.T) {
	whole := page("", ferryPage)
	tests := []struct {
		name    string
		content []byte
		want    []string
	}{
		{"in the body", whole[:len(whole)-20], []string{"one DIR:1", "INPUT_UNREADABLE: cannot be read: it breaks off"}},
		{"in the header of the answer", whole[:bytes.Index(whole, []byte("Content-Type: text/html"))], []string{"INPUT_UNREADABLE: cannot be read: it breaks off"}},
		{"in the header of the record", whole[:40], []string{"INPUT_UNREADABLE: cannot be read: it breaks off"}},
		{"in compressed data", encoded("gzip", whole)[:len(encoded("gzip", whole))-40], []string{"one DIR:1", "INPUT_UNREADABLE: cannot be read: it breaks off"}},
		{"by the crawler", bytes.Replace(whole, []byte("WARC-Date"), []byte("WARC-Truncated: length\r\nWARC-Date"), 1), []string{"one DIR:1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := put(t, t.TempDir(), "cut.warc", tt.content)
			got := outcomes(t, []string{path}, Options{})
			if diff := cmp.Diff(tt.want, table(path, got)); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			if len(got) == 2 && got[0].Line == got[1].Line {
				t.Errorf("two rows of the place %d", got[0].Line)
			}
			if a := got[0].Article; a != nil && (!a.Truncated || !strings.HasPrefix(a.HTML, "<p>The ferry")) {
				t.Errorf("truncated %t: %q", a.Truncated, a.HTML)
			}
		})
	}
}

// Crawlers compress small records with a dictionary that stands in a frame of its own
// before them.
func TestZstdDictionary(t *testing.T) {
	var samples [][]byte
	for i := range 64 {
		samples = append(samples, page("", fmt.Sprintf("<p>The ferry to Orvale sails again after %d weeks, said harbour master %c.</p>", i, 'A'+i%26)))
	}
	dictionary := must(dict.BuildZstdDict(samples, dict.Options{MaxDictSize: 4 << 10, HashBytes: 6, ZstdDictID: 7}))
	skippable := func(nibble byte, content []byte) []byte {
		return append(binary.LittleEndian.AppendUint32([]byte{0x50 | nibble, 0x2a, 0x4d, 0x18}, uint32(len(content))), content...)
	}
	withDictionary := must(zstd.NewWriter(nil, zstd.WithEncoderDict(dictionary)))
	plain := must(zstd.NewWriter(nil))
	var records, plainRecords []byte
	for _, sample := range samples[:12] {
		records = withDictionary.EncodeAll(sample, records)
		plainRecords = plain.EncodeAll(sample, plainRecords)
	}
	for name, content := range map[string][]byte{
		"plain dictionary":      append(skippable(13, dictionary), records...),
		"compressed dictionary": append(skippable(13, plain.EncodeAll(dictionary, nil)), records...),
		"skippable frame":       append(skippable(0, []byte("anything")), plainRecords...),
		"skippable at the end":  append(plainRecords, skippable(3, []byte("anything"))...),
	} {
		got := outcomes(t, []string{put(t, t.TempDir(), "crawl.warc.zst", content)}, Options{})
		if len(got) != 12 || got[11].Article == nil || !strings.Contains(got[11].Article.HTML, "after 11 weeks") {
			t.Errorf("%s: %v", name, got)
		}
	}
	got := outcomes(t, []string{put(t, t.TempDir(), "crawl.warc.zst", skippable(13, dictionary)[:100])}, Options{})
	if len(got) != 1 || got[0].Reason != InputUnreadable {
		t.Errorf("a dictionary that breaks off: %v", got)
	}
}

// A gzip member a record, as crawlers write them, with the odd field of the header.
func TestGzipMembersWithFields(t *testing.T) {
	var out bytes.Buffer
	for i := range 3 {
		w := gzip.NewWriter(&out)
		w.Extra, w.Comment, w.Name = []byte("sl\x08\x00\x01\x02\x03\x04\x05\x06\x07\x08"), "a record", "r.warc"
		must(w.Write(warcRecordOf("conversion", fmt.Sprint(i), "https://news.example/1", "text/plain", []byte("A story."))))
		_ = w.Close()
	}
	if got := outcomes(t, []string{put(t, t.TempDir(), "x.warc.gz", out.Bytes())}, Options{}); len(got) != 3 || got[2].Article == nil {
		t.Errorf("%v", got)
	}
}

// Each encoding that a page names may give as much as a row holds, so that their number is
// bounded.
func TestPageOfManyEncodings(t *testing.T) {
	for n, want := range map[int]string{
		maxEncodings:     "one DIR:1",
		maxEncodings + 1: fmt.Sprintf("ROW_INVALID: the server's answer cannot be read: it names more than %d encodings", maxEncodings),
	} {
		content := page("Content-Encoding: "+strings.Repeat("identity, ", n-1)+"identity\r\n", ferryPage)
		path := put(t, t.TempDir(), "in.warc", content)
		if diff := cmp.Diff([]string{want}, table(path, outcomes(t, []string{path}, Options{}))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}
