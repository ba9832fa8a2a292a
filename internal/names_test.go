package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
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

// avoidedNames are names that say less than the term of the field, and that term.
var avoidedNames = map[string]string{
	"alike":         "what two things have in common, such as sharesStem",
	"alight":        "leave",
	"board":         "join",
	"bury":          "deadLetter",
	"caughtUp":      "replayed",
	"closedIn":      "openFor",
	"echoed":        "redundant",
	"farTier":       "boundedTier",
	"flight":        "call",
	"flights":       "calls",
	"giveBack":      "release",
	"glance":        "what is looked for, such as mayHoldMarkup",
	"growStack":     "nothing",
	"handed":        "delivered",
	"isLeaning":     "isAnaphoric",
	"kin":           "aliases",
	"landings":      "completions",
	"lasting":       "permanentCodes",
	"maxCrowdShare": "maxStaggerFraction",
	"mayPass":       "isTransient",
	"note":          "record",
	"patience":      "a timeout",
	"processSum":    "mac",
	"reading":       "prepared",
	"readings":      "interpretations",
	"resemblance":   "similarity",
	"ride":          "collect",
	"seat":          "subscription",
	"seldom":        "LogLimiter",
	"sendOff":       "replyOverhead",
	"spanner":       "offsetMapper",
	"spendMemory":   "raiseGCPercent",
	"squeeze":       "windowCorrection",
	"survey":        "dryRun",
	"trouble":       "FailureKind",
	"twofold":       "commonNameWords",
	"wayOn":         "resumeHint",
}

// TestNamesAreTermsOfTheField looks at all that is declared, in tests, too.
func TestNamesAreTermsOfTheField(t *testing.T) {
	avoided := map[string]string{} // in lower case
	for name, term := range avoidedNames {
		avoided[strings.ToLower(name)] = term
	}
	files := 0
	for _, dir := range []string{"client", "cmd", "internal", "tools"} {
		err := filepath.WalkDir(filepath.Join("..", dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" {
				return err
			}
			files++
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, name := range declaredIn(file) {
				if term, ok := avoided[strings.ToLower(name.Name)]; ok {
					t.Errorf("%s: %s: the term is %s", fset.Position(name.Pos()), name.Name, term)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files == 0 {
		t.Fatal("no file was read")
	}
}

// declaredIn returns the names that a file declares: its package, types, functions,
// constants, variables, fields and parameters.
func declaredIn(file *ast.File) []*ast.Ident {
	names := []*ast.Ident{file.Name}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncDecl:
			names = append(names, node.Name)
		case *ast.TypeSpec:
			names = append(names, node.Name)
		case *ast.ValueSpec:
			names = append(names, node.Names...)
		case *ast.Field:
			names = append(names, node.Names...)
		case *ast.AssignStmt:
			for _, left := range node.Lhs {
				if name, ok := left.(*ast.Ident); ok && node.Tok == token.DEFINE {
					names = append(names, name)
				}
			}
		}
		return true
	})
	return names
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
