package local

import (
	"cmp"
	"slices"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// A similarityModel weighs what speaks for a topic that is known by its name and
// definition, or by phrases of a user: the signals of the words that the article
// shares with it, and how near it is in meaning. It is a logistic regression
// fitted to the default topics as if they were candidates, in company of any
// number of others, and to agency briefs with four broad candidates.
type similarityModel struct {
	bias    int64
	signals signals
	cosine  int64 // of the embeddings of article and topic
	gap     int64 // what the cosine lacks to the nearest topic
	both    int64 // the cosine where words are shared too
	brief   int64 // the cosine, the more the shorter the text
	lead    int64 // how far the nearest topic is ahead, the more the shorter the text
}

// briefTokens is the length of a text that is half brief.
const briefTokens = 60

// A similarity is how near a document is to a topic in company of others.
type similarity struct {
	cosine, gap, ahead int64
}

// confidence returns 0..confidenceScale. Shared is nil where topic and article
// share no words.
func (l *similarityModel) confidence(shared *signals, r similarity, tokens int64) int64 {
	z := l.bias * fixedOne
	if shared != nil {
		for i, v := range shared {
			z += l.signals[i] * v
		}
		z += l.both * r.cosine
	}
	brief := fixedOne * briefTokens / (briefTokens + tokens)
	z += l.cosine*r.cosine + l.gap*r.gap + (l.brief*r.cosine+l.lead*r.ahead)/fixedOne*brief
	return logistic(z)
}

// embedding returns the embedding of the document.
func (s *workspace) embedding() embedding {
	var m embedding
	s.eachSentence(func(tokens []token, _, place int32, inText bool) {
		text := s.doc.Text
		if !inText {
			text = s.doc.Title
		}
		for i := range tokens {
			m.add(s.lexer.form(text, &tokens[i]), int64(place))
		}
	})
	m.normalize()
	return m
}

// topicEmbedding returns the embedding of the name and the definition of a topic; the
// words of the name count twice.
func topicEmbedding(t *taxonomy.Topic) embedding {
	var m embedding
	var l lexer
	add := func(text string, weight int64) {
		for _, token := range l.append(nil, text, 0) {
			if token.kind&kindStop == 0 && !vagueStems[token.stem] {
				m.add(l.form(text, &token), weight)
			}
		}
	}
	add(t.DisplayName, 2*placeLater)
	add(t.Definition, placeLater)
	m.normalize()
	return m
}

// similarities compares the document with topics.
func (s *workspace) similarities(topics []embedding) []similarity {
	document := s.embedding()
	document.centre(&meanEmbedding)
	return similaritiesOf(&document, topics)
}

func similaritiesOf(document *embedding, topics []embedding) []similarity {
	out := make([]similarity, len(topics))
	best, second := int64(-fixedOne), int64(0)
	for i := range topics {
		c := document.cosine(&topics[i])
		out[i].cosine = c
		if c > best {
			best, second = c, max(best, 0)
		} else {
			second = max(second, c)
		}
	}
	for i := range out {
		out[i].gap = out[i].cosine - best
		if out[i].gap == 0 && len(out) > 1 {
			out[i].ahead = max(0, best-second)
		}
	}
	return out
}

// nearWord is the cosine from which on a word shows a topic.
const nearWord = 3 * fixedOne / 10

// nearest returns the words of the text that are nearest to a topic in meaning,
// in the order of the text.
func (s *workspace) nearest(topic *embedding) []article.Span {
	type word struct {
		token  token
		cosine int64
	}
	var best []word
	for _, t := range s.tokens[s.title:] {
		if t.kind&(kindStop|kindNumber) != 0 || slices.ContainsFunc(best, func(w word) bool { return w.token.stem == t.stem }) {
			continue
		}
		c := topic.near(s.lexer.form(s.doc.Text, &t))
		if c < nearWord {
			continue
		}
		best = append(best, word{t, c})
		slices.SortStableFunc(best, func(a, b word) int { return cmp.Compare(b.cosine, a.cosine) })
		best = best[:min(len(best), maxEvidence)]
	}
	slices.SortFunc(best, func(a, b word) int { return cmp.Compare(a.token.begin, b.token.begin) })
	var spans []article.Span
	for _, w := range best {
		spans = append(spans, article.Span{Begin: int(w.token.begin), End: int(w.token.end)})
	}
	return spans
}
