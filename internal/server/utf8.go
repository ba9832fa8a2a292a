package server

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	protobuf "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

const notUTF8 = "is not valid UTF-8: convert it before sending"

// lenientCodec is gRPC's protobuf codec, but for one thing: it lets strings of
// invalid UTF-8 into the messages of this service, where validation finds them.
// The usual codec fails the whole message, and gRPC ends the call with INTERNAL
// before a handler or an interceptor sees it: no code that is right, no field
// path, and one bad item takes its batch or stream with it.
type lenientCodec struct{ encoding.CodecV2 }

// codec is what every message is decoded and encoded with.
var codec = lenientCodec{encoding.GetCodecV2(proto.Name)}

// Unmarshal decodes a second time, without the check, what failed the first
// time. A valid message costs nothing more.
func (c lenientCodec) Unmarshal(data mem.BufferSlice, v any) error {
	err := c.CodecV2.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	message, ok := v.(protobuf.Message)
	if !ok || message.ProtoReflect().Descriptor().ParentFile() != summarizerv1.File_summarizer_v1_summarizer_proto {
		return err
	}
	protobuf.Reset(message)
	if mergeLenient(data.Materialize(), message.ProtoReflect()) != nil {
		return err // the fault is another one
	}
	return nil
}

// Unmarshal decodes a message as the server decodes messages of gRPC.
func Unmarshal(data []byte, message protobuf.Message) error {
	return codec.Unmarshal(mem.BufferSlice{mem.SliceBuffer(data)}, message)
}

// mergeLenient decodes data into m. It decodes strings and descends into
// messages itself and leaves every other field to the protobuf library.
func mergeLenient(data []byte, m protoreflect.Message) error {
	for len(data) > 0 {
		number, wireType, n := protowire.ConsumeField(data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		raw := data[:n]
		data = data[n:]

		field := m.Descriptor().Fields().ByNumber(number)
		var err error
		switch {
		case field == nil || field.IsMap() || wireType != protowire.BytesType:
			err = mergeStrict(raw, m)
		case field.Kind() == protoreflect.StringKind:
			value := protoreflect.ValueOfString(string(payload(raw)))
			if field.IsList() {
				m.Mutable(field).List().Append(value)
			} else {
				m.Set(field, value)
			}
		case field.Kind() == protoreflect.MessageKind && field.IsList():
			err = mergeLenient(payload(raw), m.Mutable(field).List().AppendMutable().Message())
		case field.Kind() == protoreflect.MessageKind:
			err = mergeLenient(payload(raw), m.Mutable(field).Message())
		default:
			err = mergeStrict(raw, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func mergeStrict(raw []byte, m protoreflect.Message) error {
	return protobuf.UnmarshalOptions{Merge: true}.Unmarshal(raw, m.Interface())
}

// payload returns the content of a length-delimited field that is known to be
// well-formed.
func payload(raw []byte) []byte {
	_, _, n := protowire.ConsumeTag(raw)
	value, _ := protowire.ConsumeBytes(raw[n:])
	return value
}
