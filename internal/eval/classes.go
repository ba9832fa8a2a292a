package eval

import (
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// Classes say which class of labelled data a topic belongs to. The class of an
// article is the class of its most confident topic that belongs to one.
type Classes struct {
	names []string          // in the order of the file
	of    map[string]string // by topic
}

// ParseClasses reads a class map: YAML with a line for each class, its name and
// the list of the ids of its topics, each of which must be one of topics and
// belong to no other class. name stands for the file in errors.
func ParseClasses(name string, data []byte, topics *taxonomy.Taxonomy) (*Classes, error) {
	var file yaml.MapSlice
	if err := yaml.Unmarshal(data, &file); err != nil {
		message, line := "it must have lines of the form \"class: [topic, topic]\"", 1
		var positioned yaml.Error
		if errors.As(err, &positioned) {
			if token := positioned.GetToken(); token != nil && token.Position != nil {
				message, line = positioned.GetMessage(), token.Position.Line
			}
		}
		return nil, fmt.Errorf("%s:%d: %s", name, line, message)
	}
	classes := &Classes{of: map[string]string{}}
	for _, entry := range file {
		class := fmt.Sprint(entry.Key)
		ids, ok := entry.Value.([]any)
		if !ok || len(ids) == 0 {
			return nil, fmt.Errorf("%s: the class %q needs a list of topic ids, such as [sport]", name, class)
		}
		classes.names = append(classes.names, class)
		for _, id := range ids {
			topic := fmt.Sprint(id)
			if _, ok := topics.Lookup(topic); !ok {
				return nil, fmt.Errorf("%s: the class %q has the topic %q, which the taxonomy does not have", name, class, topic)
			}
			if other, ok := classes.of[topic]; ok {
				return nil, fmt.Errorf("%s: the topic %q is in the classes %q and %q: keep one", name, topic, other, class)
			}
			classes.of[topic] = class
		}
	}
	if len(classes.names) == 0 {
		return nil, fmt.Errorf("%s: it has no classes: write lines of the form \"class: [topic, topic]\"", name)
	}
	return classes, nil
}

func (c *Classes) has(class string) bool { return slices.Contains(c.names, class) }

// choose turns topics into the one class they stand for, with the confidence of
// the topic that decides. Of what is delivered only: a topic that is not confident
// enough to be shown does not decide.
func (c *Classes) choose(a *SystemAnswer) *SystemAnswer {
	classified := *a
	classified.Topics, classified.Delivered = nil, 0
	for _, topic := range a.Topics[:a.Delivered] {
		if class, ok := c.of[topic.ID]; ok {
			classified.Topics, classified.Delivered = []ScoredTopic{{class, topic.Confidence}}, 1
			break
		}
	}
	return &classified
}
