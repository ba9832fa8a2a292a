package grounding

import (
	"strconv"
	"strings"
)

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
