// Command protoform checks the form of the comments of a gRPC contract: fields of requests
// begin with "Required." or "Optional.", messages that only responses hold end with "Output
// only.", and no message is part of both. It reads a set of file descriptors with their
// comments, as "buf build -o -" makes it, from standard input: protoform PACKAGE.
package main

import (
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
	if err := run(os.Args[1:], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "protoform:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader) error {
	if len(args) != 1 {
		return errors.New("usage: buf build -o - | protoform PACKAGE")
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
	found := false
	files.RangeFilesByPackage(protoreflect.FullName(args[0]), func(file protoreflect.FileDescriptor) bool {
		found = true
		err = checkForm(file)
		return err == nil
	})
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("there is no package %s", args[0])
	}
	return nil
}

// outputOnly ends the comments of messages that only responses hold.
var outputOnly = regexp.MustCompile(`Output\s+only\.$`)

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

// comment is what stands above a declaration.
func comment(d protoreflect.Descriptor) string {
	text := d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, " ")
	}
	return strings.Join(lines, "\n")
}
