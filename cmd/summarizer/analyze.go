package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/batch"
)

type analyzeCmd struct {
	JSON  bool     `name:"json" help:"Print one AnalyzeArticleResponse as JSON a line." config:"-"`
	Files []string `arg:"" name:"file" help:"Files with one article each: text, or HTML when the name ends in .html or .htm. - is standard input."`

	answerFlags  `group:"answer"`
	serviceFlags `group:"service"`
}

// Help implements kong.HelpProvider.
func (*analyzeCmd) Help() string {
	return `Examples:

    summarizer analyze article.txt
    summarizer analyze --json --max-sentences 2 *.html > results.jsonl
    curl -s https://example.org/report.txt | summarizer analyze -

A file that fails is one line on standard error, and the others go on. Exit code: 0 when all went well, 1 for wrong flags, 2 when some files failed, 3 when all failed.`
}

// Validate implements kong.Validatable.
func (c *analyzeCmd) Validate() error { return c.validate() }

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

	printer := newPrinter(env)
	failed := 0
	for i, path := range c.Files {
		if err := c.analyze(env, backend, path, printer, i > 0); err != nil {
			if env.ctx.Err() != nil {
				return &exitError{code: exitInterrupted}
			}
			failed++
			env.say("%s: %v", path, err)
		}
	}
	switch failed {
	case 0:
		return nil
	case len(c.Files):
		return &exitError{code: exitNothingDone}
	}
	return &exitError{code: exitSomeFailed}
}

func (c *analyzeCmd) analyze(env *environment, b *backend, path string, p *printer, apart bool) error {
	source, err := readArticle(env, path)
	if err != nil {
		return err
	}
	request := c.request()
	request.Article = source
	response, err := b.AnalyzeArticle(env.ctx, request)
	if err != nil {
		e := batch.ErrorOf(err)
		return fmt.Errorf("%s (%s)", e.Message, cmp.Or(e.Reason, e.Code))
	}
	if c.JSON {
		return writeJSON(env.stdout, response)
	}
	if apart {
		fmt.Fprintln(env.stdout)
	}
	name := ""
	if len(c.Files) > 1 {
		name = path
	}
	return p.print(name, titleOf(source), response)
}

// maxFileBytes bounds a file. It is above the limit on texts, so that the
// service can say how long a text is that is too long.
const maxFileBytes = 4 << 20

// readArticle reads the file as it is; path "-" is standard input.
func readArticle(env *environment, path string) (*summarizerv1.Article, error) {
	var data []byte
	var err error
	if path == archive.Stdin {
		data, err = readAllBounded(env.stdin, maxFileBytes)
	} else {
		data, err = readBounded(path, maxFileBytes)
	}
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("the text is not valid UTF-8: convert it first (FIELD_INVALID)")
	}
	source := &summarizerv1.Article{Text: string(data)}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".html", ".htm", ".xhtml":
		source.MimeType = article.MediaTypeHTML
	}
	return source, nil
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
