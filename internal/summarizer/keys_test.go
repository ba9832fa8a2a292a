package summarizer

import (
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

func keyedRequest() *Request {
	least := 0.5
	return &Request{
		Article: Article{Text: "The port reopened.", Title: "Port", MediaType: "text/plain", LanguageCode: "en"},
		Summary: &SummaryOptions{Format: FormatBullets, MaxSentences: 2, MaxCharacters: 200, LanguageCode: "en"},
		Topics: &TopicOptions{
			TopicIDs:   []string{"labour", "trade"},
			Candidates: []Candidate{{"a", "A", "first"}, {"b", "B", "second"}},
			MaxTopics:  4, MinConfidence: &least,
		},
	}
}

// inForce is a configuration that answers.
var inForce = &topicSet{taxonomy.Default(), "version"}

// unkeyed are the fields of a request that change how, for whom and how fast an answer is made,
// but not the answer.
var unkeyed = []string{"Engine", "Cache", "Client", "Bulk", "PacedBySample", "FinishedOnly"}

// TestRequestKeyHasEveryField changes one field of a request after another, also
// such as are added later: the key changes with each that an answer depends on.
func TestRequestKeyHasEveryField(t *testing.T) {
	key := requestKey(keyedRequest(), inForce)
	changed := 0
	eachLeaf(reflect.ValueOf(keyedRequest()).Elem(), "", func(path string, at func(root reflect.Value) reflect.Value) {
		r := keyedRequest()
		change(t, path, at(reflect.ValueOf(r).Elem()))
		same := requestKey(r, inForce) == key
		if want := slices.Contains(unkeyed, path); same != want {
			t.Errorf("%s: the key is the same: %t, want %t", path, same, want)
		}
		changed++
	})
	if changed < 20 {
		t.Fatalf("only %d fields were changed", changed)
	}
	if requestKey(keyedRequest(), &topicSet{inForce.Taxonomy, "another model"}) == key {
		t.Error("the key does not depend on the configuration that answers")
	}
	for name, edit := range map[string]func(*Request){
		"no summary":     func(r *Request) { r.Summary = nil },
		"no topics":      func(r *Request) { r.Topics = nil },
		"no least":       func(r *Request) { r.Topics.MinConfidence = nil },
		"fewer topics":   func(r *Request) { r.Topics.TopicIDs = r.Topics.TopicIDs[:1] },
		"no candidates":  func(r *Request) { r.Topics.Candidates = nil },
		"text in title":  func(r *Request) { r.Article.Title, r.Article.Text = "PortT", "he port reopened." },
		"joined topics":  func(r *Request) { r.Topics.TopicIDs = []string{"labourtrade"} },
		"swapped fields": func(r *Request) { r.Topics.Candidates[0] = Candidate{"a", "first", "A"} },
	} {
		r := keyedRequest()
		edit(r)
		if requestKey(r, inForce) == key {
			t.Errorf("%s: the key is the same", name)
		}
	}
}

// TestRequestKeyIgnoresOrder gives topics in another order, and with repeats.
func TestRequestKeyIgnoresOrder(t *testing.T) {
	r := keyedRequest()
	r.Topics.TopicIDs = []string{"trade", "labour", "trade"}
	slices.Reverse(r.Topics.Candidates)
	if requestKey(r, inForce) != requestKey(keyedRequest(), inForce) {
		t.Error("the order of topics is part of the key")
	}
}

// TestContentKeys changes what a stored answer depends on, and what is applied
// when it is delivered.
func TestContentKeys(t *testing.T) {
	keys := func(edit func(*article.Document, *Task, *TopicOptions)) contentKeys {
		d := &article.Document{Text: "The port reopened.", Title: "Port", Language: "en"}
		task := &Task{
			Document: d,
			Summary:  &SummaryTask{Format: FormatParagraph, MaxSentences: 2, MaxCharacters: 200, Language: "en"},
			Topics:   &TopicTask{Taxonomy: taxonomyOf(t, "ports")},
		}
		options := &TopicOptions{TopicIDs: []string{"labour"}, Candidates: []Candidate{{"a", "A", "first"}}, MaxTopics: 3}
		if edit != nil {
			edit(d, task, options)
		}
		return *task.contentKeys(options)
	}
	plain := keys(nil)
	if plain.of[summary] == plain.of[topics] {
		t.Error("both features have the same key")
	}
	const changesSummary, changesTopics = 1, 2
	for _, tt := range []struct {
		name string
		want int
		edit func(*article.Document, *Task, *TopicOptions)
	}{
		{"text", changesSummary | changesTopics, func(d *article.Document, _ *Task, _ *TopicOptions) { d.Text = "The port reopened not." }},
		{"title", changesSummary | changesTopics, func(d *article.Document, _ *Task, _ *TopicOptions) { d.Title = "Ports" }},
		{"format", changesSummary, func(_ *article.Document, k *Task, _ *TopicOptions) { k.Summary.Format = FormatHeadline }},
		{"sentences", changesSummary, func(_ *article.Document, k *Task, _ *TopicOptions) { k.Summary.MaxSentences = 3 }},
		{"characters", changesSummary, func(_ *article.Document, k *Task, _ *TopicOptions) { k.Summary.MaxCharacters = 300 }},
		{"language", changesSummary, func(_ *article.Document, k *Task, _ *TopicOptions) { k.Summary.Language = "de" }},
		{"taxonomy", changesTopics, func(_ *article.Document, k *Task, _ *TopicOptions) { k.Topics.Taxonomy = taxonomyOf(t, "bridges") }},
		{"topic", changesTopics, func(_ *article.Document, _ *Task, o *TopicOptions) { o.TopicIDs = []string{"trade"} }},
		{"candidate", changesTopics, func(_ *article.Document, _ *Task, o *TopicOptions) { o.Candidates[0].Description = "other" }},
		{"number of topics", 0, func(_ *article.Document, _ *Task, o *TopicOptions) { o.MaxTopics = 5 }},
		{"least confidence", 0, func(_ *article.Document, _ *Task, o *TopicOptions) { o.MinConfidence = new(float64) }},
		{"language found", changesSummary, func(d *article.Document, _ *Task, _ *TopicOptions) { d.Language = "nl" }},
		{"region of the language", 0, func(d *article.Document, _ *Task, _ *TopicOptions) { d.Language = "en-AU" }},
	} {
		got := 0
		edited := keys(tt.edit)
		if edited.of[summary] != plain.of[summary] {
			got |= changesSummary
		}
		if edited.of[topics] != plain.of[topics] {
			got |= changesTopics
		}
		if got != tt.want {
			t.Errorf("%s changes %b, want %b", tt.name, got, tt.want)
		}
	}
}

// A field of any length gives the hash of its bytes behind their number.
func TestHasherOfLongFields(t *testing.T) {
	for _, size := range []int{0, 1, maxPooledBytes - 20, maxPooledBytes, maxPooledBytes + 1, 3 * maxPooledBytes, MaxTextBytes} {
		for _, first := range []string{"", "a title"} {
			text := strings.Repeat("x", size)
			h := newHasher("test")
			h.text(first)
			h.text(text)
			h.number(7)
			var whole []byte
			for _, field := range []string{"test", first, text} {
				whole = append(binary.AppendVarint(whole, int64(len(field))), field...)
			}
			if want := Key(sha256.Sum256(binary.AppendVarint(whole, 7))); h.sum() != want {
				t.Errorf("a field of %d bytes behind %q has another hash", size, first)
			}
		}
	}
}

// Candidates alone have the same answers under every taxonomy; naming all topics is naming
// none.
func TestTopicChoice(t *testing.T) {
	ports, both := taxonomyOf(t, "ports"), taxonomyOf(t, "ports", "bridges")
	candidate := []Candidate{{"a", "A", "first"}}
	keys := func(o TopicOptions, all *taxonomy.Taxonomy) [2]Key {
		task := &Task{Document: &article.Document{Text: "The port reopened."}, Topics: &TopicTask{Taxonomy: all}}
		r := &Request{Article: Article{Text: "The port reopened."}, Topics: &o}
		return [2]Key{task.contentKeys(&o).of[topics], requestKey(r, &topicSet{all, "makers"})}
	}
	for _, tt := range []struct {
		name          string
		a, b          TopicOptions
		underA, under *taxonomy.Taxonomy
		same          bool
	}{
		{"candidates under two taxonomies", TopicOptions{Candidates: candidate}, TopicOptions{Candidates: candidate}, ports, both, true},
		{"topics under two taxonomies", TopicOptions{}, TopicOptions{}, ports, both, false},
		{"named topics under two taxonomies", TopicOptions{TopicIDs: []string{"ports"}}, TopicOptions{TopicIDs: []string{"ports"}}, ports, both, false},
		{"candidates and topics under two taxonomies", TopicOptions{TopicIDs: []string{"ports"}, Candidates: candidate}, TopicOptions{TopicIDs: []string{"ports"}, Candidates: candidate}, ports, both, false},
		{"all and none", TopicOptions{TopicIDs: []string{"bridges", "ports", "ports"}}, TopicOptions{}, both, both, true},
		{"some and none", TopicOptions{TopicIDs: []string{"ports"}}, TopicOptions{}, both, both, false},
		{"all and none beside candidates", TopicOptions{TopicIDs: []string{"bridges", "ports"}, Candidates: candidate}, TopicOptions{Candidates: candidate}, both, both, false},
		{"as many as all, but others", TopicOptions{TopicIDs: []string{"ports", "tunnels"}}, TopicOptions{}, both, both, false},
	} {
		a, b := keys(tt.a, tt.underA), keys(tt.b, tt.under)
		if (a[0] == b[0]) != tt.same || (a[1] == b[1]) != tt.same {
			t.Errorf("%s: the same content key: %t, request key: %t; want %t", tt.name, a[0] == b[0], a[1] == b[1], tt.same)
		}
		chosen, err := chosenTopics(&tt.a, tt.underA)
		if whole, _ := chosenTopics(&tt.b, tt.under); err == nil && tt.same && !reflect.DeepEqual(chosen, whole) {
			t.Errorf("%s: the model would be shown %v and %v", tt.name, chosen, whole)
		}
	}
}

// eachLeaf calls visit for each field below v that holds a plain value, with a
// function that finds it in another value of the type.
func eachLeaf(v reflect.Value, path string, visit func(path string, at func(reflect.Value) reflect.Value)) {
	var walk func(v reflect.Value, path string, at func(reflect.Value) reflect.Value)
	walk = func(v reflect.Value, path string, at func(reflect.Value) reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			walk(v.Elem(), path, func(root reflect.Value) reflect.Value { return at(root).Elem() })
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i), path, func(root reflect.Value) reflect.Value { return at(root).Index(i) })
			}
		case reflect.Struct:
			for i := range v.NumField() {
				name := v.Type().Field(i).Name
				if path != "" {
					name = path + "." + name
				}
				walk(v.Field(i), name, func(root reflect.Value) reflect.Value { return at(root).Field(i) })
			}
		default:
			visit(path, at)
		}
	}
	walk(v, path, func(root reflect.Value) reflect.Value { return root })
}

func change(t *testing.T, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8:
		v.SetUint(v.Uint() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 0.125)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	default:
		t.Fatalf("%s is a %v: say here how to change it", path, v.Kind())
	}
}

// taxonomyOf returns a taxonomy of topics.
func taxonomyOf(t *testing.T, ids ...string) *taxonomy.Taxonomy {
	t.Helper()
	file := "topics:\n"
	for _, id := range ids {
		file += "- {id: " + id + ", display_name: Of " + id + "}\n"
	}
	x, err := taxonomy.Parse("topics.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return x
}
