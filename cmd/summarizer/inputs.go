package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seed-59202292/summarizer/internal/archive"
)

// archiveFlags say how archives are read.
type archiveFlags struct {
	InputFormat    string `help:"Format of the inputs, where it should not be told by name and content: jsonl, csv, tsv, parquet, text, markdown, html, warc or feed." default:"auto" placeholder:"auto"`
	FieldID        string `name:"field-id" help:"Key or column that holds the id." default:"id" placeholder:"id"`
	FieldTitle     string `help:"Key or column that holds the title." default:"title" placeholder:"title"`
	FieldText      string `help:"Key or column that holds the text." default:"text" placeholder:"text"`
	FieldHTML      string `name:"field-html" help:"Key or column that holds the page, where there is no text." default:"html" placeholder:"html"`
	FieldLanguage  string `help:"Key or column that holds the language code." default:"language" placeholder:"language"`
	FieldPublished string `help:"Key or column that holds the date." default:"published" placeholder:"published"`
	FieldURL       string `name:"field-url" help:"Key or column that holds the address." default:"url" placeholder:"url"`
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
type articles = iter.Seq2[*archive.Article, error]

// inputs are the archives of a run, and what is known of the reading.
type inputs struct {
	env     *environment
	paths   []string
	options archive.Options
	shard   shard
	size    int64        // bytes in all, as they are stored; 0 when that is not known
	stored  atomic.Int64 // bytes that have been read of them
	skipped skipCounts
}

// newInputs returns the archives of a command line that has been validated. The
// output must be open, as no file is an input that the run writes.
func (c *batchCmd) newInputs(env *environment) *inputs {
	in := &inputs{env: env, paths: c.Inputs}
	in.shard, _ = parseShard(c.Shard)
	format, _ := archive.ParseFormat(c.InputFormat)
	in.options = archive.Options{
		Format: format, Fields: c.fields(), Stdin: env.stdin, Stored: &in.stored, Skipped: in.skipped.add,
		Exclude: c.written(env).has,
	}
	if !slices.Contains(in.paths, archive.Stdin) {
		in.size = archive.Size(in.paths, in.options)
	}
	return in
}

// articles passes on what the archives hold of the shard, and says on standard
// error which files cannot be read.
func (in *inputs) articles() articles {
	return func(yield func(*archive.Article, error) bool) {
		for a, err := range archive.Files(in.paths, in.options) {
			var unread *archive.Error
			if errors.As(err, &unread) {
				if !in.shard.has(unread.Source) {
					continue
				}
				if unread.Reason == archive.InputUnreadable {
					in.env.say("%v", err)
				}
			} else if !in.shard.has(a.Source) {
				continue
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// shard is one of several parts that places in archives are dealt out to.
type shard struct{ index, of uint64 } // index from 0; of 0 is everything

// parseShard reads "i/n" with i from 1.
func parseShard(s string) (shard, error) {
	if s == "" {
		return shard{}, nil
	}
	first, second, _ := strings.Cut(s, "/")
	index, err1 := strconv.ParseUint(first, 10, 31)
	of, err2 := strconv.ParseUint(second, 10, 31)
	if err1 != nil || err2 != nil || index < 1 || index > of {
		return shard{}, fmt.Errorf("--shard is %q: it must be I/N with I from 1 to N, such as 1/8", s)
	}
	return shard{index - 1, of}, nil
}

// has reports whether a place falls to the shard. It depends on the place alone,
// so that every job deals out alike.
func (s shard) has(place archive.Source) bool {
	if s.of <= 1 {
		return true
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%d", place.Path, place.Member, place.Line)
	// The low bits of FNV alone are too even for lines that follow each other.
	return (h.Sum64()>>32^h.Sum64())%s.of == s.index
}

// skipCounts counts what archives hold beside articles.
type skipCounts struct {
	mu sync.Mutex
	by map[archive.Skip]int64
}

func (s *skipCounts) add(_ archive.Source, what archive.Skip) {
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
