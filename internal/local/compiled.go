package local

import (
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// maxCompiled is the number of compiled sets of topics that are kept: the whole
// taxonomy and the subsets that callers restrict to.
const maxCompiled = 32

// topicCompiler compiles topics and keeps what it compiled. Topics of a taxonomy
// are known by its version and their ids; candidates, which differ from
// request to request, are compiled each time.
type topicCompiler struct {
	mu   sync.Mutex
	kept map[[sha256.Size]byte]*compilation
}

// compilation is a set of topics that is compiled once, by whoever needs it
// first. The others wait: a crowd that compiled the same side by side would take
// as many times as long.
type compilation struct {
	once  sync.Once
	group topicGroup
}

// topicGroup is a trie and the ids of its topics, by their number.
type topicGroup struct {
	trie *phraseTrie
	ids  []string

	// calibration is nil where no articles were labelled with these topics;
	// embeddings then holds those of the topics.
	calibration *calibration
	embeddings  []embedding

	// wanted holds the topics that are asked for, nil for all.
	wanted map[string]bool
}

// defaultTopics is the default taxonomy, compiled. All of it is scored whatever is
// asked for: how sure a topic is depends on the others.
var defaultTopics = sync.OnceValue(func() topicGroup {
	group := compilePhrases(taxonomy.Default().Topics())
	c := &calibration{weights: fittedWeights, biases: make([]int64, len(group.ids))}
	for i, id := range group.ids {
		c.biases[i] = fittedBias + fittedBiases[id]
	}
	group.calibration = c
	return group
})

// defaultTopicsOf returns the default taxonomy restricted to topics.
func defaultTopicsOf(topics []taxonomy.Topic) topicGroup {
	group := defaultTopics()
	if len(topics) < len(group.ids) {
		group.wanted = make(map[string]bool, len(topics))
		for i := range topics {
			group.wanted[topics[i].ID] = true
		}
	}
	return group
}

// of returns the groups for a task: one for the topics of the taxonomy, one
// for the candidates.
func (l *topicCompiler) of(task *summarizer.TopicTask) []topicGroup {
	known, candidates := task.Topics, []taxonomy.Topic(nil)
	if isCandidate := func(t taxonomy.Topic) bool { return t.Candidate }; slices.ContainsFunc(known, isCandidate) {
		known = nil
		for _, t := range task.Topics {
			if isCandidate(t) {
				candidates = append(candidates, t)
			} else {
				known = append(known, t)
			}
		}
	}
	var groups []topicGroup
	if len(known) > 0 {
		groups = append(groups, l.known(known, task.TaxonomyVersion))
	}
	if len(candidates) > 0 {
		groups = append(groups, compile(candidates))
	}
	return groups
}

// known returns the compiled topics of the taxonomy with the version.
func (l *topicCompiler) known(topics []taxonomy.Topic, version string) topicGroup {
	if version == taxonomy.Default().Version() {
		return defaultTopicsOf(topics)
	}
	if version == "" {
		return compile(topics)
	}
	h := sha256.New()
	h.Write([]byte(version))
	for i := range topics {
		h.Write([]byte{0})
		h.Write([]byte(topics[i].ID))
	}
	key := [sha256.Size]byte(h.Sum(nil))

	c := l.compilation(key)
	c.once.Do(func() { c.group = compile(topics) })
	return c.group
}

// compilation returns that of the key, which may be yet to do.
func (l *topicCompiler) compilation(key [sha256.Size]byte) *compilation {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.kept[key]; ok {
		return c
	}
	if len(l.kept) >= maxCompiled {
		for k := range l.kept {
			delete(l.kept, k) // Any will do: it is compiled again in some milliseconds.
			break
		}
	}
	if l.kept == nil {
		l.kept = make(map[[sha256.Size]byte]*compilation)
	}
	c := new(compilation)
	l.kept[key] = c
	return c
}

// compile compiles topics that articles are compared with in words and meaning.
func compile(topics []taxonomy.Topic) topicGroup {
	group := compilePhrases(topics)
	group.embeddings = make([]embedding, len(topics))
	for i := range topics {
		group.embeddings[i] = topicEmbedding(&topics[i])
	}
	return group
}

func compilePhrases(topics []taxonomy.Topic) topicGroup {
	ids := make([]string, len(topics))
	for i := range topics {
		ids[i] = topics[i].ID
	}
	return topicGroup{trie: newPhraseTrie(topics), ids: ids}
}
