package grounding

import (
	"strconv"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
)

// Statement is one sentence of a summary and the passages of the source that it
// cites, in order, of which there may be none.
type Statement struct {
	Text     string
	Evidence []article.Span
}

// Finding is what a check has found. The zero value says that the source states all
// of the summary.
type Finding struct {
	Repeats       bool // the summary has many more words than different words
	WrongLanguage bool // the summary is plainly not in the language that was asked for

	// Unsupported is the kind of the first claim that the source does not support,
	// None for none, and Sentence the statement that makes it, counted from 1.
	Unsupported Claim
	Sentence    int

	// Words are the words of the statement that make the claim, as it has them; empty where
	// it is not in certain words.
	Words string
}

// Claim is a kind of statement that is looked up in the source.
type Claim uint8

// The kinds.

const (
	None Claim = iota
	Number
	Amount // a percentage or an amount of money
	Date
	Name
	Quotation
	Opposite // the opposite of what the source says
)

// String names a claim to the model and to callers.
func (c Claim) String() string {
	return [...]string{"nothing", "a number", "an amount or a percentage", "a date", "a name", "a quotation", "the opposite of a statement"}[c]
}

// Label names a claim in metrics.
func (c Claim) Label() string {
	return [...]string{"none", "number", "amount", "date", "name", "quotation", "opposite"}[c]
}

// Check looks up in the source what a summary states. Language is the BCP-47 tag of the
// language that the summary was asked for in, "und" or empty for the language of the source.
// Most claims stand where the summary says that they do; only for the others the
// whole source is read, once.
func (s *Source) Check(summary []Statement, language string) Finding {
	texts := make([]string, len(summary))
	lexemes := make([][]lexeme, len(summary))
	for i, statement := range summary {
		texts[i], lexemes[i] = statement.Text, lexemesOf(statement.Text)
	}
	if repeatsItself(lexemes) {
		return Finding{Repeats: true}
	}
	cited := s.cited(summary)
	if wrongLanguage(texts, lexemes, language, s, cited) {
		return Finding{WrongLanguage: true}
	}
	foreign := s.Foreign(language)
	if article.BaseLanguage(language) == article.Undetermined {
		language = s.language
	}
	// Where names have no capitals, what a passage lacks would excuse them.
	enough := !foreign && !rulesOf(language).withoutCapitals()
	for i, statement := range summary {
		text := statement.Text
		var found flaw
		if !enough || cited.unsupported(text, lexemes[i], language, false) != None {
			found = s.facts().flaw(text, lexemes[i], language, foreign)
		}
		if found.claim == None && !foreign {
			known := cited
			if len(statement.Evidence) == 0 {
				known = nil
			}
			found = s.checkOpposites(rulesOf(language), lexemes[i], statement.Evidence, known)
		}
		if found.claim != None {
			return Finding{Unsupported: found.claim, Sentence: i + 1, Words: found.words(text)}
		}
	}
	return Finding{}
}

// repeatsItself reports whether sentences have many more words than different words,
// as the output of a model that ran into a loop.
func repeatsItself(sentences [][]lexeme) bool {
	words := 0
	for _, lexemes := range sentences {
		for i := range lexemes {
			if lexemes[i].kind != lexemeMark {
				words++
			}
		}
	}
	if words < 30 {
		return false
	}
	different := make(map[string]bool)
	for _, lexemes := range sentences {
		for i := range lexemes {
			if lexemes[i].kind == lexemeMark {
				continue
			}
			if different[lexemes[i].norm] = true; 6*len(different) >= words {
				return false
			}
		}
	}
	return true
}

// flaw is a claim that a source does not support, with the lexemes that make it, of which
// there may be none.
type flaw struct {
	claim      Claim
	begin, end int
}

// words returns the words of the claim in text.
func (d flaw) words(text string) string {
	if d.begin >= d.end {
		return ""
	}
	var ends []int
	appendLexemes(nil, text, &ends)
	begin := 0
	if d.begin > 0 {
		begin = ends[d.begin-1]
	}
	return strings.TrimSpace(text[begin:ends[d.end-1]])
}

// unsupported returns the kind of the first claim of text that f does not support, or None.
func (f *facts) unsupported(text string, lexemes []lexeme, language string, foreign bool) Claim {
	return f.flaw(text, lexemes, language, foreign).claim
}

// flaw returns the first claim of text, which has these lexemes, that f does not support.
// Language is the text's; foreign says that it is not the source's, so that only what
// survives a translation is looked up.
func (f *facts) flaw(text string, lexemes []lexeme, language string, foreign bool) flaw {
	r := rulesOf(language)
	if !foreign && !f.supportsQuotations(text) {
		return flaw{claim: Quotation}
	}
	used := make([]bool, len(lexemes))
	markCodes(lexemes, used)
	if d := f.checkDates(r, lexemes, used); d.claim != None {
		return d
	}
	if d := f.checkNumbers(r, lexemes, used, foreign); d.claim != None {
		return d
	}
	return f.checkNames(r, text, lexemes, used, foreign)
}

// markCodes marks the digits of codes as used: they are part of a name.
func markCodes(lexemes []lexeme, used []bool) {
	for i := range lexemes {
		if _, end := codeAt(lexemes, i); end > i+1 {
			used[end-1] = true
		}
	}
}

func (f *facts) checkDates(r *languageRules, lexemes []lexeme, used []bool) flaw {
	d := r.dates(lexemes)
	unsupported := flaw{claim: Date}
	for i, u := range d.used {
		if u && unsupported.end == 0 {
			unsupported.begin = i
		}
		if u {
			used[i], unsupported.end = true, i+1
		}
	}
	if f.lacksMonths(d) || f.lacksDays(d) {
		return unsupported
	}
	return flaw{}
}

// lacksMonths reports whether the source lacks a month of d, with the day or the year that d has.
func (f *facts) lacksMonths(d dates) bool {
	for day := range d.days {
		if !f.dates.days[day] && !ambiguous(d, day, f) {
			return true
		}
	}
	for m := range d.months {
		if !f.dates.months[m] && !monthless(d, m, f) && !f.hasRelativeMonth(m) {
			return true
		}
	}
	for y := range d.years {
		if !f.supportsYear(y) {
			return true
		}
	}
	return false
}

// lacksDays reports whether the source lacks a day without a month, or a weekday, of d.
func (f *facts) lacksDays(d dates) bool {
	for day := range d.bare {
		if !f.hasDay(day) && !f.values[whole(day)] {
			return true
		}
	}
	for day := range d.weekdays {
		if !f.dates.weekdays[day] && f.hasWeekdays() {
			return true
		}
	}
	return false
}

// hasWeekdays reports whether the weekdays of the source are known: in languages that name some
// by two words, or write others behind them, not all are.
func (f *facts) hasWeekdays() bool { return f.rules.known && f.rules.allWeekdays }

// ambiguous reports whether day, of a date in digits, is the other reading of
// one that is supported.
func ambiguous(d dates, day date, f *facts) bool {
	other := date{month: day.day, day: day.month}
	return d.days[other] && f.dates.days[other]
}

// monthless reports whether month comes from the wrong reading of a date in
// digits only.
func monthless(d dates, month int, f *facts) bool {
	for day := range d.days {
		if day.month == month && ambiguous(d, day, f) {
			return true
		}
	}
	return false
}

// supportsYear reports whether the source has the month in that year, or has
// the month without a year and the year elsewhere.
func (f *facts) supportsYear(y date) bool {
	if f.dates.years[y] || f.partial {
		return f.dates.years[y]
	}
	for known := range f.dates.years {
		if known.month == y.month {
			return false
		}
	}
	return f.values[whole(y.year)]
}

func (f *facts) checkNumbers(r *languageRules, lexemes []lexeme, used []bool, foreign bool) flaw {
	found := r.quantities(lexemes)
	for _, q := range found {
		if used[q.begin] && used[q.end-1] || q.loose || r.isPronoun(lexemes, q) {
			continue
		}
		for i := q.begin; i < q.end; i++ {
			used[i] = true
		}
		if f.hasNumber(r, lexemes, found, q) {
			continue
		}
		if q.units[0] != "" {
			return flaw{Amount, q.begin, min(q.end+1, len(lexemes))}
		}
		if !foreign || !q.mayBeInWords() {
			return flaw{Number, q.begin, q.end}
		}
	}
	if r.language == "en" && !foreign && !f.supportsVague(lexemes, used) {
		return flaw{claim: Number}
	}
	return flaw{}
}

// hasNumber reports whether the source has q, or numbers from which q is rounded or derived.
func (f *facts) hasNumber(r *languageRules, lexemes []lexeme, found []quantity, q quantity) bool {
	return f.supports(q) || f.isShortDate(r, lexemes, q) || f.decades[decade(lexemes, q)] || f.rounds(r, lexemes, q) || f.derives(r, lexemes, found, q)
}

// rounds reports whether q, with the hedge beside it, rounds a number or a time of the source.
func (f *facts) rounds(r *languageRules, lexemes []lexeme, q quantity) bool {
	return f.supportsTime(q) || f.approximates(q, r.hedgeAround(lexemes, q)) || f.roundsTime(r, lexemes, q)
}

// isShortDate reports whether q may be a day and a month with a point between, which the source
// has.
func (f *facts) isShortDate(r *languageRules, lexemes []lexeme, q quantity) bool {
	t := &lexemes[q.begin]
	if r.language == "en" || t.kind != lexemeNumber || q.end != q.begin+1 {
		return false
	}
	before, after, ok := strings.Cut(t.norm, ".")
	day, errDay := strconv.Atoi(before)
	month, errMonth := strconv.Atoi(after)
	return ok && errDay == nil && errMonth == nil && f.dates.days[date{month: month, day: day}]
}

// mayBeInWords reports whether another language may have q in words, which are not
// known for all.
func (q quantity) mayBeInWords() bool {
	n := q.values[0].smallInt()
	return n >= 0 && n <= 20
}

// decade returns the first year of the decade that q names, as in "1970s", or
// that year within the century, as in "'70s"; -1 for none.
func decade(lexemes []lexeme, q quantity) int {
	if q.word || q.end >= len(lexemes) || lexemes[q.end].norm != "s" || !lexemes[q.end].glued {
		return -1
	}
	n := q.values[0].smallInt()
	if n%10 != 0 || n >= 100 && n < 1000 || n > 2090 || n < 0 {
		return -1
	}
	return n
}

// isPronoun reports whether q counts nothing that could be false: "one of them",
// "the two countries".
func (r *languageRules) isPronoun(lexemes []lexeme, q quantity) bool {
	if !q.word || q.units[0] != "" || q.end-q.begin > 1 {
		return false
	}
	switch q.values[0].smallInt() {
	case 1:
		return !q.ordinal
	case 2:
		return len(r.determiners) == 0 || q.begin > 0 && r.determiners[lexemes[q.begin-1].norm]
	}
	return false
}

// supports reports whether a reading of q stands in the source, with the same
// unit where it has one.
func (f *facts) supports(q quantity) bool {
	if f.supportsRank(q) || q.alone && f.hasDay(q.values[0].smallInt()) {
		return true
	}
	for _, v := range q.values {
		for _, u := range q.units {
			if q.ordinal {
				break
			}
			if u == "" && f.values[v] && f.supportsBare(v, q) || u != "" && f.supportsAmount(amount{v, u}) || u == percent && f.hasShare(v) {
				return true
			}
		}
	}
	return false
}

// supportsRank reports whether q stands in the source as an ordinal, or as a part of the share
// that it makes with the words around it. "50th birthday" may well come from "turns 50", but
// "fourth" is a claim of its own beside any 4; "on the 19th" may be a day; "two plants" are
// there where the source speaks of a second one.
func (f *facts) supportsRank(q quantity) bool {
	n := q.values[0].smallInt()
	switch {
	case q.all > 0 && f.hasShare(share(int(q.parts), int(q.all))):
		return true
	case q.ordinal:
		return f.ordinals[n] || n >= 10 && f.values[q.values[0]] || !q.word && !q.counts && f.hasDay(n)
	case q.rank:
		return f.ordinals[n]
	}
	return q.word && n == 2 && q.units[0] == "" && f.ordinals[2]
}

// supportsBare reports whether v, which stands in the source, may stand there in
// the way that q has it: what is counted is no amount and no measure there.
func (f *facts) supportsBare(v decimal, q quantity) bool {
	bare := amount{v, ""}
	if q.time != "" && f.times[bare] && !f.times[amount{v, q.time}] && !f.amounts[bare] {
		return false // "30 years" for 30 days
	}
	return (!q.counts || f.amounts[bare]) && (!q.measure || q.points || f.hasAmount(bare))
}

// supportsAmount reports whether the source has a, or has its number as a part of a
// sentence that names the unit once: "of 140 million euros, 95 million".
func (f *facts) supportsAmount(a amount) bool {
	if f.hasAmount(a) || !f.rules.known && f.values[a.value] {
		return true
	}
	return a.unit != percent && f.amounts[amount{a.value, ""}] && a.value.magnitude() > 5 && f.units[a.unit]
}

func (f *facts) hasAmount(a amount) bool {
	_, ok := f.amounts[a]
	return ok
}

func (f *facts) hasDay(day int) bool {
	for d := range f.dates.days {
		if d.day == day {
			return true
		}
	}
	return f.dates.bare[day]
}

// supportsVague reports whether the "thousands" and the like in lexemes that are not
// used stand in the source, as such or as a number of that size.
func (f *facts) supportsVague(lexemes []lexeme, used []bool) bool {
	for i, l := range lexemes {
		bounds, ok := vagueMagnitudes[l.norm]
		if !ok || used[i] || f.has(l.norm, asWord) || f.has(strings.TrimSuffix(l.norm, "s"), asWord) {
			continue
		}
		if !f.hasMagnitude(bounds) {
			return false
		}
	}
	return true
}

// hasMagnitude reports whether the source has a number between these powers of ten.
func (f *facts) hasMagnitude(bounds [2]int) bool {
	for v := range f.values {
		if m := v.magnitude(); m > bounds[0] && m <= bounds[1]+1 {
			return true
		}
	}
	return false
}
