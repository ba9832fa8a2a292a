package main

import (
	"fmt"
	"slices"
	"sync"

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

// options returns how to read, with flags that have been validated.
func (f *archiveFlags) options(env *environment) archive.Options {
	format, _ := archive.ParseFormat(f.InputFormat)
	return archive.Options{
		Format: format,
		Fields: archive.Fields{
			ID: f.FieldID, Title: f.FieldTitle, Text: f.FieldText, HTML: f.FieldHTML,
			Language: f.FieldLanguage, Published: f.FieldPublished, URL: f.FieldURL,
		},
		Stdin: env.stdin,
	}
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
