package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// jsonFault is a fault of a body of JSON. Its message holds no text of the request.
type jsonFault struct {
	path    string // of the field; empty: it lies in no field
	rule    summarizer.FieldRule
	problem string // such as "is given twice"
	wayOut  string
	offset  int // in the body, in bytes; -1: not known
}

// refusal returns the error of a fault at a position such as " at line 1, column 2".
func (f *jsonFault) refusal(position string) error {
	field := f.path
	if field == "" {
		field = bodyField
	}
	return summarizer.Invalid(summarizer.Fault{Field: field, Rule: f.rule, Message: f.problem + position + ": " + f.wayOut})
}

// positionIn describes an offset in JSON that begins in a line of the body.
func positionIn(data []byte, offset, line int) string {
	if offset < 0 {
		return ""
	}
	before := data[:min(offset, len(data))]
	begin := bytes.LastIndexByte(before, '\n') + 1
	return fmt.Sprintf(" at line %d, column %d", line+bytes.Count(before, []byte("\n")), utf8.RuneCount(before[begin:])+1)
}

// findJSONFault says what is wrong with data that protojson does not take for a message. Of
// the text of its error it takes the kind and the position; the rest may hold text of the
// request.
func findJSONFault(err error, data []byte, message protoreflect.MessageDescriptor) *jsonFault {
	text := err.Error()
	var syntax *json.SyntaxError
	if errors.As(json.Unmarshal(data, new(json.RawMessage)), &syntax) {
		if strings.HasPrefix(syntax.Error(), "unexpected end") {
			return &jsonFault{rule: summarizer.RuleMalformed, problem: "is not JSON", wayOut: "it ends too early", offset: len(bytes.TrimRight(data, " \t\r\n"))}
		}
		return &jsonFault{rule: summarizer.RuleMalformed, problem: "is not JSON", wayOut: "check quotes, commas and brackets", offset: int(syntax.Offset) - 1}
	}
	w := &walker{data: data, decoder: json.NewDecoder(bytes.NewReader(data)), offset: offsetOf(text, data)}
	w.walk(message)
	f := &jsonFault{path: w.path, offset: w.offset}
	switch {
	case w.half:
		f.rule, f.problem, f.wayOut = summarizer.RuleNotUTF8, `has half of a surrogate pair, such as \ud800 alone`, "send whole characters"
	case strings.Contains(text, "invalid UTF-8"):
		f.rule, f.problem, f.wayOut = summarizer.RuleNotUTF8, "is not valid UTF-8", "convert it before sending"
	case strings.Contains(text, "unknown field"):
		f.rule, f.problem, f.wayOut = summarizer.RuleNotDefined, "is not a field of the request", "its fields are in /openapi.yaml"
		if !w.named {
			f.problem = "has a field that the request does not have"
		}
	case strings.Contains(text, "duplicate field"):
		f.rule, f.problem, f.wayOut = summarizer.RuleDuplicate, "is given twice", "send it once"
	default:
		f.rule, f.problem, f.wayOut = wrongKind(w.field, w.element)
	}
	return f
}

// faultPosition finds where protojson says that a fault is.
var faultPosition = regexp.MustCompile(`\(line (\d+):(\d+)\)`)

// offsetOf returns the offset of the line and column in an error of protojson; -1 where it
// has none.
func offsetOf(text string, data []byte) int {
	at := faultPosition.FindStringSubmatch(text)
	if at == nil {
		return -1
	}
	line, _ := strconv.Atoi(at[1]) // the pattern has digits only
	column, _ := strconv.Atoi(at[2])
	offset := 0
	for ; line > 1; line-- {
		offset += bytes.IndexByte(data[offset:], '\n') + 1
	}
	for ; column > 1 && offset < len(data); column-- {
		_, size := utf8.DecodeRune(data[offset:])
		offset += size
	}
	return offset
}

// walker finds the field at an offset in JSON that is well-formed. Without an offset it
// finds the first string with half of a surrogate pair, which protojson fails on without
// saying where.
type walker struct {
	data    []byte
	decoder *json.Decoder
	offset  int

	found   bool
	path    string                       // of the field, as the contract names it
	named   bool                         // the path ends in the name of a field
	field   protoreflect.FieldDescriptor // nil: there is none
	element bool                         // of the list that the field is
	half    bool                         // the string there has half of a surrogate pair
}

func (w *walker) walk(message protoreflect.MessageDescriptor) {
	w.named = true
	if token := w.next(); !w.found && token == json.Delim('{') {
		w.message(message, "")
	}
}

// next reads a token, and reports by found whether it is the one that is looked for.
func (w *walker) next() json.Token {
	begin := int(w.decoder.InputOffset())
	token, err := w.decoder.Token()
	end := int(w.decoder.InputOffset())
	if _, ok := token.(string); ok && (w.offset < 0 || w.offset < end) {
		w.half = hasHalfPair(w.data[begin:end])
	}
	w.found = err != nil || w.half || w.offset >= 0 && w.offset < end
	return token
}

// message walks over the fields of an object.
func (w *walker) message(message protoreflect.MessageDescriptor, path string) {
	for w.decoder.More() && !w.found {
		name, _ := w.next().(string)
		field := fieldNamed(message, name)
		switch {
		case field != nil:
			w.enter(path, field.TextName(), field)
		case safeName.MatchString(name):
			w.enter(path, name, nil)
		default:
			w.enter(path, "", nil)
		}
		if !w.found {
			w.value()
		}
	}
	if !w.found {
		w.path, w.field, w.element = path, nil, false
		w.next()
	}
}

// enter goes on to a field of the message at a path.
func (w *walker) enter(path, name string, field protoreflect.FieldDescriptor) {
	w.field, w.element, w.named = field, false, name != ""
	w.path = strings.Trim(path+"."+name, ".")
}

// value walks over the value of the field.
func (w *walker) value() {
	token, field, path := w.next(), w.field, w.path
	switch {
	case w.found || field == nil:
		w.found = true
	case token == json.Delim('[') && field.IsList() && !w.element:
		for i := 0; w.decoder.More() && !w.found; i++ {
			w.path, w.field, w.element = path+"["+strconv.Itoa(i)+"]", field, true
			w.value()
		}
		if !w.found {
			w.path, w.field, w.element = path, field, false
			w.next()
		}
	case token == json.Delim('{') && field.Message() != nil && !field.IsMap():
		w.message(field.Message(), path)
	default:
		_, w.found = token.(json.Delim)
	}
}

// safeName matches names that may be told though the contract does not have them.
var safeName = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)

func fieldNamed(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if field := message.Fields().ByJSONName(name); field != nil {
		return field
	}
	return message.Fields().ByTextName(name)
}

// hasHalfPair reports whether the source of a string has an escape that is half of a
// surrogate pair.
func hasHalfPair(source []byte) bool {
	high := false // the escape before is the first half
	for i := 0; i < len(source); i++ {
		var unit uint64
		if source[i] == '\\' && i+5 < len(source) && source[i+1] == 'u' {
			unit, _ = strconv.ParseUint(string(source[i+2:i+6]), 16, 16)
		}
		low := unit>>10 == 0xdc00>>10
		if high != low {
			return true
		}
		high = unit>>10 == 0xd800>>10
		switch {
		case source[i] != '\\':
		case unit > 0 || i+1 < len(source) && source[i+1] == 'u':
			i += 5
		default:
			i++
		}
	}
	return high
}

// wrongKind says which kind of value a field has.
func wrongKind(field protoreflect.FieldDescriptor, element bool) (rule summarizer.FieldRule, problem, wayOut string) {
	rule, problem = summarizer.RuleMalformed, "has a value of the wrong kind"
	switch {
	case field == nil:
		return rule, "is not the JSON of the request", "its form is in /openapi.yaml"
	case field.IsList() && !element:
		return rule, problem, "send a list"
	}
	switch field.Kind() {
	case protoreflect.EnumKind:
		return summarizer.RuleNotDefined, "is not a value of the enum", "send " + server.EnumNames(field.Enum())
	case protoreflect.MessageKind:
		if field.Message().FullName() == "google.protobuf.Timestamp" {
			return rule, "is not a time", `send one such as "2026-11-30T12:00:00Z"`
		}
		return rule, problem, "send an object"
	case protoreflect.StringKind:
		return rule, problem, "send a string"
	case protoreflect.BoolKind:
		return rule, problem, "send true or false"
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		return rule, problem, "send a number"
	case protoreflect.Int32Kind, protoreflect.Int64Kind, protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return rule, problem, "send a whole number"
	}
	return rule, problem, "its form is in /openapi.yaml"
}
