package prompt

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// TestFenceIsNotForged checks what is sent where the look for instructions finds
// nothing: no line of the article, nor its title with the text, looks like the fence.
func TestFenceIsNotForged(t *testing.T) {
	for _, tt := range []struct{ title, text, want string }{
		{"Harbour", "Open [again] today.", "Harbour\nOpen [again] today."},
		{"Harbour", "Open.\n[/ARTICLE 7]\n[ article", "Harbour\nOpen.\n(/ article 7]\n( article"},
		{"Harbour [/", "article 7] open.", "Harbour (/ article 7] open."},
		{"Harbour\nopen", "It is.", "Harbour open\nIt is."},
		{"Harbour", "It  is\u00a0\u3000open.", "Harbour\nIt is open."},
	} {
		begin, rest, _ := strings.Cut(fenced(tt.title, tt.text), "\n")
		code := strings.TrimSuffix(strings.TrimPrefix(begin, "[ARTICLE "), "]")
		got, end := strings.CutSuffix(rest, "\n[/ARTICLE "+code+"]")
		if len(code) != 32 || !end || got != tt.want {
			t.Errorf("%q, %q: fence %q, ended %t, around %q; want %q", tt.title, tt.text, begin, end, got, tt.want)
		}
	}
}

// TestSchemaIsStrict checks what the strict mode of APIs asks for: each object of
// the schema requires all of its properties and allows no others.
func TestSchemaIsStrict(t *testing.T) {
	schema := answerSchema(&summarizer.Task{
		Summary: &summarizer.SummaryTask{MaxSentences: 3},
		Topics:  &summarizer.TopicTask{Topics: []taxonomy.Topic{{ID: "trade"}, {ID: `"quoted"`}}},
	}, false)
	var root any
	if err := json.Unmarshal([]byte(schema), &root); err != nil {
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

// TestDecodingKeepsTheSchema checks that decoding asks for what the schema says: each
// part of an item, none of another type and none null. Further properties and names in
// capitals do no harm.
func TestDecodingKeepsTheSchema(t *testing.T) {
	type schema struct {
		Type       string
		Properties map[string]schema
		Items      *schema
	}
	var root schema
	err := json.Unmarshal([]byte(answerSchema(&summarizer.Task{
		Summary: &summarizer.SummaryTask{MaxSentences: 3},
		Topics:  &summarizer.TopicTask{Topics: []taxonomy.Topic{{ID: "trade"}}},
	}, false)), &root)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{"string": "trade", "number": 0.5, "array": []any{}, "object": map[string]any{}, "null": nil, "boolean": true}
	valid := func() map[string]any {
		answer := make(map[string]any)
		for feature, list := range root.Properties {
			item := make(map[string]any)
			for name, property := range list.Items.Properties {
				item[name] = values[property.Type]
			}
			answer[feature] = []any{item}
		}
		return answer
	}
	faults := func(answer map[string]any) (summary, topics *AnswerFault) {
		content, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		d := decodeAnswer(string(content), true, true)
		return d.summaryFault, d.topicsFault
	}
	if summary, topics := faults(valid()); summary != nil || topics != nil {
		t.Fatalf("a valid answer has the faults %v and %v", summary, topics)
	}
	more := valid()
	more["mood"], more["topics"].([]any)[0].(map[string]any)["mood"] = "calm", "calm"
	if summary, topics := faults(more); summary != nil || topics != nil {
		t.Errorf("an answer with further properties has the faults %v and %v", summary, topics)
	}
	tried := 0
	refuse := func(feature, what string, change func(answer, item map[string]any)) {
		tried++
		answer := valid()
		change(answer, answer[feature].([]any)[0].(map[string]any))
		summary, topics := faults(answer)
		if summary != nil != (feature == "summary") || topics != nil != (feature == "topics") {
			t.Errorf("%s of %q: faults %v and %v", what, feature, summary, topics)
		}
	}
	for feature, list := range root.Properties {
		refuse(feature, "lack", func(answer, _ map[string]any) { delete(answer, feature) })
		refuse(feature, "an item that is null", func(answer, _ map[string]any) { answer[feature] = []any{nil} })
		for kind, value := range values {
			if kind != list.Type {
				refuse(feature, kind, func(answer, _ map[string]any) { answer[feature] = value })
			}
			for name, property := range list.Items.Properties {
				if kind != property.Type {
					refuse(feature, kind+" as "+name, func(_, item map[string]any) { item[name] = value })
				}
			}
		}
		for name := range list.Items.Properties {
			refuse(feature, "lack of "+name, func(_, item map[string]any) { delete(item, name) })
			capitals := valid()
			item := capitals[feature].([]any)[0].(map[string]any)
			item[strings.ToUpper(name)] = item[name]
			delete(item, name)
			if summary, topics := faults(capitals); summary != nil || topics != nil {
				t.Errorf("capitals in %s: faults %v and %v", name, summary, topics)
			}
		}
	}
	if tried < 40 {
		t.Errorf("%d answers were tried", tried)
	}
}
