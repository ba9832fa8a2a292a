// Command apidoc writes the reference of a gRPC contract in Markdown. It reads a
// set of file descriptors with their comments, as "buf build -o -" makes it, from
// standard input: apidoc PACKAGE.
//
// It fails where a comment does not have the form of the others: fields of requests
// begin with "Required." or "Optional.", and messages that only responses hold say
// "Output only.".
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "apidoc:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("usage: buf build -o - | apidoc PACKAGE")
	}
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
	p := &reference{Writer: bufio.NewWriter(out)}
	found := false
	files.RangeFilesByPackage(protoreflect.FullName(args[0]), func(file protoreflect.FileDescriptor) bool {
		found = true
		err = checkForm(file)
		p.file(file)
		return err == nil
	})
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("there is no package %s", args[0])
	}
	return p.Flush()
}

// outputOnly ends the comments of messages that only responses hold.
var outputOnly = regexp.MustCompile(`Output\s+only\.$`)

// neverReturned is the comment of a value that no response holds.
const neverReturned = "Never returned."

// reference is the Markdown that is written.
type reference struct{ *bufio.Writer }

func (p *reference) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *reference) file(file protoreflect.FileDescriptor) {
	p.printf("<!-- Generated from %s by \"make generate\": do not edit. -->\n", file.Path())
	p.printf("# API\n\nThe contract is [%[1]s](../api/proto/%[1]s), package `%[2]s`.\n", file.Path(), file.Package())
	for i := range file.Services().Len() {
		service := file.Services().Get(i)
		p.printf("\n## %s\n\n%s\n", service.Name(), comment(service))
		for j := range service.Methods().Len() {
			method := service.Methods().Get(j)
			p.printf("\n### %s\n\n%s → %s\n\n%s\n", method.Name(),
				side(method.IsStreamingClient(), method.Input()), side(method.IsStreamingServer(), method.Output()), comment(method))
		}
	}
	p.printf("\n## Messages\n\nMessages whose fields are neither required nor optional are in responses only.\n")
	p.messages(file.Messages())
	p.printf("\n## Enums\n\nValues 0 that no response holds are left out.\n")
	p.enums(file)
}

// messages writes messages, each followed by its nested messages.
func (p *reference) messages(messages protoreflect.MessageDescriptors) {
	for i := range messages.Len() {
		message := messages.Get(i)
		if message.IsMapEntry() {
			continue
		}
		p.printf("\n### %s\n\n%s\n", name(message), strings.TrimSpace(outputOnly.ReplaceAllString(comment(message), "")))
		if whole := within(message, messages); whole != nil {
			p.printf("\nFields of %s: %s.\n", link(whole), fieldNames(message))
		} else {
			p.fields(message.Fields())
		}
		p.messages(message.Messages())
	}
}

// within returns the message that has all fields of part, with the same types and
// comments, and more; nil if there is none.
func within(part protoreflect.MessageDescriptor, messages protoreflect.MessageDescriptors) protoreflect.MessageDescriptor {
	for i := range messages.Len() {
		whole := messages.Get(i)
		if part.Fields().Len() == 0 || part.Fields().Len() >= whole.Fields().Len() {
			continue
		}
		all := true
		for j := range part.Fields().Len() {
			field := part.Fields().Get(j)
			same := whole.Fields().ByName(field.Name())
			all = all && same != nil && kind(same) == kind(field) && cell(same) == cell(field)
		}
		if all {
			return whole
		}
	}
	return nil
}

// fieldNames returns the names of the fields of a message, with commas between.
func fieldNames(message protoreflect.MessageDescriptor) string {
	var names []string
	for i := range message.Fields().Len() {
		names = append(names, fmt.Sprintf("`%s`", message.Fields().Get(i).Name()))
	}
	return strings.Join(names, ", ")
}

// declaring is a file or a message.
type declaring interface {
	Enums() protoreflect.EnumDescriptors
	Messages() protoreflect.MessageDescriptors
}

// enums writes the enums of d and of its messages.
func (p *reference) enums(d declaring) {
	for i := range d.Enums().Len() {
		enum := d.Enums().Get(i)
		p.printf("\n### %s\n\n%s\n\n| value | meaning |\n|---|---|\n", name(enum), comment(enum))
		for j := range enum.Values().Len() {
			if value := enum.Values().Get(j); cell(value) != neverReturned {
				p.printf("| `%s` | %s |\n", value.Name(), cell(value))
			}
		}
	}
	for i := range d.Messages().Len() {
		p.enums(d.Messages().Get(i))
	}
}

func (p *reference) fields(fields protoreflect.FieldDescriptors) {
	if fields.Len() == 0 {
		p.printf("\nIt has no fields.\n")
		return
	}
	p.printf("\n| field | type | meaning |\n|---|---|---|\n")
	for i := range fields.Len() {
		field := fields.Get(i)
		meaning := cell(field)
		if oneof := field.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
			meaning = fmt.Sprintf("One of `%s`. %s", oneof.Name(), meaning)
		}
		p.printf("| `%s` | %s | %s |\n", field.Name(), kind(field), meaning)
	}
}

// checkForm checks the comments of all messages that calls hold.
func checkForm(file protoreflect.FileDescriptor) error {
	input, output := map[protoreflect.FullName]protoreflect.MessageDescriptor{}, map[protoreflect.FullName]protoreflect.MessageDescriptor{}
	for i := range file.Services().Len() {
		methods := file.Services().Get(i).Methods()
		for j := range methods.Len() {
			gather(input, methods.Get(j).Input(), file)
			gather(output, methods.Get(j).Output(), file)
		}
	}
	for name, message := range output {
		if _, both := input[name]; both {
			return fmt.Errorf("%s is part of requests and of responses: keep them apart", name)
		}
		if !outputOnly.MatchString(comment(message)) {
			return fmt.Errorf(`%s: its comment must end with "Output only."`, name)
		}
	}
	for _, message := range input {
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			if text := comment(field); !strings.HasPrefix(text, "Required. ") && !strings.HasPrefix(text, "Optional. ") {
				return fmt.Errorf(`%s: its comment must begin with "Required." or "Optional."`, field.FullName())
			}
		}
	}
	return nil
}

// gather adds a message of the file, and the messages of its fields, to set.
func gather(set map[protoreflect.FullName]protoreflect.MessageDescriptor, message protoreflect.MessageDescriptor, file protoreflect.FileDescriptor) {
	if message == nil || message.IsMapEntry() || message.ParentFile() != file || set[message.FullName()] != nil {
		return
	}
	set[message.FullName()] = message
	for i := range message.Fields().Len() {
		gather(set, message.Fields().Get(i).Message(), file)
	}
}

// side is one side of a method.
func side(streaming bool, message protoreflect.MessageDescriptor) string {
	if streaming {
		return "stream of " + link(message)
	}
	return link(message)
}

// kind is the type of a field with its label.
func kind(field protoreflect.FieldDescriptor) string {
	name := "`" + field.Kind().String() + "`"
	switch {
	case field.IsMap():
		return fmt.Sprintf("map of `%s` to %s", field.MapKey().Kind(), kind(field.MapValue()))
	case field.Message() != nil:
		name = link(field.Message())
	case field.Enum() != nil:
		name = link(field.Enum())
	}
	switch {
	case field.IsList():
		return "repeated " + name
	case field.HasOptionalKeyword():
		return "optional " + name
	}
	return name
}

// link leads to a type of this page, or names one from elsewhere.
func link(d protoreflect.Descriptor) string {
	if strings.HasPrefix(string(d.FullName()), "google.") {
		return "`" + string(d.FullName()) + "`"
	}
	anchor := strings.ToLower(strings.ReplaceAll(name(d), ".", ""))
	return fmt.Sprintf("[%s](#%s)", name(d), anchor)
}

// name is the name of a type within its package.
func name(d protoreflect.Descriptor) string {
	return strings.TrimPrefix(string(d.FullName()), string(d.ParentFile().Package())+".")
}

// comment is what stands above a declaration.
func comment(d protoreflect.Descriptor) string {
	text := d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, " ")
	}
	return strings.Join(lines, "\n")
}

// cell is a comment as one cell of a table.
func cell(d protoreflect.Descriptor) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(comment(d)), " "), "|", `\|`)
}
