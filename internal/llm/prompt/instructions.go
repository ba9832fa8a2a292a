package prompt

import (
	"sync"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// instructions are what a question tells the model besides the article, the same for
// equal options.
type instructions struct {
	system string // all but the addition of a repair
	schema string // of the answer
}

// instructionsKey is what instructions depend on. Topics are told apart by where their
// list is, which an entry keeps alive.
type instructionsKey struct {
	summary    bool
	format     summarizer.SummaryFormat
	sentences  int
	characters int
	language   string

	topics *taxonomy.Topic // the first; nil when none are asked
	offers int

	unbounded bool
}

// instructionsEntry holds the topics, too, so that no other list takes their place.
type instructionsEntry struct {
	instructions
	topics []taxonomy.Topic
}

// maxInstructions is the maximum number of combinations of options whose instructions are
// kept.
const maxInstructions = 32

// recentInstructions keeps the instructions of recent options, some 14 KB each with the
// default taxonomy: building them takes a tenth of what a miss costs.
var recentInstructions struct {
	sync.Mutex
	entries map[instructionsKey]instructionsEntry
}

// instructionsFor returns the instructions for task, in whose schema the sizes of lists
// stand or not.
func instructionsFor(task *summarizer.Task, unbounded bool) instructions {
	key := instructionsKey{unbounded: unbounded}
	if s := task.Summary; s != nil {
		key.summary, key.format, key.sentences, key.characters, key.language = true, s.Format, s.MaxSentences, s.MaxCharacters, s.Language
	}
	var topics []taxonomy.Topic
	if t := task.Topics; t != nil && len(t.Topics) > 0 {
		topics = t.Topics
		key.topics, key.offers = &topics[0], len(topics)
	}
	recent := &recentInstructions
	recent.Lock()
	entry, ok := recent.entries[key]
	recent.Unlock()
	if ok {
		return entry.instructions
	}
	schema := answerSchema(task, unbounded)
	entry = instructionsEntry{instructions{systemPrompt(task, schema), schema}, topics}
	recent.Lock()
	defer recent.Unlock()
	if recent.entries == nil || len(recent.entries) >= maxInstructions {
		recent.entries = make(map[instructionsKey]instructionsEntry, maxInstructions)
	}
	recent.entries[key] = entry
	return entry.instructions
}
