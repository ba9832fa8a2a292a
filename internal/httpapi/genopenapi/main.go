// Command genopenapi writes the OpenAPI document of the JSON API on standard output. It
// reads the contract as a FileDescriptorSet with comments from standard input, as "buf
// build -o -" writes it, and takes the paths from package httpapi. It fails where a comment of
// the contract does not say whether a field is required.
package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/seed-59202292/summarizer/internal/httpapi"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "genopenapi:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	data, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(data, &set); err != nil {
		return err
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return err
	}
	d := &schemaSet{schemas: map[string]yaml.MapSlice{}}
	var paths yaml.MapSlice
	for _, route := range httpapi.Routes() {
		found, err := files.FindDescriptorByName(protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(route.RPC, "/"), "/", ".")))
		if err != nil {
			return fmt.Errorf("%s: %w", route.RPC, err)
		}
		method := found.(protoreflect.MethodDescriptor)
		if err := checkForm(method.ParentFile()); err != nil {
			return err
		}
		paths = append(paths, yaml.MapItem{Key: route.Path, Value: yaml.MapSlice{
			{Key: strings.ToLower(route.Method), Value: d.operation(route, method)},
		}})
	}
	encoded, err := yaml.MarshalWithOptions(d.root(paths), yaml.UseLiteralStyleIfMultiline(true))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "# Generated from summarizer.proto by \"make generate\": do not edit.\n%s", encoded)
	return err
}

// schemaSet collects the schemas that paths refer to.
type schemaSet struct{ schemas map[string]yaml.MapSlice }

func (d *schemaSet) root(paths yaml.MapSlice) yaml.MapSlice {
	d.schemas["Status"] = statusSchema
	schemas := yaml.MapSlice{}
	for _, name := range slices.Sorted(maps.Keys(d.schemas)) {
		schemas = append(schemas, yaml.MapItem{Key: name, Value: d.schemas[name]})
	}
	return yaml.MapSlice{
		{Key: "openapi", Value: "3.1.0"},
		{Key: "info", Value: yaml.MapSlice{
			{Key: "title", Value: "summarizer"},
			{Key: "version", Value: "v1"},
			{Key: "description", Value: "Short summaries and topic labels of news articles. The messages are those of the gRPC contract summarizer.v1 in ProtoJSON."},
			{Key: "license", Value: yaml.MapSlice{{Key: "name", Value: "Apache-2.0"}, {Key: "identifier", Value: "Apache-2.0"}}},
		}},
		{Key: "servers", Value: []yaml.MapSlice{{{Key: "url", Value: "/"}, {Key: "description", Value: "The server that serves this document."}}}},
		{Key: "security", Value: []yaml.MapSlice{{}, {{Key: "key", Value: []string{}}}}},
		{Key: "paths", Value: paths},
		{Key: "components", Value: yaml.MapSlice{
			{Key: "securitySchemes", Value: yaml.MapSlice{{Key: "key", Value: yaml.MapSlice{
				{Key: "type", Value: "http"},
				{Key: "scheme", Value: "bearer"},
				{Key: "description", Value: "A key of the server's file of clients. A server without one asks for none."},
			}}}},
			{Key: "parameters", Value: parameters},
			{Key: "headers", Value: headers},
			{Key: "schemas", Value: schemas},
		}},
	}
}

// operation describes one path.
func (d *schemaSet) operation(route httpapi.Route, method protoreflect.MethodDescriptor) yaml.MapSlice {
	summary, _, _ := strings.Cut(commentOf(method), ". ")
	operation := yaml.MapSlice{
		{Key: "operationId", Value: string(method.Name())},
		{Key: "summary", Value: strings.TrimSuffix(summary, ".")},
		{Key: "description", Value: commentOf(method)},
	}
	all := []yaml.MapSlice{reference("parameters/timeout"), reference("parameters/requestId")}
	media := "application/json"
	switch {
	case route.Method == http.MethodGet:
		fields := method.Input().Fields()
		for i := range fields.Len() {
			f := fields.Get(i)
			all = append(all, yaml.MapSlice{
				{Key: "name", Value: f.TextName()},
				{Key: "in", Value: "query"},
				{Key: "description", Value: commentOf(f)},
				{Key: "schema", Value: d.schemaOf(f)},
			})
		}
	case method.IsStreamingClient():
		media = "application/x-ndjson"
	}
	operation = append(operation, yaml.MapItem{Key: "parameters", Value: all})
	if route.Method == http.MethodPost {
		operation = append(operation, yaml.MapItem{Key: "requestBody", Value: yaml.MapSlice{
			{Key: "required", Value: true},
			{Key: "content", Value: d.content(media, method.Input(), requestExamples[string(method.Name())])},
		}})
	}
	described := "The answer."
	if method.IsStreamingServer() {
		described = "The results, one a line, in the order in which they are done. An error that ends the stream is the last line, an object with the Status as error."
	}
	responses := yaml.MapSlice{{Key: "200", Value: yaml.MapSlice{
		{Key: "description", Value: described},
		{Key: "headers", Value: yaml.MapSlice{{Key: "X-Request-Id", Value: reference("headers/requestId")}}},
		{Key: "content", Value: d.content(media, method.Output(), responseExamples[string(method.Name())])},
	}}}
	for _, e := range errorResponses {
		if route.Method == http.MethodGet && (e.status == "413" || e.status == "415") {
			continue
		}
		responses = append(responses, yaml.MapItem{Key: e.status, Value: yaml.MapSlice{
			{Key: "description", Value: e.description},
			{Key: "content", Value: yaml.MapSlice{{Key: "application/json", Value: yaml.MapSlice{
				{Key: "schema", Value: reference("schemas/Status")}, {Key: "example", Value: e.example},
			}}}},
		}})
	}
	return append(operation, yaml.MapItem{Key: "responses", Value: responses})
}

// content describes a body. A body of lines has the schema of one of them.
func (d *schemaSet) content(media string, message protoreflect.MessageDescriptor, example any) yaml.MapSlice {
	body := yaml.MapSlice{{Key: "schema", Value: d.message(message)}}
	if media == "application/x-ndjson" {
		body = yaml.MapSlice{{Key: "schema", Value: yaml.MapSlice{
			{Key: "type", Value: "string"}, {Key: "description", Value: "Lines, each the JSON of " + string(message.Name()) + "."},
		}}}
		d.message(message)
	}
	if example != nil {
		body = append(body, yaml.MapItem{Key: "example", Value: example})
	}
	return yaml.MapSlice{{Key: media, Value: body}}
}

func reference(to string) yaml.MapSlice {
	return yaml.MapSlice{{Key: "$ref", Value: "#/components/" + to}}
}

// message returns a reference to the schema of a message, which it adds.
func (d *schemaSet) message(m protoreflect.MessageDescriptor) yaml.MapSlice {
	name := strings.TrimPrefix(string(m.FullName()), string(m.ParentFile().Package())+".")
	name = strings.ReplaceAll(name, ".", "")
	if _, ok := d.schemas[name]; ok {
		return reference("schemas/" + name)
	}
	d.schemas[name] = nil // for messages that hold themselves
	comment := commentOf(m)
	schema := yaml.MapSlice{{Key: "type", Value: "object"}, {Key: "description", Value: comment}}
	properties, required := yaml.MapSlice{}, []string{}
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		properties = append(properties, yaml.MapItem{Key: f.JSONName(), Value: d.described(f)})
		if strings.HasPrefix(commentOf(f), "Required.") {
			required = append(required, f.JSONName())
		}
	}
	if len(properties) > 0 {
		schema = append(schema, yaml.MapItem{Key: "properties", Value: properties})
	}
	if len(required) > 0 {
		schema = append(schema, yaml.MapItem{Key: "required", Value: required})
	}
	if !strings.Contains(comment, "Output only.") {
		schema = append(schema, yaml.MapItem{Key: "additionalProperties", Value: false}) // the server refuses others
	}
	d.schemas[name] = schema
	return reference("schemas/" + name)
}

// described is the schema of a field with its comment.
func (d *schemaSet) described(f protoreflect.FieldDescriptor) yaml.MapSlice {
	schema := d.schemaOf(f)
	return append(slices.Clip(schema), yaml.MapItem{Key: "description", Value: commentOf(f)})
}

func (d *schemaSet) schemaOf(f protoreflect.FieldDescriptor) yaml.MapSlice {
	switch {
	case f.IsMap():
		return yaml.MapSlice{{Key: "type", Value: "object"}, {Key: "additionalProperties", Value: d.single(f.MapValue())}}
	case f.IsList():
		list := yaml.MapSlice{{Key: "type", Value: "array"}, {Key: "items", Value: d.single(f)}}
		if strings.HasPrefix(commentOf(f), "Required.") {
			list = append(list, yaml.MapItem{Key: "minItems", Value: 1})
		}
		if _, most, ok := rangeOf(f); ok {
			list = append(list, yaml.MapItem{Key: "maxItems", Value: most})
		}
		return list
	}
	return d.bounded(f, d.single(f))
}

// bounded adds the range that the comment of a field names.
func (d *schemaSet) bounded(f protoreflect.FieldDescriptor, schema yaml.MapSlice) yaml.MapSlice {
	least, most, ok := rangeOf(f)
	switch {
	case f.Kind() == protoreflect.Int32Kind && strings.Contains(commentOf(f), countsAsEnd):
		return append(schema, yaml.MapItem{Key: "minimum", Value: 0})
	case !ok:
		return schema
	}
	switch f.Kind() {
	case protoreflect.StringKind:
		if pattern := patternOf(f); pattern != "" {
			schema = append(schema, yaml.MapItem{Key: "pattern", Value: pattern})
		}
		if least > 0 && strings.HasPrefix(commentOf(f), "Required.") {
			schema = append(schema, yaml.MapItem{Key: "minLength", Value: least})
		}
		return append(schema, yaml.MapItem{Key: "maxLength", Value: most})
	case protoreflect.Int32Kind, protoreflect.DoubleKind:
		if f.HasPresence() {
			return append(schema, yaml.MapItem{Key: "minimum", Value: least}, yaml.MapItem{Key: "maximum", Value: most})
		}
		if least <= 1 {
			return append(schema, yaml.MapItem{Key: "minimum", Value: 0}, yaml.MapItem{Key: "maximum", Value: most}) // 0 is the default
		}
		return append(schema, yaml.MapItem{Key: "anyOf", Value: []yaml.MapSlice{
			{{Key: "const", Value: 0}},
			{{Key: "minimum", Value: least}, {Key: "maximum", Value: most}},
		}})
	}
	return schema
}

// countsAsEnd is how a comment says that more than the range is taken.
const countsAsEnd = "counts as its end"

// patternOf returns the form of the strings of a field; empty where any will do.
func patternOf(f protoreflect.FieldDescriptor) string {
	switch comment := commentOf(f); {
	case strings.Contains(comment, "characters of a-z, 0-9"):
		return `^[a-z0-9-]+$`
	case strings.Contains(comment, "BCP-47"):
		return `^([A-Za-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?)?$`
	}
	return ""
}

var writtenRange = regexp.MustCompile(`Range: (?:([\d,]+) to|at most) ([\d,]+)`)

// rangeOf returns the range in the comment of a field.
func rangeOf(f protoreflect.FieldDescriptor) (least, most int, ok bool) {
	m := writtenRange.FindStringSubmatch(commentOf(f))
	if m == nil || strings.Contains(commentOf(f), countsAsEnd) {
		return 0, 0, false
	}
	least, _ = strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
	most, err := strconv.Atoi(strings.ReplaceAll(m[2], ",", ""))
	return least, most, err == nil
}

// single is the schema of a value of a field.
func (d *schemaSet) single(f protoreflect.FieldDescriptor) yaml.MapSlice {
	switch f.Kind() {
	case protoreflect.MessageKind:
		switch f.Message().FullName() {
		case "google.protobuf.Timestamp":
			return yaml.MapSlice{{Key: "type", Value: "string"}, {Key: "format", Value: "date-time"}}
		case "google.protobuf.Duration":
			return yaml.MapSlice{{Key: "type", Value: "string"}, {Key: "pattern", Value: `^-?[0-9]+(\.[0-9]{1,9})?s$`}}
		case "google.protobuf.Any":
			return anySchema
		}
		return d.message(f.Message())
	case protoreflect.EnumKind:
		var names []string
		for i := range f.Enum().Values().Len() {
			names = append(names, string(f.Enum().Values().Get(i).Name()))
		}
		return yaml.MapSlice{{Key: "type", Value: "string"}, {Key: "enum", Value: names}}
	case protoreflect.BoolKind:
		return yaml.MapSlice{{Key: "type", Value: "boolean"}}
	case protoreflect.Int32Kind:
		return yaml.MapSlice{{Key: "type", Value: "integer"}, {Key: "format", Value: "int32"}}
	case protoreflect.Int64Kind:
		return yaml.MapSlice{{Key: "type", Value: "string"}, {Key: "format", Value: "int64"}}
	case protoreflect.DoubleKind:
		return yaml.MapSlice{{Key: "type", Value: "number"}, {Key: "format", Value: "double"}}
	}
	return yaml.MapSlice{{Key: "type", Value: "string"}}
}

// commentOf returns the comment of an element as one paragraph.
func commentOf(d protoreflect.Descriptor) string {
	return strings.Join(strings.Fields(d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments), " ")
}
