package internal_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoticesNameEveryModule makes the licences of a release for each platform, which fails
// where a module has none that is known, and looks for each module that is linked.
func TestNoticesNameEveryModule(t *testing.T) {
	notices := filepath.Join(t.TempDir(), "notices")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", notices, "../tools/notices/main.go").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, platform := range [][2]string{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}} {
		run := func(name string, args ...string) string {
			command := exec.CommandContext(t.Context(), name, args...)
			command.Dir, command.Stderr = "..", os.Stderr
			command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+platform[0], "GOARCH="+platform[1])
			out, err := command.Output()
			if err != nil {
				t.Fatalf("%v: %s: %v", platform, name, err)
			}
			return string(out)
		}
		page := run(notices, "./cmd/summarizer")
		modules := map[string]bool{}
		for line := range strings.Lines(run("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./cmd/summarizer")) {
			modules[strings.TrimSpace(line)] = true
		}
		delete(modules, "")
		if len(modules) < 50 {
			t.Errorf("%v: %d modules are linked", platform, len(modules))
		}
		for module := range modules {
			if !strings.Contains(page, "\n"+module+": ") {
				t.Errorf("%v: the notices do not name %s", platform, module)
			}
		}
	}
}
