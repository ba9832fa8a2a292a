package grounding

import (
	"math"
	"slices"

	"github.com/seed-59202292/summarizer/internal/article"
)

// figures are the numbers of a source with what is needed to derive others from them. They
// are made when a number is looked up that the source does not have.
type figures struct {
	durations []duration
	counts    []figure // without a unit, or money
	shares    []figure // in percent
	multiples []float64

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

// datelineSentences are the sentences in which the date of an article is looked for.
const datelineSentences = 3

// figures returns the numbers of the source.
func (f *facts) figures() *figures {
	f.lookup.figuresOnce.Do(func() {
		all := &figures{beside: make(map[relative]bool)}
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
	for i := range lexemes {
		if n, ok := r.multiples.get(lexemes[i].norm); ok && n > 0 {
			all.multiples = append(all.multiples, float64(n))
		}
		if step := r.relativeAt(lexemes, i); step != (relative{}) {
			all.beside[step] = true
		}
	}
	if at < datelineSentences {
		all.noteDateline(dated)
	}
	for _, q := range found {
		all.note(r, lexemes, dated, q, at)
	}
}

// note adds a number of the sentence at.
func (all *figures) note(r *languageRules, lexemes []lexeme, dated dates, q quantity, at int) {
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

// derives reports whether q follows from numbers of the source: another unit of time, a share of
// a number or the rest, the change that a multiple makes, the year beside the article's own where it speaks of "last year".
func (f *facts) derives(r *languageRules, lexemes []lexeme, found []quantity, q quantity) bool {
	if f.partial || q.ordinal {
		return false
	}
	all := f.figures()
	for _, mine := range r.durations(lexemes, found) {
		if mine.begin <= q.begin && q.begin < mine.end && slices.ContainsFunc(all.durations, mine.equals) {
			return true
		}
	}
	if year := yearOf(lexemes, q.begin); year > 0 {
		return all.year > 0 && all.beside[relative{"year", year - all.year}]
	}
	if r.timeUnitAt(lexemes, q.end) != "" {
		return false
	}
	return slices.ContainsFunc(q.values, func(value decimal) bool {
		v, ok := value.percentage()
		return ok && (q.units[0] == percent && all.isMultiple(v) || slices.ContainsFunc(q.units, func(u unit) bool { return u != percent && all.hasPart(v, u) }))
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

// hasPart reports whether v is the share that the source names of a number beside it, or the rest.
func (all *figures) hasPart(v float64, u unit) bool {
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
