package llm

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// TestSchemaIsStrict checks what the strict mode of APIs asks for: each object of
// the schema requires all of its properties and allows no others.
func TestSchemaIsStrict(t *testing.T) {
	schema := answerSchema(&summarizer.Task{
		Summary: &summarizer.SummaryTask{MaxSentences: 3},
		Topics:  &summarizer.TopicTask{Topics: []taxonomy.Topic{{ID: "trade"}, {ID: `"quoted"`}}},
	})
	var root any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	objects := 0
	var check func(node any)
	check = func(node any) {
		object, ok := node.(map[string]any)
		if !ok {
			return
		}
		if object["type"] == "object" {
			objects++
			var required []string
			for _, name := range object["required"].([]any) {
				required = append(required, name.(string))
			}
			properties := object["properties"].(map[string]any)
			for name := range properties {
				if !slices.Contains(required, name) {
					t.Errorf("%q is not required", name)
				}
			}
			if len(required) != len(properties) || object["additionalProperties"] != false {
				t.Errorf("an object requires %v of %d properties; others: %v", required, len(properties), object["additionalProperties"])
			}
		}
		for _, child := range object {
			check(child)
		}
	}
	check(root)
	if objects != 3 {
		t.Errorf("%d objects, want the answer, a sentence and a topic", objects)
	}
}
