package grounding

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// facts are a source in the form in which claims are looked up: what numbers,
// dates and words it holds. It is read-only once made, lookup apart.
type facts struct {
	rules    *languageRules
	values   map[decimal]bool
	amounts  map[amount]bool // true for a bare value that is no measure either
	units    map[unit]bool
	times    map[amount]bool // numbers with a unit of time; without one, of any
	ordinals map[int]bool
	decades  map[int]bool // by their first year, with and without the century
	dates    dates
	words    map[string]wordUse
	pairs    map[[2]string]bool // of words within one name, sorted
	initials map[string]bool    // of names of several words
	codes    map[string]bool    // letters and digits, such as "f16"
	quotable string             // words and digits only, in lower case, with single spaces

	texts  []string
	lookup lookup

	// partial says that they are of some passages. The whole source supports all that
	// these do, and a gap of theirs excuses nothing.
	partial bool
}

// wordUse says how a word stands in a source.
type wordUse uint8

const (
	asWord    wordUse = 1 << iota
	asName            // with a capital letter
	asAcronym         // in capital letters
	asStem            // as the beginning of an ordinary word in small letters
)

// has reports whether the source has word in the given use.
func (f *facts) has(word string, use wordUse) bool { return f.words[word]&use != 0 }

// amount is a number with its unit, which may be empty.
type amount struct {
	value decimal
	unit  unit
}

// newFacts indexes texts, which are in one language.
func newFacts(language string, texts ...string) *facts {
	words := 0 // a guess: half of the words are different ones
	for _, text := range texts {
		words += len(text)/12 + 16
	}
	f := &facts{
		rules:    rulesOf(language),
		values:   make(map[decimal]bool),
		amounts:  make(map[amount]bool),
		ordinals: make(map[int]bool),
		decades:  make(map[int]bool),
		words:    make(map[string]wordUse, words),
		pairs:    make(map[[2]string]bool),
		initials: make(map[string]bool),
		codes:    make(map[string]bool),
	}
	f.dates.days, f.dates.years, f.dates.months = make(map[date]bool), make(map[date]bool), make(map[int]bool)
	f.texts = texts
	buffer := takeLexemeBuffer()
	defer buffer.release()
	for _, text := range texts {
		lexemes := buffer.read(text)
		f.addNumbers(lexemes)
		f.addWords(lexemes)
		f.addNames(lexemes)
		f.quotable += quotable(lexemes)
	}
	return f
}

// addTime notes a number with a unit of time.
func (f *facts) addTime(q quantity) {
	if f.times == nil {
		f.times = make(map[amount]bool)
	}
	for _, v := range q.values {
		f.times[amount{v, q.time}], f.times[amount{v, ""}] = true, true
	}
}

// addMonths notes that the source has a period of so many months.
func (f *facts) addMonths(n int) {
	v := whole(n)
	f.values[v] = true
	f.addTime(quantity{values: []decimal{v}, time: "month"})
}

// addShare notes a percentage, and a share as the percentages that it may be rounded to.
func (f *facts) addShare(s decimal) {
	f.amounts[amount{s, percent}] = true
	for _, rounded := range s.rounded() {
		f.amounts[amount{rounded, percent}] = true
	}
}

// hasShare reports whether the source has a share, or the percentage that it is.
func (f *facts) hasShare(s decimal) bool {
	return f.hasAmount(amount{s, percent}) || slices.ContainsFunc(s.rounded(), func(v decimal) bool { return f.hasAmount(amount{v, percent}) })
}

// addUnit notes that amounts in u stand in the source.
func (f *facts) addUnit(u unit) {
	if f.units == nil {
		f.units = make(map[unit]bool)
	}
	f.units[u] = true
}

// lookup holds what is made of a source when a claim needs it.
type lookup struct {
	inflected     *inflected // names by what their cases have in common
	figures       *figures
	places        map[place]bool
	unspaced      string
	inflectedOnce sync.Once
	placesOnce    sync.Once
	unspacedOnce  sync.Once
	figuresOnce   sync.Once
}

func (f *facts) stems() *inflected {
	f.lookup.inflectedOnce.Do(func() { f.lookup.inflected = f.newInflected() })
	return f.lookup.inflected
}

// placesNamed returns the places that the source names.
func (f *facts) placesNamed() map[place]bool {
	f.lookup.placesOnce.Do(func() { f.lookup.places = placesIn(f.rules, f.texts) })
	return f.lookup.places
}

// joined returns the text of the source without spaces.
func (f *facts) joined() string {
	f.lookup.unspacedOnce.Do(func() { f.lookup.unspaced = strings.Join(strings.Fields(strings.Join(f.texts, "\n")), "") })
	return f.lookup.unspaced
}

// lexemeBuffer holds the lexemes of one text after another while they are read.
type lexemeBuffer struct {
	lexemes []lexeme
	used    int // the maximum of lexemes since the last reset
}

// maxPooledLexemes bounds the capacity that is kept for the next articles: room for 64 KB
// of text. A long article leaves nothing to short ones.
const maxPooledLexemes = 16 << 10

var lexemeBuffers = sync.Pool{New: func() any { return new(lexemeBuffer) }}

func takeLexemeBuffer() *lexemeBuffer { return lexemeBuffers.Get().(*lexemeBuffer) }

// read returns the lexemes of text, which hold until the next read.
func (b *lexemeBuffer) read(text string) []lexeme {
	b.lexemes = appendLexemes(b.lexemes[:0], text, nil)
	b.used = max(b.used, len(b.lexemes))
	return b.lexemes
}

func (b *lexemeBuffer) release() {
	b.reset()
	lexemeBuffers.Put(b)
}

// reset lets go of the texts, and of more capacity than is worth keeping. It returns how
// many lexemes it cleared.
func (b *lexemeBuffer) reset() (cleared int) {
	if cap(b.lexemes) > maxPooledLexemes {
		b.lexemes = nil
	} else {
		clear(b.lexemes[:b.used])
		cleared = b.used
	}
	b.used = 0
	return cleared
}

func (f *facts) addNumbers(lexemes []lexeme) {
	found := f.rules.dates(lexemes)
	for _, q := range f.rules.quantities(lexemes) {
		if n := q.values[0].smallInt(); q.ordinal || q.rank {
			f.ordinals[n] = true
			if q.ordinal && n <= 2 {
				continue // "second" is no support for "two ships"
			}
		}
		if q.all > 0 {
			f.addShare(share(int(q.parts), int(q.all)))
		}
		if found.used[q.begin] && !q.counts {
			continue // a day: "June 19" is no support for "19 ships"
		}
		if d := decade(lexemes, q); d >= 100 {
			f.decades[d], f.decades[d%100] = true, true
		} else if d >= 0 {
			f.decades[d], f.decades[1900+d] = true, true
		}
		if q.time != "" {
			f.addTime(q)
		}
		for _, v := range q.also {
			f.values[v] = true
			f.amounts[amount{v, ""}] = true
		}
		for _, v := range q.values {
			f.values[v] = true
			if q.units[0] == percent {
				f.addShare(v)
			}
			for _, u := range q.units {
				a := amount{v, u}
				if u != "" {
					f.addUnit(u)
				}
				f.amounts[a] = f.amounts[a] || u == "" && !q.measure
			}
		}
	}
	for d := range found.days {
		f.dates.days[d] = true
	}
	for d := range found.years {
		f.dates.years[d] = true
		f.values[whole(d.year)] = true
	}
	for m := range found.months {
		f.dates.months[m] = true
	}
	for day := range found.bare {
		f.dates.addBare(day)
	}
	for day := range found.weekdays {
		f.dates.addWeekday(day)
	}
	for day := range found.silent {
		f.dates.addWeekday(day)
	}
}

func (f *facts) addWords(lexemes []lexeme) {
	for i := range lexemes {
		t := &lexemes[i]
		if t.kind == lexemeMark {
			continue
		}
		if months := f.rules.periods[t.norm]; months > 0 {
			f.addMonths(months)
		}
		use := asWord
		if t.upper {
			use |= asName
			if t.caps {
				use |= asAcronym
			}
			if code, _ := codeAt(lexemes, i); code != "" {
				f.codes[code] = true
			}
		} else if len(t.norm) >= minSharedStem {
			f.words[t.norm[:minSharedStem]] |= asStem
		}
		f.words[t.norm] |= use
		if t.base > 0 {
			f.words[t.norm[:t.base]] |= use
		}
		if simple := simplified(t.norm); simple != "" {
			f.words[simple] |= asWord
		}
	}
}

// nameJoints are the small words inside names.
var nameJoints = set("of de da do dos del der den van von bin bint ibn al el la le du di the for and")

// maxNameWords is the longest run of capitalised words that is one name; longer
// ones are headlines.
const maxNameWords = 6

// addNames notes the runs of capitalised words: which words stand together, and
// the initials that stand for them.
func (f *facts) addNames(lexemes []lexeme) {
	var run []lexeme
	joint := 0 // where the last joint stands in run
	flush := func() {
		if len(run) > maxNameWords {
			// "Ada Lind of the Institute of Coastal Research" is two names.
			f.addRun(run[:joint])
			run = run[joint:]
		}
		f.addRun(run)
		run, joint = run[:0], 0
	}
	skip := 0
	for i := range lexemes {
		t := &lexemes[i]
		switch {
		case i < skip && t.kind == lexemeMark:
		case len(run) > 0 && !run[len(run)-1].possessive && nickname(lexemes, i) > 0:
			skip = nickname(lexemes, i)
		case t.kind == lexemeWord && t.upper:
			run = append(run, *t)
			if t.possessive {
				flush()
			}
		case len(run) > 0 && t.kind == lexemeWord && nameJoints[t.norm] && i+1 < len(lexemes) && (lexemes[i+1].upper || nameJoints[lexemes[i+1].norm]):
			if t.norm == "and" {
				// "Ministry of Health and Sport" has the initials MOHS, but "Ada
				// Lind and Bo Ek" is not one name.
				f.addInitials(run, lexemes[i+1:])
				flush()
			}
			joint = len(run)
		case t.norm == "-" && t.glued, t.norm == "." && i+1 < len(lexemes) && !lexemes[i+1].initial:
		default:
			flush()
		}
	}
	flush()
}

// nickname returns the end of the nickname in quotation marks that opens at
// lexeme i and has a capitalised word behind it, as in Ada "Bo" Lind; 0 for none.
func nickname(lexemes []lexeme, i int) int {
	mark := lexemes[i].norm
	if mark != "\"" && mark != "'" || lexemes[i].glued {
		return 0
	}
	for end := i + 1; end < min(i+4, len(lexemes)-1); end++ {
		if lexemes[end].norm == mark {
			if end > i+1 && lexemes[end+1].upper {
				return end + 1
			}
			return 0
		}
		if !lexemes[end].upper {
			return 0
		}
	}
	return 0
}

func (f *facts) addRun(run []lexeme) {
	if len(run) < 2 || len(run) > maxNameWords {
		return
	}
	for i := range run {
		for j := i + 1; j < len(run); j++ {
			f.pairs[pairOf(run[i].norm, run[j].norm)] = true
		}
		f.addInitials(run[i:], nil)
	}
}

// addInitials notes the initials of run and all its beginnings, followed by the
// capitalised words at the beginning of rest.
func (f *facts) addInitials(run, rest []lexeme) {
	var initials []byte
	words := 0
	for _, lexemes := range [2][]lexeme{run, rest} {
		for i := range lexemes {
			t := &lexemes[i]
			if !t.upper || t.norm == "" || words >= maxNameWords {
				return
			}
			_, size := utf8.DecodeRuneInString(t.norm)
			initials = append(initials, t.norm[:size]...)
			if words++; words >= 2 && !f.initials[string(initials)] {
				f.initials[string(initials)] = true
			}
		}
	}
}

func pairOf(a, b string) [2]string {
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

// codeAt returns the code of letters and digits that begins at lexeme i, such as
// "f16" of "F-16" or "g7", and the lexeme after it.
func codeAt(lexemes []lexeme, i int) (string, int) {
	t := &lexemes[i]
	if t.kind != lexemeWord || !t.upper {
		return "", i
	}
	if strings.ContainsAny(t.norm, "0123456789") {
		return t.norm, i + 1
	}
	if i+2 < len(lexemes) && lexemes[i+1].norm == "-" && lexemes[i+1].glued && lexemes[i+2].kind == lexemeNumber && lexemes[i+2].glued {
		return t.norm + lexemes[i+2].norm, i + 3
	}
	return "", i
}

// quotable writes the words of lexemes in lower case with a space around each,
// so that quotations are compared without marks and spacing.
func quotable(lexemes []lexeme) string {
	var b strings.Builder
	length := 1
	for i := range lexemes {
		length += len(lexemes[i].norm) + 2
	}
	b.Grow(length)
	b.WriteByte(' ')
	for i := range lexemes {
		t := &lexemes[i]
		if t.kind != lexemeMark {
			b.WriteString(t.norm)
			if t.possessive {
				b.WriteByte('s')
			}
			b.WriteByte(' ')
		}
	}
	return b.String()
}
