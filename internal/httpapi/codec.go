package httpapi

import (
	"bytes"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// codec is a form of messages.
type codec interface {
	unmarshal(data []byte, message proto.Message) error
	append(buffer []byte, message proto.Message) ([]byte, error)
	name() string
}

// codecOf returns the codec of that name; nil where there is none.
func codecOf(name string) codec {
	switch name {
	case "json":
		return jsonCodec{}
	case "proto":
		return protoCodec{}
	}
	return nil
}

// jsonCodec is ProtoJSON in UTF-8, with or without a byte order mark. It refuses unknown
// fields, which are misspelt options more often than options of a later version.
type jsonCodec struct{}

func (jsonCodec) name() string { return "json" }

func (jsonCodec) append(buffer []byte, message proto.Message) ([]byte, error) {
	return protojson.MarshalOptions{}.MarshalAppend(buffer, message)
}

func (jsonCodec) unmarshal(data []byte, message proto.Message) error {
	return unmarshalLine(data, message, 1)
}

// unmarshalLine unmarshals JSON that begins in a line of the body, counted from 1.
func unmarshalLine(data []byte, message proto.Message, line int) error {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	err := protojson.Unmarshal(data, message)
	if err == nil {
		return nil
	}
	f := findJSONFault(err, data, message.ProtoReflect().Descriptor())
	return f.refusal(positionIn(data, f.offset, line))
}

const byteOrderMark = "\ufeff"

// protoCodec is the binary form.
type protoCodec struct{}

func (protoCodec) name() string { return "proto" }

func (protoCodec) append(buffer []byte, message proto.Message) ([]byte, error) {
	return proto.MarshalOptions{}.MarshalAppend(buffer, message)
}

func (protoCodec) unmarshal(data []byte, message proto.Message) error {
	if err := server.Unmarshal(data, message); err != nil {
		return summarizer.Invalid(summarizer.Fault{
			Field: bodyField, Rule: summarizer.RuleMalformed, Message: "is not the protobuf message of the request: check the method and the content type",
		})
	}
	return nil
}

// bodyField is the path of a fault that lies in no field of the message.
const bodyField = "body"
