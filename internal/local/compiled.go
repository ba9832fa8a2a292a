package local

import (
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local/morphology"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// maxCompiled is the number of compiled sets of topics that are kept: the whole
// taxonomy and the subsets that callers restrict to.
const maxCompiled = 32

// topicCompiler compiles topics and keeps the result. Topics of a taxonomy are
// known by its version, their ids and the language of the text; candidates, which differ
// from request to request, are compiled each time.
type topicCompiler struct {
	mu   sync.Mutex
	kept map[[sha256.Size]byte]*compilation
}

// compilation is a set of topics that is compiled once, by the first request that
// needs it. The others wait: a crowd that compiled the same side by side would take
// as many times as long.
type compilation struct {
	once  sync.Once
	group topicGroup
}

// topicGroup is a trie and the ids of its topics, by their number.
type topicGroup struct {
	trie *phraseTrie
	ids  []string

	// calibration is nil for topics outside the default taxonomy;
	// embeddings then holds the embeddings of the topics, where word vectors are known.
	calibration *calibration
	embeddings  []embedding

	labelled bool // articles in the language were labelled with the topics
	foreign  bool // the topics are not in the language of the text
	byWords  bool // candidates that are compared in words, but not in meaning

	// wanted holds the topics that are asked for, nil for all.
	wanted map[string]bool
}

// defaultTopics is the default taxonomy, compiled. All of it is scored whatever is
// asked for: how sure a topic is depends on the others.
var defaultTopics = sync.OnceValue(func() topicGroup {
	group := compilePhrases(taxonomy.Default().Topics(), nil)
	c := &calibration{weights: fittedWeights, biases: make([]int64, len(group.ids))}
	for i, id := range group.ids {
		c.biases[i] = fittedBias + fittedBiases[id]
	}
	group.calibration, group.labelled = c, true
	group.trie.broader = broaderTopics(group.ids)
	return group
})

// defaultTopicsIn holds the default taxonomy in other languages, each compiled when a
// text in it first comes.
var defaultTopicsIn = func() map[string]func() topicGroup {
	groups := make(map[string]func() topicGroup)
	for _, code := range morphology.Codes() {
		groups[code] = sync.OnceValue(func() topicGroup {
			group := compilePhrases(taxonomy.Default().In(code), morphology.Of(code))
			c := &calibration{weights: fittedWeights, biases: make([]int64, len(group.ids))}
			for i := range c.biases {
				c.biases[i] = fittedBias
			}
			group.calibration = c
			group.trie.broader = broaderTopics(group.ids)
			return group
		})
	}
	return groups
}()

// defaultTopicsOf returns the default taxonomy restricted to topics, for texts in a
// language.
func defaultTopicsOf(topics []taxonomy.Topic, language string) topicGroup {
	var group topicGroup
	if in := defaultTopicsIn[language]; in != nil {
		group = in()
	} else {
		group = defaultTopics()
		group.foreign = !isEnglish(language)
	}
	if len(topics) < len(group.ids) {
		group.wanted = make(map[string]bool, len(topics))
		for i := range topics {
			group.wanted[topics[i].ID] = true
		}
	}
	return group
}

// of returns the groups for a task on a text in a language: one for the topics of the
// taxonomy, one for the candidates.
func (l *topicCompiler) of(task *summarizer.TopicTask, language string) []topicGroup {
	language = article.BaseLanguage(language)
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
		groups = append(groups, l.known(known, task.Taxonomy, language))
	}
	if len(candidates) > 0 {
		group := compile(candidates, morphology.Of(language))
		group.byWords = group.embeddings == nil
		group.foreign = !group.byWords && !isEnglish(language)
		groups = append(groups, group)
	}
	return groups
}

// known returns compiled topics of a taxonomy for texts in a language.
func (l *topicCompiler) known(topics []taxonomy.Topic, t *taxonomy.Taxonomy, language string) topicGroup {
	switch t {
	case nil:
		return compileIn(topics, t, language)
	case taxonomy.Default():
		return defaultTopicsOf(topics, language)
	}
	h := sha256.New()
	for _, s := range []string{t.Version(), language} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	for i := range topics {
		h.Write([]byte(topics[i].ID))
		h.Write([]byte{0})
	}
	key := [sha256.Size]byte(h.Sum(nil))

	c := l.compilation(key)
	c.once.Do(func() { c.group = compileIn(topics, t, language) })
	return c.group
}

// compileIn compiles topics of a taxonomy for texts in a language: as they are in that
// language, or else as they are.
func compileIn(topics []taxonomy.Topic, t *taxonomy.Taxonomy, language string) topicGroup {
	foreign := !isEnglish(language)
	if t != nil && foreign {
		if in := t.In(language); in != nil {
			topics, foreign = chosen(in, topics), false
		}
	}
	group := compile(topics, morphology.Of(language))
	group.foreign = foreign
	return group
}

// chosen returns the elements of all that are among topics.
func chosen(all, topics []taxonomy.Topic) []taxonomy.Topic {
	ids := make(map[string]bool, len(topics))
	for i := range topics {
		ids[topics[i].ID] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(t taxonomy.Topic) bool { return !ids[t.ID] })
}

// compilation returns the compilation of the key, which may be yet to do.
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

// compile compiles topics that articles are compared with in words, and in English in
// meaning.
func compile(topics []taxonomy.Topic, language *morphology.Language) topicGroup {
	group := compilePhrases(topics, language)
	if language != nil {
		return group
	}
	group.embeddings = make([]embedding, len(topics))
	for i := range topics {
		group.embeddings[i] = topicEmbedding(&topics[i])
		group.embeddings[i].centre(&meanEmbedding)
	}
	return group
}

// compilePhrases compiles topics whose phrases are in language, nil for English.
func compilePhrases(topics []taxonomy.Topic, language *morphology.Language) topicGroup {
	ids := make([]string, len(topics))
	for i := range topics {
		ids[i] = topics[i].ID
	}
	return topicGroup{trie: newPhraseTrie(topics, language), ids: ids}
}
