package systemtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pythonVariable names a Python with pandas, pyarrow, openpyxl and duckdb.
const pythonVariable = "SUMMARIZER_TEST_PYTHON"

// TestResultsPage runs the Python of docs/results.md over results of a run.
func TestResultsPage(t *testing.T) {
	python := os.Getenv(pythonVariable)
	if python == "" {
		t.Skipf("%s names no Python with pandas, pyarrow, openpyxl and duckdb", pythonVariable)
	}
	dir := t.TempDir()
	for _, ending := range []string{".parquet", ".jsonl", ".csv"} {
		out := filepath.Join(dir, "results"+ending)
		if got := cli(t, nil, archiveOf(20)+"{\"id\":\"bad\"}\n", "batch", "-", "-o", out, "--engine", "local"); got.code != exitSomeFailed {
			t.Fatalf("code %d: %s", got.code, got.stderr)
		}
	}
	blocks := 0
	for _, block := range blocksOf(t, root+"/docs/results.md") {
		if block.language != "python" {
			continue
		}
		blocks++
		command := exec.CommandContext(t.Context(), python, "-c", block.text)
		command.Dir = dir
		output, err := command.CombinedOutput()
		if err != nil || strings.Contains(block.text, "print") && len(output) == 0 {
			t.Errorf("results.md:%d: %v: %s", block.line, err, output)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "results.xlsx")); err != nil || info.Size() == 0 || blocks != 4 {
		t.Errorf("%d blocks, and the spreadsheet: %v", blocks, err)
	}
}
