// Command apidoc writes an index of a gRPC contract in Markdown: every call, message and
// enum with a link to its line in the proto, whose comments say what each field means. It
// reads a set of file descriptors with their comments, as "buf build -o -" makes it, from
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
	p := &index{Writer: bufio.NewWriter(out)}
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

// index is the Markdown that is written.
type index struct{ *bufio.Writer }

func (p *index) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *index) file(file protoreflect.FileDescriptor) {
	p.printf("<!-- Generated from %s by \"make generate\": do not edit. -->\n", file.Path())
	p.printf(`# API

Every call, message and enum of the contract, package %s. The comments of
[%s](%s) give the meaning, range, unit and default of each field;
each name below links to them. [Using the API](using-the-api.md) says which call to use when.
`, "`"+file.Package()+"`", file.Path(), pathOf(file))
	for i := range file.Services().Len() {
		service := file.Services().Get(i)
		p.printf("\n## %s\n\n%s\n\n| call | request | response |\n|---|---|---|\n", service.Name(), comment(service))
		for j := range service.Methods().Len() {
			method := service.Methods().Get(j)
			p.printf("| %s | %s | %s |\n", link(method, string(method.Name())),
				side(method.IsStreamingClient(), method.Input()), side(method.IsStreamingServer(), method.Output()))
		}
	}
	p.printf("\n## Messages\n\nFields of requests that have to be set are bold.\n\n| message | fields |\n|---|---|\n")
	p.messages(file.Messages())
	p.printf("\n## Enums\n\nThe prefix of the values is left out, and so is UNSPECIFIED, which is the default, none, or never returned.\n\n| enum | values |\n|---|---|\n")
	p.enums(file)
}

// messages writes messages, each followed by its nested messages.
func (p *index) messages(messages protoreflect.MessageDescriptors) {
	for i := range messages.Len() {
		message := messages.Get(i)
		if message.IsMapEntry() {
			continue
		}
		var names []string
		for j := range message.Fields().Len() {
			field := message.Fields().Get(j)
			if strings.HasPrefix(comment(field), "Required. ") {
				names = append(names, fmt.Sprintf("**%s**", field.Name()))
			} else {
				names = append(names, string(field.Name()))
			}
		}
		p.printf("| %s | %s |\n", link(message, name(message)), strings.Join(names, ", "))
		p.messages(message.Messages())
	}
}

// declaring is a file or a message.
type declaring interface {
	Enums() protoreflect.EnumDescriptors
	Messages() protoreflect.MessageDescriptors
}

// enums writes the enums of d and of its messages.
func (p *index) enums(d declaring) {
	for i := range d.Enums().Len() {
		enum := d.Enums().Get(i)
		prefix := strings.TrimSuffix(string(enum.Values().Get(0).Name()), "UNSPECIFIED")
		var values []string
		for j := 1; j < enum.Values().Len(); j++ {
			values = append(values, strings.TrimPrefix(string(enum.Values().Get(j).Name()), prefix))
		}
		p.printf("| %s | %s |\n", link(enum, name(enum)), strings.Join(values, ", "))
	}
	for i := range d.Messages().Len() {
		p.enums(d.Messages().Get(i))
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
		return "stream of " + name(message)
	}
	return name(message)
}

// pathOf returns the path of a proto as seen from docs/.
func pathOf(file protoreflect.FileDescriptor) string { return "../api/proto/" + file.Path() }

// link leads to the line of a declaration.
func link(d protoreflect.Descriptor, text string) string {
	file := d.ParentFile()
	return fmt.Sprintf("[%s](%s#L%d)", text, pathOf(file), file.SourceLocations().ByDescriptor(d).StartLine+1)
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
