package settings

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Values returns options that have kong say in plain words which values a flag takes.
func Values() kong.Option {
	const (
		whole  = "is not a whole number: write digits, such as 3"
		number = "is not a number: write digits, such as 2 or 0.5"
		text   = "is not text"
	)
	standard := kong.NewRegistry().RegisterDefaults()
	var options []kong.Option
	for kind, fault := range map[reflect.Kind]string{
		reflect.Int: whole, reflect.Int64: whole, reflect.Uint64: whole, reflect.Float64: number, reflect.String: text,
	} {
		mapper := standard.ForType(typesOfKind[kind])
		options = append(options, kong.KindMapper(kind, plainMapper{mapper, func(given string) string {
			if kind != reflect.String && given != "" && strings.Trim(given, "0123456789") == "" {
				return "is too large"
			}
			return fault
		}}))
	}
	duration := reflect.TypeFor[time.Duration]()
	options = append(options, kong.TypeMapper(duration, plainMapper{standard.ForType(duration), func(given string) string {
		if given != "" && strings.Trim(given, "0123456789.") == "" {
			return fmt.Sprintf("has no unit: write %[1]ss, %[1]sm or %[1]sh", given)
		}
		return "is not a duration: write numbers with units, such as 500ms, 30s or 1h30m"
	}}))
	return kong.OptionFunc(func(app *kong.Kong) error {
		for _, option := range options {
			if err := option.Apply(app); err != nil {
				return err
			}
		}
		return nil
	})
}

var typesOfKind = map[reflect.Kind]reflect.Type{
	reflect.Int:     reflect.TypeFor[int](),
	reflect.Int64:   reflect.TypeFor[int64](),
	reflect.Uint64:  reflect.TypeFor[uint64](),
	reflect.Float64: reflect.TypeFor[float64](),
	reflect.String:  reflect.TypeFor[string](),
}

// plainMapper decodes as a mapper of kong does; fault describes a value that it refuses.
type plainMapper struct {
	kong.Mapper
	fault func(given string) string
}

// Decode implements kong.Mapper.
func (m plainMapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	next, name := ctx.Scan.Peek(), ctx.Value.ShortSummary()
	switch {
	case next.IsEOL():
		return fmt.Errorf("the value is missing: write %s=VALUE", name)
	case !next.IsValue():
		return fmt.Errorf("the value is missing, for %[1]s looks like a flag: write %[2]s=%[1]s if it is the value", next, name)
	}
	if err := m.Mapper.Decode(ctx, target); err != nil {
		return fmt.Errorf("%q %s", next.String(), m.fault(next.String()))
	}
	return nil
}
