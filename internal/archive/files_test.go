package archive

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	first := write("first.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n")
	second := write("second.jsonl", "{\"id\":\"d\"}")
	missing := filepath.Join(dir, "missing.jsonl")
	stdin := strings.NewReader("{\"id\":\"c\"}\n")

	var got []string
	for a, err := range Files([]string{first, missing, Stdin, dir, second}, stdin) {
		var bad *Error
		switch {
		case errors.As(err, &bad):
			got = append(got, strings.ReplaceAll(bad.Error(), dir, "DIR"))
		case err != nil:
			t.Fatal(err)
		default:
			got = append(got, a.ID+" "+strings.ReplaceAll(a.Source.String(), dir, "DIR"))
		}
	}
	want := []string{
		"a DIR/first.jsonl:1",
		"b DIR/first.jsonl:2",
		"DIR/missing.jsonl: cannot be opened: no such file or directory",
		"c -:1",
		"DIR: cannot be opened: it is a directory; name the files in it",
		"d DIR/second.jsonl:1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFilesStopsEarly(t *testing.T) {
	stdin := strings.NewReader("{\"id\":\"a\"}\n{\"id\":\"b\"}\n")
	n := 0
	for _, err := range Files([]string{Stdin, Stdin}, stdin) {
		if err != nil {
			t.Error(err)
		}
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d articles", n)
	}
}
