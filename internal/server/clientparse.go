package server

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// parseClients reads the entries of a file of clients; nil: it holds nothing, not even an
// empty list. It refuses what goccy/go-yaml would take for a zero value or leave out, which
// stands for "no limit", "all RPCs" and "never" in these files.
func parseClients(data []byte) (entries []ClientEntry, err error) {
	defer func() {
		if recover() != nil { // in goccy/go-yaml; a running server reads this file
			err = errors.New("this is not YAML that can be read")
		}
	}()
	file, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		return nil, err
	}
	bodies := slices.DeleteFunc(bodiesOf(file), func(body ast.Node) bool {
		switch body.(type) {
		case nil, *ast.CommentGroupNode, *ast.DirectiveNode:
			return true
		}
		return false
	})
	switch len(bodies) {
	case 0:
		return nil, nil
	case 1:
	default:
		return nil, faultAt(bodies[1].GetToken(), "a second document begins here: write all clients into one list")
	}
	var check clientsCheck
	ast.Walk(&check, bodies[0])
	if check.fault != nil {
		return nil, check.fault
	}
	var content clientFile
	if err := yaml.NodeToValue(bodies[0], &content, yaml.Strict()); err != nil {
		return nil, err
	}
	return content.Clients, nil
}

func bodiesOf(file *ast.File) (bodies []ast.Node) {
	for _, document := range file.Docs {
		bodies = append(bodies, document.Body)
	}
	return bodies
}

// faultAt returns a fault of a file with its place.
func faultAt(at *token.Token, format string, args ...any) error {
	return &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: at}
}

// withPlace returns why the file at path cannot be read, with the line where it is known, and
// without the lines around it, which hold hashes.
func withPlace(path string, err error) error {
	var positioned yaml.Error
	if errors.As(err, &positioned) && positioned.GetToken() != nil {
		return fmt.Errorf("%s:%d: %s", path, positioned.GetToken().Position.Line, positioned.GetMessage())
	}
	return fmt.Errorf("%s: %w", path, err)
}

// clientsCheck finds the first setting of a file that would be taken for another one.
type clientsCheck struct{ fault error }

// Visit implements ast.Visitor.
func (c *clientsCheck) Visit(node ast.Node) ast.Visitor {
	if c.fault != nil {
		return nil
	}
	switch node := node.(type) {
	case *ast.TagNode: // some make the decoder of goccy/go-yaml 1.19 panic
		c.fault = faultAt(node.GetToken(), "the tag %s is not known here: write the value alone, decrypted if it is not", node.GetToken().Value)
	case *ast.MappingValueNode:
		c.fault = checkSetting(node.Key.GetToken().Value, node.Value)
	}
	return c
}

func checkSetting(key string, value ast.Node) error {
	if anchor, ok := value.(*ast.AnchorNode); ok {
		value = anchor.Value
	}
	switch node := value.(type) {
	case *ast.NullNode:
		return faultAt(node.GetToken(), "%q has no value: give it one, or leave it out", key)
	case *ast.SequenceNode:
		if key == "rpcs" && len(node.Values) == 0 {
			return faultAt(node.GetToken(), "%q is empty: name RPCs, or leave it out for all, or remove the client", key)
		}
	}
	if n, err := strconv.ParseFloat(value.GetToken().Value, 64); err == nil && n != math.Trunc(n) && (key == "articles-in-flight" || key == "streams") {
		return faultAt(value.GetToken(), "%q is %v: it must be a whole number", key, n)
	}
	return nil
}

// UnmarshalYAML implements yaml.InterfaceUnmarshaler.
func (k *ClientKey) UnmarshalYAML(unmarshal func(any) error) (err error) {
	var plain struct {
		SHA256  string `yaml:"sha256"`
		Created string `yaml:"created"`
		Expires string `yaml:"expires"`
	}
	if unmarshal(&plain.SHA256) != nil {
		if err := unmarshal(&plain); err != nil {
			return err
		}
	}
	k.SHA256 = strings.ToLower(plain.SHA256)
	if k.Created, err = parseFileTime(plain.Created, 0); err != nil {
		return fmt.Errorf("created: %w", err)
	}
	if k.Expires, err = parseFileTime(plain.Expires, 1); err != nil {
		return fmt.Errorf("expires: %w", err)
	}
	return nil
}

// parseFileTime reads a time of a file of clients, in UTC where it names no zone; the zero
// time is for "never" and for none. A day stands for its beginning, or for the beginning of a
// day so many days later.
func parseFileTime(text string, daysLater int) (t time.Time, err error) {
	if text == "" || text == "never" {
		return t, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if t, err = time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if t, err = time.Parse(time.DateOnly, text); err != nil {
		return t, fmt.Errorf("%q is not a time: write a day such as 2027-03-01, a time such as 2027-03-01T12:00:00Z, or never", text)
	}
	return t.AddDate(0, 0, daysLater), nil
}
