package main

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/batch"
)

// archiveFlags say how archives are read.
type archiveFlags struct {
	formatFlag

	Delimiter      string `help:"Separator of CSV and TSV files: a character, tab, or auto to read it from the header." default:"auto"`
	AllowEmpty     bool   `help:"Accept inputs without an article. Otherwise each is reported and the exit code is 2."`
	FieldID        string `name:"field-id" help:"Key or column that holds the id." std:"field_id"`
	FieldTitle     string `help:"Key or column that holds the title." std:"field_title"`
	FieldText      string `help:"Key or column that holds the text." std:"field_text"`
	FieldHTML      string `name:"field-html" help:"Key or column that holds the page, for rows without text." std:"field_html"`
	FieldLanguage  string `help:"Key or column that holds the language code." std:"field_language"`
	FieldPublished string `help:"Key or column that holds the date." std:"field_published"`
	FieldURL       string `name:"field-url" help:"Key or column that holds the address." std:"field_url"`
}

// formatFlag says what inputs are.
type formatFlag struct {
	InputFormat string `help:"Format of the inputs. Default: told by name and content. One of jsonl, csv, tsv, parquet, text, markdown, html, warc, feed or newsml." default:"auto"`
}

func (f formatFlag) validate() error {
	if _, err := archive.ParseFormat(f.InputFormat); err != nil {
		return fmt.Errorf("--input-format: %w", err)
	}
	return nil
}

// format returns the format of a flag that has been validated.
func (f formatFlag) format() archive.Format {
	format, _ := archive.ParseFormat(f.InputFormat)
	return format
}

func (f *archiveFlags) validate() error {
	if _, err := archive.ParseDelimiter(f.Delimiter); err != nil {
		return errors.Join(f.formatFlag.validate(), fmt.Errorf("--delimiter is %q: %w", f.Delimiter, err))
	}
	return f.formatFlag.validate()
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
	skipped archive.Skips
}

// newInputs returns the archives of a command line that has been validated. The
// output must be open, as no file is an input that the run writes. Some outputs appear
// while it runs.
func (c *batchCmd) newInputs(env *environment) *inputs {
	in := &inputs{env: env, paths: c.Inputs}
	shard, _ := archive.ParseShard(c.Shard)
	delimiter, _ := archive.ParseDelimiter(c.Delimiter)
	written := append(c.written(env), env.filesAt(c.batchDir())...)
	in.options = archive.Options{
		Format: c.format(), Fields: c.fields(), Delimiter: delimiter, KeepItems: c.form() == batch.FormNinjs, Shard: shard, Stdin: env.stdin,
		Exclude: func(info fs.FileInfo) bool { return written.has(info) || c.outputFiles(env).has(info) }, Stored: &in.stored, Skipped: in.skipped.Add,
	}
	in.skipped.AllowEmpty, in.skipped.Say = c.AllowEmpty, env.sayOf("batch")
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
