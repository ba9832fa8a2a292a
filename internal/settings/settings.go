// Package settings reads flags from where else they may come than the command line:
// the environment, and a YAML file that is checked line by line before any of it is
// used.
//
// A flag may carry two tags of this package: also, a second environment variable to
// read it from, and config:"-" for what belongs on the command line alone.
package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Resolver resolves flags that the command line leaves open: by the environment, then
// by a file. kong's own treatment of the environment would put a file above it.
type Resolver struct {
	Getenv func(string) string
	File   *File
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
		if value := r.Getenv(name); value != "" {
			if err := checkValue(flag, value); err != nil {
				return nil, fmt.Errorf("the variable %s: %w", name, err)
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
	names := []string{"SUMMARIZER_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))}
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

// checkValue reports whether flag takes value, without setting it.
func checkValue(flag *kong.Flag, value string) error {
	target := reflect.New(flag.Target.Type()).Elem()
	scan := kong.Scan().PushTyped(value, kong.FlagValueToken)
	if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, target); err != nil {
		return err
	}
	if flag.Enum != "" && !slices.Contains(flag.EnumSlice(), value) {
		return fmt.Errorf("must be one of %s but got %q", strings.Trim(flag.Enum, ","), value)
	}
	return nil
}
