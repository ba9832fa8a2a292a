package settings

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// File is a configuration file: a YAML mapping of names of flags, of whatever
// subcommand, to plain values, of llm.endpoints to a list, and of llm.verify to who
// verifies.
type File struct {
	Endpoints []EndpointEntry // nil: not set
	Verify    VerifyEntry

	path          string
	values        map[string]setting
	endpointsLine int // 0: not set
}

type setting struct {
	value string
	line  int
}

// Parse reads data and checks each of its keys and values against the flags of app. The
// name stands for the file in errors.
func Parse(name string, data []byte, app *kong.Application) (*File, error) {
	f := &File{path: name, values: map[string]setting{}}
	if err := f.parse(data, Flags(app)); err != nil {
		return nil, err
	}
	return f, nil
}

// parse reports all faults, unless the YAML is broken.
func (f *File) parse(data []byte, known map[string][]*kong.Flag) (faults error) {
	parsed, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		return f.syntaxError(err)
	}
	for _, document := range parsed.Docs {
		entries, err := f.entries(document.Body)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			faults = errors.Join(faults, f.add(entry, known))
		}
	}
	return faults
}

func (f *File) entries(body ast.Node) ([]*ast.MappingValueNode, error) {
	switch node := body.(type) {
	case nil, *ast.CommentGroupNode:
		return nil, nil
	case *ast.MappingNode:
		return node.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{node}, nil
	}
	return nil, f.errorAt(lineOf(body), "there must be lines of the form \"flag: value\"")
}

func (f *File) add(entry *ast.MappingValueNode, known map[string][]*kong.Flag) error {
	at := lineOf(entry.Key)
	key := entry.Key.GetToken().Value
	switch key {
	case EndpointsKey:
		return f.addEndpoints(entry.Key, entry.Value)
	case VerifyKey:
		return f.addVerify(entry.Key, entry.Value)
	case "llm":
		return f.addLLM(entry)
	}
	flags := known[key]
	if len(flags) == 0 {
		return f.errorAt(at, "unknown key %q: %s", key, suggestion(key, "-", known, "keys are named as the flags"))
	}
	if before, ok := f.values[key]; ok {
		return f.errorAt(at, "the key %q is already set in line %d", key, before.line)
	}
	value, ok := plainValue(entry.Value)
	if !ok {
		return f.errorAt(at, "the key %q needs one plain value", key)
	}
	for _, flag := range flags {
		if err := checkValue(fmt.Sprintf("the key %q", key), flag, value); err != nil {
			return f.errorAt(at, "%w", err)
		}
	}
	f.values[key] = setting{value, at}
	return nil
}

// suggestion asks whether the nearest of names was meant by an unknown key; without a near one it
// is fallback. A separator joins the words of names.
func suggestion[V any](key, separator string, names map[string]V, fallback string) string {
	words := strings.NewReplacer("_", separator, "-", separator).Replace(strings.ToLower(key))
	if found := nearest(words, 0, slices.Sorted(maps.Keys(names))); found != "" {
		return fmt.Sprintf("did you mean %q?", found)
	}
	return fallback
}

// addLLM reads llm.endpoints and llm.verify written as keys within a key.
func (f *File) addLLM(entry *ast.MappingValueNode) error {
	var inner []*ast.MappingValueNode
	switch node := entry.Value.(type) {
	case *ast.MappingNode:
		inner = node.Values
	case *ast.MappingValueNode:
		inner = []*ast.MappingValueNode{node}
	}
	if len(inner) == 0 {
		return f.errorAt(lineOf(entry.Key), "the key \"llm\" needs a line \"endpoints:\" within it")
	}
	var faults error
	for _, e := range inner {
		var err error
		switch key := e.Key.GetToken().Value; key {
		case "endpoints":
			err = f.addEndpoints(e.Key, e.Value)
		case "verify":
			err = f.addVerify(e.Key, e.Value)
		default:
			err = f.errorAt(lineOf(e.Key), "unknown key %q within \"llm\": there are only \"endpoints\" and \"verify\"; flags are written as \"llm-model: NAME\"", key)
		}
		faults = errors.Join(faults, err)
	}
	return faults
}

func (f *File) syntaxError(err error) error {
	at, message := 1, err.Error()
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		message = positioned.GetMessage()
		if t := positioned.GetToken(); t != nil && t.Position != nil {
			at = t.Position.Line
		}
	}
	if strings.Contains(message, "tab character") || strings.Contains(message, "'\t'") {
		message = "a tab stands where YAML takes only spaces, before a key or a value: write spaces"
	}
	return f.errorAt(at, "%s", message)
}

func (f *File) errorAt(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", f.path, line, fmt.Errorf(format, args...))
}

func lineOf(node ast.Node) int { return node.GetToken().Position.Line }

// plainValue returns a scalar as it is written.
func plainValue(node ast.Node) (string, bool) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, true
	case *ast.LiteralNode:
		return node.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}
