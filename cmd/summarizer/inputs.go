package main

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/seed-59202292/summarizer/internal/archive"
)

// archiveFlags say how archives are read.
type archiveFlags struct {
	AllowEmpty     bool   `help:"Accept inputs without an article; otherwise each is named and the exit code is 2."`
	InputFormat    string `help:"Format of the inputs, where it should not be told by name and content: jsonl, csv, tsv, parquet, text, markdown, html, warc or feed." default:"auto"`
	FieldID        string `name:"field-id" help:"Key or column that holds the id." std:"field_id"`
	FieldTitle     string `help:"Key or column that holds the title." std:"field_title"`
	FieldText      string `help:"Key or column that holds the text." std:"field_text"`
	FieldHTML      string `name:"field-html" help:"Key or column that holds the page, where there is no text." std:"field_html"`
	FieldLanguage  string `help:"Key or column that holds the language code." std:"field_language"`
	FieldPublished string `help:"Key or column that holds the date." std:"field_published"`
	FieldURL       string `name:"field-url" help:"Key or column that holds the address." std:"field_url"`
}

func (f *archiveFlags) validate() error {
	if _, err := archive.ParseFormat(f.InputFormat); err != nil {
		return fmt.Errorf("--input-format: %w", err)
	}
	return nil
}

func (f *archiveFlags) fields() archive.Fields {
	return archive.Fields{
		ID: f.FieldID, Title: f.FieldTitle, Text: f.FieldText, HTML: f.FieldHTML,
		Language: f.FieldLanguage, Published: f.FieldPublished, URL: f.FieldURL,
	}
}

// articles is what archives hold: each element an article or an error.
type articles = iter.Seq2[*archive.Entry, error]

// inputs are the archives of a run, and what is known of the reading.
type inputs struct {
	env     *environment
	paths   []string
	options archive.Options
	size    int64        // bytes in all, as they are stored; 0 when that is not known
	stored  atomic.Int64 // bytes that have been read of them
	skipped skipCounts
	empty   emptyInputs
}

// newInputs returns the archives of a command line that has been validated. The
// output must be open, as no file is an input that the run writes. Some of those appear
// while it runs.
func (c *batchCmd) newInputs(env *environment) *inputs {
	in := &inputs{env: env, paths: c.Inputs}
	shard, _ := archive.ParseShard(c.Shard)
	format, _ := archive.ParseFormat(c.InputFormat)
	written := c.written(env)
	exclude := func(info fs.FileInfo) bool { return written.has(info) || c.outputFiles(env).has(info) }
	in.options = archive.Options{
		Format: format, Fields: c.fields(), Shard: shard, Stdin: env.stdin,
		Exclude: exclude, Stored: &in.stored, Skipped: in.skip,
	}
	in.empty.allowed = c.AllowEmpty
	if !slices.Contains(in.paths, archive.Stdin) {
		in.size = archive.Size(in.paths, in.options)
	}
	return in
}

// articles passes on what the archives hold, and says on standard error which
// files cannot be read.
func (in *inputs) articles() articles {
	return func(yield func(*archive.Entry, error) bool) {
		for a, err := range archive.Files(in.paths, in.options) {
			var unread *archive.ReadError
			if errors.As(err, &unread) && unread.Reason == archive.InputUnreadable {
				in.env.say("%v", err)
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// skip counts everything that is passed over, and names inputs without an article.
func (in *inputs) skip(where archive.Location, what archive.Skip) {
	in.skipped.add(what)
	if what == archive.SkipEmptyFile || what == archive.SkipNoArticle {
		in.empty.add(in.env, where, what)
	}
}

// emptyInputs counts files and inputs without an article: often the trace of a failed
// export.
type emptyInputs struct {
	allowed bool
	n       atomic.Int64
}

// maxEmptyNamed bounds how many of them are named.
const maxEmptyNamed = 10

func (e *emptyInputs) add(env *environment, where archive.Location, what archive.Skip) {
	switch n := e.n.Add(1); {
	case e.allowed || n > maxEmptyNamed+1:
	case n == maxEmptyNamed+1:
		env.say("batch: and more")
	case what == archive.SkipEmptyFile:
		env.say("batch: %v is empty", where)
	default:
		env.say("batch: %v holds no article", where)
	}
}

// refused reports whether the empty inputs make the run fail in part.
func (e *emptyInputs) refused() bool { return !e.allowed && e.n.Load() > 0 }

// skipCounts counts what archives hold beside articles.
type skipCounts struct {
	mu sync.Mutex
	by map[archive.Skip]int64
}

func (s *skipCounts) add(what archive.Skip) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = make(map[archive.Skip]int64)
	}
	s.by[what]++
}

// lines returns one line for each kind, in the order of their names.
func (s *skipCounts) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for what, n := range s.by {
		lines = append(lines, fmt.Sprintf("%s: %d", what, n))
	}
	slices.Sort(lines)
	return lines
}
