package eval

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
)

// statistic computes figures over a sample of rows, by their numbers, into out.
type statistic func(sample []int32, out []float64)

// bootstrap draws rounds samples of n out of n rows with replacement and returns
// the figures of each (B. Efron, 1979). Each round has a random source of its own,
// so that the figures depend on seed and n alone and not on the cores that share
// the work. newStatistic is called once for each of them.
func bootstrap(n, width, rounds int, seed uint64, newStatistic func() statistic) [][]float64 {
	figures := make([][]float64, rounds)
	workers := min(runtime.GOMAXPROCS(0), rounds)
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			compute, sample := newStatistic(), make([]int32, n)
			for round := worker; round < rounds; round += workers {
				random := rand.New(rand.NewPCG(seed, uint64(round)))
				for i := range sample {
					sample[i] = int32(random.IntN(n))
				}
				figures[round] = make([]float64, width)
				compute(sample, figures[round])
			}
		})
	}
	wg.Wait()
	return figures
}

// Interval is a figure over all rows with the bounds between which 95% of the
// bootstrap samples lie. Without samples both bounds are the value.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// interval puts bounds around value. It sorts samples.
func interval(value float64, samples []float64) Interval {
	if len(samples) == 0 {
		return Interval{value, value, value}
	}
	slices.Sort(samples)
	return Interval{value, quantile(samples, 0.025), quantile(samples, 0.975)}
}

// quantile returns the quantile q, 0..1, of sorted values, between two of them by
// their distance; 0 when there are none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
