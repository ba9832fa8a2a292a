package taxonomy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every topic has a name of its own and phrases in every language.
func TestDefaultInOtherLanguages(t *testing.T) {
	d := Default()
	if got := d.Languages(); !slices.Equal(got, translatable) {
		t.Fatalf("languages %v", got)
	}
	for _, language := range d.Languages() {
		var ids []string
		names := make(map[string]string)
		for _, topic := range d.In(language) {
			ids = append(ids, topic.ID)
			if other := names[topic.DisplayName]; other != "" {
				t.Errorf("%s: %s and %s are both called %q", language, topic.ID, other, topic.DisplayName)
			}
			names[topic.DisplayName] = topic.ID
			if len(topic.Phrases) < 25 || topic.Definition != "" {
				t.Errorf("%s: %s has %d phrases, definition %q", language, topic.ID, len(topic.Phrases), topic.Definition)
			}
			if got := d.DisplayName(topic.ID, language); got != topic.DisplayName {
				t.Errorf("%s: %s is called %q and %q", language, topic.ID, topic.DisplayName, got)
			}
			for _, p := range topic.Phrases {
				switch p.Weight {
				case 2, 1.5, 1, 0.75, 0.4, 0:
				default:
					t.Errorf("%s: %s has %q with weight %v", language, topic.ID, p.Text, p.Weight)
				}
			}
		}
		if diff := cmp.Diff(defaultIDs, ids); diff != "" {
			t.Errorf("%s: ids (-want +got):\n%s", language, diff)
		}
	}
	if d.In("en") != nil || d.In("el") != nil || d.In("") != nil {
		t.Error("there are topics in a language without a file")
	}
}

func TestDisplayName(t *testing.T) {
	d := Default()
	for _, tt := range []struct{ id, language, want string }{
		{"sport", "de", "Sport"},
		{"elections", "fr", "élections"},
		{"elections", "FR-ca", "élections"},
		{"elections", "en", "elections"},
		{"elections", "el", "elections"},
		{"elections", "", "elections"},
		{"no-such-topic", "fr", ""},
	} {
		if got := d.DisplayName(tt.id, tt.language); got != tt.want {
			t.Errorf("DisplayName(%q, %q) = %q, want %q", tt.id, tt.language, got, tt.want)
		}
	}
}

func TestNamedIn(t *testing.T) {
	d := Default()
	french := d.NamedIn("fr-CA")
	for i, topic := range d.Topics() {
		got := french[i]
		if got.DisplayName != d.DisplayName(topic.ID, "fr") {
			t.Errorf("%s is called %q", topic.ID, got.DisplayName)
		}
		got.DisplayName = topic.DisplayName
		if !cmp.Equal(topic, got) {
			t.Errorf("%s is another topic in French", topic.ID)
		}
	}
	if diff := cmp.Diff(d.Topics(), d.NamedIn("el")); diff != "" {
		t.Errorf("in a language without a file (-want +got):\n%s", diff)
	}
}

// write writes files to a folder and returns the path of topics.yaml in it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "topics.yaml")
}

const beeTopics = `topics:
  - id: bees
    display_name: Bees
    definition: Insects that make honey.
    phrases: [honeybee]
  - id: bread
    display_name: Bread
    group: food
`

func TestLoadWithOtherLanguages(t *testing.T) {
	path := write(t, map[string]string{
		"topics.yaml":        beeTopics,
		"topics.fr.yaml":     "topics:\n  - {id: bread, display_name: Pain}\n  - id: bees\n    display_name: Abeilles\n    phrases:\n      - {weight: 2, text: apiculteur; ruche}\n      - essaim\n",
		"topics.de.yaml":     "topics:\n  - {id: bees, phrases: [Imkerei]}\n",
		"topics.es.yml":      "Another ending.",
		"topics.backup.yaml": "No taxonomy.",
		"topics.2025.yaml":   "No taxonomy.",
		"other.it.yaml":      "No taxonomy.",
	})
	x, err := Load(path, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"de", "fr"}, x.Languages()); diff != "" {
		t.Errorf("languages (-want +got):\n%s", diff)
	}
	want := []Topic{
		{ID: "bees", DisplayName: "Abeilles", Phrases: []Phrase{{"apiculteur", 2}, {"ruche", 2}, {"essaim", 1}}},
		{ID: "bread", DisplayName: "Pain", Group: "food"},
	}
	if diff := cmp.Diff(want, x.In("fr-FR")); diff != "" {
		t.Errorf("in French (-want +got):\n%s", diff)
	}
	if got := x.DisplayName("bees", "de"); got != "Bees" {
		t.Errorf("a topic without a name in German is called %q", got)
	}
}

func TestVersionIsOfAllLanguages(t *testing.T) {
	const french = "topics: [{id: bees, display_name: Abeilles}]"
	version := func(files map[string]string) string {
		t.Helper()
		files["topics.yaml"] = beeTopics
		x, err := Load(write(t, files), os.ReadFile)
		if err != nil {
			t.Fatal(err)
		}
		return x.Version()
	}
	alone, err := Parse("f", []byte(beeTopics))
	if err != nil {
		t.Fatal(err)
	}
	if got := version(map[string]string{}); got != alone.Version() {
		t.Errorf("without other languages the version is %s, want %s", got, alone.Version())
	}
	versions := []string{
		alone.Version(),
		version(map[string]string{"topics.fr.yaml": french}),
		version(map[string]string{"topics.de.yaml": french}),
		version(map[string]string{"topics.fr.yaml": french, "topics.de.yaml": french}),
		version(map[string]string{"topics.fr.yaml": "topics: [{id: bees, display_name: Abeille}]"}),
	}
	slices.Sort(versions)
	if got := slices.Compact(versions); len(got) != 5 || len(got[0]) != 12 {
		t.Errorf("versions %v", versions)
	}
	if got := version(map[string]string{"topics.fr.yaml": "# A comment.\n" + french}); !slices.Contains(versions, got) {
		t.Error("a comment changed the version")
	}
}

func TestFaultsInOtherLanguages(t *testing.T) {
	for _, tt := range []struct{ name, file, text, want string }{
		{
			"unknown id", "topics.fr.yaml", "topics:\n  - {id: bees, display_name: Abeilles}\n  - id: wasps\n    display_name: Guêpes\n",
			`topics.fr.yaml:3: the taxonomy has no topic with the id "wasps"`,
		},
		{"no id", "topics.fr.yaml", "topics:\n  - display_name: Abeilles\n", "topics.fr.yaml:2: the topic has no id"},
		{
			"repeated id", "topics.fr.yaml", "topics:\n  - {id: bees, display_name: Abeilles}\n  - {id: bees, display_name: Abeilles}\n",
			`topics.fr.yaml:3: the id "bees" is that of the topic at line 2`,
		},
		{"nothing but an id", "topics.fr.yaml", "topics:\n  - {id: bees}\n", "topics.fr.yaml:2: the topic bees has neither display_name nor phrases"},
		{
			"a key of the taxonomy", "topics.fr.yaml", "topics:\n  - id: bees\n    definition: Insectes\n",
			`topics.fr.yaml:3: the key "definition" is not known; the keys of a topic in another language are id, display_name, phrases`,
		},
		{"bad phrase", "topics.fr.yaml", "topics:\n  - id: bees\n    phrases:\n      - a; ;b\n", "topics.fr.yaml:4: there is an empty phrase"},
		{"empty", "topics.fr.yaml", "", "topics.fr.yaml:1: the file is empty"},
		{"unknown language", "topics.xx.yaml", "topics: []", `topics.xx.yaml: the language "xx" in the name of the file is not known; write one of ar, de,`},
		{"region", "topics.pt-BR.yaml", "topics: []", `topics.pt-BR.yaml: the language "pt-BR" in the name of the file is not known`},
		{"English", "topics.en.yaml", "topics: []", `topics.en.yaml: the language "en" in the name of the file is not known`},
		{"too large", "topics.fr.yaml", strings.Repeat("#", MaxFileBytes+1), "topics.fr.yaml: the file is larger than 1048576 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(write(t, map[string]string{"topics.yaml": beeTopics, tt.file: tt.text}), os.ReadFile)
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); !strings.Contains(got, tt.want) || strings.Contains(got, "\n") || len(got) > 500 {
				t.Errorf("got  %s\nwant %s…", got, tt.want)
			}
		})
	}
}

func FuzzParseTranslation(f *testing.F) {
	f.Add([]byte("topics:\n  - id: bees\n    display_name: A\n    phrases: [b; c, {text: d, weight: -0.5}]\n"))
	f.Add([]byte("topics: [{id: bread, phrases: [b]}, {id: bees, display_name: '١'}]"))
	f.Add([]byte("topics: [{id: wasps}]"))
	x, err := Parse("f", []byte(beeTopics))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		topics, err := x.parseTranslation("f", data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("error: %q", err)
			}
			return
		}
		if n := len(topics); n == 0 || n > len(x.Topics()) {
			t.Errorf("%d topics", n)
		}
		for _, topic := range topics {
			if _, ok := x.Lookup(topic.ID); !ok || topic.DisplayName == "" {
				t.Errorf("topic %+v", topic)
			}
		}
	})
}
