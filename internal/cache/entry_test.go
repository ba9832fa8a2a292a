package cache

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"

	"github.com/seed-59202292/summarizer/internal/cache/cachepb"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/summarizer/cachetest"
)

var compareRecords = cmp.Options{cmp.AllowUnexported(answerRecord{}), cmpopts.EquateEmpty()}

func testRecord() answerRecord {
	made := time.Date(2025, 3, 14, 15, 9, 26, 535897932, time.UTC)
	return answerRecord{
		article: cachetest.Key(7),
		answers: []*summarizer.StoredAnswer{
			cachetest.Topics("newest", made),
			cachetest.Summary("older", made.Add(-time.Hour)),
			{Fingerprint: summarizer.Fingerprint{ID: "bare"}, CreateTime: made.Add(-2 * time.Hour), Topics: &summarizer.TopicAnswer{}},
			{CreateTime: made.Add(-3 * time.Hour), Summary: &summarizer.SummaryAnswer{}},
		},
	}
}

func TestEntryRoundTrip(t *testing.T) {
	want := testRecord()
	entry, err := encodeEntry(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeEntry(bytes.Clone(entry))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, compareRecords); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEntryWithEveryByteChanged(t *testing.T) {
	entry, err := encodeEntry(testRecord())
	if err != nil {
		t.Fatal(err)
	}
	for i := range entry {
		broken := bytes.Clone(entry)
		broken[i] ^= 0x20
		if _, err := decodeEntry(broken); !errors.Is(err, errEntry) {
			t.Errorf("byte %d changed: %v, want %v", i, err, errEntry)
		}
		if _, err := decodeEntry(entry[:i]); !errors.Is(err, errEntry) {
			t.Errorf("cut to %d bytes: %v, want %v", i, err, errEntry)
		}
	}
}

// sealed makes an entry with a good checksum of any record.
func sealed(t *testing.T, p *cachepb.Record) []byte {
	t.Helper()
	body, err := proto.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return seal(body)
}

func TestEntryOutOfRange(t *testing.T) {
	article := make([]byte, 32)
	summary := func(change func(*cachepb.SummaryAnswer)) *cachepb.Record {
		s := &cachepb.SummaryAnswer{Sentences: []*cachepb.Sentence{{Evidence: []*cachepb.Span{{Begin: 1, End: 2}}}}}
		change(s)
		return &cachepb.Record{Article: article, Answers: []*cachepb.Answer{{Feature: &cachepb.Answer_Summary{Summary: s}}}}
	}
	if _, err := decodeEntry(sealed(t, summary(func(*cachepb.SummaryAnswer) {}))); err != nil {
		t.Fatalf("the record is refused unchanged: %v", err)
	}
	one := summary(func(*cachepb.SummaryAnswer) {}).Answers[0]
	for name, p := range map[string]*cachepb.Record{
		"nothing":        {},
		"no answers":     {Article: article},
		"no article":     {Answers: []*cachepb.Answer{one}},
		"no feature":     {Article: article, Answers: []*cachepb.Answer{{}}},
		"twice the same": {Article: article, Answers: []*cachepb.Answer{one, one}},
		"method":         summary(func(s *cachepb.SummaryAnswer) { s.Method = 2 }),
		"negative span":  summary(func(s *cachepb.SummaryAnswer) { s.Sentences[0].Evidence[0].Begin = -1 }),
		"turned span":    summary(func(s *cachepb.SummaryAnswer) { s.Sentences[0].Evidence[0].End = 0 }),
		"huge span":      summary(func(s *cachepb.SummaryAnswer) { s.Sentences[0].Evidence[0].End = 1 << 40 }),
	} {
		if _, err := decodeEntry(sealed(t, p)); !errors.Is(err, errEntry) {
			t.Errorf("%s: %v, want %v", name, err, errEntry)
		}
	}
}

func TestEntryNeedsUTF8(t *testing.T) {
	r := testRecord()
	r.answers = r.answers[1:2]
	r.answers[0].Summary.Language = "\xff"
	if _, err := encodeEntry(r); err == nil {
		t.Error("invalid UTF-8 is encoded")
	}
}

func FuzzDecodeEntry(f *testing.F) {
	entry, err := encodeEntry(testRecord())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(entry[entryHeaderBytes:])
	f.Add([]byte{})
	f.Add(entry[entryHeaderBytes : len(entry)/2])
	f.Fuzz(func(t *testing.T, body []byte) {
		_, _ = decodeEntry(body)
		got, err := decodeEntry(seal(body))
		if err != nil {
			if !errors.Is(err, errEntry) {
				t.Fatalf("unexpected kind of error: %v", err)
			}
			return
		}
		if n := len(got.answers); n == 0 || n > maxAnswers {
			t.Fatalf("%d answers", n)
		}
		again, err := encodeEntry(got)
		if err != nil {
			t.Fatalf("what was decoded is not encoded: %v", err)
		}
		second, err := decodeEntry(again)
		if err != nil {
			t.Fatalf("what was encoded is not decoded: %v", err)
		}
		if diff := cmp.Diff(got, second, compareRecords, cmpopts.EquateNaNs()); diff != "" {
			t.Fatalf("changed on the way (-first +second):\n%s", diff)
		}
	})
}
