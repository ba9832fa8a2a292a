package archive

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/pelletier/go-toml/v2"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

// markdown turns a document in Markdown into the page that it stands for: an
// engine that took the marks for text would quote them. Front matter in YAML or TOML
// gives the fields of its names, also lang and date.
func (r *scanner) markdown(location Location, source decodedText) bool {
	a := &Entry{GuessedEncoding: source.guessed, Location: location}
	fields, body := frontMatter(source.text)
	for name, value := range fields {
		switch name {
		case "lang":
			name = r.columns[fieldLanguage]
		case "date":
			name = r.columns[fieldPublished]
		}
		f, ok := r.columns.of(name)
		if !ok || f == fieldText || f == fieldHTML {
			continue
		}
		switch value := value.(type) {
		case time.Time:
			a.set(f, value.Format(time.RFC3339))
		case string, int, int64, uint64, float64, toml.LocalDate, toml.LocalDateTime:
			a.set(f, fmt.Sprint(value))
		}
	}
	if len(body) > maxMarkdownBytes {
		return r.fail(location, RowTooLarge, "the document is longer than %d bytes, the maximum of Markdown", maxMarkdownBytes)
	}
	if fault := markdownFault(body); fault != "" {
		return r.fail(location, RowInvalid, "%s", fault)
	}
	var page bytes.Buffer
	if err := markdownParser.Convert([]byte(blankLines.ReplaceAllString(body, "\n\n\n")), &page); err != nil {
		return r.fail(location, RowInvalid, "the document is not valid Markdown")
	}
	if page.Len() > MaxRowBytes {
		return r.fail(location, RowTooLarge, "the document is longer than %d bytes as a page", MaxRowBytes)
	}
	a.HTML = page.String()
	return r.article(a)
}

// frontMatter returns the fields that stand at the beginning, as YAML between lines of three
// hyphens, the second perhaps of three dots, or as TOML between lines of three plus signs,
// and what follows them. Lines that hold no fields are rules of the text.
func frontMatter(text string) (fields map[string]any, body string) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	parse, ends := yaml.Unmarshal, []string{"---", "..."}
	if strings.HasPrefix(text, "+++\n") {
		parse, ends = toml.Unmarshal, []string{"+++"}
	} else if !strings.HasPrefix(text, "---\n") {
		return nil, text
	}
	for at := len("---\n"); at < len(text); {
		line, rest, _ := strings.Cut(text[at:], "\n")
		if slices.Contains(ends, strings.TrimRight(line, " \t")) {
			matter := text[len("---\n"):at]
			if !isFrontMatter(matter) || parse([]byte(matter), &fields) != nil {
				return nil, text
			}
			return fields, rest
		}
		at += len(line) + 1
	}
	return nil, text
}

// markdownParser keeps the HTML of a document, which is cleaned where pages are.
var markdownParser = goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithRendererOptions(html.WithUnsafe()))

// blankLines are more than two blank lines, which mean the same as two. Inside lists the
// parser's time grows with their square.
var blankLines = regexp.MustCompile(`\n(?:[ \t]*\n){3,}`)

// The limits keep the time of the parser to seconds. It grows with the square of the
// nesting, the square of the marks of a paragraph, the product of its length and the
// lengths of runs of backquotes, and the cells of tables: 2 to 5 ns a step.
const (
	// The parser takes some hundred times the length in memory. The service takes no
	// article of that length.
	maxMarkdownBytes = 1 << 20

	maxMarkdownNesting = 100
	maxMarkdownSteps   = 500_000_000
	stepsOfCell        = 4000 // and 1 KB of memory
)

// markdownFault says why a document would take the parser too long; empty for any
// plausible article.
func markdownFault(text string) string {
	var steps int // of the paragraphs before the latest
	var latest paragraphMarks
	for line := range strings.Lines(text) {
		content, depth, item := cutMarkers(line)
		if depth > maxMarkdownNesting {
			return fmt.Sprintf("the document has quotations or lists nested more than %d deep: read it as text", maxMarkdownNesting)
		}
		if item || strings.TrimSpace(content) == "" {
			steps += latest.steps()
			latest = paragraphMarks{}
		}
		latest.add(content)
		if steps+latest.steps() > maxMarkdownSteps {
			return "the document has more marks of emphasis and links in one paragraph, or cells in a table, than the parser can handle: read it as text"
		}
	}
	return ""
}

// cutMarkers takes the markers of quotations and list items off the beginning of a
// line. The depth is the number of them, and a level for every four spaces before one.
func cutMarkers(line string) (content string, depth int, item bool) {
	for {
		content = strings.TrimLeft(line, " \t")
		spaces := len(line) - len(content)
		number := strings.TrimLeft(content, "0123456789")
		digits := len(content) - len(number)
		switch {
		case strings.HasPrefix(content, ">"):
			line = content[1:]
		case len(content) > 1 && strings.IndexByte("-*+", content[0]) >= 0 && isSpace(content[1]):
			line, item = content[1:], true
		case digits > 0 && digits < 10 && len(number) > 1 && strings.IndexByte(".)", number[0]) >= 0 && isSpace(number[1]):
			line, item = number[1:], true
		default:
			return content, depth, item
		}
		depth += 1 + spaces/4
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// paragraphMarks counts the marks of a paragraph that the parser has to match.
type paragraphMarks struct {
	length, marks int
	backquotes    map[int]struct{} // the lengths of their runs: one that has no second is looked for to the end

	columns int // of the table that the paragraph is, else 0
	cells   int // of its rows, which the parser fills up
}

func (p *paragraphMarks) steps() int {
	return p.marks*p.marks + len(p.backquotes)*p.length + p.cells*stepsOfCell
}

// add counts the characters of a line that may open or close emphasis, links and code.
// A row of marks of emphasis or code counts once.
func (p *paragraphMarks) add(line string) {
	p.length += len(line)
	if bars := strings.Count(line, "|"); bars > 0 && strings.Trim(line, "|:- \t\r\n") == "" {
		p.columns = max(p.columns, bars+1)
	}
	p.cells += p.columns
	for i := 0; i < len(line); i++ {
		begin := i
		switch c := line[i]; c {
		case '[', ']', '(', ')', '<', '!':
			p.marks++
		case '*', '_', '~', '`':
			p.marks++
			for i+1 < len(line) && line[i+1] == c {
				i++
			}
			if c == '`' {
				if p.backquotes == nil {
					p.backquotes = make(map[int]struct{})
				}
				p.backquotes[i-begin] = struct{}{}
			}
		}
	}
}

// The limits of front matter, whose parser takes memory with the square of nesting.
const (
	maxFrontMatterBytes   = 64 << 10
	maxFrontMatterNesting = 1000
)

// isFrontMatter reports whether what stands between two lines of hyphens can be read
// as front matter in little memory.
func isFrontMatter(matter string) bool {
	if len(matter) > maxFrontMatterBytes || strings.Count(matter, "[")+strings.Count(matter, "{") > maxFrontMatterNesting {
		return false
	}
	for line := range strings.Lines(matter) {
		for _, mark := range []string{"- ", "? ", "!"} {
			if strings.Count(line, mark) > maxFrontMatterNesting/10 {
				return false
			}
		}
	}
	return true
}
