package settings

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// prefix begins the names of the variables that set flags.
const prefix = "SUMMARIZER_"

// Environ are the variables of a process, each NAME=value, as os.Environ has them.
type Environ []string

// Lookup returns the value of a variable, and whether it is set.
func (e Environ) Lookup(name string) (value string, set bool) {
	for _, variable := range e {
		if n, v, _ := strings.Cut(variable, "="); n == name {
			return v, true
		}
	}
	return "", false
}

// Get returns the value of a variable; empty where it is not set.
func (e Environ) Get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// Unknown is a variable that begins like the variables of flags, and sets none.
type Unknown struct {
	Name    string
	Nearest string // a variable that may be meant; empty: none is near
}

// serviceVariables are set by Kubernetes in each pod for a service whose name begins with
// "summarizer".
var serviceVariables = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// Unknown returns the variables that begin with SUMMARIZER_ but set no flag of app and are
// none of others, in the order of their names.
func (e Environ) Unknown(app *kong.Application, others ...string) (unknown []Unknown) {
	known := map[string]bool{prefix + "CONFIG": true}
	for _, name := range others {
		known[name] = true
	}
	for _, flags := range Flags(app) {
		for _, name := range Variables(flags[0]) {
			known[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(known))
	for _, variable := range e {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, prefix) && !known[name] && !serviceVariables.MatchString(name) {
			unknown = append(unknown, Unknown{name, nearest(name, len(prefix), names)})
		}
	}
	slices.SortFunc(unknown, func(a, b Unknown) int { return strings.Compare(a.Name, b.Name) })
	return unknown
}

// nearest returns the name that takes the fewest edits to get from name to it, the first
// one of several; empty where more than a third of the letters differ behind a beginning that
// all names share.
func nearest(name string, shared int, names []string) (found string) {
	least := max(1, (len(name)-shared)/3) + 1
	for _, other := range names {
		if d := editDistance(name, other); d < least {
			found, least = other, d
		}
	}
	return found
}

// editDistance returns how many bytes have to be put in, left out or replaced to get from a
// to b (the distance of Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // distances of what is read of a to each beginning of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
