package article

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// developmentData returns a file of the development data, which is not part of the
// repository.
func developmentData(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "quality", name))
	if err != nil {
		t.Skipf("the development data are not there: %v", err)
	}
	return data
}

// rowsOf decodes JSON lines.
func rowsOf[T any](t *testing.T, data []byte) []T {
	t.Helper()
	var rows []T
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var row T
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestDevelopmentWire reads the pieces of agency copy of the development data, and says
// how many come through clean. Run it with -v for the figure and each fault.
func TestDevelopmentWire(t *testing.T) {
	pieces := rowsOf[piece](t, developmentData(t, "wire.dev.jsonl"))
	clean := 0
	for _, p := range pieces {
		faults := p.faults()
		if len(faults) == 0 {
			clean++
			continue
		}
		t.Logf("%s:\n\t%s", p.ID, strings.Join(faults, "\n\t"))
	}
	t.Logf("%d of %d pieces are clean", clean, len(pieces))
	if 24*clean < 22*len(pieces) {
		t.Errorf("%d of %d pieces are clean, want 22 of 24", clean, len(pieces))
	}
}

// TestDevelopmentWrapped wraps articles and says how many of their sentences come out
// broken. Run it with -v for the figures.
func TestDevelopmentWrapped(t *testing.T) {
	type row struct{ Text string }
	rows := rowsOf[row](t, developmentData(t, "summ_cnndm.dev.jsonl"))
	if os.Getenv("SUMMARIZER_TEST_SCALE") == "" { // one article in sixteen
		for i := range len(rows) / 16 {
			rows[i] = rows[i*16]
		}
		rows = rows[:len(rows)/16]
	}
	for _, layout := range []layout{
		{name: "indents of 2", indent: "  ", sentences: 2},
		{name: "indents of 3", indent: "   ", sentences: 4},
		{name: "indents of 5", indent: "     ", sentences: 3},
		{name: "tabs", indent: "\t", sentences: 2},
		{name: "a sentence a paragraph", indent: "   ", sentences: 1},
		{name: "indents but for the first, cut at hyphens", indent: "    ", flushLead: true, hyphens: true, sentences: 3},
		{name: "indents that were stripped", indent: "    ", stripped: true, sentences: 3},
		{name: "indents and blank lines", indent: "   ", blank: true, sentences: 2},
		{name: "blank lines", blank: true, sentences: 4},
		{name: "blank lines, a sentence a paragraph", blank: true, sentences: 1},
	} {
		broken, all := 0, 0
		for _, width := range []int{50, 60, 65, 72, 80} {
			brokenHere, allHere := 0, 0
			for i, r := range rows {
				paragraphs := inParagraphs(r.Text, i, layout.sentences)
				b, n := brokenSentences(strings.Join(paragraphs, "\n\n"), layout.wrap(paragraphs, width))
				brokenHere += b
				allHere += n
			}
			t.Logf("%s, %d columns: %.2f %% of %d sentences broken", layout.name, width, 100*float64(brokenHere)/float64(allHere), allHere)
			broken += brokenHere
			all += allHere
		}
		limit := 0.03
		switch {
		case layout.blank:
			limit = 0
		case layout.stripped:
			limit = 0.05
		}
		t.Logf("%s: %.2f %%", layout.name, 100*float64(broken)/float64(all))
		if got := float64(broken) / float64(all); got > limit {
			t.Errorf("%s: %.4f of the sentences are broken, want at most %.2f", layout.name, got, limit)
		}
	}
}

var apart = regexp.MustCompile(`(\pL)- (\pL)`)

// inParagraphs cuts text into paragraphs of one to most sentences.
func inParagraphs(text string, seed, most int) []string {
	var paragraphs []string
	sentences := Clean(Raw{Text: text, LanguageCode: "en"})
	for i := 0; i < len(sentences.Sentences); {
		n := min(1+(seed+i*7)%most, len(sentences.Sentences)-i)
		begin, end := sentences.Sentences[i].Begin, sentences.Sentences[i+n-1].End
		paragraph := strings.ReplaceAll(sentences.Text[begin:end], "\n\n", " ")
		paragraphs = append(paragraphs, apart.ReplaceAllString(paragraph, "$1-$2")) // "non- Department" cannot be told from a wrap
		i += n
	}
	return paragraphs
}

// layout is how paragraphs are set.
type layout struct {
	name      string
	indent    string // of the first line of a paragraph
	flushLead bool   // the first paragraph has none
	stripped  bool   // white space at the beginning of lines was lost
	blank     bool   // a blank line stands between paragraphs
	hyphens   bool   // lines may end at the hyphen of a word
	sentences int    // maximum number of them in a paragraph
}

// wrap sets paragraphs in lines of at most width characters.
func (l layout) wrap(paragraphs []string, width int) string {
	var b strings.Builder
	for i, paragraph := range paragraphs {
		indent := l.indent
		if i == 0 && l.flushLead {
			indent = ""
		}
		if !l.stripped {
			b.WriteString(indent)
		}
		column := len(strings.ReplaceAll(indent, "\t", "        "))
		for j, word := range l.words(paragraph) {
			n := len([]rune(word))
			switch {
			case j == 0:
			case strings.HasPrefix(word, "\x00"): // goes on with a word
				if word = word[1:]; column+n-1 > width {
					b.WriteString("\n")
					column = 0
				}
				n--
			case column+1+n > width:
				b.WriteString("\n")
				column = 0
			default:
				b.WriteString(" ")
				column++
			}
			b.WriteString(word)
			column += n
		}
		b.WriteString("\n")
		if l.blank {
			b.WriteString("\n")
		}
	}
	return b.String()
}

// words returns the words of a paragraph; the parts of one with a hyphen begin with a
// zero byte, from the second on.
func (l layout) words(paragraph string) []string {
	words := strings.Fields(paragraph)
	if !l.hyphens {
		return words
	}
	var parts []string
	for _, word := range words {
		begin := 0
		for i := 1; i+1 < len(word); i++ {
			if word[i] == '-' && isASCIILetter(word[i-1]) && isASCIILetter(word[i+1]) {
				parts = append(parts, word[begin:i+1])
				word, begin, i = "\x00"+word[i+1:], 0, 0
			}
		}
		parts = append(parts, word)
	}
	return parts
}

// brokenSentences returns how many sentences of text are not found in wrapped, and how
// many there are.
func brokenSentences(text, wrapped string) (broken, all int) {
	found := map[string]int{}
	for _, s := range sentences(wrapped) {
		found[s]++
	}
	want := sentences(text)
	for _, s := range want {
		if found[s]--; found[s] < 0 {
			broken++
		}
	}
	return broken, len(want)
}

// piece is a piece of agency copy, and what should be read of it. White space counts as
// one space, and not at all in Chinese and Japanese.
type piece struct {
	ID, Agency, Lang, Text string
	Title                  string   // the headline
	First, Last            string   // sentence of the body
	Forbidden              []string // must not be left
	Required               []string // must be
}

// faults returns what is wrong with what Clean makes of p.
func (p piece) faults() []string {
	d := Clean(Raw{Text: p.Text})
	return p.faultsOf(d)
}

func (p piece) faultsOf(d *Document) (faults []string) {
	var body []string
	for _, s := range d.Sentences {
		if s.Role == RoleBody {
			body = append(body, d.Slice(s.Span))
		}
	}
	first, last := "", ""
	if len(body) > 0 {
		first, last = body[0], body[len(body)-1]
	}
	same := func(what, got, want string) {
		if p.normal(got) != p.normal(want) {
			faults = append(faults, fmt.Sprintf("%s is %q, want %q", what, got, want))
		}
	}
	same("the headline", d.Title, p.Title)
	same("the first sentence", first, p.First)
	same("the last sentence", last, p.Last)
	text := p.normal(d.Title + "\n" + d.Text)
	for _, s := range p.Forbidden {
		if strings.Contains(text, p.normal(s)) {
			faults = append(faults, fmt.Sprintf("%q is left", s))
		}
	}
	for _, s := range p.Required {
		if !strings.Contains(text, p.normal(s)) {
			faults = append(faults, fmt.Sprintf("%q is lost", s))
		}
	}
	return faults
}

// normal returns s in the form in which texts are compared.
func (p piece) normal(s string) string {
	if IsUnspacedLanguage(p.Lang) {
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, s)
	}
	return OneLine(s)
}
