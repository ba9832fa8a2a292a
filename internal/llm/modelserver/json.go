package modelserver

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Lenient lets pass what tells nothing of an answer: models repeat names and write them in
// capitals, servers leave underscores out of them, and halves of surrogate pairs become
// the replacement character, which no summary may hold.
var Lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), json.MatchCaseInsensitiveNames(true))

// Members returns the members of an object by their names in lower case, with
// underscores between words; nil for all else. Of names that differ in nothing else, the
// one that is spelled so counts.
func Members(value jsontext.Value) map[string]jsontext.Value {
	var given map[string]jsontext.Value
	if value.Kind() != '{' || json.Unmarshal(value, &given, Lenient) != nil {
		return nil
	}
	for name, member := range given {
		plain := snakeCase(name)
		if plain == name {
			continue
		}
		delete(given, name)
		if _, taken := given[plain]; !taken {
			given[plain] = member
		}
	}
	return given
}

// snakeCase returns a name such as "outputText", "Output-Text" or "OUTPUT" as "output_text"
// and "output".
func snakeCase(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range strings.ReplaceAll(name, "-", "_") {
		upper := 'A' <= r && r <= 'Z'
		if upper && lower {
			b.WriteByte('_')
		}
		lower = 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// itemsOf returns the items of a list, also of one that is written as an object with
// numbers for names; nil for all else.
func itemsOf(value jsontext.Value) []jsontext.Value {
	switch value.Kind() {
	case '[':
		var items []jsontext.Value
		if json.Unmarshal(value, &items, Lenient) == nil {
			return items
		}
	case '{':
		return numbered(value)
	}
	return nil
}

// numbered returns the members of an object in the order of their names, which are all
// whole numbers; nil when they are not.
func numbered(value jsontext.Value) []jsontext.Value {
	if !startsWithNumber(value) {
		return nil
	}
	var members map[string]jsontext.Value
	if json.Unmarshal(value, &members, Lenient) != nil {
		return nil
	}
	order := make([]int, 0, len(members))
	for name := range members {
		n, err := strconv.Atoi(name)
		if err != nil || n < 0 || strconv.Itoa(n) != name {
			return nil
		}
		order = append(order, n)
	}
	slices.Sort(order)
	items := make([]jsontext.Value, len(order))
	for i, n := range order {
		items[i] = members[strconv.Itoa(n)]
	}
	return items
}

// startsWithNumber reports whether the first name of an object begins with a digit.
func startsWithNumber(object jsontext.Value) bool {
	rest := bytes.TrimLeft(object[1:], " \t\r\n")
	return len(rest) > 1 && rest[0] == '"' && '0' <= rest[1] && rest[1] <= '9'
}

// List returns value as a list where it is an object with numbers for names, and else as
// it is.
func List(value jsontext.Value) jsontext.Value {
	if value.Kind() != '{' {
		return value
	}
	items := numbered(value)
	if items == nil {
		return value
	}
	list := jsontext.Value{'['}
	for i, item := range items {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, item...)
	}
	return append(list, ']')
}

// Text returns the text of a string, or the joined texts of a list; "" for any other
// value.
func Text(value jsontext.Value) string {
	switch value.Kind() {
	case '"':
		text, err := jsontext.AppendUnquote(nil, value)
		if err != nil && len(text) == 0 {
			return ""
		}
		return string(text)
	case '[':
		var parts Answer
		parts.addContent(value)
		return parts.Content + parts.Reasoning
	}
	return ""
}

// numberOf returns a number, or one in quotes; 0 for all else.
func numberOf(value jsontext.Value) float64 {
	text := string(value)
	if value.Kind() == '"' {
		text = Text(value)
	}
	n, err := strconv.ParseFloat(text, 64) // infinite where it is too large
	if err != nil && !errors.Is(err, strconv.ErrRange) || n != n {
		return 0
	}
	return n
}

// endOfReasoning matches the mark between the reasoning of a model and its answer.
var endOfReasoning = regexp.MustCompile(`(?i)</(?:[a-z]+:)?(?:think|thinking|thoughts?|reasoning|reason|analysis|scratchpad|reflection)>|◁/think▷|\[/think\]|<\|end_(?:of_)?(?:thought|thinking)\|>|<\|channel\|>final.{0,40}?<\|message\|>`)

// Object returns the one JSON object in text, whatever stands around it: prose, a
// fence, special tokens, a byte order mark. Of several none is taken, as there is no
// telling which is meant; what a model marks as its reasoning does not count. A text
// that is a JSON string is looked through in its place.
func Object(text string) jsontext.Value {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, `"`) {
		if value := jsontext.Value(text); value.IsValid(Lenient) {
			text = Text(value)
		}
	}
	if !strings.HasPrefix(text, "{") {
		if object := onlyObject(AfterReasoning(text)); object != nil {
			return object
		}
	}
	return onlyObject(text)
}

// AfterReasoning returns the text after the reasoning of the model: all of it when
// none is marked.
func AfterReasoning(text string) string {
	if ends := endOfReasoning.FindAllStringIndex(text, -1); ends != nil {
		return text[ends[len(ends)-1][1]:]
	}
	return text
}

// maxBraces bounds the braces of prose that are tried before a text is given up: each
// may cost a look through the rest of it.
const maxBraces = 64

// onlyObject returns the only JSON object in text; nil when there is none, or another, or
// one that breaks off.
func onlyObject(text string) jsontext.Value {
	var only jsontext.Value
	for range maxBraces {
		begin := strings.IndexByte(text, '{')
		if begin < 0 {
			return only
		}
		object, err := objectAt(text[begin:])
		switch {
		case err == nil && only != nil:
			return nil
		case err == nil:
			only = object
			text = text[begin+len(object):]
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		default:
			text = text[begin+1:]
		}
	}
	return nil
}

// objectAt returns the object with which text begins.
func objectAt(text string) (jsontext.Value, error) {
	skip := func(text string) (jsontext.Value, error) {
		decoder := jsontext.NewDecoder(strings.NewReader(text), Lenient)
		err := decoder.SkipValue()
		return jsontext.Value(text[:decoder.InputOffset()]), err
	}
	object, err := skip(text)
	if err == nil {
		return object, nil
	}
	if tidied, err := skip(withoutSlips(text)); err == nil {
		return tidied, nil
	}
	return nil, err
}

// withoutSlips returns text, which is JSON, with spaces in place of two slips of small
// models: a comma after the last item, and line breaks and tabs inside strings.
func withoutSlips(text string) string {
	tidied := []byte(text)
	inString, comma := false, -1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case inString && c < ' ':
			tidied[i] = ' '
		case c == '"':
			inString, comma = !inString, -1
		case inString, c == ' ', c == '\n', c == '\r', c == '\t':
		case c == ',':
			comma = i
		default:
			if comma >= 0 && (c == '}' || c == ']') {
				tidied[comma] = ' '
			}
			comma = -1
		}
	}
	return string(tidied)
}
