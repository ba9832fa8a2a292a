package grounding

import (
	"strconv"
	"strings"
)

// readDecimal reads digits with the given separators. A point that stands
// twice separates thousands, whatever the language.
func readDecimal(text string, thousands, point byte) decimal {
	if strings.Count(text, string(point)) > 1 {
		thousands, point = point, thousands
	}
	text = strings.ReplaceAll(text, string(thousands), "")
	before, after, _ := strings.Cut(text, string(point))
	return newDecimal(before+after, -len(after))
}

// decimal is an exact number: digits times ten to the power of exp, without
// leading or trailing zeros among the digits. It is comparable.
type decimal struct {
	digits string
	exp    int
}

func newDecimal(digits string, exp int) decimal {
	digits = strings.TrimLeft(digits, "0")
	trimmed := strings.TrimRight(digits, "0")
	if trimmed == "" {
		return decimal{}
	}
	return decimal{trimmed, exp + len(digits) - len(trimmed)}
}

func whole(n int) decimal { return newDecimal(strconv.Itoa(n), 0) }

// plus returns the sum of two whole numbers below a quintillion.
func (d decimal) plus(other decimal) decimal {
	a, errA := strconv.ParseInt(d.digits+strings.Repeat("0", max(d.exp, 0)), 10, 64)
	b, errB := strconv.ParseInt(other.digits+strings.Repeat("0", max(other.exp, 0)), 10, 64)
	if d.exp < 0 || other.exp < 0 || d.exp > 18 || other.exp > 18 || errA != nil || errB != nil {
		return d
	}
	return newDecimal(strconv.FormatInt(a+b, 10), 0)
}

// plusHalf returns the sum of a whole number below a quadrillion and half a power of ten.
func (d decimal) plusHalf(exp int) decimal {
	if d.exp < 0 || d.exp > 15 || exp > 15 {
		return d
	}
	tenfold, err := strconv.ParseInt(d.digits+strings.Repeat("0", d.exp+1), 10, 64)
	half, _ := strconv.ParseInt("5"+strings.Repeat("0", exp), 10, 64)
	if err != nil {
		return d
	}
	return newDecimal(strconv.FormatInt(tenfold+half, 10), -1)
}

func (d decimal) scale(exp int) decimal {
	if d.digits == "" {
		return d
	}
	return decimal{d.digits, d.exp + exp}
}

// smallInt returns the value of d where it is a whole number of at most four
// digits, else -1.
func (d decimal) smallInt() int {
	if d.digits == "" {
		return 0
	}
	if d.exp < 0 || len(d.digits)+d.exp > 4 {
		return -1
	}
	n, _ := strconv.Atoi(d.digits + strings.Repeat("0", d.exp))
	return n
}

// magnitude returns the number of digits before the decimal point.
func (d decimal) magnitude() int { return len(d.digits) + d.exp }

// percentage returns d, a percentage or a share such as a third, as a float.
func (d decimal) percentage() (float64, bool) {
	parts, all, ok := strings.Cut(d.digits, "/")
	if !ok {
		return d.float()
	}
	a, errA := strconv.Atoi(parts)
	b, errB := strconv.Atoi(all)
	return 100 * float64(a) / float64(b), errA == nil && errB == nil
}

// float returns d as a float, where it is a number to count with: fractions and
// times of day are not.
func (d decimal) float() (float64, bool) {
	if d.exp > 30 {
		return 0, false
	}
	f, err := strconv.ParseFloat(d.digits+"e"+strconv.Itoa(d.exp), 64)
	return f, err == nil
}
