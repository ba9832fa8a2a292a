package main

import (
	"math"

	"github.com/seed-59202292/summarizer/internal/local"
)

// fitter learns how far to move from the prior.
type fitter struct{ prior local.Weights }

const (
	steps   = 100
	rate    = 0.08
	penalty = 0.02 // on the square of a change

	// sharpness makes one unit of worth a factor of e^sharpness in how likely a
	// sentence is taken.
	sharpness = 6.7
)

// fit returns the weights that the rows of all corpora for which use is true
// agree on. A nil use takes all.
func (f fitter) fit(corpora []*corpus, use func(*row) bool) local.Weights {
	var changes [][]float64
	for _, c := range corpora {
		var lessons []lesson
		for _, r := range c.rows {
			if use == nil || use(r) {
				lessons = append(lessons, r.lessons...)
			}
		}
		changes = append(changes, f.learn(lessons))
	}
	weights := append(local.Weights(nil), f.prior...)
	for i := range weights {
		weights[i] += int32(math.Round(agreed(changes, i)))
	}
	return weights
}

// agreed returns the smallest of the changes of weight i where all have the
// same sign, else 0.
func agreed(changes [][]float64, i int) float64 {
	least := changes[0][i]
	for _, c := range changes[1:] {
		if c[i]*least <= 0 {
			return 0
		}
		if math.Abs(c[i]) < math.Abs(least) {
			least = c[i]
		}
	}
	return least
}

// learn returns the changes of the prior that lessons ask for, in thousandths.
func (f fitter) learn(lessons []lesson) []float64 {
	spread := spreads(lessons, len(f.prior))
	n := len(f.prior) + 1 // The last one scales the whole prior.
	change, mean, square := make([]float64, n), make([]float64, n), make([]float64, n)
	gradient := make([]float64, n)
	weights := make([]float64, n-1)
	for step := 1; step <= steps; step++ {
		for j := range weights {
			weights[j] = float64(f.prior[j]) * (1 + change[n-1])
			if spread[j] > 0 {
				weights[j] += 1e6 / sharpness * change[j] / spread[j]
			}
			gradient[j] = -penalty * change[j]
		}
		gradient[n-1] = 0
		for i := range lessons {
			f.addGradient(&lessons[i], weights, spread, change[n-1], gradient, 10/float64(len(lessons)))
		}
		for j := range change {
			mean[j] = 0.9*mean[j] + 0.1*gradient[j]
			square[j] = 0.99*square[j] + 0.01*gradient[j]*gradient[j]
			m := mean[j] / (1 - math.Pow(0.9, float64(step)))
			v := square[j] / (1 - math.Pow(0.99, float64(step)))
			change[j] += rate * m / (math.Sqrt(v) + 1e-6)
		}
	}
	out := make([]float64, n-1)
	for j := range out {
		if spread[j] > 0 {
			out[j] = 1e6 / sharpness * change[j] / spread[j] / (1 + change[n-1])
		}
	}
	return out
}

// addGradient adds to gradient the gradient of the expected gain of lesson l, times by.
func (f fitter) addGradient(l *lesson, weights, spread []float64, scale float64, gradient []float64, by float64) {
	worth := make([]float64, len(l.gains))
	prior := make([]float64, len(l.gains))
	top := math.Inf(-1)
	for i, measures := range l.measures {
		worth[i] = l.base[i] * (1 + scale)
		prior[i] = l.base[i]
		for j, x := range measures {
			worth[i] += x * weights[j]
			prior[i] += x * float64(f.prior[j])
		}
		worth[i] *= sharpness / 1e6
		prior[i] *= sharpness / 1e6
		top = max(top, worth[i])
	}
	var sum, expected float64
	for i := range worth {
		worth[i] = math.Exp(worth[i] - top)
		sum += worth[i]
		expected += worth[i] * l.gains[i]
	}
	expected /= sum
	for i, measures := range l.measures {
		d := by * worth[i] / sum * (l.gains[i] - expected)
		if d == 0 {
			continue
		}
		for j, x := range measures {
			if spread[j] > 0 {
				gradient[j] += d * x / spread[j]
			}
		}
		gradient[len(gradient)-1] += d * prior[i]
	}
}

// spreads returns the standard deviation of each measure.
func spreads(lessons []lesson, n int) []float64 {
	sum, square, count := make([]float64, n), make([]float64, n), 0.0
	for _, l := range lessons {
		for _, measures := range l.measures {
			count++
			for j, x := range measures {
				sum[j] += x
				square[j] += x * x
			}
		}
	}
	for j := range sum {
		mean := sum[j] / count
		sum[j] = math.Sqrt(max(0, square[j]/count-mean*mean))
	}
	return sum
}
