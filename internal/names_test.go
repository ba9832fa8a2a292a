package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sharedNames are the names that types of several packages may have, as they stand
// for one thing.
var sharedNames = map[string]string{
	"Config":  "what a constructor takes",
	"Options": "what a constructor takes",
	"Engine":  "the interface and those that implement it",
}

// TestTypesHaveNamesOfTheirOwn keeps a reader from meeting one name for two things:
// no type of one package is called as a type of another, but for sharedNames. The
// contract, and the fake of the API of language models, have the names of their
// protocols.
func TestTypesHaveNamesOfTheirOwn(t *testing.T) {
	protocols := []string{stubs, "internal/cache/cachepb", "internal/llm/llmtest"}
	packages := map[string][]string{} // by name of a type
	for _, p := range goList(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if slices.Contains(protocols, name) {
			continue
		}
		for _, file := range p.GoFiles {
			for _, declared := range typesOf(t, filepath.Join("..", name, file)) {
				packages[declared] = append(packages[declared], name)
			}
		}
	}
	if len(packages) == 0 {
		t.Fatal("no type was found")
	}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		if _, ok := sharedNames[name]; !ok && len(packages[name]) > 1 {
			t.Errorf("%s is a type in %s: name them apart", name, strings.Join(packages[name], ", "))
		}
	}
}

// typesOf returns the names of the types that a file declares, without aliases.
func typesOf(t *testing.T, path string) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.TYPE {
			continue
		}
		for _, spec := range general.Specs {
			if spec := spec.(*ast.TypeSpec); !spec.Assign.IsValid() {
				names = append(names, spec.Name.Name)
			}
		}
	}
	return names
}
