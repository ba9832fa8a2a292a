package modelserver

import (
	"cmp"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads the wait that a response asks for, in milliseconds, seconds
// or as a date; 0 when it asks for none. More than an hour counts as an hour.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	wait := time.Duration(0)
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil {
		wait = seconds(ms / 1000)
	} else if s, err := strconv.ParseFloat(header.Get("Retry-After"), 64); err == nil {
		wait = seconds(s)
	} else if at, err := http.ParseTime(header.Get("Retry-After")); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}

// seconds converts s, which may be out of range or not a number.
func seconds(s float64) time.Duration {
	if !(s > 0) {
		return 0
	}
	return time.Duration(min(s, 3600) * float64(time.Second))
}

var (
	waitPhrase = regexp.MustCompile(`(?:try again|retry|retry[ -]after|wait|available|resets?)(?: (?:again|after|in|for|about|at least|your request))*[: ]+` +
		`(\d+(?:\.\d+)?) ?(milliseconds?|minutes?|mins?|ms|seconds?|secs?|hours?|[smh])(?: ?(\d+(?:\.\d+)?) ?s)?(?:[^a-z]|$)`)
	waitUnits = map[byte]float64{'s': 1, 'm': 60, 'h': 3600}
)

// waitIn returns the wait that words ask for, as in "try again in 1.8s" or "please wait
// 1m30s"; 0 when they ask for none. More than an hour counts as an hour.
func waitIn(words string) time.Duration {
	found := waitPhrase.FindStringSubmatch(words)
	if found == nil {
		return 0
	}
	n, _ := strconv.ParseFloat(found[1], 64)
	unit := waitUnits[found[2][0]]
	if strings.HasPrefix(found[2], "ms") || strings.HasPrefix(found[2], "milli") {
		unit = 0.001
	}
	more, _ := strconv.ParseFloat(cmp.Or(found[3], "0"), 64)
	return min(seconds(n*unit+more), time.Hour)
}
