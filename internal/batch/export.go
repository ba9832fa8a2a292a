package batch

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"google.golang.org/protobuf/encoding/protojson"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/atomicfile"
)

// Form is the form of an output.
type Form string

// The forms. Tables and items of ninjs are made of the rows of a run at its end, as neither
// CSV with its columns nor Parquet with its index at the end can be gone on with after a
// crash.
const (
	FormJSONL   Form = "jsonl"
	FormCSV     Form = "csv"
	FormParquet Form = "parquet"
	FormNinjs   Form = "ninjs"
)

// endings are the endings of names of outputs, with their forms; empty for a form that is
// not written.
var endings = map[string]Form{
	".jsonl": FormJSONL, ".ndjson": FormJSONL, ".json": FormJSONL,
	".csv": FormCSV, ".parquet": FormParquet, ".ninjs": FormNinjs,
	".xlsx": "", ".xls": "", ".ods": "", ".tsv": "", ".tab": "", ".arrow": "", ".feather": "", ".orc": "", ".avro": "",
	".db": "", ".sqlite": "", ".sqlite3": "", ".duckdb": "", ".xml": "", ".rss": "", ".atom": "", ".html": "", ".htm": "",
	".md": "", ".pdf": "", ".doc": "", ".docx": "", ".yaml": "", ".yml": "", ".zip": "", ".tar": "", ".tgz": "", ".gz": "",
	".zst": "", ".bz2": "", ".xz": "", ".br": "", ".7z": "", ".lz4": "", ".warc": "", ".pkl": "", ".h5": "",
}

// FormOf returns the form of an output: the one that is named, or for "" and "auto" the one
// that its name tells, else FormJSONL. It refuses a name that says that the output is
// something else.
func FormOf(path, name string) (Form, error) {
	ending := strings.ToLower(filepath.Ext(path))
	told, isKnown := endings[ending]
	form := Form(name)
	if name == "" || name == "auto" {
		form = cmp.Or(told, FormJSONL)
	}
	isLines := form == FormNinjs && told == FormJSONL
	if isKnown && told != form && !isLines {
		return "", fmt.Errorf("a name in %s would say that it is something else than %s: use .jsonl, .csv, .parquet or .ninjs, or convert the results afterwards", ending, form)
	}
	return form, nil
}

// tableRow is a row of a table.
type tableRow struct {
	ID             string    `parquet:"id"`
	Path           string    `parquet:"path,dict"`
	Member         string    `parquet:"member"`
	Ordinal        int64     `parquet:"ordinal"` // 2 for the second member of one name; 0 for the first
	Line           int64     `parquet:"line"`
	Status         string    `parquet:"status,dict"`
	Summary        string    `parquet:"summary,zstd"`
	Language       string    `parquet:"language,dict"`
	Topics         []string  `parquet:"topics,list"`         // ids, the most confident first; in CSV with spaces between
	Confidences    []float64 `parquet:"confidences,list"`    // from 0 to 1, in the order of the topics
	SummarySource  string    `parquet:"summary_source,dict"` // such as SOURCE_LLM
	TopicsSource   string    `parquet:"topics_source,dict"`
	Model          string    `parquet:"model,dict"`
	FallbackReason string    `parquet:"fallback_reason,dict"`
	Warnings       string    `parquet:"warnings,dict"` // reasons, with spaces between
	InputTokens    int64     `parquet:"input_tokens"`
	OutputTokens   int64     `parquet:"output_tokens"`
	CostUSD        float64   `parquet:"cost_usd"`
	ErrorCode      string    `parquet:"error_code,dict"`
	ErrorReason    string    `parquet:"error_reason,dict"`
	ErrorMessage   string    `parquet:"error_message,dict"`
	Title          string    `parquet:"title"`
	URL            string    `parquet:"url"`
	Published      time.Time `parquet:"published,optional,timestamp(millisecond)"`
	CachedTokens   int64     `parquet:"cached_input_tokens"` // of input_tokens
}

// columns returns the names of the fields of a tableRow, in their order.
func columns() (names []string) {
	for _, path := range parquet.SchemaOf(tableRow{}).Columns() {
		names = append(names, path[0])
	}
	return names
}

// cells returns the fields as texts, numbers without an exponent. No text is a formula.
func (r *tableRow) cells() (cells []string) {
	for _, field := range reflect.ValueOf(*r).Fields() {
		var cell string
		switch value := field.Interface().(type) {
		case string:
			cell = notFormula(value)
		case int64:
			cell = strconv.FormatInt(value, 10)
		case float64:
			cell = strconv.FormatFloat(value, 'f', -1, 64)
		case time.Time:
			cell = dateOf(value)
		case []string:
			cell = notFormula(strings.Join(value, " "))
		case []float64:
			all := make([]string, len(value))
			for i, number := range value {
				all[i] = strconv.FormatFloat(number, 'f', 3, 64)
			}
			cell = strings.Join(all, " ")
		}
		cells = append(cells, cell)
	}
	return cells
}

// formulaSigns are the beginnings of cells that a spreadsheet may take for a formula (OWASP,
// CSV Injection).
const formulaSigns = "=+-@\t\r\n＝＋－＠"

// notFormula puts an apostrophe before a text that begins like a formula: articles are foreign,
// and a formula may start programs or send cells away. An apostrophe in such a place is doubled,
// so that a program can take one away and has the text.
func notFormula(text string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, "'"))
	if text == "" || !strings.ContainsRune(formulaSigns, first) {
		return text
	}
	return "'" + text
}

// Export makes a table of the rows in a file of JSONL. The table takes the place
// of path at the end, whole or not at all.
func Export(rows, path string, form Form) error {
	in, err := os.Open(rows)
	if err != nil {
		return err
	}
	defer in.Close()
	return atomicfile.Replace(path, outputMode, func(out io.Writer) error {
		switch form {
		case FormCSV:
			return exportCSV(in, out)
		case FormParquet:
			return exportParquet(in, out)
		case FormNinjs:
			return exportNinjs(in, out)
		case FormJSONL:
		}
		_, err := io.Copy(out, in)
		return err
	})
}

func exportCSV(in io.Reader, out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write(columns()); err != nil {
		return err
	}
	if err := eachTableRow(in, func(r *tableRow) error { return w.Write(r.cells()) }); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

// rowsPerGroup bounds what a Parquet writer holds in memory to some megabytes.
const rowsPerGroup = 10_000

func exportParquet(in io.Reader, out io.Writer) error {
	w := parquet.NewGenericWriter[tableRow](out, parquet.MaxRowsPerRowGroup(rowsPerGroup), parquet.Compression(&parquet.Zstd))
	if err := eachTableRow(in, func(r *tableRow) error {
		_, err := w.Write([]tableRow{*r})
		return err
	}); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.Close()
}

// eachTableRow turns rows into records, one after the other.
func eachTableRow(in io.Reader, do func(*tableRow) error) error {
	return eachOutputRow(in, func(row *OutputRow) error {
		r, err := tableRowOf(row)
		if err != nil {
			return err
		}
		return do(r)
	})
}

// eachOutputRow decodes rows, one after the other.
func eachOutputRow(in io.Reader, do func(*OutputRow) error) error {
	n := 0
	for line, err := range lines(in) {
		if err != nil {
			return err
		}
		n++
		var row OutputRow
		if err := json.Unmarshal(line, &row); err != nil {
			return fmt.Errorf("row %d is not a row of results", n)
		}
		if err := do(&row); err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
	}
	return nil
}

func tableRowOf(row *OutputRow) (*tableRow, error) {
	r := &tableRow{ID: row.ID, Path: row.Source.Path, Member: row.Source.Member, Ordinal: row.Source.Ordinal, Line: row.Source.Line, Status: row.Status}
	r.Title, r.URL, r.Language = row.Title, row.URL, row.Language
	if row.Published != "" {
		r.Published, _ = time.Parse(time.RFC3339, row.Published)
	}
	if row.Error != nil {
		r.ErrorCode, r.ErrorReason, r.ErrorMessage = row.Error.Code, row.Error.Reason, row.Error.Message
	}
	if row.Result == nil {
		return r, nil
	}
	var response summarizerv1.AnalyzeArticleResponse
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(row.Result, &response); err != nil {
		return nil, err
	}
	summary, topics := response.GetSummary(), response.GetClassification()
	r.Summary, r.Language = summary.GetText(), cmp.Or(r.Language, response.GetLanguageCode())
	var warnings []string
	for _, topic := range topics.GetTopics() {
		r.Topics = append(r.Topics, topic.GetTopicId())
		r.Confidences = append(r.Confidences, math.Round(1000*topic.GetConfidence())/1000)
	}
	for _, warning := range response.GetWarnings() {
		warnings = append(warnings, warning.GetReason())
	}
	r.Warnings = strings.Join(warnings, " ")
	if p := summary.GetProvenance(); p != nil {
		r.SummarySource, r.Model, r.FallbackReason = p.GetSource().String(), p.GetModel(), p.GetFallbackReason()
	}
	if p := topics.GetProvenance(); p != nil {
		r.TopicsSource = p.GetSource().String()
	}
	usage := response.GetUsage()
	r.InputTokens, r.OutputTokens = int64(usage.GetInputTokens()), int64(usage.GetOutputTokens())
	r.CachedTokens = int64(usage.GetCachedInputTokens())
	r.CostUSD = float64(usage.GetCostMicroUsd()) / 1e6
	return r, nil
}
