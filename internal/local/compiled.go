package local

import (
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// maxLexicons is the number of compiled sets of topics that are kept: the whole
// taxonomy and the subsets that callers restrict to.
const maxLexicons = 32

// lexicons compiles topics and keeps what it compiled. Topics of a taxonomy
// are known by its version and their ids; candidates, which differ from
// request to request, are compiled each time.
type lexicons struct {
	mu   sync.Mutex
	kept map[[sha256.Size]byte]topicGroup
}

// topicGroup is a lexicon and the ids of its topics, by their number.
type topicGroup struct {
	lexicon *lexicon
	ids     []string
}

// of returns the lexicons for a task: one for the topics of the taxonomy, one
// for the candidates.
func (l *lexicons) of(task *summarizer.TopicTask) []topicGroup {
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
func (l *lexicons) known(topics []taxonomy.Topic, version string) topicGroup {
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

	l.mu.Lock()
	group, ok := l.kept[key]
	l.mu.Unlock()
	if ok {
		return group
	}
	// Compiled outside the lock: two requests may compile the same, which costs
	// less than all others waiting.
	group = compile(topics)

	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) >= maxLexicons {
		for k := range l.kept {
			delete(l.kept, k) // Any will do: it is compiled again in a millisecond or two.
			break
		}
	}
	if l.kept == nil {
		l.kept = make(map[[sha256.Size]byte]topicGroup)
	}
	l.kept[key] = group
	return group
}

func compile(topics []taxonomy.Topic) topicGroup {
	ids := make([]string, len(topics))
	for i := range topics {
		ids[i] = topics[i].ID
	}
	return topicGroup{newLexicon(topics), ids}
}
