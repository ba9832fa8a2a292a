package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/display"
)

// fileSet holds files and directories by their identity, as one may have many names.
// Devices, which many may read and write at once, are in none.
type fileSet []fs.FileInfo

func (s fileSet) has(info fs.FileInfo) bool {
	return slices.ContainsFunc(s, func(one fs.FileInfo) bool { return os.SameFile(one, info) })
}

func (s fileSet) hasPath(path string) bool {
	info, err := os.Stat(path)
	return err == nil && s.has(info)
}

func (s *fileSet) add(info fs.FileInfo, err error) {
	if err == nil && (info.Mode().IsRegular() || info.IsDir() || info.Mode()&fs.ModeNamedPipe != 0) {
		*s = append(*s, info)
	}
}

// filesAt returns the files at paths that exist; - is standard input.
func (env *environment) filesAt(paths ...string) (files fileSet) {
	for _, path := range paths {
		if file, ok := env.stdin.(*os.File); ok && path == archive.Stdin {
			files.add(file.Stat())
		} else {
			files.add(os.Stat(path))
		}
	}
	return files
}

// redirected returns what a shell has made of standard output and standard error.
func (env *environment) redirected() (files fileSet) {
	for _, stream := range []io.Writer{env.stdout, env.stderr} {
		if file := display.File(stream); file != nil {
			files.add(file.Stat())
		}
	}
	return files
}

// checkInputs refuses an input that was named and that the run writes.
func (env *environment) checkInputs(inputs []string, written fileSet) error {
	for _, input := range inputs {
		if slices.ContainsFunc(env.filesAt(input), written.has) {
			return fmt.Errorf("the input %s is a file that this run writes: leave it out, or name another output", input)
		}
	}
	return nil
}
