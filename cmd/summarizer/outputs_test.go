package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// No command writes a file twice, or reads its own output, where a shell has made a standard
// stream of that file.
func TestOutputsAreNoStandardStreams(t *testing.T) {
	data := `{"id":"a","text":"Pavel Dorn opened the bridge on Monday.","labels":[]}`
	for _, tt := range []struct {
		name string
		args func(input, shared string) []string
		want string
	}{
		{"batch", func(input, shared string) []string {
			return []string{"batch", input, "-o", shared, "--overwrite", "--engine", "local"}
		}, "a standard stream"},
		{"batch with a table", func(input, shared string) []string {
			return []string{"batch", input, "-o", strings.TrimSuffix(shared, ".rows.jsonl"), "--overwrite", "--engine", "local"}
		}, "a standard stream"},
		{"eval", func(input, shared string) []string { return []string{"eval", input, "--json", shared} }, "also another output"},
		{"analyze", func(_, shared string) []string { return []string{"analyze", shared} }, "a file that this run writes"},
	} {
		for stream := range 2 {
			shared := filepath.Join(t.TempDir(), "out.csv.rows.jsonl")
			streams := [2]*os.File{}
			for i := range streams {
				name := filepath.Join(t.TempDir(), "other")
				if i == stream {
					name = shared
				}
				file, err := os.Create(name)
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				streams[i] = file
			}
			args := tt.args(write(t, "data.jsonl", data), shared)
			if code := run(t.Context(), hangups{}, args, nil, strings.NewReader(""), streams[0], streams[1]); code != exitUsage {
				t.Errorf("%s: code %d", tt.name, code)
			}
			said, err := os.ReadFile(streams[1].Name())
			if err != nil || strings.Count(string(said), "\n") != 1 || !strings.Contains(string(said), tt.want) {
				t.Errorf("%s: %v: standard error is %q, want one line with %q", tt.name, err, said, tt.want)
			}
		}
	}
}
