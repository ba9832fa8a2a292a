package local

import (
	"context"
	"slices"
	"sync"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/injection"
	"github.com/seed-59202292/summarizer/internal/local/morphology"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// Version names the engine and the version of its answers.
const Version = "local-1"

// Engine is the built-in engine.
type Engine struct {
	compiler topicCompiler
	pool     sync.Pool // of *workspace
}

// New returns the engine.
func New() *Engine { return &Engine{} }

// Prepare compiles the topics of a taxonomy in English, which the first request for them
// would else do: that takes as long as dozens of answers. Other languages are compiled
// when the first text in them comes.
func (e *Engine) Prepare(t *taxonomy.Taxonomy) {
	e.compiler.known(t.Topics(), t, "en")
}

// LanguageSupport says what the engine does in a language.
type LanguageSupport struct {
	Code   string // BCP-47
	Topics bool   // whether topic labels work; summaries do in every language
}

// Languages returns the languages that the engine was made for, and whether it knows the
// topics of a taxonomy in them. It summarises others too, wherever sentences end in
// punctuation.
func Languages(t *taxonomy.Taxonomy) []LanguageSupport {
	languages := []LanguageSupport{{"en", true}}
	known := t.Languages()
	for _, code := range morphology.Codes() {
		languages = append(languages, LanguageSupport{code, slices.Contains(known, code)})
	}
	return languages
}

// Analyze implements summarizer.Engine. It does not look at ctx: it is what
// answers when time has run out, and takes well under a millisecond for an
// article of usual length. It never fails.
func (e *Engine) Analyze(_ context.Context, task *summarizer.Task) *summarizer.Reply {
	s, _ := e.pool.Get().(*workspace)
	if s == nil {
		s = new(workspace)
	}
	doc := screened(task.Document)
	s.read(doc)
	reply := &summarizer.Reply{Fingerprint: summarizer.Fingerprint{Model: Version}}
	if task.Topics != nil {
		reply.Topics = e.classify(task.Topics, s)
	}
	if task.Summary != nil {
		reply.Summary = s.summarize(task.Summary)
	}
	if doc != task.Document {
		warn(reply)
	}
	s.doc = nil
	if cap(s.tokens) <= maxPooledTokens {
		e.pool.Put(s)
	}
	return reply
}

// screened returns doc without instructions to language models: the engine obeys
// nothing, but would take such a sentence for one of the article. A document of
// nothing else is taken as it is.
func screened(doc *article.Document) *article.Document {
	if clean := injection.Screen(doc); clean.HasLetters() {
		return clean
	}
	return doc
}

// warn says in each answer that something of the article was left out.
func warn(reply *summarizer.Reply) {
	warning := summarizer.Warning{
		Reason:  summarizer.WarnSuspectedInstructions,
		Message: "the article holds text that looks like an instruction to a language model; it was left out",
	}
	if reply.Summary != nil {
		reply.Summary.Warnings = append(reply.Summary.Warnings, warning)
	}
	if reply.Topics != nil {
		reply.Topics.Warnings = append(reply.Topics.Warnings, warning)
	}
}

// maxPooledTokens bounds what the pool holds on to: some 5 MB each.
const maxPooledTokens = 1 << 16

// bytesPerToken is a little less than the usual length of a token with the space
// behind it.
const bytesPerToken = 6

// workspace is what the engine knows of one document, in memory that is used
// again.
type workspace struct {
	doc      *article.Document
	lexer    lexer
	tokens   []token // of the title, where it is not in the text, then of each sentence
	title    int     // number of tokens of the title
	headline int     // the sentence that is the title, or -1
	ends     []int32 // sentence i has the tokens ends[i] to ends[i+1]

	finding finding
	ranking ranking
	quotes  quotes
}

// read cuts doc into tokens.
func (s *workspace) read(doc *article.Document) {
	s.doc = doc
	s.lexer.language = morphology.Of(article.BaseLanguage(doc.Language))
	s.tokens = slices.Grow(s.tokens[:0], len(doc.Text)/bytesPerToken)
	s.ends = slices.Grow(s.ends[:0], len(doc.Sentences)+1)
	if s.headline = headlineOf(doc); s.headline < 0 {
		s.tokens = s.lexer.append(s.tokens, doc.Title, 0)
	}
	s.title = len(s.tokens)
	s.ends = append(s.ends, int32(s.title))
	for _, sentence := range doc.Sentences {
		s.tokens = s.lexer.append(s.tokens, doc.Slice(sentence.Span), sentence.Begin)
		s.ends = append(s.ends, int32(len(s.tokens)))
	}
}

// headlineOf returns the sentence of doc that is its title, or -1 where the title
// comes from elsewhere.
func headlineOf(doc *article.Document) int {
	return slices.IndexFunc(doc.Sentences, func(sentence article.Sentence) bool {
		return sentence.Role == article.RoleHeadline && doc.Slice(sentence.Span) == doc.Title
	})
}

// sentence returns the tokens of a sentence.
func (s *workspace) sentence(i int) []token { return s.tokens[s.ends[i]:s.ends[i+1]] }

// text returns the text of a sentence.
func (s *workspace) text(i int) string { return s.doc.Slice(s.doc.Sentences[i].Span) }
