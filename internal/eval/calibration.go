package eval

import "math"

// Calibration says how far confidences are shares: of the topics given with a
// confidence of 0.8, 80% should be right. It is taken over every topic that came
// with a confidence, whether it was delivered or not.
type Calibration struct {
	Count int `json:"count"` // pairs of article and topic

	// ECE is the expected calibration error over ten bins of equal width: the
	// mean distance of confidence and share of right ones, weighted by count
	// (M. P. Naeini et al., 2015).
	ECE float64 `json:"ece"`

	// Brier is the mean squared distance of the confidence from 1 where the topic
	// is right and from 0 where it is not (G. W. Brier, 1950).
	Brier float64 `json:"brier"`

	// The same with their intervals over samples of the articles.
	ECEBounds   Interval `json:"eceInterval"`
	BrierBounds Interval `json:"brierInterval"`

	Bins []Bin `json:"bins"`
}

// Bin holds the confidences from Low on and below High; the last one holds 1 too.
type Bin struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Count      int     `json:"count"`
	Confidence float64 `json:"confidence"` // mean; 0 without any
	Right      float64 `json:"right"`      // share of right ones; 0 without any
}

const calibrationBins = 10

// judged is a confidence and whether its topic is right.
type judged struct {
	confidence float64
	right      bool
}

func calibrate(all []judged) *Calibration {
	if len(all) == 0 {
		return nil
	}
	c := &Calibration{Count: len(all), Bins: make([]Bin, calibrationBins)}
	for _, j := range all {
		bin := &c.Bins[min(int(j.confidence*calibrationBins), calibrationBins-1)]
		bin.Count++
		bin.Confidence += j.confidence
		truth := 0.0
		if j.right {
			truth = 1
			bin.Right++
		}
		c.Brier += (j.confidence - truth) * (j.confidence - truth)
	}
	n := float64(len(all))
	c.Brier /= n
	for i := range c.Bins {
		bin := &c.Bins[i]
		bin.Low, bin.High = float64(i)/calibrationBins, float64(i+1)/calibrationBins
		if bin.Count > 0 {
			bin.Confidence /= float64(bin.Count)
			bin.Right /= float64(bin.Count)
			c.ECE += float64(bin.Count) / n * math.Abs(bin.Confidence-bin.Right)
		}
	}
	return c
}
