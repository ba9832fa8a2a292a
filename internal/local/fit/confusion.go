package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// A confusion counts what was right.
type confusion struct{ right, wrong, missed, mainFound, mainFirst, articles float64 }

func (v *confusion) add(a *labelledArticle, p []float64, threshold float64) {
	var given []int
	for topic, c := range p {
		if c >= threshold {
			given = append(given, topic)
		}
	}
	sort.SliceStable(given, func(i, j int) bool { return p[given[i]] > p[given[j]] })
	given = given[:min(len(given), 5)]
	v.articles++
	v.missed += float64(len(a.labels))
	if len(given) > 0 && given[0] == a.main {
		v.mainFirst++
	}
	for _, topic := range given {
		if a.labels[topic] {
			v.right++
			v.missed--
		} else {
			v.wrong++
		}
		if topic == a.main {
			v.mainFound++
		}
	}
}

func (v confusion) f1() float64   { return 2 * v.right / (2*v.right + v.wrong + v.missed) }
func (v confusion) main() float64 { return v.mainFound / v.articles }

func (v confusion) String() string {
	return fmt.Sprintf("micro-F1 %.3f, precision %.3f, recall %.3f, main topic found %.3f, first %.3f",
		v.f1(), v.right/(v.right+v.wrong), v.right/(v.right+v.missed), v.main(), v.mainFirst/v.articles)
}

func judge(all []labelledArticle, p [][]float64, threshold float64) confusion {
	var v confusion
	for i := range all {
		v.add(&all[i], p[i], threshold)
	}
	return v
}

// intervals adds the 95 % interval of 2,000 bootstrap samples of the articles.
func intervals(all []labelledArticle, p [][]float64, threshold float64) string {
	var f1, found []float64
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		var v confusion
		for range all {
			i := rnd.IntN(len(all))
			v.add(&all[i], p[i], threshold)
		}
		f1, found = append(f1, v.f1()), append(found, v.main())
	}
	slices.Sort(f1)
	slices.Sort(found)
	return fmt.Sprintf("%s; intervals %.3f to %.3f and %.3f to %.3f", judge(all, p, threshold), f1[50], f1[1949], found[50], found[1949])
}

// reliability compares confidences with how often they were right, and returns
// their expected difference (ECE) over ten equal bins.
func reliability(all []labelledArticle, p [][]float64) string {
	var n, sum, right [10]float64
	for i := range all {
		for topic, c := range p[i] {
			if c < 0.01 {
				continue
			}
			bin := min(9, int(c*10))
			n[bin]++
			sum[bin] += c
			if all[i].labels[topic] {
				right[bin]++
			}
		}
	}
	out, total, ece := "confidence  topics  mean   right\n", 0.0, 0.0
	for i := range n {
		if n[i] > 0 {
			out += fmt.Sprintf("%.1f to %.1f  %6.0f  %.3f  %.3f\n", float64(i)/10, float64(i+1)/10, n[i], sum[i]/n[i], right[i]/n[i])
			total += n[i]
			ece += math.Abs(sum[i] - right[i])
		}
	}
	return out + fmt.Sprintf("ECE %.3f over %.0f", ece/total, total)
}
