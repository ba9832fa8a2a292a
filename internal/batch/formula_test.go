package batch

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNoCellIsAFormula checks that no text of an article starts a formula in a spreadsheet, and
// that a program can have it back.
func TestNoCellIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"":              "",
		"A=1":           "A=1",
		"'tis the day":  "'tis the day",
		" =1":           " =1",
		"=1+1":          "'=1+1",
		"'=1+1":         "''=1+1",
		"+49 30 1":      "'+49 30 1",
		"-5 degrees":    "'-5 degrees",
		"@SUM(A1)":      "'@SUM(A1)",
		"\t=1":          "'\t=1",
		"\r=1":          "'\r=1",
		"＝1":            "'＝1",
		"\xff=1":        "\xff=1",
		`"=1"`:          `"=1"`,
		"='a'!A1|'c'!0": "'='a'!A1|'c'!0",
	} {
		if got := notFormula(text); got != want || got != text && strings.TrimPrefix(got, "'") != text {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	rows := `{"id":"=1","source":{"path":"@a","member":"+b"},"status":"ok","title":"=HYPERLINK(\"http://evil\",\"x\")","url":"-u","language":"en","result":{"summary":{"text":"=cmd|calc!A1"},"usage":{"inputTokens":-3}},"error":{"code":"=c","reason":"+r","message":"@m"}}` + "\n"
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Export(path, path+".csv", FormCSV); err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(strings.NewReader(content(t, path+".csv"))).ReadAll()
	if err != nil || len(table) != 2 {
		t.Fatal(err, table)
	}
	var quoted []string
	for _, cell := range table[1] {
		if strings.HasPrefix(cell, "'") {
			quoted = append(quoted, cell)
		} else if strings.ContainsAny(cell, "=+@") {
			t.Errorf("the cell %q is a formula", cell)
		}
	}
	want := []string{"'=1", "'@a", "'+b", "'=cmd|calc!A1", "'=c", "'+r", "'@m", `'=HYPERLINK("http://evil","x")`, "'-u"}
	if diff := cmp.Diff(want, quoted); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
