package settings

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/seed-59202292/summarizer/internal/llm"
)

// The keys of a file that are no flags.
const (
	EndpointsKey = "llm.endpoints"
	VerifyKey    = "llm.verify"
)

// VerifyEntry says who verifies summaries: the endpoint of a name, or one of its own. Both
// are unset where the file does not say.
type VerifyEntry struct {
	Name  string
	Own   *EndpointEntry
	Where string // file and line
}

// SameVerifier reports whether two entries differ in nothing but where they stand and where
// their key is.
func SameVerifier(a, b VerifyEntry) bool {
	if a.Own == nil || b.Own == nil {
		return a.Name == b.Name && a.Own == b.Own
	}
	return reflect.DeepEqual(a.Own.Endpoint, b.Own.Endpoint)
}

// addVerify reads what stands under llm.verify.
func (f *File) addVerify(key, value ast.Node) error {
	at := lineOf(key)
	if f.Verify.Where != "" {
		return f.errorAt(at, "the key %q is already set at %s", VerifyKey, f.Verify.Where)
	}
	f.Verify.Where = fmt.Sprintf("%s:%d", f.path, at)
	const needs = `needs one line "endpoint:" with the name of an endpoint of ` + EndpointsKey + `, or with the lines of one of its own below it`
	entries, err := f.entries(value)
	if err != nil || len(entries) != 1 {
		return f.errorAt(at, "the key %q "+needs, VerifyKey)
	}
	entry := entries[0]
	if name := entry.Key.GetToken().Value; name != "endpoint" {
		return f.errorAt(lineOf(entry.Key), "unknown key %q: %s "+needs, name, VerifyKey)
	}
	switch entry.Value.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		own, err := f.endpoint(entry.Value, lineOf(entry.Key))
		f.Verify.Own = &own
		return err
	}
	if err := yaml.NodeToValue(entry.Value, &f.Verify.Name); err != nil || f.Verify.Name == "" {
		return f.errorAt(lineOf(entry.Key), "the key \"endpoint\" of %s "+needs, VerifyKey)
	}
	return nil
}

// EndpointEntry is an entry of llm.endpoints: an endpoint, and where its API key is.
type EndpointEntry struct {
	llm.Endpoint `yaml:",inline"`

	APIKeyEnv  string `yaml:"api_key_env"`
	APIKeyFile string `yaml:"api_key_file"`

	Where string `yaml:"-"` // file and line
}

// SameEndpoints reports whether two lists differ in nothing but where their keys are, and
// where they stand.
func SameEndpoints(a, b []EndpointEntry) bool {
	return slices.EqualFunc(a, b, func(x, y EndpointEntry) bool { return reflect.DeepEqual(x.Endpoint, y.Endpoint) })
}

// endpointKeys says for each key of an endpoint what its value is.
var endpointKeys = func() map[string]string {
	keys := map[string]string{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[EndpointEntry]()) {
		key := field.Tag.Get("yaml")
		if key == "" || key == "-" || key == ",inline" {
			continue
		}
		switch field.Type {
		case reflect.TypeFor[time.Duration]():
			keys[key] = `a time such as "30s"`
		case reflect.TypeFor[int]():
			keys[key] = "a whole number"
		case reflect.TypeFor[float64]():
			keys[key] = "a number"
		case reflect.TypeFor[bool](), reflect.TypeFor[*bool]():
			keys[key] = "true or false"
		case reflect.TypeFor[map[string]string]():
			keys[key] = "names and their values"
		default:
			keys[key] = "one plain value"
		}
	}
	return keys
}()

// addEndpoints reads the list under llm.endpoints. The entries are checked as
// far as that goes without the keys.
func (f *File) addEndpoints(key, value ast.Node) error {
	at := lineOf(key)
	if f.endpointsLine != 0 {
		return f.errorAt(at, "the key %q is already set in line %d", EndpointsKey, f.endpointsLine)
	}
	f.endpointsLine = at
	list, ok := value.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		return f.errorAt(at, "the key %q needs a list with at least one endpoint", EndpointsKey)
	}
	names := map[string]int{}
	var faults error
	for _, node := range list.Values {
		at := lineOf(node)
		if mapping, ok := node.(*ast.MappingNode); ok && len(mapping.Values) > 0 {
			at = lineOf(mapping.Values[0].Key)
		}
		settings, err := f.endpoint(node, at)
		if before, ok := names[settings.Name]; ok && err == nil {
			err = f.errorAt(at, "the endpoint in line %d is named %q too: give each a name of its own", before, settings.Name)
		}
		names[settings.Name] = at
		faults = errors.Join(faults, err)
		f.Endpoints = append(f.Endpoints, settings)
	}
	return faults
}

func (f *File) endpoint(node ast.Node, at int) (EndpointEntry, error) {
	settings := EndpointEntry{Where: fmt.Sprintf("%s:%d", f.path, at)}
	entries, err := f.entries(node)
	if err != nil || len(entries) == 0 {
		return settings, f.errorAt(at, "an endpoint needs lines of the form \"model: NAME\"")
	}
	var faults error
	for _, entry := range entries { // one by one, as the library's errors do not all have a line
		key := entry.Key.GetToken().Value
		needs, known := endpointKeys[key]
		if !known {
			faults = errors.Join(faults, f.errorAt(lineOf(entry.Key), "unknown key %q of an endpoint: %s", key, suggestion(key, "_", endpointKeys, "the keys are in docs/configuration.md")))
			continue
		}
		if err := yaml.NodeToValue(entry, &settings); err != nil {
			faults = errors.Join(faults, f.errorAt(lineOf(entry.Key), "the key %q needs %s", key, needs))
		}
	}
	if faults != nil {
		return settings, faults
	}
	if settings.Name == "" {
		settings.Name = llm.DefaultEndpoint().Name
	}
	err = settings.Validate()
	if settings.APIKeyEnv != "" && settings.APIKeyFile != "" {
		err = errors.New("api_key_env and api_key_file are both set: keep one")
	}
	if err != nil {
		return settings, f.errorAt(at, "the endpoint %q: %w", settings.Name, err)
	}
	return settings, nil
}
