package article

import (
	"slices"
	"strings"
	"unicode"
)

// This file tells the article on a page from what stands around it: menus, teasers,
// comments, forms, notes on cookies. The measure is prose, text in sentences and outside
// links, of which an article has most in one place.

// region is a block of a page, with what stands in it.
type region struct {
	parent  int    // the region around it, which stands before it; the first is the page
	form    uint64 // a hash of its element and class
	chrome  bool   // it stands around the article, by its element, its role or its names
	named   bool   // by its names only, which a part of the article may have
	header  bool   // it is a <header> outside the main part of the page
	nested  bool   // it is an <article> in another
	lead    bool   // it holds the standfirst, by its names
	body    bool   // it holds the article, by its element or role
	article bool   // it is an <article>
	cell    bool   // it is of a table
	column  bool   // it is a cell in a row

	out    bool // it is left out, with all that is in it
	inside bool // it is of the article
	path   bool // it is around the regions of the article, in the same body

	opens    bool // its first line is a link
	headline bool // it holds the heading that agrees with the title of the page
	first    int  // its first line

	bytes int // of text, nested regions included, as below
	h1    int // of them in <h1>
	heads int // of them in other headings
	leads int // of them in links in such headings
	links int // of them in links
	prose int // of them prose, outside links
	paras int // lines of prose
	good  int // of them prose outside regions that are left out
}

// Shares and sizes of regions. They were chosen on pages whose articles people marked,
// where neighbouring values give nearly the same.
const (
	spared      = 50  // percent of the prose of a page with which a region is not left out for its name
	sparedNamed = 25  // the same, of a region whose name a part of the article may have
	linked      = 80  // percent of a line in links, that make it a line of links
	longestLink = 250 // bytes of such a line

	minTeasers     = 3   // neighbours of one form
	teaserLinks    = 15  // percent of them, and bytes of each, in links
	shortestTeaser = 5   // bytes in links
	longestTeaser  = 400 // bytes of one, on average
	maxLinks       = 20  // percent of a region beside the article
	prosePercent   = 50  // of a region beside the article, in the same element of a page
	proseAbove     = 60  // of a region above that element
	proseBelow     = 80  // of a region below it
	proseLead      = 40  // of a region that is named as a standfirst
	minBeside      = 60  // bytes of prose of a region beside the article, in the order above
	minAbove       = 80
	minBelow       = 200
	minLead        = 40
)

// choose keeps the lines of the article.
func (s *htmlScanner) choose(p *rawPage) {
	regions := s.regions
	s.findHeadline(p)
	measure(p, regions)
	leaveOut(p, regions)
	anchor := mainColumn(regions, anchorOf(p, regions))
	surround(regions, anchor)

	rules := regionRules(p, regions)
	first := len(p.lines) // line of prose
	for i, l := range p.lines {
		if rules[i] == 0 && isProse(p.slice(l)) {
			first = i
			break
		}
	}
	leaveOutComments(p, regions, rules)
	if title := s.titleLine(p, min(first+1, len(p.lines))); title >= 0 {
		for i := range p.lines {
			if l := &p.lines[i]; l.level == 1 {
				l.level = 2
			}
		}
		p.lines[title].level = 1
		if p.title = plainTitle(p.slice(p.lines[title])); rules[title] != RuleChrome {
			rules[title] = 0
		}
	}
	kept := p.lines[:0]
	for i, l := range p.lines {
		if rules[i] != 0 {
			p.removeLine(l.Span, rules[i])
			continue
		}
		l.region = 0
		kept = append(kept, l)
	}
	p.lines = kept
}

// measure sums up what stands in each region.
func measure(p *rawPage, regions []region) {
	for i := range regions {
		regions[i].first = len(p.lines)
	}
	for i, l := range p.lines {
		r := &regions[l.region]
		r.first = min(r.first, i)
		r.bytes += l.Len()
		r.links += l.link
		switch {
		case l.level == 1:
			r.h1 += l.Len()
		case l.level > 1:
			r.heads, r.leads = r.heads+l.Len(), r.leads+l.link
		}
		if p.isRunning(l) {
			r.prose += l.Len() - l.link
			r.paras++
		}
	}
	for i := range regions {
		regions[i].good = regions[i].prose
	}
	for i := len(regions) - 1; i > 0; i-- {
		r := &regions[i]
		parent := &regions[r.parent]
		parent.bytes += r.bytes
		parent.links += r.links
		parent.prose += r.prose
		parent.paras += r.paras
		parent.h1 += r.h1
		parent.heads += r.heads
		parent.leads += r.leads
		parent.first = min(parent.first, r.first)
		parent.headline = parent.headline || r.headline
	}
	for i := range regions {
		if r := &regions[i]; r.first < len(p.lines) {
			l := p.lines[r.first]
			r.opens = 10*l.link >= 9*l.Len()
		}
	}
}

// findHeadline marks the region of the first heading that agrees with a title that the page
// states.
func (s *htmlScanner) findHeadline(p *rawPage) {
	const most = 8 // headings that are looked at
	n := 0
	for _, l := range p.lines {
		if l.level != 1 {
			continue
		}
		if agrees(p.slice(l), s.stated) {
			s.regions[l.region].headline = true
			return
		}
		if n++; n == most {
			return
		}
	}
}

// agrees reports whether s agrees with one of titles.
func agrees(s string, titles []statedTitle) bool {
	return slices.ContainsFunc(titles, func(title statedTitle) bool { return title.agreement(s) >= leastAgreement })
}

// isRunning reports whether l is prose outside links.
func (p *rawPage) isRunning(l line) bool { return 2*l.link < l.Len() && isProse(p.slice(l)) }

// leaveOut marks regions around the article, unless they hold most of the page, and sums
// up the prose of the others. A rule that leaves no prose is mistaken about the page: the
// blocks of its article look like teasers, or have names of what stands around one.
func leaveOut(p *rawPage, regions []region) {
	if markOut(regions, findTeasers(regions), spared); !p.hasProse(regions) {
		if markOut(regions, nil, spared); !p.hasProse(regions) {
			markOut(regions, nil, 0)
		}
	}
	for i := len(regions) - 1; i >= 0; i-- {
		r := &regions[i]
		if r.out {
			r.good = 0
		}
		if i > 0 {
			regions[r.parent].good += r.good
		}
	}
}

// markOut marks what counts as teasers, and regions that stand around the article with less
// than so many percent of the prose of the page.
func markOut(regions []region, counts map[siblings]teasers, percent int) {
	replies := areReplies(regions)
	kept := make(map[siblings]bool) // forms of which one is spared
	for i := range regions {
		if r := &regions[i]; r.chrome && r.mayBePart() && 100*r.prose >= min(percent, sparedNamed)*regions[0].prose {
			kept[siblings{r.parent, r.form}] = true
		}
	}
	for i := range regions {
		r := &regions[i]
		if r.chrome && r.named && kept[siblings{r.parent, r.form}] {
			r.headline = true
		}
		r.out = i > 0 && regions[r.parent].out || counts[siblings{r.parent, r.form}].are() || r.isOutside(regions[0].prose, percent) ||
			replies && r.nested && r.heads+r.h1 == 0
	}
}

// isOutside reports whether r stands around the article and holds less than so many percent
// of the prose of the page.
func (r *region) isOutside(prose, percent int) bool {
	switch {
	case r.header:
		return !r.headline || r.prose == 0
	case !r.chrome:
		return false
	case r.prose == 0:
		return true
	case r.named && r.headline:
		return false
	case r.mayBePart():
		percent = min(percent, sparedNamed)
	}
	return 100*r.prose < percent*prose
}

// mayBePart reports whether r may be a part of the article in spite of its name.
func (r *region) mayBePart() bool { return r.named && r.paras > 1 }

// areReplies reports whether articles without a heading in another article hold less prose
// than it: comments, rather than the entries of a live blog.
func areReplies(regions []region) bool {
	nested, all := 0, 0
	for i := range regions {
		switch r := &regions[i]; {
		case r.nested && r.heads+r.h1 == 0:
			nested += r.prose
		case r.article && !r.nested:
			all += r.prose
		}
	}
	return 2*nested < all
}

// hasProse reports whether prose stands in regions that are not left out.
func (p *rawPage) hasProse(regions []region) bool {
	return slices.ContainsFunc(p.lines, func(l line) bool { return !regions[l.region].out && p.isRunning(l) })
}

// siblings are the regions of one form in a region.
type siblings struct {
	parent int
	form   uint64
}

// teasers counts siblings.
type teasers struct {
	n, linked, bytes, links int
	opened                  int // that begin with a link
	items                   int // of a list in an article, with headings that lead nowhere
}

// findTeasers counts the siblings that may be teasers.
func findTeasers(regions []region) map[siblings]teasers {
	children := make([]int32, len(regions))
	for i := 1; i < len(regions); i++ {
		children[regions[i].parent]++
	}
	all := make(map[siblings]teasers)
	inArticle := make([]bool, len(regions))
	inArticle[0] = regions[0].article
	for i := 1; i < len(regions); i++ {
		r := &regions[i]
		inArticle[i] = r.article || inArticle[r.parent]
		if r.bytes == 0 || r.cell || children[r.parent] < minTeasers || regions[r.parent].links < minTeasers*shortestTeaser {
			continue
		}
		key := siblings{r.parent, r.form}
		t := all[key]
		t.n, t.bytes, t.links = t.n+1, t.bytes+r.bytes, t.links+r.links
		if r.links >= teaserLinks {
			t.linked++
		}
		if r.opens {
			t.opened++
		}
		if r.heads > 0 && 2*r.leads < r.heads && !r.article && inArticle[r.parent] {
			t.items++
		}
		all[key] = t
	}
	return all
}

// are reports whether they are short and lead elsewhere.
func (t teasers) are() bool {
	if t.n < minTeasers || t.bytes > longestTeaser*t.n || 10*t.items >= 8*t.n {
		return false
	}
	return 10*t.opened >= 8*t.n || 10*t.linked >= 8*t.n && 100*t.links >= teaserLinks*t.bytes
}

// anchorOf returns the region that the article's prose stands in most closely: each line
// counts for the regions around it, the less the further out they are.
func anchorOf(p *rawPage, regions []region) int {
	const (
		longestLine = 500 // bytes of a line that count
		levels      = 8

		outOfArticle = 0.6 // of the weight is left outside an <article>
	)
	weights := [levels]float64{1, 0.9}
	for n := 2; n < levels; n++ {
		weights[n] = 0.8 * weights[n-1]
	}
	scores := make([]float64, len(regions))
	for _, l := range p.lines {
		if regions[l.region].out || !p.isRunning(l) {
			continue
		}
		size := float64(min(l.Len()-l.link, longestLine))
		for r, n := l.region, 0; n < levels; n++ {
			scores[r] += size * weights[n]
			if r == 0 {
				break
			}
			if regions[r].article {
				size *= outOfArticle
			}
			r = regions[r].parent
		}
	}
	best := 0
	for i, score := range scores {
		if score > scores[best] {
			best = i
		}
	}
	return best
}

// mainColumn returns the cell that holds most of the prose of anchor, where that is a row of
// a table whose cells are the columns of a page, else anchor.
func mainColumn(regions []region, anchor int) int {
	const most = 60 // percent
	for i := anchor + 1; i < len(regions) && regions[i].parent >= anchor; i++ {
		if r := &regions[i]; r.parent == anchor && r.column && 100*r.good >= most*regions[anchor].good {
			return i
		}
	}
	return anchor
}

// surround marks the regions of the article: the anchor, and those beside it on the way
// out to the page that are prose.
func surround(regions []region, anchor int) {
	outermost, apart := markPath(regions, anchor)
	regions[anchor].inside = true
	inBody := make([]bool, len(regions))
	for i := range regions {
		r := &regions[i]
		inBody[i] = i == outermost || i > 0 && inBody[r.parent]
		switch {
		case i == 0 || r.out || r.path, r.article && r.parent == apart && !r.continues():
		case regions[r.parent].inside:
			r.inside = true
		case regions[r.parent].path:
			r.inside = r.isBeside(i < anchor, inBody[i]) && !(r.column && 2*r.good < regions[anchor].good)
		}
	}
	for i := range regions {
		regions[i].path = regions[i].path && inBody[i]
	}
}

// markPath marks the regions on the way from the anchor out to the page. It returns the
// outermost of them that is a body, else the anchor, and the parent of the outermost
// <article>, which may hold others; -1 for none.
func markPath(regions []region, anchor int) (outermost, apart int) {
	outermost, apart = anchor, -1
	for i := anchor; ; i = regions[i].parent {
		regions[i].path = true
		if regions[i].article {
			apart = regions[i].parent
		}
		if regions[i].body {
			outermost = i
		}
		if i == 0 {
			return outermost, apart
		}
	}
}

// isBeside reports whether r, a region beside the article, is part of it: above says
// that it stands before the anchor, and inBody that both stand in one element that holds
// an article.
func (r *region) isBeside(above, inBody bool) bool {
	percent, least := proseBelow, minBelow
	switch {
	case r.lead && above:
		percent, least = proseLead, minLead
	case inBody:
		percent, least = prosePercent, minBeside
	case above:
		percent, least = proseAbove, minAbove
	}
	return 100*r.links <= maxLinks*r.bytes && 100*r.good >= percent*r.bytes && r.good >= least
}

// continues reports whether r, an <article> beside the main one, is its second part
// rather than another one.
func (r *region) continues() bool {
	return r.h1 == 0 && r.leads == 0 && r.good >= minBelow && 100*r.links <= maxLinks*r.bytes
}

// leaveOutComments leaves out what stands below a heading of comments, in its region.
func leaveOutComments(p *rawPage, regions []region, rules []RemovalRule) {
	prose := 0
	for i, l := range p.lines {
		if rules[i] != 0 {
			continue
		}
		s := p.slice(l)
		if prose >= minBelow && headsComments(s) {
			inRegion := make([]bool, len(regions))
			inRegion[l.region] = true
			for r := l.region + 1; r < len(regions); r++ {
				inRegion[r] = inRegion[regions[r].parent]
			}
			for j := i; j < len(p.lines); j++ {
				if inRegion[p.lines[j].region] && rules[j] == 0 {
					rules[j] = RuleChrome
				}
			}
			return
		}
		if p.isRunning(l) {
			prose += l.Len()
		}
	}
}

// headsComments reports whether s is the heading of the comments of readers: "12 comments".
func headsComments(s string) bool {
	const longest = 60
	if len(s) > longest {
		return false
	}
	counted := false
	rest := strings.TrimFunc(s, func(r rune) bool {
		counted = counted || unicode.IsDigit(r)
		return !unicode.IsLetter(r)
	})
	return counted && countedComments.has(rest) || commentHeadings.has(rest)
}

// countedComments are what a number says how many of there are.
var countedComments = phrases(`comments|comment|reader comments|responses|response|replies|thoughts|kommentare|kommentar|leserkommentare|commentaires|commentaire|comentarios|comentario|comentários|comentário
	|commenti|commento|reacties|reactie|kommentarer|kommentar|komentarze|komentarzy|komentarz|комментариев|комментария|комментарий|комментарии|коментарів|yorum|تعليقات|تعليق|コメント|件のコメント|评论|条评论|評論|댓글|תגובות|תגובה`)

// commentHeadings head the comments of readers without a number.
var commentHeadings = phrases(`leave a comment|leave a reply|join the conversation|join the discussion|add a comment|post a comment|be the first to comment|comments are closed|reader comments|schreiben sie einen kommentar|kommentar schreiben
	|laisser un commentaire|déjanos tu comentario|deja un comentario|deja una respuesta|deixe um comentário|lascia un commento|geef een reactie|skriv en kommentar|dodaj komentarz|оставить комментарий|добавить комментарий|コメントを残す|发表评论|發表評論|תגובות|הוסף תגובה|הוספת תגובה|כתוב תגובה`)

// regionRules returns why each line is left out, 0 for one that is not. Links are no reason
// where no prose is left without them: one link may stand around the whole article.
func regionRules(p *rawPage, regions []region) []RemovalRule {
	rules, hasProse := make([]RemovalRule, len(p.lines)), false
	for i, l := range p.lines {
		rules[i] = regionRule(p, l, regions)
		hasProse = hasProse || rules[i] == 0 && isProse(p.slice(l))
	}
	if hasProse {
		return rules
	}
	for i, l := range p.lines {
		if rules[i] == RuleLinks && isProse(p.slice(l)) {
			rules[i] = 0
		}
	}
	return rules
}

// regionRule returns why l is left out for where it stands, or 0.
func regionRule(p *rawPage, l line, regions []region) RemovalRule {
	r := &regions[l.region]
	switch {
	case r.out:
		return RuleChrome
	case !r.inside && !(r.path && (p.isRunning(l) || l.level == 1)):
		return RuleOutside
	case l.level != 1 && 100*l.link >= linked*l.Len() && l.Len() < longestLink:
		return RuleLinks
	}
	return 0
}
