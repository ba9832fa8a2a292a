package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/batch"
	"github.com/seed-59202292/summarizer/internal/display"
)

type analyzeCmd struct {
	JSON  bool     `name:"json" help:"Print one AnalyzeArticleResponse per line as JSON, with the key file first." config:"-"`
	Files []string `arg:"" name:"file" help:"Files with one article each: text, Markdown or HTML, compressed or not. - is standard input."`

	formatFlag   `group:"archive"`
	answerFlags  `group:"answer"`
	serviceFlags `group:"service"`
}

// Help implements kong.HelpProvider.
func (*analyzeCmd) Help() string {
	return `Examples:

    summarizer analyze article.txt
    summarizer analyze --json --max-sentences 2 *.html > results.jsonl
    curl -s https://example.org/report | summarizer analyze -

A file that fails is one line on standard error, and the others go on. Exit code: 0 when all went well, 1 for wrong flags, 2 when some files failed, 3 when all failed.`
}

// Validate implements kong.Validatable.
func (c *analyzeCmd) Validate() error {
	return errors.Join(c.formatFlag.validate(), c.serviceFlags.validate())
}

// Run prints summary and topics of each file.
func (c *analyzeCmd) Run(env *environment, config *config) error {
	if err := env.checkInputs(c.Files, env.redirected()); err != nil {
		return err
	}
	backend, err := openBackend(env, config, &c.answerFlags, &c.serviceFlags)
	if err != nil {
		return err
	}
	defer backend.close()

	printer := display.NewPrinter(env.stdout, env.environ.Get)
	failed := 0
	for i, path := range c.Files {
		if err := c.analyze(env, backend, path, printer, i > 0); err != nil {
			if env.ctx.Err() != nil {
				return &exitError{code: exitInterrupted}
			}
			if env.outputFailed(err) {
				return err
			}
			failed++
			env.say("%s: %v", path, err)
		}
	}
	return exitOf(failed, len(c.Files)-failed)
}

func (c *analyzeCmd) analyze(env *environment, b *backend, path string, p *display.Printer, apart bool) error {
	entry, err := readArticle(env, path, c.formatFlag)
	if err != nil {
		return err
	}
	request, source := c.request(), batch.Article(entry)
	request.Article = source
	stop := env.tellWait("analyze", b.waitsFor, fmt.Sprintf("at most %v (--default-deadline)", c.DefaultDeadline))
	response, err := b.AnalyzeArticle(env.ctx, request)
	stop()
	if err != nil {
		e := batch.ErrorOf(err)
		return fmt.Errorf("%s (%s)", e.Message, cmp.Or(e.Reason, e.Code))
	}
	if why := b.explain(batch.Degradation(response)); why != "" {
		env.say("%s: the language model gave no answer: %s", path, why)
	}
	response.Warnings = append(response.Warnings, batch.Warnings(entry)...)
	if c.JSON {
		return batch.WriteAnswer(env.stdout, path, response)
	}
	if apart {
		fmt.Fprintln(env.stdout)
	}
	name := ""
	if len(c.Files) > 1 {
		name = path
	}
	return p.Answer(name, titleOf(source), response)
}

// waitLineAfter is how long a person looks at an empty terminal before a line tells why.
const waitLineAfter = 3 * time.Second

// tellWait has a line on a terminal say what a command waits for, if that comes late. The
// caller stops it.
func (env *environment) tellWait(command, waitsFor, atMost string) (stop func()) {
	if waitsFor == "" || !env.terminal {
		return func() {}
	}
	timer := time.AfterFunc(waitLineAfter, func() { env.say("%s: waiting for %s, %s", command, waitsFor, atMost) })
	return func() { timer.Stop() }
}

// readArticle reads the one article of a file, as batch does; path "-" is standard input.
func readArticle(env *environment, path string, as formatFlag) (*archive.Entry, error) {
	entry, err := archive.Single(path, archive.Options{Format: as.format(), Stdin: env.stdin})
	var unread *archive.ReadError
	if errors.As(err, &unread) {
		return nil, fmt.Errorf("%s (%s)", unread.Message, unread.Reason)
	}
	return entry, nil
}

// titleOf returns the headline of an article, which an answer does not repeat.
func titleOf(source *summarizerv1.Article) string {
	return article.Clean(article.Raw{Text: source.GetText(), Title: source.GetTitle(), MediaType: source.GetMimeType()}).Title
}

// writeJSON writes message as one compact line. protojson alone varies its
// spacing on purpose.
func writeJSON(out io.Writer, message proto.Message) error {
	data, err := protojson.Marshal(message)
	if err != nil {
		return err
	}
	var line bytes.Buffer
	if err := json.Compact(&line, data); err != nil {
		return err
	}
	line.WriteByte('\n')
	_, err = out.Write(line.Bytes())
	return err
}
