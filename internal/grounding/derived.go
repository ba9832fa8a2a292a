package grounding

import (
	"math"
	"slices"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
)

// figures are the numbers of a source, and the units and lists from which other numbers
// follow. They are made at the first number that the source itself does not have.
type figures struct {
	durations []duration
	counts    []figure // without a unit, or money
	shares    []figure // in percent
	multiples []float64
	lists     map[int]bool // numbers of names in a row: "Poland, Romania and Greece" are three
	years     map[int]bool // beside one that a sentence has: "in 2024, more than a year earlier"
	numbers   [][]float64  // by sentence
	pairs     []figurePair // numbers that stand together: "by six votes to three"

	sentences   int
	month, year int               // of the dateline, 0 where it is not known
	beside      map[relative]bool // the months and years that the source names by it
}

// figure is a number of a sentence.
type figure struct {
	value    float64
	unit     unit
	sentence int
}

// figurePair are two numbers with one unit.
type figurePair struct {
	first, second float64
	unit          unit
}

// datelineSentences are the sentences in which the date of an article is looked for.
const datelineSentences = 3

// figures returns the numbers of the source.
func (f *facts) figures() *figures {
	f.lookup.figuresOnce.Do(func() {
		all := &figures{beside: make(map[relative]bool), lists: make(map[int]bool), years: make(map[int]bool)}
		for _, text := range f.texts {
			for _, sentence := range article.SplitSentences(text) {
				f.addFigures(all, lexemesOf(sentence))
			}
		}
		f.lookup.figures = all
	})
	return f.lookup.figures
}

func (f *facts) addFigures(all *figures, lexemes []lexeme) {
	r, at := f.rules, all.sentences
	all.sentences++
	found, dated := r.quantities(lexemes), r.dates(lexemes)
	durations := r.durations(lexemes, found)
	all.durations = append(all.durations, durations...)
	var steps []relative
	for i := range lexemes {
		if n, ok := r.multiples.get(lexemes[i].norm); ok && n > 0 {
			all.multiples = append(all.multiples, float64(n))
		}
		if step := r.relativeAt(lexemes, i); step != (relative{}) {
			all.beside[step] = true
			steps = append(steps, step)
		}
	}
	if at < datelineSentences {
		all.noteDateline(dated)
	}
	var numbers []float64
	for k, q := range found {
		if k > 0 && q.begin-found[k-1].end <= maxPairGap {
			all.notePair(dated, found[k-1], q)
		}
		all.record(r, lexemes, dated, q, at)
		if v, ok := q.values[0].float(); ok && q.units[0] != percent && !dated.used[q.begin] {
			numbers = append(numbers, v)
		}
	}
	all.numbers = append(all.numbers, numbers)
	all.recordYears(lexemes, steps)
	if n := namesInRow(lexemes); n > 2 {
		all.lists[n] = true
	}
}

// maxPairGap is the maximum number of lexemes between two numbers that stand together.
const maxPairGap = 3

// notePair notes two numbers that stand together and count the same.
func (all *figures) notePair(dated dates, first, second quantity) {
	a, okA := first.values[0].float()
	b, okB := second.values[0].float()
	if okA && okB && !dated.used[first.begin] && !dated.used[second.begin] && !first.ordinal && !second.ordinal && slices.Equal(first.units, second.units) {
		all.pairs = append(all.pairs, figurePair{a, b, first.units[0]})
	}
}

// joinsPair reports whether q is the difference of two numbers that stand together, or without a unit
// their sum.
func (all *figures) joinsPair(q quantity) bool {
	v, ok := q.values[0].float()
	return ok && slices.ContainsFunc(all.pairs, func(p figurePair) bool {
		return p.unit == q.units[0] && (p.unit == "" && near(v, p.first+p.second) || p.first != p.second && near(v, math.Abs(p.first-p.second)))
	})
}

// record adds a number of the sentence at.
func (all *figures) record(r *languageRules, lexemes []lexeme, dated dates, q quantity, at int) {
	if q.units[0] == percent {
		if v, ok := q.values[0].percentage(); ok {
			all.shares = append(all.shares, figure{v, percent, at})
		}
		return
	}
	v, ok := q.values[len(q.values)-1].float()
	if !ok || dated.used[q.begin] || q.ordinal {
		return
	}
	if v > 1 && v <= 10 && r.isMultiple(lexemes, q) {
		all.multiples = append(all.multiples, v)
	}
	if yearOf(lexemes, q.begin) == 0 && r.timeUnitAt(lexemes, q.end) == "" {
		for _, u := range q.units {
			all.counts = append(all.counts, figure{v, u, at})
		}
	}
}

// recordYears records the years next to the years of a sentence that speaks of such steps.
func (all *figures) recordYears(lexemes []lexeme, steps []relative) {
	for i := range lexemes {
		year := yearOf(lexemes, i)
		for _, step := range steps {
			if year > 0 && step.unit == "year" {
				all.years[year+step.step] = true
			}
		}
	}
}

// namesInRow returns the number of names that stand in a row with commas and an "and" between.
func namesInRow(lexemes []lexeme) int {
	longest, names, inName, gap := 0, 0, false, 0
	for i := range lexemes {
		t := &lexemes[i]
		switch {
		case t.kind == lexemeWord && t.upper:
			if !inName {
				names++
			}
			inName, gap = true, 0
			longest = max(longest, names)
		case names > 0 && gap < 2 && (t.norm == "," || t.kind == lexemeWord && utf8.RuneCountInString(t.norm) <= 4):
			inName = false
			gap++
		default:
			names, inName, gap = 0, false, 0
		}
	}
	return longest
}

func (all *figures) noteDateline(d dates) {
	for month := range d.months {
		if all.month == 0 && len(d.months) == 1 {
			all.month = month
		}
	}
	for y := range d.years {
		if all.year == 0 && len(d.years) == 1 {
			all.year = y.year
		}
	}
}

// derives reports whether q follows from numbers of the source: another unit of time, a year by
// its distance from another, the sum or the difference of two numbers that stand together, a share.
func (f *facts) derives(r *languageRules, lexemes []lexeme, found []quantity, q quantity) bool {
	if f.partial || q.ordinal {
		return false
	}
	all := f.figures()
	if all.lasts(r.durations(lexemes, found), q) || f.hasShortYear(lexemes, q) {
		return true
	}
	if year := yearOf(lexemes, q.begin); year > 0 {
		return all.years[year] || all.year > 0 && all.beside[relative{"year", year - all.year}]
	}
	if q.units[0] == percent {
		return all.derivesShare(found, q)
	}
	if all.joinsPair(q) {
		return true
	}
	return r.timeUnitAt(lexemes, q.end) == "" && (q.word && all.lists[q.values[0].smallInt()] || all.hasPart(q))
}

// lasts reports whether one of durations that q is a part of is one of the source.
func (all *figures) lasts(durations []duration, q quantity) bool {
	return slices.ContainsFunc(durations, func(d duration) bool {
		return d.begin <= q.begin && q.begin < d.end && slices.ContainsFunc(all.durations, d.equals)
	})
}

// derivesShare reports whether q, in percent, is the change that a multiple of the source makes, or in
// words the share that two of its numbers make.
func (all *figures) derivesShare(found []quantity, q quantity) bool {
	return q.word && all.hasRatio(found, q) || slices.ContainsFunc(q.values, func(value decimal) bool {
		v, ok := value.percentage()
		return ok && all.isMultiple(v)
	})
}

// isMultiple reports whether a percentage is the change that a multiple of the source makes: "halved"
// for 50 %, "tripled" for 200 %.
func (all *figures) isMultiple(v float64) bool {
	return slices.ContainsFunc(all.multiples, func(n float64) bool {
		return slices.ContainsFunc([]float64{100 * n, 100 * (n - 1), 100 / n, 100 - 100/n}, func(share float64) bool { return math.Abs(v-share) < 1 })
	})
}

func abs(n int) int { return max(n, -n) }

// hasRatio reports whether a share in words is what a sentence of the source makes of a number that
// stands beside the share: "half of the four years" for "four years, of which two".
func (all *figures) hasRatio(found []quantity, q quantity) bool {
	v, ok := q.values[0].percentage()
	return ok && slices.ContainsFunc(found, func(other quantity) bool {
		whole, ok := other.values[0].float()
		return ok && other.units[0] != percent && slices.ContainsFunc(all.numbers, func(numbers []float64) bool {
			return slices.Contains(numbers, whole) && slices.ContainsFunc(numbers, func(part float64) bool { return about(v/100*whole, part) })
		})
	})
}

// hasPart reports whether q is the share that the source names of a number beside it, or the rest.
func (all *figures) hasPart(q quantity) bool {
	return slices.ContainsFunc(q.values, func(value decimal) bool {
		v, ok := value.float()
		return ok && slices.ContainsFunc(q.units, func(u unit) bool { return all.hasPartOf(v, u) })
	})
}

func (all *figures) hasPartOf(v float64, u unit) bool {
	for _, s := range all.shares {
		for _, whole := range all.counts {
			if (whole.unit == u || u == "") && abs(whole.sentence-s.sentence) <= 1 && s.value > 0 && s.value < 100 &&
				(about(v, whole.value*s.value/100) || about(v, whole.value*(1-s.value/100))) {
				return true
			}
		}
	}
	return false
}

// about reports whether v is a number, or that number rounded.
func about(v, exact float64) bool { return math.Abs(v-exact) <= 0.005*exact }

// relative is a month or a year by its distance from the article's own.
type relative struct {
	unit unit
	step int
}

// relativeAt returns the month or year that lexeme i names by its distance: "last month".
func (r *languageRules) relativeAt(lexemes []lexeme, i int) relative {
	t := &lexemes[i]
	if t.kind != lexemeWord {
		return relative{}
	}
	if r.unspaced() {
		for n := 2; n <= 3; n++ {
			if step, ok := r.relatives[joined(lexemes[i:], n)]; ok {
				return step
			}
		}
		return relative{}
	}
	if step, ok := r.relatives[t.norm]; ok {
		return step
	}
	u := r.timeUnitAt(lexemes, i)
	if u != "month" && u != "year" {
		return relative{}
	}
	for k := max(0, i-2); k < min(i+3, len(lexemes)); k++ {
		if step := r.steps[lexemes[k].norm]; step != 0 {
			return relative{u, step}
		}
	}
	return relative{}
}

// hasRelativeMonth reports whether the source names month by its distance from its own.
func (f *facts) hasRelativeMonth(month int) bool {
	if f.partial {
		return false
	}
	all := f.figures()
	if all.month == 0 {
		return false
	}
	return all.beside[relative{"month", 1}] && month == all.month%12+1 || all.beside[relative{"month", -1}] && month%12+1 == all.month
}

// isMultiple reports whether q says how many times more or less: "three times", "divisées par
// trois".
func (r *languageRules) isMultiple(lexemes []lexeme, q quantity) bool {
	if q.begin > 0 && divisors[lexemes[q.begin-1].norm] {
		return true
	}
	if q.end >= len(lexemes) {
		return false
	}
	n, ok := r.multiples.get(lexemes[q.end].norm)
	return ok && n == 0
}

// divisors stand before the number by which something is divided or multiplied.
var divisors = set("by par por per durch entre przez на door med")

// hasShortYear reports whether q is a year of the source without its century in Chinese or Japanese,
// as in "27年".
func (f *facts) hasShortYear(lexemes []lexeme, q quantity) bool {
	if q.end >= len(lexemes) || lexemes[q.end].norm != "年" || q.end+1 < len(lexemes) && lexemes[q.end+1].norm == "間" || len(lexemes[q.begin].norm) != 2 {
		return false
	}
	n := q.values[0].smallInt()
	return n > 0 && (f.values[whole(1900+n)] || f.values[whole(2000+n)])
}
