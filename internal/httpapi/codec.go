package httpapi

import (
	"fmt"
	"regexp"

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

// jsonCodec is ProtoJSON. It refuses unknown fields, which are misspelt options more often
// than options of a later version.
type jsonCodec struct{}

func (jsonCodec) name() string { return "json" }

func (jsonCodec) append(buffer []byte, message proto.Message) ([]byte, error) {
	return protojson.MarshalOptions{}.MarshalAppend(buffer, message)
}

func (jsonCodec) unmarshal(data []byte, message proto.Message) error {
	if err := protojson.Unmarshal(data, message); err != nil {
		return malformedJSON(err)
	}
	return nil
}

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

// faultPosition finds where protojson says that a fault is.
var faultPosition = regexp.MustCompile(`\(line (\d+):(\d+)\)`)

// jsonFaults are the errors of protojson that a caller is told, the first that fits. Of
// its text they take the position and the name of a field; the rest may hold text of the
// request, and is left out.
var jsonFaults = []struct {
	pattern *regexp.Regexp // its group, where there is one, is the field
	rule    summarizer.FieldRule
	message string // with a verb for the position
}{
	{regexp.MustCompile(`unknown field "([A-Za-z0-9_.]{1,64})"`), summarizer.RuleNotDefined, "is not a field of the request%s: its fields are in /openapi.yaml"},
	{regexp.MustCompile(`duplicate field "([A-Za-z0-9_.]{1,64})"`), summarizer.RuleDuplicate, "is given twice%s: send it once"},
	{regexp.MustCompile(`invalid value for [a-z0-9]+ field ([A-Za-z0-9_]{1,64})`), summarizer.RuleMalformed, "has a value of the wrong kind%s: its form is in /openapi.yaml"},
	{regexp.MustCompile(`invalid UTF-8`), summarizer.RuleNotUTF8, "is not valid UTF-8%s: convert it before sending"},
	{regexp.MustCompile(`unexpected EOF|unexpected token $`), summarizer.RuleMalformed, "is not JSON%s: it ends too early"},
	{regexp.MustCompile(``), summarizer.RuleMalformed, "is not the JSON of the request%s: check fields, quotes, commas and brackets"},
}

// malformedJSON returns the refusal of a body that is not the JSON of its message.
func malformedJSON(err error) error {
	text, where := err.Error(), ""
	if at := faultPosition.FindStringSubmatch(text); at != nil {
		where = fmt.Sprintf(" at line %s, column %s", at[1], at[2])
	}
	fault := summarizer.Fault{Field: bodyField}
	for _, f := range jsonFaults {
		if found := f.pattern.FindStringSubmatch(text); found != nil {
			if len(found) > 1 {
				fault.Field = found[1]
			}
			fault.Rule, fault.Message = f.rule, fmt.Sprintf(f.message, where)
			break
		}
	}
	return summarizer.Invalid(fault)
}
