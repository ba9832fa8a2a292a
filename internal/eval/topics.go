package eval

import "slices"

// verdict compares the topics that one row was given with its labels. Topics are
// numbers of topicNumbers.
type verdict struct {
	right, wrong, missed []int32
	main                 bool // the row has a main topic
	found, first         bool // it was given; it was given first
}

// topicNumbers numbers topics in the order in which it meets them.
type topicNumbers struct {
	ids    []string
	number map[string]int32
}

func (r *topicNumbers) of(id string) int32 {
	n, ok := r.number[id]
	if !ok {
		n = int32(len(r.ids))
		if r.number == nil {
			r.number = map[string]int32{}
		}
		r.number[id] = n
		r.ids = append(r.ids, id)
	}
	return n
}

// judge compares given, the most confident first, with labels, the main one first.
// Repeats count once.
func (r *topicNumbers) judge(labels, given []string) verdict {
	var v verdict
	for i, id := range given {
		switch {
		case slices.Contains(given[:i], id):
		case slices.Contains(labels, id):
			v.right = append(v.right, r.of(id))
		default:
			v.wrong = append(v.wrong, r.of(id))
		}
	}
	for i, id := range labels {
		if !slices.Contains(labels[:i], id) && !slices.Contains(given, id) {
			v.missed = append(v.missed, r.of(id))
		}
	}
	if len(labels) > 0 {
		v.main = true
		v.found = slices.Contains(given, labels[0])
		v.first = len(given) > 0 && given[0] == labels[0]
	}
	return v
}

// counts are what became of one topic, or of all.
type counts struct{ right, wrong, missed int }

func (c counts) f1() float64 { return f1(c.right, c.right+c.wrong, c.right+c.missed) }

// tally sums verdicts.
type tally struct {
	all                counts
	by                 []counts // by topic
	main, found, first int
}

func (t *tally) add(v *verdict) {
	t.all.right += len(v.right)
	t.all.wrong += len(v.wrong)
	t.all.missed += len(v.missed)
	for _, n := range v.right {
		t.by[n].right++
	}
	for _, n := range v.wrong {
		t.by[n].wrong++
	}
	for _, n := range v.missed {
		t.by[n].missed++
	}
	if v.main {
		t.main++
	}
	if v.found {
		t.found++
	}
	if v.first {
		t.first++
	}
}

// figures are the values of topicMetrics, in their order. Macro-F1 is over the topics that
// labels or answers of the sample have, as f1_score of scikit-learn counts them: a topic that
// is given and never right has an F1 of 0.
func (t *tally) figures(out []float64) {
	macro, met := 0.0, 0
	for _, c := range t.by {
		if c != (counts{}) {
			macro += c.f1()
			met++
		}
	}
	out[0] = t.all.f1()
	out[1] = macro / float64(max(met, 1))
	out[2] = share(t.all.right, t.all.right+t.all.wrong)
	out[3] = share(t.all.right, t.all.right+t.all.missed)
	out[4] = share(t.found, t.main)
	out[5] = share(t.first, t.main)
}

func share(part, whole int) float64 { return float64(part) / float64(max(whole, 1)) }
