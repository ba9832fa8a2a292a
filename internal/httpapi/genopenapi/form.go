package main

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// checkForm checks that the comments of the messages of calls have the form by which this
// command reads them: fields of requests begin with "Required." or "Optional.", messages that
// only responses hold end with "Output only.", and no message is part of both.
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
		if !strings.HasSuffix(commentOf(message), "Output only.") {
			return fmt.Errorf(`%s: its comment must end with "Output only."`, name)
		}
	}
	for _, message := range input {
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			if text := commentOf(field); !strings.HasPrefix(text, "Required. ") && !strings.HasPrefix(text, "Optional. ") {
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
