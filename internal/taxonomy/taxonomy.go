package taxonomy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
)

// Limits of a taxonomy.
const (
	MaxTopics       = 250
	MaxFileBytes    = 1 << 20
	MaxPhrases      = 2_000 // a topic
	MaxPhraseBytes  = 200
	MaxPhraseWeight = 10.0 // and not below its negative
)

// Topic is one topic of a taxonomy, or a candidate of a caller in the same form.
type Topic struct {
	ID           string
	DisplayName  string
	Group        string
	Definition   string
	IPTCCode     string // such as "medtop:20000598"; empty when there is none
	IPTCRelation string // "exact", "broader", "narrower", "related" or empty
	Phrases      []Phrase

	// Candidate marks a topic that comes with a request: there are no phrases,
	// only name and definition.
	Candidate bool
}

// Phrase is an indication of a topic for the local engine. Words match in any
// case and inflection and in British and American spelling, but words of two
// and three capitals, such as "WHO", match only words in capitals.
type Phrase struct {
	Text string

	// Weight is 1 for a phrase that shows the topic, less for one that only
	// hints at it. Negative speaks against the topic. 0 says nothing about the
	// topic but hides the shorter phrases inside it: "heart attack" hides
	// "attack".
	Weight float64
}

// Taxonomy is an ordered set of topics. It is read-only and safe for concurrent
// use.
type Taxonomy struct {
	topics       []Topic
	byID         map[string]int
	version      string
	translations map[string]*translation // by the code of the language
}

// newTaxonomy indexes topics, whose ids are valid and unique.
func newTaxonomy(topics []Topic) *Taxonomy {
	t := &Taxonomy{topics: topics, byID: make(map[string]int, len(topics))}
	for i := range topics {
		t.byID[topics[i].ID] = i
	}
	t.version = contentVersion(topics)
	return t
}

// Topics returns the topics in the order of the file. The slice must not be
// changed.
func (t *Taxonomy) Topics() []Topic { return t.topics }

// Lookup returns the topic with the id.
func (t *Taxonomy) Lookup(id string) (Topic, bool) {
	i, ok := t.byID[id]
	if !ok {
		return Topic{}, false
	}
	return t.topics[i], true
}

// Version returns a hash of the content, 12 hexadecimal digits: equal content
// gives an equal version.
func (t *Taxonomy) Version() string { return t.version }

// setTranslations adds what a taxonomy has in other languages, which becomes part of
// its version.
func (t *Taxonomy) setTranslations(translations map[string]*translation) {
	t.translations = translations
	for _, code := range t.Languages() {
		t.version = hashed(t.version, []byte(code+contentVersion(t.In(code))))
	}
}

// hashed returns the version of what has a version and something else.
func hashed(version string, other []byte) string {
	sum := sha256.Sum256(append([]byte(version), other...))
	return hex.EncodeToString(sum[:6])
}

// contentVersion hashes every field behind its length, so that no two contents
// run together.
func contentVersion(topics []Topic) string {
	var b []byte
	str := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	for i := range topics {
		t := &topics[i]
		for _, s := range []string{t.ID, t.DisplayName, t.Group, t.Definition, t.IPTCCode, t.IPTCRelation} {
			str(s)
		}
		b = binary.AppendUvarint(b, uint64(len(t.Phrases)))
		for _, p := range t.Phrases {
			str(p.Text)
			b = binary.BigEndian.AppendUint64(b, math.Float64bits(p.Weight))
		}
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}
