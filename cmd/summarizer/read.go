package main

import (
	"errors"
	"fmt"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/cleantext"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

type readCmd struct {
	JSON  bool     `name:"json" help:"Print a JSON object per article: id, title, text, language, removed." config:"-"`
	Files []string `arg:"" name:"file" help:"Files, as batch reads them. - is standard input."`

	archiveFlags `group:"archive"`
}

// Help implements kong.HelpProvider.
func (*readCmd) Help() string {
	return `Prints the text that summaries are made of, and what was removed from the source by which rule. No engine is asked.

    summarizer read page.html
    curl -s https://example.org/report | summarizer read --json -

Exit code: the same as for analyze.`
}

// Validate implements kong.Validatable.
func (c *readCmd) Validate() error { return c.validate() }

// Run prints the text of each article and the parts that were left out.
func (c *readCmd) Run(env *environment) error {
	done, failed, written := 0, 0, false
	skips := archive.Skips{AllowEmpty: c.AllowEmpty, Say: env.sayOf("read")}
	options := archive.Options{Format: c.format(), Fields: c.fields(), Stdin: env.stdin, Skipped: skips.Add}
	for entry, err := range archive.Files(c.Files, options) {
		switch {
		case env.ctx.Err() != nil:
			return &exitError{code: exitInterrupted}
		case err != nil:
			failed++
			env.say("%v%s", err, reasonOf(err))
			continue
		}
		read := cleantext.Of(entry)
		if refused := (*summarizer.Error)(nil); errors.As(read.Refused, &refused) {
			failed++
			env.say("%s: %s (%s)", read.ID, refused.Message, refused.Reason)
			if read.Text != "" {
				continue // too much of it
			}
		} else {
			done++
		}
		if err := c.write(env, read, written); err != nil {
			return err
		}
		written = true
	}
	return exitOf(failed+int(skips.Refused()), done)
}

func (c *readCmd) write(env *environment, read *cleantext.CleanText, apart bool) error {
	if c.JSON {
		return read.WriteJSON(env.stdout)
	}
	if apart {
		fmt.Fprintln(env.stdout)
	}
	return read.WriteText(env.stdout)
}

// reasonOf returns the reason of an input that could not be read, in brackets.
func reasonOf(err error) string {
	var unread *archive.ReadError
	if errors.As(err, &unread) {
		return fmt.Sprintf(" (%s)", unread.Reason)
	}
	return ""
}

// exitOf returns the exit code of a command of which some inputs failed.
func exitOf(failed, done int) error {
	switch {
	case failed == 0:
		return nil
	case done == 0:
		return &exitError{code: exitNothingDone}
	}
	return &exitError{code: exitSomeFailed}
}
