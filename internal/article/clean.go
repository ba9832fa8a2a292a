package article

import (
	"cmp"
	"slices"
	"strings"
)

// Clean turns src into a document. It never fails and never panics: a text of
// which nothing is left gives a Document with an empty Text. It is
// deterministic.
func Clean(src Raw) *Document {
	p := read(src)
	if p.plain {
		p.readMail()
	}
	p.withhold()
	p.unwrap()
	if p.plain {
		p.readTranscript()
	}
	p.classify(src.Title)

	d := p.document()
	d.Title = p.headline(src.Title, d)
	d.Language = src.LanguageCode
	if d.Language == "" {
		d.Language = DetectLanguage(d.Text)
		if p.lang != "" && (d.Language == Undetermined || len(d.Text) < shortText) {
			d.Language = p.lang
		}
	}
	return d
}

// shortText is the size below which the language of a text is rather the one that its page
// says than the one that is detected, in bytes.
const shortText = 80

// read reads the lines of src as its media type asks, and as its text tells.
func read(src Raw) *rawPage {
	if src.MediaType != MediaTypeHTML {
		for _, read := range [...]func(string) *rawPage{readMessage, readSubtitles} {
			if p := read(src.Text); p != nil {
				return p
			}
		}
	}
	if src.MediaType == MediaTypeHTML || src.MediaType == "" && isPage(src.Text) {
		return readHTML(src.Text)
	}
	return readPlain(src.Text)
}

// document puts together what is kept of the page, and cuts it into sentences. It uses up
// the lines.
func (p *rawPage) document() *Document {
	text := tracedText{trace: make([]segment, 0, max(2*len(p.lines), min(4*len(p.lines), len(p.trace))))}
	text.text.Grow(len(p.text) + len(p.lines)) // a blank line takes a byte more than a break
	paragraphs := p.lines[:0]
	slices.SortFunc(p.cuts, func(a, b Span) int { return cmp.Compare(a.Begin, b.Begin) })
	for _, l := range p.lines {
		if l.rule != 0 {
			continue
		}
		if len(paragraphs) > 0 {
			from := p.source(Span{l.Begin, l.Begin})
			text.put("\n\n", Span{text.sourceEnd(), from.Begin})
		}
		begin := text.text.Len()
		p.carryLine(&text, l)
		l.Span = Span{begin, text.text.Len()}
		paragraphs = append(paragraphs, l)
	}

	removed, size := p.removed()
	d := &Document{Text: text.text.String(), RemovedBytes: size, Removed: removed, trace: text.trace}
	s := splitter{text: d.Text, cased: p.cased, out: make([]Sentence, 0, len(paragraphs)+len(d.Text)/120)}
	for i, paragraph := range paragraphs {
		like := Sentence{Span: paragraph.Span, Paragraph: i, Role: paragraph.role}
		if paragraph.role == RoleHeadline || paragraph.role == RoleSubhead {
			s.add(paragraph.Span, like)
		} else {
			s.split(paragraph.Span, like)
		}
	}
	d.Sentences = s.out
	d.dropSignOff()
	if len(d.Removed) > len(removed) {
		sortRemovals(d.Removed)
	}
	return d
}

// dropSignOff cuts the last sentences where they only say who worked on the
// article or who owns it, as in texts that came as one paragraph.
func (d *Document) dropSignOff() {
	signed := false
	for n := len(d.Sentences) - 1; n > 0; n-- {
		last, before := d.Sentences[n], d.Sentences[n-1]
		if last.Role != RoleBody || before.Role != RoleBody {
			return
		}
		s := d.Slice(last.Span)
		if !isSignOff(s) && !(signed && isCredited(s)) {
			return
		}
		signed = true
		d.RemovedBytes += last.Len()
		d.Removed = append(d.Removed, Removal{d.Original(last.Span), RuleTrailer, s})
		d.Text, d.Sentences = d.Text[:before.End], d.Sentences[:n]
	}
}

// carryLine appends l to text, without its cuts and with its parts joined where
// it was wrapped.
func (p *rawPage) carryLine(text *tracedText, l line) {
	for len(p.cuts) > 0 && p.cuts[0].Begin < l.End {
		cut := p.cuts[0]
		p.cuts = p.cuts[1:]
		if l.Begin <= cut.Begin && cut.End <= l.End {
			p.carryWrapped(text, Span{l.Begin, cut.Begin})
			l.Begin = cut.End
		}
	}
	p.carryWrapped(text, l.Span)
}

// carryWrapped appends s of a line to text.
func (p *rawPage) carryWrapped(text *tracedText, s Span) {
	for {
		wrap := strings.IndexByte(p.text[s.Begin:s.End], '\n')
		if wrap < 0 {
			text.carry(p.text, p.trace, s)
			return
		}
		wrap += s.Begin
		text.carry(p.text, p.trace, Span{s.Begin, wrap})
		text.put(seam(p.text[s.Begin:wrap], p.text[wrap+1:s.End]), p.source(Span{wrap, wrap + 1}))
		s.Begin = wrap + 1
	}
}

// source maps a span of the page's text to the source.
func (p *rawPage) source(s Span) Span { return original(p.trace, s) }

// headline returns the title of the page on one line: the one that was given, else the
// headline of d, else the title that the page gives itself.
func (p *rawPage) headline(given string, d *Document) string {
	if t := readPlain(given); t.text != "" {
		return p.untouched(strings.ReplaceAll(t.text, "\n", " "))
	}
	for _, s := range d.Sentences {
		if s.Role == RoleHeadline {
			return d.Slice(s.Span)
		}
	}
	return p.untouched(p.title)
}

// untouched returns a headline without the marks of an agency.
func (p *rawPage) untouched(title string) string {
	s := trimHeadline(title, p.agency)
	return title[s.Begin:s.End]
}
