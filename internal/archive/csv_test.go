package archive

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/japanese"
)

// Tables come with any separator, quoting and line end.
func TestOddTables(t *testing.T) {
	tests := []struct {
		name, content string
		want          []string // id, line and text of each row
	}{
		{"semicolon.csv", "id;text\n1;A, b.\n2;\"C; d.\"\n", []string{"1 at 2: A, b.", "2 at 3: C; d."}},
		{"pipe.csv", "id|text\n1|A, b.\n", []string{"1 at 2: A, b."}},
		{"tab.csv", "id\ttext\n1\tA, b.\n", []string{"1 at 2: A, b."}},
		{"comma.tsv", "id,text\n1,A b.\n", []string{"1 at 2: A b."}},
		{"semicolon", "id;title;text\n1;T;A.\n", []string{"1 at 2: A."}},
		{"quoted-header.csv", "\"id\";\"text\"\n1;A.\n", []string{"1 at 2: A."}},
		{"named.csv", "sep=;\r\nid;text\r\n1;A, b.\r\n", []string{"1 at 3: A, b."}},
		{"named", "sep=^\nid^text\n1^A, b.\n", []string{"1 at 3: A, b."}},
		{"old-mac.csv", "id,text\r1,A.\r2,\"B\rc.\"\r3,D.", []string{"1 at 2: A.", "2 at 3: B\rc.", "3 at 5: D."}},
		{"windows.csv", "id,text\r\n1,\"A\r\nb.\"\r\n2,C.\r\n", []string{"1 at 2: A\nb.", "2 at 4: C."}},
		{"blank.csv", "id,text\n\n1,A.\n\n\n2,B.\n", []string{"1 at 3: A.", "2 at 6: B."}},
		{"quotes.csv", "id,text\n1,say \"what\"\n2,\"a\"b\n3,\"he said \"no\" twice\"\n4,\"\"\"x\"\"\"\n5,\"\"\n", []string{
			`1 at 2: say "what"`, "2 at 3: ab", `3 at 4: he said no" twice"`, `4 at 5: "x"`, "5 at 6: ",
		}},
		{"open.csv", "id,text\n1,A.\n2,\"never closed\n3,B.\n", []string{"1 at 2: A.", "3: the row is not valid CSV: a quotation mark is not closed", "3 at 4: B."}},
		{"open.tsv", "id\ttext\n1\t\"Go\" he said\n2\t\"never closed\n3\tB \"b\"\n", []string{
			`1 at 2: "Go" he said`, `2 at 3: "never closed`, `3 at 4: B "b"`,
		}},
		{"quoted.tsv", "id\ttext\n1\t\"A\tb\n\"\"c\"\"\"\n2\tD.\n", []string{"1 at 2: A\tb\n\"c\"", "2 at 4: D."}},
		{"latin.csv", "id;text\r\n1;Caf\xe9 in Z\xfcrnau\r\n2;plain\r\n", []string{"1 at 2: Café in Zürnau", "2 at 3: plain"}},
		{"short.csv", "id,text\n1\n2,B.,more\n", []string{"1 at 2: ", "3: the row has 3 cells and the header 2"}},
		{"header.csv", "id,text", nil},
		{"open-header.csv", "id,\"text\n1,A.\n", []string{"0: its header is not valid CSV: a quotation mark is not closed"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := rowsOf(outcomes(t, []string{put(t, t.TempDir(), tt.name, []byte(tt.content))}, Options{}))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// rowsOf returns id, line and text of articles, and line and message of errors.
func rowsOf(all []outcome) (rows []string) {
	for _, o := range all {
		row := fmt.Sprintf("%d: %s", o.Line, o.Message)
		if a := o.Article; a != nil {
			row = fmt.Sprintf("%s at %d: %s", a.ID, a.Location.Line, a.Text)
		}
		rows = append(rows, row)
	}
	return rows
}

func TestDelimiter(t *testing.T) {
	path := put(t, t.TempDir(), "in.csv", []byte("id:text\n1:A, b.\n"))
	if got := rowsOf(outcomes(t, []string{path}, Options{Delimiter: ':'})); len(got) != 1 || got[0] != "1 at 2: A, b." {
		t.Errorf("%q", got)
	}
	for name, want := range map[string]byte{"": 0, "auto": 0, "tab": '\t', `\t`: '\t', ";": ';', "|": '|'} {
		if got, err := ParseDelimiter(name); got != want || err != nil {
			t.Errorf("%q is %q, %v", name, got, err)
		}
	}
	for _, name := range []string{";;", "\"", "\n", "é", "comma"} {
		if _, err := ParseDelimiter(name); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}

// Rows do not depend on how much a read gives, and a failing read costs only the row in
// which it fails.
func TestTablesInPieces(t *testing.T) {
	table := asCSV(dozen(), ',')
	want := rowsOf(fromStdin(t, strings.NewReader(string(table)), FormatCSV))
	if got := rowsOf(fromStdin(t, iotest.OneByteReader(strings.NewReader(string(table))), FormatCSV)); len(want) != 12 || !cmp.Equal(want, got) {
		t.Errorf("%d rows at once, and byte by byte:\n%s", len(want), cmp.Diff(want, got))
	}
	broken := io.MultiReader(strings.NewReader("id,text\n1,A.\n2,\"B"), iotest.ErrReader(errors.New("a broken disk")))
	if diff := cmp.Diff([]string{"1 at 2: A.", "3: cannot be read: a broken disk"}, rowsOf(fromStdin(t, broken, FormatCSV))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Bytes of characters in ISO-2022 look like separators.
func TestTableInISO2022(t *testing.T) {
	content := must(japanese.ISO2022JP.NewEncoder().String("id,text\n1,\"港は月曜日に再開した。\"\n"))
	if got := fromStdin(t, strings.NewReader(content), FormatCSV); len(got) != 1 || got[0].Reason != RowInvalid {
		t.Errorf("%v", got)
	}
}

// A long table takes the memory of one row.
func TestLongRowsOfTables(t *testing.T) {
	var content strings.Builder
	content.WriteString("id,text\n")
	for i := range 3000 {
		fmt.Fprintf(&content, "%d,\"%s\"\n", i, strings.Repeat("Ferries \"\"sail\"\" again.\n", 50))
	}
	rows := fromStdin(t, strings.NewReader(content.String()), FormatCSV)
	if len(rows) != 3000 || rows[2999].Article == nil || rows[2999].Article.Location.Line != 2999*51+2 {
		t.Fatalf("%d rows, the last at %+v", len(rows), rows[len(rows)-1])
	}
	for name, row := range map[string]string{
		"bytes":          "\"" + strings.Repeat("word ", 1<<20) + "\"",
		"cells":          strings.Repeat(",", maxCells),
		"bytes of cells": strings.Repeat("a,", MaxRowBytes/2+1),
	} {
		got := fromStdin(t, strings.NewReader("id,text\n1,A.\n2,"+row+"\n3,B.\n"), FormatCSV)
		if len(got) != 2 || got[1].Reason != RowTooLarge || got[1].Line != 3 {
			t.Errorf("%s: %.200v", name, got)
		}
	}
}
