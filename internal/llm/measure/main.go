// Measure counts what grounding catches and refuses on labelled data, by set, kind of
// fault and language. It prints the figures of docs/grounding.md.
//
//	go run ./internal/llm/measure [-list] PATH…
//
// A path is a file or a directory of files, as JSON lines, plain or with gzip. The
// beginning of a file's name tells its form:
//
//	answers        {id, lang, title, text, content}: content is a recorded answer of a
//	               model to the prompt of this project, given by a server of its own to
//	               the engine, with all that follows
//	grounding_multi  {id, lang, article, faithful[]{lang, text}, unfaithful[]{lang, kind, text}}
//	faithfulness   {article_id, article} first, then {set, article_id, summary, faithful, faults}
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

// forms are the kinds of files, by the beginning of their names.
var forms = []struct {
	prefix  string
	measure func(paths []string, out *report) error
}{
	{"answers", measureAnswers},
	{"grounding_multi", measureSentences},
	{"faithfulness", measureSummaries},
}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	list := flags.Bool("list", false, "list each true text that is refused and each false one that passes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("name a file or a directory of labelled data")
	}
	files, err := dataFiles(flags.Args())
	if err != nil {
		return err
	}
	out := &report{w: stdout, list: *list}
	measured := false
	for _, form := range forms {
		var paths []string
		for _, file := range files {
			if strings.HasPrefix(filepath.Base(file), form.prefix) {
				paths = append(paths, file)
			}
		}
		if len(paths) == 0 {
			continue
		}
		measured = true
		if err := form.measure(paths, out); err != nil {
			return err
		}
	}
	if !measured {
		return fmt.Errorf("no file of a known form in %s: names begin with answers, grounding_multi or faithfulness", strings.Join(flags.Args(), ", "))
	}
	return nil
}

// dataFiles returns the files of data at paths.
func dataFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if name := entry.Name(); strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".jsonl.gz") {
				files = append(files, filepath.Join(path, name))
			}
		}
	}
	return files, nil
}

// readRows decodes each line of the files at paths.
func readRows[T any](paths []string) ([]T, error) {
	var rows []T
	for _, path := range paths {
		more, err := readFile[T](path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func readFile[T any](path string) ([]T, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var reader io.Reader = bufio.NewReader(file)
	if strings.HasSuffix(path, ".gz") {
		if reader, err = gzip.NewReader(reader); err != nil {
			return nil, err
		}
	}
	var rows []T
	decoder := json.NewDecoder(reader)
	for {
		var row T
		if err := decoder.Decode(&row); err == io.EOF {
			return rows, nil
		} else if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(rows)+1, err)
		}
		rows = append(rows, row)
	}
}

// report writes figures.
type report struct {
	w    io.Writer
	list bool
}

func (r *report) printf(format string, args ...any) { fmt.Fprintf(r.w, format, args...) }

// detail writes a text that was judged wrongly, where that is asked for.
func (r *report) detail(format string, args ...any) {
	if r.list {
		r.printf("  "+format+"\n", args...)
	}
}

// ratio counts texts, and how many were refused or caught.
type ratio struct{ hit, of int }

func (t *ratio) add(hit bool) {
	t.of++
	if hit {
		t.hit++
	}
}

func (t ratio) String() string {
	if t.of == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d (%.1f %%)", t.hit, t.of, 100*float64(t.hit)/float64(t.of))
}

// ratios are ratios by name.
type ratios map[string]*ratio

func (t ratios) add(name string, hit bool) {
	if t[name] == nil {
		t[name] = &ratio{}
	}
	t[name].add(hit)
}

// line writes the ratios in the order of their names.
func (t ratios) line() string {
	names := make([]string, 0, len(t))
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		parts = append(parts, name+" "+t[name].String())
	}
	return strings.Join(parts, ", ")
}
