package article

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wirePieces returns the pieces of agency copy in testdata/wire, all invented. A piece is
//
//	%%% NAME | LANGUAGE
//	title: the headline
//	first: the first sentence of the body
//	last: the last one
//	absent: what must not be left | more of it
//	present: what must | more of it
//	%%
//	the copy
func wirePieces(t testing.TB) []piece {
	t.Helper()
	files, err := filepath.Glob("testdata/wire/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pieces: %v", err)
	}
	var pieces []piece
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for text := range strings.SplitSeq("\n"+string(data), "\n%%% ") {
			if strings.TrimSpace(text) != "" {
				pieces = append(pieces, parsePiece(t, text))
			}
		}
	}
	return pieces
}

func parsePiece(t testing.TB, text string) piece {
	head, copy, ok := strings.Cut(text, "\n%%\n")
	lines := strings.Split(head, "\n")
	name, language, named := strings.Cut(lines[0], " | ")
	if !ok || !named {
		t.Fatalf("no piece: %q", text)
	}
	p := piece{ID: name, Lang: strings.TrimSpace(language), Text: strings.TrimSuffix(copy, "\n")}
	for _, line := range lines[1:] {
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
			t.Fatalf("%s: no field: %q", p.ID, line)
		case key == "title":
			p.Title = value
		case key == "first":
			p.First = value
		case key == "last":
			p.Last = value
		case key == "absent":
			p.Forbidden = strings.Split(value, " | ")
		case key == "present":
			p.Required = strings.Split(value, " | ")
		default:
			t.Fatalf("%s: unknown field %q", p.ID, key)
		}
	}
	for _, s := range append(p.Forbidden, p.Required...) {
		if !strings.Contains(p.normal(p.Text), p.normal(s)) {
			t.Fatalf("%s: %q is not in the piece", p.ID, s)
		}
	}
	return p
}

// TestWire reads agency copy in the manner of some fifty agencies and services.
func TestWire(t *testing.T) {
	pieces := wirePieces(t)
	if len(pieces) < 80 {
		t.Errorf("%d pieces, want 80", len(pieces))
	}
	for _, p := range pieces {
		t.Run(p.ID, func(t *testing.T) {
			src := Raw{Text: p.Text}
			d := Clean(src)
			checkInvariants(t, src, d)
			checkOffsets(t, src, d)
			checkWords(t, src, d)
			for _, fault := range p.faultsOf(d) {
				t.Error(fault)
			}
		})
	}
}
