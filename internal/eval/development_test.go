package eval

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDevelopmentSummaries compares with the figures of the Python scorer that
// comes with the development data. The summary of a row is the first 300 bytes of
// its text, so that the figures depend on nothing but the scorer.
func TestDevelopmentSummaries(t *testing.T) {
	for name, want := range map[string][3]float64{
		"summ_cnndm.dev.jsonl":    {0.302798, 0.104923, 0.201772},
		"summ_benchllm.dev.jsonl": {0.370467, 0.135207, 0.240301},
		"summ_bbc.dev.jsonl":      {0.381916, 0.295940, 0.302986},
	} {
		t.Run(name, func(t *testing.T) {
			data := developmentData(t, name)
			report := scoreAnswers(t, data, func(rows []*LabelledRow, i int) any {
				row := rows[i]
				return map[string]any{"id": row.ID, "summary": strings.ToValidUTF8(row.Text[:min(300, len(row.Text))], "")}
			})
			for i, metric := range summaryMetrics {
				if got := report.Systems[0].Quality[metric].Value; math.Abs(got-want[i]) > 5e-7 {
					t.Errorf("%s is %.6f, want %.6f", metric, got, want[i])
				}
			}
		})
	}
}

// TestDevelopmentTopics compares with the Python scorer of topics. The labels given
// to a row are its own with the main one of the next row in front.
func TestDevelopmentTopics(t *testing.T) {
	data := developmentData(t, "topics_gold.dev.jsonl")
	report := scoreAnswers(t, data, func(rows []*LabelledRow, i int) any {
		labels := append(rows[(i+1)%len(rows)].Labels[:1:1], rows[i].Labels[1:]...)
		return map[string]any{"id": rows[i].ID, "labels": labels}
	})
	for metric, want := range map[Metric]float64{
		MicroF1: 0.5924, MacroF1: 0.5509, Precision: 0.5971, Recall: 0.5877, MainFound: 0.0679, MainFirst: 0.0679,
	} {
		if got := report.Systems[0].Quality[metric].Value; math.Abs(got-want) > 5e-5 {
			t.Errorf("%s is %.5f, want %.4f", metric, got, want)
		}
	}
}

// scoreAnswers scores made-up answers to the rows of data.
func scoreAnswers(t *testing.T, data []byte, answer func(rows []*LabelledRow, i int) any) *Report {
	t.Helper()
	var rows []*LabelledRow
	for row, err := range Read(bytes.NewReader(data), nil) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	for i := range rows {
		if err := encoder.Encode(answer(rows, i)); err != nil {
			t.Fatal(err)
		}
	}
	system, err := ReadAnswers("made up", &out)
	if err != nil {
		t.Fatal(err)
	}
	return runOver(t, string(data), Options{Systems: []System{system}})
}

// developmentData returns a file of the development data, which is not part of the
// repository.
func developmentData(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "quality", name))
	if err != nil {
		t.Skipf("the development data are not there: %v", err)
	}
	return data
}
