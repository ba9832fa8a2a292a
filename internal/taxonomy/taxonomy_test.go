package taxonomy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The ids, their order and their number are part of the contract with callers.
var defaultIDs = strings.Fields(`
	defence-cooperation peacekeeping military-intervention armed-conflict terrorism peace-process
	war-crimes coup civil-unrest armed-forces arms-trade nuclear-proliferation military-aid
	intelligence national-security cybersecurity organised-crime
	diplomacy treaty sanctions foreign-aid international-organisations refugees migration
	border-dispute humanitarian-crisis human-rights
	politics elections crime-justice economy-business trade energy labour health disaster-accident
	environment weather science-technology education arts-entertainment religion society sport
	lifestyle-leisure human-interest`)

func TestDefault(t *testing.T) {
	d := Default()
	var ids []string
	for _, topic := range d.Topics() {
		ids = append(ids, topic.ID)
		if topic.Definition == "" || len(topic.Phrases) < 20 {
			t.Errorf("%s: definition %q, %d phrases", topic.ID, topic.Definition, len(topic.Phrases))
		}
		switch topic.Group {
		case "security", "international", "general":
		default:
			t.Errorf("%s: group %q", topic.ID, topic.Group)
		}
		if (topic.IPTCCode == "") != (topic.IPTCRelation == "") {
			t.Errorf("%s: code %q, relation %q", topic.ID, topic.IPTCCode, topic.IPTCRelation)
		}
		if got, ok := d.Lookup(topic.ID); !ok || got.ID != topic.ID {
			t.Errorf("Lookup(%q) = %q, %v", topic.ID, got.ID, ok)
		}
	}
	if diff := cmp.Diff(defaultIDs, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if _, ok := d.Lookup("no-such-topic"); ok {
		t.Error("Lookup found a topic that is not there")
	}
	if len(d.Version()) != 12 || d.Version() != Default().Version() {
		t.Errorf("Version() = %q", d.Version())
	}
}

func TestParse(t *testing.T) {
	got, err := Parse("mine.yaml", []byte(`
topics:
  - id: ports
    display_name: Ports & harbours
    group: sea
    iptc_code: medtop:20000001
    iptc_relation: related
    definition: >-
      What goes on
      in ports.
    phrases:
      - dock; quay wall
      - {text: "crane", weight: 0.5}
      - weight: -1
        text: USB port
  - {id: "2024", display_name: 2024}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Topic{
		{
			ID: "ports", DisplayName: "Ports & harbours", Group: "sea",
			IPTCCode: "medtop:20000001", IPTCRelation: "related", Definition: "What goes on in ports.",
			Phrases: []Phrase{{"dock", 1}, {"quay wall", 1}, {"crane", 0.5}, {"USB port", -1}},
		},
		{ID: "2024", DisplayName: "2024"},
	}
	if diff := cmp.Diff(want, got.Topics()); diff != "" {
		t.Errorf("topics (-want +got):\n%s", diff)
	}
}

func TestVersionIsOfTheContent(t *testing.T) {
	version := func(file string) string {
		t.Helper()
		x, err := Parse("x", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		return x.Version()
	}
	base := version("topics:\n  - id: a\n    display_name: A\n    phrases: [b, {text: c, weight: 2}]\n")
	same := version("# A comment.\ntopics:\n- display_name: 'A' # here\n  phrases:\n  - b\n  - {weight: 2.0, text: \"c\"}\n  id: a\n")
	if base != same {
		t.Errorf("formatting changed the version: %s, %s", base, same)
	}
	for _, other := range []string{
		"topics:\n  - id: a\n    display_name: B\n    phrases: [b, {text: c, weight: 2}]\n",
		"topics:\n  - id: a\n    display_name: A\n    phrases: [b, {text: c, weight: 3}]\n",
		"topics:\n  - id: a\n    display_name: A\n    phrases: [bc, {text: '2', weight: 2}]\n",
		"topics:\n  - id: a\n    display_name: A\n    group: b\n    phrases: [b, {text: c, weight: 2}]\n",
	} {
		if version(other) == base {
			t.Errorf("another content has the same version:\n%s", other)
		}
	}
}

func TestFaults(t *testing.T) {
	topic := "topics:\n  - id: a\n    display_name: A\n"
	for _, tt := range []struct{ name, file, want string }{
		{"empty", "", "f:1: the file is empty"},
		{"only a comment", "# nothing\n", "f:1: the file is empty"},
		{"no topics", "x: 1\n", `f:1: the key "x" is not known`},
		{"empty list", "topics: []\n", "f:1: the list of topics is empty"},
		{"topics is text", "topics: a\n", `f:1: the value of "topics" is not a list`},
		{"a list at the top", "- id: a\n", "f:1: a taxonomy is expected here"},
		{"a topic is text", "topics:\n  - a\n", "f:2: a topic is expected here"},
		{"unknown key", topic + "    colour: red\n", `f:4: the key "colour" is not known`},
		{"repeated key", topic + "    id: b\n", "f:4: the YAML is broken"},
		{"no id", "topics:\n  - display_name: A\n", "f:2: the topic has no id"},
		{"bad id", "topics:\n  - id: Not_Valid\n    display_name: A\n", `f:2: the id "Not_Valid" is not valid`},
		{"long id", "topics:\n  - id: " + strings.Repeat("a", 65) + "\n", "f:2: the id"},
		{"id not text", "topics:\n  - id: [a]\n", `f:2: the value of "id" is not text`},
		{"repeated id", topic + "  - id: a\n    display_name: B\n", `f:4: the id "a" is that of the topic at line 2`},
		{"no name", "topics:\n  - id: a\n", "f:2: the topic a has no display_name"},
		{"blank name", "topics:\n  - id: a\n    display_name: ' '\n", "f:3: the topic a has no display_name"},
		{"bad code", topic + "    iptc_code: 20000001\n    iptc_relation: exact\n", "f:4: the iptc_code"},
		{"bad relation", topic + "    iptc_code: medtop:20000001\n    iptc_relation: same\n", `f:5: the iptc_relation "same" is not valid`},
		{"no relation", topic + "    iptc_code: medtop:20000001\n", "the iptc_relation \"\" is not valid"},
		{"relation alone", topic + "    iptc_relation: exact\n", "f:4: there is an iptc_relation but no iptc_code"},
		{"phrases is text", topic + "    phrases: a\n", `f:4: the value of "phrases" is not a list`},
		{"weight not finite", topic + "    phrases:\n      - {text: b, weight: .nan}\n", "f:5: the weight is not a number"},
		{"weight infinite", topic + "    phrases:\n      - {text: b, weight: .inf}\n", "f:5: the weight is not a number"},
		{"weight too large", topic + "    phrases:\n      - {text: b, weight: 1e9}\n", "f:5: the weight is not a number"},
		{"weight is text", topic + "    phrases:\n      - {text: b, weight: much}\n", "f:5: the weight is not a number"},
		{"phrase without text", topic + "    phrases:\n      - {weight: 1}\n", "f:5: the phrase has no text"},
		{"phrase is a list", topic + "    phrases:\n      - [a]\n", `f:5: the value of "phrase" is not text`},
		{"empty phrase", topic + "    phrases:\n      - a; ;b\n", "f:5: there is an empty phrase"},
		{"long phrase", topic + "    phrases:\n      - " + strings.Repeat("a", 201) + "\n", "f:5: a phrase has 201 bytes"},
		{"broken YAML", "topics:\n  - id: \"a\n", "f:2: the YAML is broken"},
		{"two documents", topic + "---\n" + topic, "f:5: a taxonomy is one YAML document"},
		{"bad UTF-8", "topics:\n  - id: a\n    display_name: \xff\n", "f:3: the text is not valid UTF-8"},
		{"too large", strings.Repeat("#", MaxFileBytes+1), "f: the file is larger than 1048576 bytes"},
		{"too many", "topics:\n" + strings.Repeat("  - {id: a, display_name: A}\n", 251), "f:252: there are 251 topics"},
		{"deep", "topics: " + strings.Repeat("[", 1000), "f:1: the YAML is nested too deeply"},
		{"deep in blocks", "topics:\n " + strings.Repeat("- ", 1000), "f:2: the YAML is nested too deeply"},
		{"an alias", "topics:\n  - &x {id: a, display_name: A}\n  - *x\n", "f:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f", []byte(tt.file))
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); !strings.Contains(got, tt.want) || strings.Contains(got, "\n") || len(got) > 400 {
				t.Errorf("got  %s\nwant %s…", got, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("topics:\n  - id: a\n    display_name: A\n    phrases: [b; c, {text: d, weight: -0.5}]\n"))
	f.Add([]byte("topics: [{id: a, display_name: 'A', iptc_code: medtop:20000001, iptc_relation: exact}]"))
	f.Add([]byte("topics:\n  - &x {id: a}\n  - <<: *x\n    display_name: |\n      A\n"))
	f.Add([]byte("---\n%YAML 1.2\n? a\n: !!str b\n"))
	f.Add([]byte("topics:\n- id: \"\\u0000\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := Parse("f", data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("error: %q", err)
			}
			return
		}
		if n := len(x.Topics()); n == 0 || n > MaxTopics {
			t.Errorf("%d topics", n)
		}
		for _, topic := range x.Topics() {
			if got, ok := x.Lookup(topic.ID); !ok || !ValidID(topic.ID) || topic.DisplayName == "" || !cmp.Equal(got, topic) {
				t.Errorf("topic %+v", topic)
			}
		}
	})
}
