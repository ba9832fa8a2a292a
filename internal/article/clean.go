package article

import "strings"

// Clean turns src into a document. It never fails and never panics: a text of
// which nothing is left gives a Document with an empty Text. It is
// deterministic.
func Clean(src Raw) *Document {
	p := read(src)
	p.unwrap()
	p.classify(src.Title)

	d := p.document()
	d.Title = p.headline(src.Title)
	d.Language = src.LanguageCode
	if d.Language == "" {
		d.Language = DetectLanguage(d.Text)
	}
	return d
}

// read reads the lines of src as its media type asks.
func read(src Raw) *rawPage {
	if src.MediaType == MediaTypeHTML {
		return readHTML(src.Text)
	}
	return readPlain(src.Text)
}

// document puts together what is kept of the page, and cuts it into sentences.
func (p *rawPage) document() *Document {
	text := tracedText{trace: make([]segment, 0, 2*len(p.lines))}
	text.text.Grow(len(p.text) + len(p.lines)) // a blank line takes a byte more than a break
	paragraphs := make([]line, 0, len(p.lines))
	for _, l := range p.lines {
		if l.label != 0 {
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

	d := &Document{Text: text.text.String(), RemovedBytes: p.removed, trace: text.trace}
	s := splitter{text: d.Text, cased: p.cased, out: make([]Sentence, 0, len(paragraphs)+len(d.Text)/120)}
	for i, paragraph := range paragraphs {
		like := Sentence{Span: paragraph.Span, Paragraph: i, Role: paragraph.role}
		if paragraph.role == RoleHeadline {
			s.add(paragraph.Span, like)
		} else {
			s.split(paragraph.Span, like)
		}
	}
	d.Sentences = s.out
	d.dropSignOff()
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
		d.Text, d.Sentences = d.Text[:before.End], d.Sentences[:n]
	}
}

// carryLine appends l to text, without its cuts and with its parts joined where
// it was wrapped.
func (p *rawPage) carryLine(text *tracedText, l line) {
	for _, cut := range p.cuts {
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

// headline returns the title of the page on one line.
func (p *rawPage) headline(given string) string {
	if t := readPlain(given); t.text != "" {
		return strings.ReplaceAll(t.text, "\n", " ")
	}
	for _, l := range p.lines {
		if l.role == RoleHeadline {
			return strings.ReplaceAll(p.slice(l), "\n", " ")
		}
	}
	return p.title
}
