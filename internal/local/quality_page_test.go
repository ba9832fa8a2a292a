package local_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

var update = flag.Bool("update", false, "write the tables of docs/fallback-quality.md instead of comparing them")

const qualityPage = "../../docs/fallback-quality.md"

// A tally counts items with a topic and near misses of it, and those that are labelled
// rightly.
type tally struct{ items, found, misses, clean int }

func (c *tally) count(isMiss, labelled bool) {
	if isMiss {
		c.misses++
		if !labelled {
			c.clean++
		}
		return
	}
	c.items++
	if labelled {
		c.found++
	}
}

// perfect reports whether all items are found and all near misses clean.
func (c *tally) perfect() bool { return c.found == c.items && c.clean == c.misses }

func (c *tally) String() string {
	return fmt.Sprintf("%d of %d | %d of %d", c.found, c.items, c.clean, c.misses)
}

// invented labels the invented items: those of a language in its own file, and the unseen
// ones in all of them.
func invented(t *testing.T, visit func(language, topic string, unseen, isMiss, labelled bool)) {
	t.Helper()
	label := func(a *goldenArticle, language string, unseen bool) {
		doc := article.Clean(article.Raw{Text: a.text, LanguageCode: language})
		answer := classify(t, doc, allTopics())
		got := delivered(answer)
		got = got[:min(len(got), 5)]
		for _, id := range append(a.without, a.with) {
			if id != "" {
				visit(language, id, unseen, id != a.with, slices.Contains(got, id))
			}
		}
	}
	for _, language := range taxonomy.Default().Languages() {
		for _, a := range goldenArticles(t, "topics."+language+".txt") {
			label(&a, language, false)
		}
	}
	for _, a := range goldenArticles(t, "topics.unseen.txt") {
		head := a.with
		if head == "" {
			head = a.without[0]
		}
		topic, language, _ := strings.Cut(head, " ")
		if a.with != "" {
			a.with = topic
		} else {
			a.without = []string{topic}
		}
		label(&a, language, true)
	}
}

// Items that no phrase was written for are labelled as well as must be.
func TestUnseenItems(t *testing.T) {
	var all tally
	topics := make(map[string]int)
	invented(t, func(language, topic string, unseen, isMiss, labelled bool) {
		if !unseen {
			return
		}
		if all.count(isMiss, labelled); isMiss == labelled {
			t.Logf("%s in %s: near miss %t, labelled %t", topic, language, isMiss, labelled)
		}
		if !isMiss {
			topics[topic]++
		}
	})
	for _, topic := range taxonomy.Default().Topics() {
		if topic.Group != "general" && topics[topic.ID] != 5 {
			t.Errorf("%d items of %s", topics[topic.ID], topic.ID)
		}
	}
	if float64(all.found) < leastFound*float64(all.items) || float64(all.clean) < leastClean*float64(all.misses) {
		t.Errorf("found and clean: %v", &all)
	}
}

// The tables of the page on quality are what the engine does with the invented items.
func TestQualityPage(t *testing.T) {
	languages, topics := make(map[string]*[2]tally), make(map[string]*[2]tally)
	invented(t, func(language, topic string, unseen, isMiss, labelled bool) {
		set := 0
		if unseen {
			set = 1
		}
		for in, key := range map[*map[string]*[2]tally]string{&languages: language, &topics: topic} {
			if (*in)[key] == nil {
				(*in)[key] = new([2]tally)
			}
			(*in)[key][set].count(isMiss, labelled)
		}
	})
	var b strings.Builder
	table := func(of string, keys []string, in map[string]*[2]tally) {
		fmt.Fprintf(&b, "| %s | found | near misses clean | unseen: found | unseen: near misses clean |\n|---|---|---|---|---|\n", of)
		for _, key := range keys {
			fmt.Fprintf(&b, "| %s | %v | %v |\n", key, &in[key][0], &in[key][1])
		}
	}
	table("language", taxonomy.Default().Languages(), languages)
	b.WriteString("\n")
	var ids []string
	perfect := 0
	for _, topic := range taxonomy.Default().Topics() {
		switch counts := topics[topic.ID]; {
		case counts == nil:
		case counts[0].perfect() && counts[1].perfect():
			perfect++
		default:
			ids = append(ids, topic.ID)
		}
	}
	table("topic", ids, topics)
	fmt.Fprintf(&b, "\nOf the other %d topics all items are found and all near misses are clean.\n", perfect)

	page, err := os.ReadFile(qualityPage)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- tables -->\n", "<!-- end of tables -->"
	before, rest, ok := strings.Cut(string(page), begin)
	written, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the page has no place for the tables")
	}
	if *update {
		if err := os.WriteFile(qualityPage, []byte(before+begin+b.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(written, b.String()); diff != "" {
		t.Errorf("%s is stale, run \"make generate\" (-page +engine):\n%s", qualityPage, diff)
	}
}
