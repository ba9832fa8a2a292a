package archive

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outcome is an article, or what went wrong at a line.
type outcome struct {
	Article *Entry
	Line    int64
	Reason  ErrorReason
	Message string
}

// outcomes drains what Files yields; it fails the test when an error is not an
// *ReadError or comes with an article.
func outcomes(t testing.TB, paths []string, options Options) []outcome {
	t.Helper()
	var all []outcome
	for a, err := range Files(paths, options) {
		if err == nil {
			all = append(all, outcome{Article: a, Line: a.Location.Line})
			continue
		}
		var bad *ReadError
		if !errors.As(err, &bad) || a != nil {
			t.Fatalf("yielded %v, %v; want an article or a *ReadError", a, err)
		}
		all = append(all, outcome{Line: bad.Location.Line, Reason: bad.Reason, Message: bad.Message})
	}
	return all
}

// fromStdin reads in as standard input in a format.
func fromStdin(t testing.TB, in io.Reader, format Format) []outcome {
	t.Helper()
	return outcomes(t, []string{Stdin}, Options{Format: format, Stdin: in})
}

// put writes a file into a directory of the test and returns its path.
func put(t testing.TB, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lines of a table: "id where" for articles, "where: message" for the rest.
func (o outcome) String() string {
	if o.Article != nil {
		return o.Article.ID + " " + o.Article.Location.String()
	}
	return string(o.Reason) + ": " + o.Message
}

// table returns the outcomes as lines in which dir is DIR.
func table(dir string, all []outcome) []string {
	var rows []string
	for _, o := range all {
		rows = append(rows, strings.ReplaceAll(o.String(), dir, "DIR"))
	}
	return rows
}
