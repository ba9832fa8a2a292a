// Package internal_test holds the direction of dependencies between the
// packages of this module: who may import whom, and who may not know which
// technology. A package without a row in the table fails the test, so that a new
// one is a decision. docs/architecture.md explains the table.
package internal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/seed-59202292/summarizer"

// stubs is the package of the generated contract.
const stubs = "api/proto/summarizer/v1"

// production lists the packages of the binary, for the one package that ties
// them together.
var production = []string{
	stubs,
	"client",
	"internal/admin",
	"internal/archive",
	"internal/article",
	"internal/atomicfile",
	"internal/batch",
	"internal/cache",
	"internal/cluster",
	"internal/display",
	"internal/eval",
	"internal/sharedcall",
	"internal/grounding",
	"internal/hangup",
	"internal/httpapi",
	"internal/injection",
	"internal/ledger",
	"internal/llm",
	"internal/llm/batchapi",
	"internal/llm/limits",
	"internal/llm/modelserver",
	"internal/llm/prompt",
	"internal/local",
	"internal/local/morphology",
	"internal/manual",
	"internal/parquet",
	"internal/oidc",
	"internal/pause",
	"internal/probe",
	"internal/queue",
	"internal/cleantext",
	"internal/runreport",
	"internal/server",
	"internal/settings",
	"internal/summarizer",
	"internal/taxonomy",
	"internal/telemetry",
	"internal/turns",
	"internal/usage",
}

// rule says what one package may import.
type rule struct {
	// ours are the packages of this module that it may import directly.
	ours []string

	// never are the import paths, with everything below them, that it may not
	// import directly.
	never []string

	// unknown are the import paths, with everything below them, that it may not
	// depend on in any way.
	unknown []string
}

// status codes belong to internal/server, which has one function that maps
// reasons to them.
var statusCodes = []string{"google.golang.org/grpc/status", "google.golang.org/grpc/codes"}

// technologies are what the domain knows nothing of.
var technologies = []string{
	"github.com/nats-io",
	"github.com/sashabaranov/go-openai",
	"go.etcd.io/bbolt",
	"google.golang.org/grpc",
	"google.golang.org/protobuf",
}

// rules is the table of packages. Paths are relative to the module.
var rules = map[string]rule{
	stubs:            {},
	"cmd/summarizer": {ours: production, never: statusCodes},
	"client":         {ours: []string{stubs}},

	"internal/server":             {ours: []string{"internal/summarizer", "internal/atomicfile", "internal/oidc", "internal/telemetry", stubs}},
	"internal/httpapi":            {ours: []string{"internal/playground", "internal/server", "internal/summarizer", "internal/telemetry", stubs}},
	"internal/playground":         {never: statusCodes, unknown: technologies},
	"internal/httpapi/genopenapi": {ours: []string{"internal/httpapi"}, never: statusCodes},
	"internal/batch":              {ours: []string{"internal/archive", "internal/atomicfile", "internal/pause", "internal/cleantext", stubs}, unknown: []string{"github.com/nats-io"}},
	"internal/display":            {ours: []string{"internal/article", "internal/batch", "internal/llm", stubs}, never: statusCodes, unknown: []string{"github.com/nats-io"}},
	"internal/manual":             {never: statusCodes, unknown: technologies},
	"internal/usage":              {never: statusCodes, unknown: technologies},
	"internal/atomicfile":         {never: statusCodes},
	"internal/oidc":               {ours: []string{"internal/telemetry"}, never: statusCodes},
	"internal/hangup":             {never: statusCodes, unknown: technologies},
	"internal/pause":              {never: statusCodes, unknown: technologies},
	"internal/settings":           {ours: []string{"internal/llm"}, never: statusCodes},
	"internal/admin":              {ours: []string{"internal/cache", "internal/ledger", "internal/summarizer", "internal/telemetry"}, never: statusCodes},
	"internal/probe":              {ours: []string{"client", "internal/admin"}, never: statusCodes},
	"internal/cluster":            {never: statusCodes},
	"internal/queue":              {ours: []string{"internal/batch", "internal/pause", stubs}},

	"internal/summarizer": {
		ours:    []string{"internal/article", "internal/sharedcall", "internal/taxonomy", "internal/turns"},
		never:   statusCodes,
		unknown: technologies,
	},
	"internal/sharedcall": {ours: []string{"internal/turns"}, never: statusCodes, unknown: technologies},
	"internal/turns":      {never: statusCodes, unknown: technologies},
	"internal/llm": {
		ours:  []string{"internal/summarizer", "internal/article", "internal/grounding", "internal/injection", "internal/ledger", "internal/llm/limits", "internal/llm/modelserver", "internal/llm/prompt", "internal/pause", "internal/taxonomy", "internal/telemetry", "internal/turns"},
		never: statusCodes,
	},
	"internal/llm/batchapi":    {ours: []string{"internal/atomicfile", "internal/ledger", "internal/llm", "internal/pause", "internal/summarizer"}, never: statusCodes},
	"internal/llm/limits":      {ours: []string{"internal/telemetry"}, never: statusCodes},
	"internal/llm/modelserver": {never: statusCodes, unknown: technologies},
	"internal/llm/prompt": {
		ours:    []string{"internal/summarizer", "internal/article", "internal/grounding", "internal/injection", "internal/llm/modelserver", "internal/taxonomy"},
		never:   statusCodes,
		unknown: technologies,
	},
	"internal/local": {
		ours:    []string{"internal/summarizer", "internal/article", "internal/injection", "internal/local/morphology", "internal/taxonomy"},
		never:   statusCodes,
		unknown: []string{"net/http"}, // no network
	},
	"internal/local/morphology": {
		never:   statusCodes,
		unknown: []string{"net/http"},
	},
	"internal/llm/measure": {
		ours:  []string{"internal/grounding", "internal/article", "internal/llm", "internal/summarizer", "internal/taxonomy"},
		never: statusCodes,
	},
	"internal/local/fit": {
		ours:  []string{"internal/local", "internal/article", "internal/taxonomy"},
		never: statusCodes,
	},
	"internal/eval": {
		ours:  []string{"internal/summarizer", "internal/article", "internal/taxonomy", stubs},
		never: statusCodes,
	},
	"internal/cache": {
		ours:  []string{"internal/summarizer", "internal/ledger", "internal/telemetry", "internal/cache/cachepb"},
		never: statusCodes,
	},
	"internal/cache/cachepb": {},
	"internal/archive":       {ours: []string{"internal/parquet"}, never: statusCodes},
	"internal/runreport":     {ours: []string{"internal/atomicfile"}, never: statusCodes, unknown: technologies},
	"internal/cleantext":     {ours: []string{"internal/archive", "internal/article", "internal/summarizer"}, never: statusCodes, unknown: technologies},
	"internal/parquet":       {never: statusCodes},
	"internal/article":       {never: statusCodes, unknown: technologies},
	"internal/grounding":     {ours: []string{"internal/article"}, never: statusCodes, unknown: technologies},
	"internal/injection":     {ours: []string{"internal/article"}, never: statusCodes, unknown: technologies},
	"internal/taxonomy":      {never: statusCodes, unknown: technologies},
	"internal/telemetry":     {},
	"internal/ledger":        {never: statusCodes, unknown: technologies},

	// Test support: imported by tests only, which the rows above see to, as no
	// package may import these.
	"internal/summarizer/enginetest": {
		ours:  []string{"internal/summarizer", "internal/article", "internal/taxonomy"},
		never: statusCodes,
	},
	"internal/summarizer/cachetest": {
		ours:  []string{"internal/summarizer", "internal/article", "internal/taxonomy"},
		never: statusCodes,
	},
	"internal/ledger/ledgertest": {ours: []string{"internal/ledger"}, never: statusCodes},
	"internal/llm/llmtest":       {never: statusCodes},
	"internal/oidc/oidctest":     {never: statusCodes, unknown: technologies},
	"internal/server/h2test":     {},
	"internal/telemetry/logtest": {},
}

// listed is what go list says of one package.
type listed struct {
	ImportPath string
	GoFiles    []string // without tests
	Imports    []string // direct, without imports of tests
	Deps       []string // direct and indirect
}

func TestDependencies(t *testing.T) {
	touchSources(t)
	packages := goList(t)
	for _, fault := range check(rules, packages) {
		t.Error(fault)
	}
}

// check returns a line for every import that rules forbid and for every package
// that has no rule.
func check(rules map[string]rule, packages []listed) []string {
	var faults []string
	for _, p := range packages {
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		r, ok := rules[name]
		if !ok {
			faults = append(faults, fmt.Sprintf("%s has no row in the table of packages", name))
			continue
		}
		for _, path := range p.Imports {
			ours, internal := strings.CutPrefix(path, module+"/")
			switch {
			case internal && !slices.Contains(r.ours, ours):
				faults = append(faults, fmt.Sprintf("%s must not import %s", name, ours))
			case below(r.never, path):
				faults = append(faults, fmt.Sprintf("%s must not import %s", name, path))
			}
		}
		for _, path := range p.Deps {
			if below(r.unknown, path) {
				faults = append(faults, fmt.Sprintf("%s must not depend on %s", name, path))
			}
		}
	}
	return faults
}

// below reports whether path is one of roots or lies below one.
func below(roots []string, path string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == root || strings.HasPrefix(path, root+"/")
	})
}

func TestCheck(t *testing.T) {
	table := map[string]rule{
		"internal/domain":  {ours: []string{"internal/text"}, never: []string{"example.org/rpc/status"}, unknown: []string{"example.org/db"}},
		"internal/text":    {},
		"internal/adapter": {ours: []string{"internal/domain"}},
	}
	pkg := func(name string, imports ...string) listed {
		return listed{
			ImportPath: module + "/" + name,
			GoFiles:    []string{"file.go"},
			Imports:    imports,
			Deps:       imports,
		}
	}
	indirect := pkg("internal/domain")
	indirect.Deps = []string{"example.org/db/page"}
	testsOnly := pkg("internal/other")
	testsOnly.GoFiles = nil

	tests := []struct {
		name string
		pkg  listed
		want []string
	}{
		{"allowed", pkg("internal/domain", "fmt", module+"/internal/text"), nil},
		{"tests only", testsOnly, nil},
		{"similar name", pkg("internal/domain", "example.org/rpc/statustext", "example.org/dbx"), nil},
		{"no row", pkg("internal/util"), []string{"internal/util has no row in the table of packages"}},
		{"upwards", pkg("internal/text", module+"/internal/domain"), []string{"internal/text must not import internal/domain"}},
		{"below an allowed one", pkg("internal/adapter", module+"/internal/domain/sub"), []string{"internal/adapter must not import internal/domain/sub"}},
		{"never", pkg("internal/domain", "example.org/rpc/status"), []string{"internal/domain must not import example.org/rpc/status"}},
		{"unknown, by way of another", indirect, []string{"internal/domain must not depend on example.org/db/page"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, check(table, []listed{tt.pkg})); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRulesNameKnownPackages keeps the table free of rows that allow an import
// of nothing.
func TestRulesNameKnownPackages(t *testing.T) {
	for name, r := range rules {
		for _, path := range r.ours {
			if _, ok := rules[path]; !ok {
				t.Errorf("the row of %s allows %s, which has no row", name, path)
			}
		}
	}
}

// goList returns the packages of the module.
func goList(t *testing.T) []listed {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,GoFiles,Imports,Deps", "./...")
	command.Dir = ".."
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			t.Fatalf("decode the output of go list: %v", err)
		}
		packages = append(packages, p)
	}
	return packages
}

// touchSources looks at every Go file of the module. The go command keeps the
// result of a test until a file that the test itself looked at changes; what
// go list reads does not count.
func touchSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case filepath.Ext(path) == ".go":
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
