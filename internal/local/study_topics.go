package local

import (
	"slices"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// The format of the vectors of words, for the program that cuts them.
const (
	VectorDimensions = dimensions
	VectorScale      = vectorScale // what a component of 1 would be
)

// An Embedding is the direction of the words of a text, of length 1024.
type Embedding = embedding

// WordForm returns the hash of word, under which its vector is found. It reports false for
// what has no vector: stop words, numbers, and what is not one word.
func WordForm(word string) (uint64, bool) {
	var l lexer
	tokens := l.append(nil, word, 0)
	if len(tokens) != 1 || int(tokens[0].end) != len(word) || tokens[0].kind&(kindStop|kindNumber) != 0 {
		return 0, false
	}
	return l.form(word, &tokens[0]), true
}

// SenseSignals returns what is weighed for each topic of security and international
// affairs that is found in an article in another language than English, each signal 0 to
// 1, by the id of the topic.
func SenseSignals(doc *article.Document) map[string][]float64 {
	group := defaultTopicsOf(taxonomy.Default().Topics(), article.BaseLanguage(doc.Language))
	var s workspace
	s.read(doc)
	s.search(group.trie)
	out := make(map[string][]float64)
	s.finding.senseSignals(func(topic int, found *senseSignals) {
		for _, v := range found {
			out[group.ids[topic]] = append(out[group.ids[topic]], float64(v)/fixedOne)
		}
	})
	return out
}

// A TopicReader reads articles for the programs that fit how sure the engine is of
// topics. It is not safe for concurrent use.
type TopicReader struct {
	trie       *phraseTrie
	embeddings []embedding
	s          workspace
}

// NewTopicReader returns a reader that looks for topics, which are numbered in their
// order.
func NewTopicReader(topics []taxonomy.Topic) *TopicReader {
	r := &TopicReader{trie: newPhraseTrie(topics, nil)}
	for i := range topics {
		r.embeddings = append(r.embeddings, topicEmbedding(&topics[i]))
	}
	return r
}

// NewDefaultTopicReader returns a reader that looks for the topics of the default taxonomy.
func NewDefaultTopicReader() *TopicReader { return &TopicReader{trie: defaultTopics().trie} }

// Read reads an article.
func (r *TopicReader) Read(doc *article.Document) *TopicStudy {
	r.s.read(doc)
	r.s.search(r.trie)
	return &TopicStudy{
		tokens:   int64(len(r.s.tokens)),
		finding:  finding{topics: slices.Clone(r.s.finding.topics)},
		document: r.s.embedding(),
		topics:   r.embeddings,
	}
}

// A TopicStudy is what the engine sees of topics in an article.
type TopicStudy struct {
	tokens   int64
	finding  finding
	document embedding
	topics   []embedding
}

// Brevity returns how short the article is: 1 for none, one half at briefTokens.
func (s *TopicStudy) Brevity() float64 { return briefTokens / float64(briefTokens+s.tokens) }

// Embedding returns the embedding of the article.
func (s *TopicStudy) Embedding() Embedding { return s.document }

// Signals returns what is weighed for each of some topics beside the others, each
// signal 0 to 1; nil for a topic of which nothing was found.
func (s *TopicStudy) Signals(topics []int) [][]float64 {
	var f finding
	for _, t := range topics {
		f.topics = append(f.topics, s.finding.topics[t])
	}
	rivals := f.rivals()
	out := make([][]float64, len(topics))
	for i := range f.topics {
		if f.topics[i].score <= 0 {
			continue
		}
		for _, v := range f.signals(i, &rivals, s.tokens) {
			out[i] = append(out[i], float64(v)/fixedOne)
		}
	}
	return out
}

// Similarity says how near an article is to a topic in meaning, beside other topics.
type Similarity struct {
	Cosine float64 // -1 to 1
	Gap    float64 // distance to the nearest topic, at most 0
	Ahead  float64 // how far the nearest topic is ahead of the others; 0 for others
}

// Similarities compares the article with some topics. Mean is the mean embedding of
// articles, which is taken off both.
func (s *TopicStudy) Similarities(topics []int, mean *Embedding) []Similarity {
	document := s.document
	document.centre(mean)
	var embeddings []embedding
	for _, t := range topics {
		embeddings = append(embeddings, s.topics[t])
		embeddings[len(embeddings)-1].centre(mean)
	}
	out := make([]Similarity, len(topics))
	for i, r := range similaritiesOf(&document, embeddings) {
		out[i] = Similarity{float64(r.cosine) / fixedOne, float64(r.gap) / fixedOne, float64(r.ahead) / fixedOne}
	}
	return out
}
