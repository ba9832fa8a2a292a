package article

import (
	"cmp"
	"slices"
)

// RemovalRule says why a part of an article is left out of its clean text. The zero value
// leaves nothing out.
type RemovalRule uint8

// The rules. RuleConfidential goes before anything else sees the text.
const (
	_                RemovalRule = iota
	RuleConfidential             // not for publication, or whom to call
	RuleMail                     // the header of an e-mail, quoted mail, its signature and disclaimer
	RuleTranscript               // who speaks, and what the stenographer notes
	RuleService                  // a service line, slug, priority or other code of an agency
	RuleNote                     // a note to editors, of an update or correction; an embargo
	RuleDateline                 // where the copy was filed, when and by which agency
	RuleByline                   // by whom
	RuleDate                     // when it was published
	RuleTrailer                  // what ends agency copy: end marks, initials, credits, copyright
	RuleMetadata                 // a header line, a section, an address
	RuleCaption                  // of a picture, or its credit
	RuleNotice                   // a source line, a link to more, an advertisement
	RuleSubhead                  // a heading inside the body
	RuleOrnament                 // no letters or digits: "* * *"
	RuleChrome                   // of a page: a menu, form, figure, comment or teaser
	RuleOutside                  // of a page: outside the regions that hold the article
	RuleLinks                    // of a page: a line of links
	RuleHidden                   // of a page: text that is not to be seen
	RuleReplaced                 // of a page: it shows less than its JSON-LD, which is read instead
)

var ruleNames = [...]string{
	RuleConfidential: "confidential",
	RuleMail:         "mail",
	RuleTranscript:   "transcript",
	RuleService:      "service",
	RuleNote:         "note",
	RuleDateline:     "dateline",
	RuleByline:       "byline",
	RuleDate:         "date",
	RuleTrailer:      "trailer",
	RuleMetadata:     "metadata",
	RuleCaption:      "caption",
	RuleNotice:       "notice",
	RuleSubhead:      "subhead",
	RuleOrnament:     "ornament",
	RuleChrome:       "chrome",
	RuleOutside:      "outside",
	RuleLinks:        "links",
	RuleHidden:       "hidden",
	RuleReplaced:     "replaced",
}

// String returns the name of r, one word in lower case; empty for the zero value.
func (r RemovalRule) String() string { return ruleNames[r] }

// Removal is a part of an article that is left out of its clean text.
type Removal struct {
	Span // of Raw.Text
	Rule RemovalRule
	Text string // on one line, without markup
}

// remove notes that s of the page's text is left out.
func (p *rawPage) remove(s Span, rule RemovalRule) {
	if s.Len() > 0 {
		if p.removals == nil {
			p.removals = make([]Removal, 0, 16)
		}
		p.removals = append(p.removals, Removal{Span: s, Rule: rule})
	}
}

// removeLine notes that a whole line is left out, as part of the removal before it where
// that has the same rule.
func (p *rawPage) removeLine(s Span, rule RemovalRule) {
	if n := len(p.removals); n > 0 {
		if last := &p.removals[n-1]; last.Rule == rule && last.End+1 == s.Begin {
			last.End = s.End
			return
		}
	}
	p.remove(s, rule)
}

// removed returns the removals of the page, in order, by offsets into the source, and
// the bytes of text that it holds.
func (p *rawPage) removed() (removals []Removal, size int) {
	for i := range p.removals {
		r := &p.removals[i]
		if r.Rule != RuleOrnament {
			size += r.Len()
		}
		r.Text, r.Span = p.flat[r.Begin:r.End], p.source(r.Span)
	}
	for _, r := range p.outside {
		size += len(r.Text)
	}
	p.removals = append(p.removals, p.outside...)
	sortRemovals(p.removals)
	return p.removals, size
}

// sortRemovals puts removals in the order of the source.
func sortRemovals(removals []Removal) {
	slices.SortStableFunc(removals, func(a, b Removal) int { return cmp.Compare(a.Begin, b.Begin) })
}
