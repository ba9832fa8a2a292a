package batch

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
)

// fill sets fields of a message at random, each with the chance given, and all
// that they hold. It knows no field by name, so that a field that is added to the
// contract and not to the encoder fails the test.
func fill(m protoreflect.Message, r *rand.Rand, chance float64) {
	if stamp, ok := m.Interface().(*timestamppb.Timestamp); ok {
		stamp.Seconds = r.Int64N(4_000_000_000)
		stamp.Nanos = int32([]int64{0, 120_000_000, 1_500_000, 123_456_789, 999_999_000}[r.IntN(5)])
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if r.Float64() > chance {
			continue
		}
		switch {
		case f.IsMap():
			for range 1 + r.IntN(3) {
				m.Mutable(f).Map().Set(scalar(f.MapKey(), r).MapKey(), scalar(f.MapValue(), r))
			}
		case f.IsList() && f.Message() != nil:
			for range 1 + r.IntN(3) {
				fill(m.Mutable(f).List().AppendMutable().Message(), r, chance)
			}
		case f.Message() != nil:
			fill(m.Mutable(f).Message(), r, chance)
		default:
			m.Set(f, scalar(f, r))
		}
	}
}

func scalar(f protoreflect.FieldDescriptor, r *rand.Rand) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString([]string{"", "plain", "„Zürnau“ \"x\" \\ / <b>&\u2028", "line\nbreak\ttab\x00\x1f\x7f", "日本語 😀"}[r.IntN(5)])
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(r.Uint32()))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(r.Uint64()))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64([]float64{0, 0.5, 1, 1e-7, -3e22, 1.0 / 3, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1)}[r.IntN(10)])
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(r.IntN(2) == 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(r.IntN(9))) // some have no name
	}
	panic("a field of a kind that this test does not know: " + f.Kind().String())
}

func TestResponsesAreProtoJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 3000 {
		response := &summarizerv1.AnalyzeArticleResponse{}
		fill(response.ProtoReflect(), r, []float64{0, 0.3, 0.7, 1}[i%4])
		library, err := protojson.Marshal(response)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := appendResponse(nil, response)
		if err != nil {
			t.Fatal(err)
		}
		if want := canonical(t, library); want != canonical(t, ours) {
			t.Fatalf("want %s\ngot  %s", want, ours)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, ours); err != nil || !bytes.Equal(compact.Bytes(), ours) {
			t.Fatalf("not compact: %s", ours)
		}
	}
}

// canonical returns JSON with the keys in order, and strings escaped alike.
func canonical(t *testing.T, raw []byte) string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestResponsesAreUTF8(t *testing.T) {
	if _, err := appendResponse(nil, &summarizerv1.AnalyzeArticleResponse{LanguageCode: "\xff"}); err == nil {
		t.Error("a response that is not UTF-8 was encoded")
	}
}

// usualResponse returns an answer of the usual size.
func usualResponse() *summarizerv1.AnalyzeArticleResponse {
	var sentences []*summarizerv1.SummarySentence
	span := &summarizerv1.TextSpan{BeginOffset: 1000, EndOffset: 1150, Text: strings.Repeat("evidence ", 17)}
	for range 3 {
		sentences = append(sentences, &summarizerv1.SummarySentence{Text: span.Text, Evidence: []*summarizerv1.TextSpan{span}})
	}
	var topics []*summarizerv1.TopicLabel
	word := &summarizerv1.TextSpan{BeginOffset: 1000, EndOffset: 1012, Text: "peacekeeping"}
	for range 4 {
		topics = append(topics, &summarizerv1.TopicLabel{
			TopicId: "peacekeeping", DisplayName: "Peacekeeping", Confidence: 0.87, IptcCode: "medtop:20000070",
			ConfidenceBasis: summarizerv1.ConfidenceBasis_CONFIDENCE_BASIS_CALIBRATED,
			Evidence:        []*summarizerv1.TextSpan{word, word, word},
		})
	}
	provenance := &summarizerv1.Provenance{
		Source: summarizerv1.Provenance_SOURCE_LOCAL, Model: "local-1", TaxonomyVersion: strings.Repeat("a", 64), CreateTime: timestamppb.Now(),
	}
	return &summarizerv1.AnalyzeArticleResponse{
		Summary: &summarizerv1.Summary{
			Text: strings.Repeat(span.Text, 3), Sentences: sentences, LanguageCode: "en", Provenance: provenance,
			Method: summarizerv1.SummaryMethod_SUMMARY_METHOD_EXTRACTIVE,
		},
		Classification: &summarizerv1.Classification{Topics: topics, Provenance: provenance},
		LanguageCode:   "en",
		Usage:          &summarizerv1.ModelUsage{},
	}
}

// BenchmarkEncode encodes an answer of the usual size by this encoder and by the
// library, whose spacing has to be taken out, and the row of the answer by hand and by
// a library.
func BenchmarkEncode(b *testing.B) {
	response := usualResponse()
	b.Run("encoder", func(b *testing.B) {
		for b.Loop() {
			if _, err := appendResponse(nil, response); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("protojson", func(b *testing.B) {
		for b.Loop() {
			data, err := protojson.Marshal(response)
			if err != nil {
				b.Fatal(err)
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, data); err != nil {
				b.Fatal(err)
			}
		}
	})
	result, err := appendResponse(nil, response)
	if err != nil {
		b.Fatal(err)
	}
	row := &OutputRow{ID: "article-1", Source: archive.Location{Path: "archive.jsonl", Line: 1}, Status: StatusOK, Result: result}
	b.Run("row", func(b *testing.B) {
		for b.Loop() {
			if _, err := encodeRow(row); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("row by library", func(b *testing.B) {
		for b.Loop() {
			if _, err := jsonv2.Marshal(row); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRowHeader reads what a resumed run needs of a row of the usual size, with the
// syntax of all of it checked, and the same with a library that decodes into structs.
func BenchmarkRowHeader(b *testing.B) {
	row, err := resultRow(article(1), usualResponse())
	if err != nil {
		b.Fatal(err)
	}
	line, err := encodeRow(row)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("tokens", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		var decoder headerDecoder
		for b.Loop() {
			if decoder.header(line).status != StatusOK {
				b.Fatal("no row")
			}
		}
	})
	b.Run("structs", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		for b.Loop() {
			var row struct {
				Source archive.Location `json:"source"`
				Digest string           `json:"digest"`
				Status string           `json:"status"`
			}
			if json.Unmarshal(line, &row) != nil || row.Status != StatusOK {
				b.Fatal("no row")
			}
		}
	})
}
