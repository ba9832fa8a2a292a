// Package settings reads flags from where else they may come than the command line:
// the environment, and a YAML file that is checked line by line before any of it is
// used.
//
// A flag may carry tags of this package: also, a second environment variable to read it
// from; config:"-" for what belongs on the command line alone; empty:"value" where an empty
// text is a value, or empty:"error" where the command line may not leave one: an empty variable
// counts as not set; and min and max, the ends of the range of its values, both of which are in it.
package settings

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Resolver resolves flags that the command line leaves open: by the environment, then
// by a file. kong's own treatment of the environment would put a file above it.
type Resolver struct {
	Environ Environ
	File    *File
}

var _ kong.Resolver = (*Resolver)(nil)

// Validate implements kong.Resolver.
func (r *Resolver) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver: it returns nil for the default.
func (r *Resolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !Configurable(flag) {
		return nil, nil
	}
	for _, name := range Variables(flag) {
		value, set := r.Environ.Lookup(name)
		if set && (value != "" || flag.Tag.Get("empty") == "value") {
			if err := checkValue("the variable "+name, flag, value); err != nil {
				return nil, err
			}
			return value, nil
		}
	}
	if set, ok := r.File.values[flag.Name]; ok && flag.Name != "config" {
		return set.value, nil
	}
	return nil, nil
}

// Configurable reports whether flag may come from elsewhere than the command
// line.
func Configurable(flag *kong.Flag) bool {
	return flag.Name != "help" && flag.Tag.Get("config") != "-"
}

// Variables returns the environment variables of flag, the first one first.
func Variables(flag *kong.Flag) []string {
	names := []string{prefix + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))}
	if also := flag.Tag.Get("also"); also != "" {
		names = append(names, also)
	}
	return names
}

// Flags returns by name what the environment and a file may set, over all
// subcommands.
func Flags(app *kong.Application) map[string][]*kong.Flag {
	flags := map[string][]*kong.Flag{}
	collect(app.Node, flags)
	return flags
}

func collect(node *kong.Node, into map[string][]*kong.Flag) {
	for _, flag := range node.Flags {
		if Configurable(flag) && flag.Name != "config" {
			into[flag.Name] = append(into[flag.Name], flag)
		}
	}
	for _, child := range node.Children {
		collect(child, into)
	}
}

// Changed names the flags that are set to other values in after than in before, two
// parses of one command line, but for the ones in leftOut.
func Changed(before, after *kong.Context, leftOut ...string) (names []string) {
	old := map[string]any{}
	for _, flag := range before.Flags() {
		old[flag.Name] = flag.Target.Interface()
	}
	for _, flag := range after.Flags() {
		if Configurable(flag) && !slices.Contains(leftOut, flag.Name) && !reflect.DeepEqual(old[flag.Name], flag.Target.Interface()) {
			names = append(names, flag.Name)
		}
	}
	return names
}

// RangeOf says in words which values the tags of flag allow; empty where they allow all.
func RangeOf(flag *kong.Flag) string {
	switch least, most := flag.Tag.Get("min"), flag.Tag.Get("max"); {
	case least == "":
		return ""
	case most == "":
		return "at least " + least
	default:
		return least + " to " + most
	}
}

// CheckRange reports a value that is out of the range of its flag, by the name under
// which the reader knows that.
func CheckRange(name string, flag *kong.Flag, value reflect.Value) error {
	within := true
	if least := flag.Tag.Get("min"); least != "" {
		within = number(value) >= bound(flag, least)
	}
	if most := flag.Tag.Get("max"); most != "" {
		within = within && number(value) <= bound(flag, most)
	}
	if within {
		return nil
	}
	return fmt.Errorf("%s is %v: it must be %s", name, value, RangeOf(flag))
}

// CheckEmpty reports an empty text for a flag that may not have one, as an unset variable of a
// shell leaves it: "keys remove NAME --key $HASH" would remove the client. Flags that nothing
// but the command line sets may have none unless they are tagged otherwise, since there is
// nothing else that they would override.
func CheckEmpty(flag *kong.Flag) error {
	tag := flag.Tag.Get("empty")
	kind := flag.Target.Kind()
	if !flag.Set || kind != reflect.String && kind != reflect.Slice || flag.Target.Len() > 0 ||
		tag == "value" || tag != "error" && Configurable(flag) {
		return nil
	}
	return fmt.Errorf("--%s is empty: give it a value, or leave it out", flag.Name)
}

// bound returns an end of a range. A tag that the flag cannot take is a bound that no
// value keeps.
func bound(flag *kong.Flag, text string) float64 {
	value, err := decode(flag, text)
	if err != nil {
		return math.NaN()
	}
	return number(value)
}

// number returns a number or a time as a float.
func number(v reflect.Value) float64 {
	if v.CanFloat() {
		return v.Float()
	}
	return float64(v.Int())
}

// checkValue reports whether flag takes value, without setting it. Name is the source of
// the value.
func checkValue(name string, flag *kong.Flag, value string) error {
	decoded, err := decode(flag, value)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case flag.Enum != "" && !slices.Contains(flag.EnumSlice(), value):
		return fmt.Errorf("%s: must be one of %s but got %q", name, strings.Trim(flag.Enum, ","), value)
	}
	return CheckRange(name, flag, decoded)
}

func decode(flag *kong.Flag, text string) (reflect.Value, error) {
	target := reflect.New(flag.Target.Type()).Elem()
	scan := kong.Scan().PushTyped(text, kong.FlagValueToken)
	return target, flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, target)
}
