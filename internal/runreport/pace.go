package runreport

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// sample is how far a run was after a time.
type sample struct {
	took time.Duration
	rows int64
}

// pace holds samples of a run, thinned as they become many.
type pace struct{ samples []sample }

// maxSamples bounds the samples that are kept.
const maxSamples = 400

func (p *pace) add(s sample) {
	if n := len(p.samples); n > 0 && s.took <= p.samples[n-1].took {
		return
	}
	p.samples = append(p.samples, s)
	if len(p.samples) < maxSamples {
		return
	}
	kept := p.samples[:0]
	for i := range p.samples {
		if i%2 == 1 {
			kept = append(kept, p.samples[i])
		}
	}
	p.samples = kept
}

// pacePlot is the picture of the throughput: rows a second in each stretch of the run.
type pacePlot struct {
	Columns            []paceColumn
	Peak, Mean, Length string
	MeanY              float64
}

type paceColumn struct {
	X, Y, Width, Height float64
	Title               string
}

// The measures of the picture, in units that are pixels on a telephone.
const (
	plotWidth  = 340.0
	plotHeight = 120.0
	maxColumns = 60
)

// plot returns the picture; nil where there is nothing to draw.
func (p *pace) plot() *pacePlot {
	if len(p.samples) == 0 || p.samples[len(p.samples)-1].rows == 0 {
		return nil
	}
	last := p.samples[len(p.samples)-1]
	n := min(len(p.samples), maxColumns)
	rates := make([]float64, n)
	peak := 0.0
	for i := range rates {
		from, to := last.took*time.Duration(i)/time.Duration(n), last.took*time.Duration(i+1)/time.Duration(n)
		rates[i] = (p.at(to) - p.at(from)) / max((to-from).Seconds(), 1e-9)
		peak = max(peak, rates[i])
	}
	mean := float64(last.rows) / max(last.took.Seconds(), 1e-9)
	plot := &pacePlot{Peak: perSecond(peak), Mean: perSecond(mean), Length: length(last.took), MeanY: tenth(plotHeight * (1 - mean/peak))}
	width := plotWidth / float64(n)
	for i, rate := range rates {
		height := plotHeight * rate / peak
		plot.Columns = append(plot.Columns, paceColumn{
			X: tenth(float64(i) * width), Y: tenth(plotHeight - height), Width: tenth(max(width-1, 1)), Height: tenth(height),
			Title: fmt.Sprintf("%s: %s", length(last.took*time.Duration(i+1)/time.Duration(n)), perSecond(rate)),
		})
	}
	return plot
}

// at returns the rows that were written after a time, between two samples in proportion.
func (p *pace) at(took time.Duration) float64 {
	before := sample{}
	for _, s := range p.samples {
		if s.took >= took {
			share := float64(took-before.took) / float64(s.took-before.took)
			return float64(before.rows) + share*float64(s.rows-before.rows)
		}
		before = s
	}
	return float64(before.rows)
}

func tenth(v float64) float64 { return math.Round(10*v) / 10 }

func perSecond(rate float64) string {
	text := fmt.Sprintf("%.1f", rate)
	if rate >= 100 {
		text = grouped(int64(math.Round(rate)))
	}
	return strings.TrimSuffix(text, ".0") + " rows/s"
}

// length returns a duration for people.
func length(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
