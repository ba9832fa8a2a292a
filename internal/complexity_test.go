package internal_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Bounds of what a reader has to keep in mind. A function over maxBranches is a decision
// that did not get names for its parts; lower maxComplex when one of them goes.
const (
	maxBranches = 15
	maxComplex  = 21 // functions, as many as there are
)

// sizes bounds the packages that every feature touches: cmd/summarizer holds flags and wiring,
// internal/llm the choice of an endpoint and of a time.
var sizes = []struct {
	dir      string
	tests    bool // of the tests, else of the production code
	maxLines int
	maxFiles int // 0: no bound
}{
	{dir: "cmd/summarizer", maxLines: 4200},
	{dir: "cmd/summarizer", tests: true, maxLines: 4999},
	{dir: "internal/llm", maxLines: 3900, maxFiles: 18},
}

func TestPackagesStaySmall(t *testing.T) {
	for _, size := range sizes {
		paths, err := filepath.Glob(filepath.Join("..", size.dir, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("files of %s: %q, %v", size.dir, paths, err)
		}
		lines, files := 0, 0
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") != size.tests {
				continue
			}
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files++
			lines += bytes.Count(src, []byte("\n"))
		}
		if lines > size.maxLines || size.maxFiles > 0 && files > size.maxFiles {
			t.Errorf("%s (tests: %t) has %d lines in %d files; at most %d lines, in %d files unless that is 0, may be: move work into a package of its own", size.dir, size.tests, lines, files, size.maxLines, size.maxFiles)
		}
	}
}

// TestFewFunctionsAreComplex counts the functions of production code whose cyclomatic
// complexity (McCabe, 1976: one, and one more for each branch, case and Boolean operator) is
// over maxBranches.
func TestFewFunctionsAreComplex(t *testing.T) {
	var complex []string
	for _, dir := range []string{"api", "client", "cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join("..", dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution|parser.ParseComments)
			if err != nil || ast.IsGenerated(file) {
				return err
			}
			for _, decl := range file.Decls {
				if f, ok := decl.(*ast.FuncDecl); ok && branches(f) > maxBranches {
					complex = append(complex, filepath.ToSlash(path)+": "+f.Name.Name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(complex) > maxComplex {
		t.Errorf("%d functions are over a cyclomatic complexity of %d, at most %d may be:\n\t%s", len(complex), maxBranches, maxComplex, strings.Join(complex, "\n\t"))
	}
}

// branches returns the cyclomatic complexity of f.
func branches(f *ast.FuncDecl) int {
	n := 1
	ast.Inspect(f, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			if node.List != nil {
				n++
			}
		case *ast.CommClause:
			if node.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if node.Op == token.LAND || node.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}
