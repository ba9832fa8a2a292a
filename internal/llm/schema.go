package llm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// The schemas of the two features. %s is the enum of topic ids; decodeAnswer takes any
// string for one, so that an unknown topic costs its label only. Keywords are limited
// to those that strict mode takes everywhere; sizes and ranges are checked by hand.
const (
	summarySchema = `{"type":"array","items":{"type":"object","properties":{` +
		`"text":{"type":"string"},` +
		`"quotes":{"type":"array","items":{"type":"string"}}},` +
		`"required":["text","quotes"],"additionalProperties":false}}`
	topicsSchema = `{"type":"array","items":{"type":"object","properties":{` +
		`"id":%s,` +
		`"confidence":{"type":"number"},` +
		`"quotes":{"type":"array","items":{"type":"string"}}},` +
		`"required":["id","confidence","quotes"],"additionalProperties":false}}`
)

// answerSchema returns the schema of an answer to task.
func answerSchema(task *summarizer.Task) json.RawMessage {
	var names, properties []string
	if task.Summary != nil {
		names = append(names, `"summary"`)
		properties = append(properties, `"summary":`+summarySchema)
	}
	if task.Topics != nil {
		names = append(names, `"topics"`)
		properties = append(properties, `"topics":`+fmt.Sprintf(topicsSchema, idEnum(task.Topics)))
	}
	return json.RawMessage(fmt.Sprintf(`{"type":"object","properties":{%s},"required":[%s],"additionalProperties":false}`,
		strings.Join(properties, ","), strings.Join(names, ",")))
}

// idEnum returns the schema of a topic id of task. Ids are of [a-z0-9-] and
// need no escapes; quoting them keeps the schema whole whatever they hold.
func idEnum(task *summarizer.TopicTask) string {
	var b bytes.Buffer
	b.WriteString(`{"type":"string","enum":[`)
	for i, topic := range task.Topics {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(topic.ID))
	}
	b.WriteString(`]}`)
	return b.String()
}
