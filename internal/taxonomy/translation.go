package taxonomy

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml/ast"
)

// translatable are the languages, beside English, that a taxonomy may have its topics
// in, as the local engine can read their words.
var translatable = []string{"ar", "de", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "sw", "tr", "uk", "zh"}

// A translation is the topics of a taxonomy in another language.
type translation struct {
	// topics returns them with names and phrases.
	topics func() []Topic

	// names returns their names by id.
	names func() map[string]string
}

// newTranslation returns the translation that topics returns, which it calls when the
// names are first asked for.
func newTranslation(topics func() []Topic) *translation {
	return &translation{
		topics: topics,
		names: sync.OnceValue(func() map[string]string {
			names := make(map[string]string)
			for _, topic := range topics() {
				names[topic.ID] = topic.DisplayName
			}
			return names
		}),
	}
}

// Languages returns the languages that the topics have names and phrases in beside
// English, as ISO 639-1 codes in alphabetical order.
func (t *Taxonomy) Languages() []string {
	var codes []string
	for _, code := range translatable {
		if t.translations[code] != nil {
			codes = append(codes, code)
		}
	}
	return codes
}

// In returns the topics that the taxonomy has in a language, given as a BCP-47 tag:
// with their names and phrases in it and without definitions, in the order of Topics.
// It returns nil for English and for a language that the taxonomy has no file for.
//
// The default taxonomy is read at each call, which takes some milliseconds: keep what
// is made of it.
func (t *Taxonomy) In(language string) []Topic {
	if in := t.translations[baseCode(language)]; in != nil {
		return in.topics()
	}
	return nil
}

// DisplayName returns the name of a topic in a language, given as a BCP-47 tag, or in
// English where it has none in that language; "" for a topic that there is not.
func (t *Taxonomy) DisplayName(id, language string) string {
	if in := t.translations[baseCode(language)]; in != nil {
		if name := in.names()[id]; name != "" {
			return name
		}
	}
	topic, _ := t.Lookup(id)
	return topic.DisplayName
}

// NamedIn returns all topics with their DisplayName in a language.
func (t *Taxonomy) NamedIn(language string) []Topic {
	if t.translations[baseCode(language)] == nil {
		return t.Topics()
	}
	topics := slices.Clone(t.Topics())
	for i := range topics {
		topics[i].DisplayName = t.DisplayName(topics[i].ID, language)
	}
	return topics
}

// baseCode returns the language of a BCP-47 tag without script and region, in lower
// case.
func baseCode(tag string) string {
	code, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(code)
}

// loadTranslations reads the files beside the one at path.
func (t *Taxonomy) loadTranslations(path string, read func(path string) ([]byte, error)) error {
	ext := filepath.Ext(path)
	base := strings.TrimSuffix(filepath.Base(path), ext)
	if ext != ".yaml" && ext != ".yml" {
		return nil
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("taxonomy: looking for files in other languages beside %s: %w; make the folder readable", path, err)
	}
	translations := make(map[string]*translation)
	for _, file := range files {
		rest, found := strings.CutPrefix(file.Name(), base+".")
		code, isYAML := strings.CutSuffix(rest, ext)
		if !found || !isYAML || !looksLikeLanguage(code) {
			continue
		}
		name := filepath.Join(filepath.Dir(path), file.Name())
		if !slices.Contains(translatable, code) {
			return fmt.Errorf("%s: the language %q in the name of the file is not known; write one of %s, or name the file otherwise",
				name, code, strings.Join(translatable, ", "))
		}
		data, err := read(name)
		if err != nil {
			return err
		}
		topics, err := t.parseTranslation(name, data)
		if err != nil {
			return err
		}
		translations[code] = newTranslation(func() []Topic { return topics })
	}
	t.setTranslations(translations)
	return nil
}

// looksLikeLanguage reports whether code may be meant for a language: "backup" is not,
// "xx" and "pt-BR" are.
func looksLikeLanguage(code string) bool {
	code, _, _ = strings.Cut(code, "-")
	return (len(code) == 2 || len(code) == 3) && !strings.ContainsFunc(code, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// parseTranslation reads topics of t in another language from data; name stands for
// the file in errors.
func (t *Taxonomy) parseTranslation(name string, data []byte) ([]Topic, error) {
	topics, err := parseTopics(name, data, t.translatedTopicOf)
	slices.SortStableFunc(topics, func(a, b Topic) int { return t.byID[a.ID] - t.byID[b.ID] })
	return topics, err
}

// translatedTopicOf reads one topic of t in another language.
func (t *Taxonomy) translatedTopicOf(n ast.Node) (Topic, error) {
	fields, err := mapping(n, "a topic in another language", "id", "display_name", "phrases")
	if err != nil {
		return Topic{}, err
	}
	var id, name string
	if err := readTexts(fields, map[string]*string{"id": &id, "display_name": &name}); err != nil {
		return Topic{}, err
	}
	at := keysOf(n, fields)
	topic, ok := t.Lookup(id)
	switch {
	case id == "":
		return Topic{}, faultAt(at("id"), "the topic has no id; write that of a topic of the taxonomy")
	case !ok:
		return Topic{}, faultAt(at("id"), "the taxonomy has no topic with the id %s; write the id of one that it has", quote(id))
	}
	topic.Definition, topic.Phrases = "", nil
	if name != "" {
		topic.DisplayName = name
	}
	if list, ok := fields["phrases"]; ok {
		topic.Phrases, err = phrasesOf(list)
	} else if name == "" {
		err = faultAt(n, "the topic %s has neither display_name nor phrases; write one of them, or both", id)
	}
	return topic, err
}
