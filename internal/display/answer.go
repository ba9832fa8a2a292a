// Package display shows people what commands have: answers, checks of endpoints, and how far
// a run is. Text of articles and models never reaches a terminal with control characters in
// it.
package display

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/article"
)

// Printer prints answers for people.
type Printer struct {
	out    io.Writer
	width  int
	colour bool
}

// Widths in columns.
const (
	defaultWidth  = 80
	minWidth      = 40
	maxWidth      = 100 // longer lines are hard to read
	evidenceWidth = 60
)

// NewPrinter returns a printer on out: colours and the width of a terminal only where out is
// one. The environment may set COLUMNS, NO_COLOR and TERM.
func NewPrinter(out io.Writer, getenv func(string) string) *Printer {
	p := &Printer{out: out, width: defaultWidth}
	if IsTerminal(out) {
		p.colour = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(int(File(out).Fd())); err == nil && width > 0 {
			p.width = width
		}
	}
	if width, err := strconv.Atoi(getenv("COLUMNS")); err == nil && width > 0 {
		p.width = width
	}
	p.width = min(max(p.width, minWidth), maxWidth)
	return p
}

// The styles, as the parameters of an SGR sequence.
const (
	bold   = "1"
	dim    = "2"
	yellow = "33"
)

func (p *Printer) styled(style, text string) string {
	if !p.colour || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// Answer prints one answer. Name and title may be empty.
func (p *Printer) Answer(name, title string, response *summarizerv1.AnalyzeArticleResponse) error {
	var b bytes.Buffer
	if name != "" {
		fmt.Fprintln(&b, p.styled(dim, article.Printable(name)))
	}
	if title != "" {
		fmt.Fprintf(&b, "%s\n\n", p.styled(bold, Wrap(title, "", p.width)))
	}
	for line := range strings.Lines(response.GetSummary().GetText()) {
		fmt.Fprintln(&b, Wrap(line, hangingIndent(line), p.width))
	}
	p.topics(&b, response.GetClassification().GetTopics())
	fmt.Fprintln(&b, p.styled(dim, Wrap(provenance(response), "  ", p.width)))
	for _, warning := range response.GetWarnings() {
		text := fmt.Sprintf("Warning: %s (%s)", warning.GetMessage(), warning.GetReason())
		fmt.Fprintln(&b, p.styled(yellow, Wrap(text, "  ", p.width)))
	}
	_, err := p.out.Write(b.Bytes())
	return err
}

// hangingIndent aligns the further lines of a bullet with its first.
func hangingIndent(line string) string {
	if strings.HasPrefix(line, "- ") {
		return "  "
	}
	return ""
}

// topics prints a line for each topic: its name, the confidence and the
// beginning of its longest evidence.
func (p *Printer) topics(b *bytes.Buffer, topics []*summarizerv1.TopicLabel) {
	if len(topics) == 0 {
		fmt.Fprintf(b, "\n%s none\n\n", p.styled(bold, "Topics:"))
		return
	}
	fmt.Fprintf(b, "\n%s\n", p.styled(bold, "Topics"))
	longest := 0
	for _, topic := range topics {
		longest = max(longest, utf8.RuneCountInString(article.Printable(topic.GetDisplayName())))
	}
	for _, topic := range topics {
		line := fmt.Sprintf("  %-*s  %.2f", longest, article.Printable(topic.GetDisplayName()), topic.GetConfidence())
		if room := min(p.width-utf8.RuneCountInString(line)-len(`  ""`), evidenceWidth); room > 10 && len(topic.GetEvidence()) > 0 {
			longest := slices.MaxFunc(topic.GetEvidence(), func(a, b *summarizerv1.TextSpan) int {
				return cmp.Compare(len(a.GetText()), len(b.GetText()))
			})
			line += "  " + p.styled(dim, `"`+truncateLine(longest.GetText(), room)+`"`)
		}
		fmt.Fprintln(b, line)
	}
	fmt.Fprintln(b)
}

// provenance says in a line who made the answer.
func provenance(response *summarizerv1.AnalyzeArticleResponse) string {
	summary := response.GetSummary().GetProvenance()
	topics := response.GetClassification().GetProvenance()
	line := "Made by " + madeBy(summary)
	if m := madeBy(topics); m != madeBy(summary) {
		line = fmt.Sprintf("Summary made by %s, topics by %s", madeBy(summary), m)
	}
	line += "; language " + response.GetLanguageCode()
	if version := topics.GetTaxonomyVersion(); version != "" {
		line += "; taxonomy " + truncateLine(version, 12)
	}
	if usage := response.GetUsage(); usage.GetInputTokens()+usage.GetOutputTokens() > 0 {
		line += fmt.Sprintf("; %d tokens in, %d out", usage.GetInputTokens(), usage.GetOutputTokens())
		if cost := usage.GetCostMicroUsd(); cost > 0 {
			line += fmt.Sprintf(", $%.6f", float64(cost)/1e6)
		}
	}
	return line + "."
}

func madeBy(p *summarizerv1.Provenance) string {
	var who string
	switch p.GetSource() {
	case summarizerv1.Provenance_SOURCE_LOCAL:
		who = fmt.Sprintf("the local engine (%s)", p.GetModel())
	case summarizerv1.Provenance_SOURCE_CACHE:
		who = p.GetModel() + ", from the cache"
	case summarizerv1.Provenance_SOURCE_STALE_CACHE:
		who = fmt.Sprintf("%s on %s, from the cache", p.GetModel(), p.GetCreateTime().AsTime().Format("2006-01-02"))
	default:
		who = p.GetModel()
	}
	if p.GetDegraded() {
		who += fmt.Sprintf(", as the language model did not answer (%s)", p.GetFallbackReason())
	}
	if p.GetVerified() {
		who += ", verified"
	}
	return who
}

// Wrap breaks text into lines of at most width columns where words allow; lines
// after the first begin with indent.
func Wrap(text, indent string, width int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		word = article.Printable(word)
		size := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+size > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += size
	}
	return b.String()
}

// truncateLine puts text on one line and cuts it to at most width columns.
func truncateLine(text string, width int) string {
	runes := []rune(article.Printable(article.OneLine(text)))
	if len(runes) <= width {
		return string(runes)
	}
	return strings.TrimRight(string(runes[:width-1]), " ") + "…"
}
