package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxObscure is how many of 1,000 lines of comments may point where they could name.
const maxObscure = 5

// obscure matches words that have a reader look for the thing that they stand for: a
// relative clause as a subject, or a pronoun in place of a noun. Name the thing instead.
var obscure = []*regexp.Regexp{
	regexp.MustCompile(`\b(?:[Tt]hat|[Tt]hose) of\b`),
	regexp.MustCompile(`\bof those\b`),
	regexp.MustCompile(`\b[Tt]hose (?:who|that|which|whose)\b`),
	regexp.MustCompile(`\b[Ww]ho(?:so)?ever\b`),
	regexp.MustCompile(`\b[Ww]hat (?:it|they)\b`),
	regexp.MustCompile(`(?:^|[.:;?!] )What\b`),
	regexp.MustCompile(`\b[Gg]reatest\b`),
}

// plain are comments in which such words are the plain ones.
var plain = []string{
	"the same whoever pays", // a concession, not a subject
}

// TestCommentsNameThings counts the lines of comments of production code that match obscure.
func TestCommentsNameThings(t *testing.T) {
	lines, found := 0, []string(nil)
	eachProductionFile(t, func(path string, src []byte) {
		file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if ast.IsGenerated(file) {
			return
		}
		for _, group := range file.Comments {
			for _, comment := range group.List {
				for line := range strings.Lines(comment.Text) {
					lines++
					if isObscure(line) {
						found = append(found, fmt.Sprintf("%s: %s", path, strings.TrimSpace(line)))
					}
				}
			}
		}
	})
	if lines == 0 {
		t.Fatal("no comment was found")
	}
	if len(found)*1000 > lines*maxObscure {
		t.Errorf("%d of %d lines of comments do not name the thing, at most %d of 1,000 may:\n\t%s", len(found), lines, maxObscure, strings.Join(found, "\n\t"))
	}
}

func TestIsObscure(t *testing.T) {
	for line, want := range map[string]bool{
		"// What it returns need not be a word.":      true,
		"// Those who wait go on.":                    true,
		"// the limit, and that of the other tier":    true,
		"// Greatest number of calls.":                true,
		"// Whoever asks for it is told to go.":       true,
		"// stem returns a form that need not exist.": false,
		"// It says what a call costs.":               false,
		"// answer is the same whoever pays.":         false,
	} {
		if got := isObscure(line); got != want {
			t.Errorf("%q: %t", line, got)
		}
	}
}

func isObscure(line string) bool {
	text := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "//"))
	if slices.ContainsFunc(plain, func(words string) bool { return strings.Contains(text, words) }) {
		return false
	}
	return slices.ContainsFunc(obscure, func(re *regexp.Regexp) bool { return re.MatchString(text) })
}

// eachProductionFile calls do for the Go files of the module that are no tests.
func eachProductionFile(t *testing.T, do func(path string, src []byte)) {
	t.Helper()
	for _, dir := range []string{"api", "client", "cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join("..", dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			src, err := os.ReadFile(path)
			if err == nil {
				do(filepath.ToSlash(path), src)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
