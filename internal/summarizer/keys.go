package summarizer

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// hasher hashes length-prefixed fields, so that no two lists of fields give
// the same bytes.
type hasher struct {
	buf    []byte    // what is not hashed yet
	digest hash.Hash // of what came before; nil: nothing did
}

// maxPooledBytes is what a hasher collects before it hashes, so that a long article is not
// copied whole.
const maxPooledBytes = 64 << 10

var hashers = sync.Pool{New: func() any { return new(hasher) }}

func newHasher(domain string) *hasher {
	h := hashers.Get().(*hasher)
	h.buf, h.digest = h.buf[:0], nil
	h.text(domain)
	return h
}

func (h *hasher) text(s string) {
	h.number(len(s))
	for len(h.buf)+len(s) > maxPooledBytes {
		n := max(maxPooledBytes-len(h.buf), 0)
		h.buf = append(h.buf, s[:n]...)
		s = s[n:]
		if h.digest == nil {
			h.digest = sha256.New()
		}
		h.digest.Write(h.buf)
		h.buf = h.buf[:0]
	}
	h.buf = append(h.buf, s...)
}

func (h *hasher) number(n int) { h.buf = binary.AppendVarint(h.buf, int64(n)) }

func (h *hasher) flag(set bool) {
	n := 0
	if set {
		n = 1
	}
	h.number(n)
}

// sum returns the SHA-256 and gives h back.
func (h *hasher) sum() (sum Key) {
	defer hashers.Put(h)
	if h.digest == nil {
		return sha256.Sum256(h.buf)
	}
	h.digest.Write(h.buf)
	h.digest.Sum(sum[:0])
	return sum
}

// mac returns a key that means something in this process only, in a third of the time,
// and gives h back: a GMAC (NIST SP 800-38D) under a random key. Two texts of n bytes have the
// same one with a probability of about n/2^132, whatever they hold, as nobody knows the key or
// sees what is made with it. A text that is too long to be collected has its SHA-256.
func (h *hasher) mac() (key Key) {
	if h.digest != nil {
		return h.sum()
	}
	defer hashers.Put(h)
	var nonce [12]byte // the same, as nothing is encrypted
	processMAC.Seal(key[:0], nonce[:], nil, h.buf)
	return key
}

var processMAC = func() cipher.AEAD {
	var key [16]byte
	rand.Read(key[:]) // never fails
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // only for keys of another length
	}
	mac, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for blocks of another length
	}
	return mac
}()

// requestKey identifies a request by its raw fields and canonical options. Engine and
// cache policy are left out: they say how an answer may be made, not its content. inForce
// stands for the configuration that answers.
func requestKey(r *Request, inForce *topicSet) Key {
	h := newHasher("request")
	h.text(inForce.makers)
	h.text(r.Article.Text)
	h.text(r.Article.Title)
	h.text(r.Article.MediaType)
	h.text(r.Article.LanguageCode)
	h.number(int(r.Overlength))
	h.number(int(r.Offsets))
	h.number(int(r.Verify))
	h.flag(r.ListRemoved)
	if o := r.Summary; o != nil {
		h.text("summary")
		h.number(int(o.Format))
		h.number(o.sentences())
		h.number(o.MaxCharacters)
		h.text(o.LanguageCode)
	}
	if o := r.Topics; o != nil {
		h.text("topics")
		h.topicChoice(o, inForce.Taxonomy)
		h.number(o.topics())
		h.text(o.DisplayLanguage)
		if o.MinConfidence != nil {
			h.buf = binary.BigEndian.AppendUint64(h.buf, math.Float64bits(*o.MinConfidence))
		}
	}
	return h.mac()
}

// topicChoice adds which topics are looked for, whatever their order, and the version of
// the taxonomy that they are of, which does not matter to candidates alone.
func (h *hasher) topicChoice(o *TopicOptions, all *taxonomy.Taxonomy) {
	ids := namedTopics(o, all)
	if len(ids) > 0 || len(o.Candidates) == 0 {
		h.text(all.Version())
	}
	h.number(len(ids))
	for _, id := range ids {
		h.text(id)
	}
	candidates := canonicalCandidates(o.Candidates)
	h.number(len(candidates))
	for _, c := range candidates {
		h.text(c.ID)
		h.text(c.DisplayName)
		h.text(c.Description)
	}
}

// contentKey identifies the answer to one feature by the clean article and each
// option that changes what an engine makes of it. The options applied on delivery
// (number of topics, least confidence, language of names, offsets) are left out.
func contentKey(f feature, task *Task, options *TopicOptions) Key {
	h := newHasher("content")
	h.text(task.Document.Text)
	h.text(task.Document.Title)
	h.text(f.String())
	switch f {
	case summary:
		h.number(int(task.Summary.Format))
		h.number(task.Summary.MaxSentences)
		h.number(task.Summary.MaxCharacters)
		h.text(task.Summary.Language)
		// An answer in another language than the article's is checked by other rules.
		if source := article.BaseLanguage(task.Document.Language); source != article.BaseLanguage(task.Summary.Language) {
			h.text(source)
		}
	case topics:
		h.topicChoice(options, task.Topics.Taxonomy)
	}
	return h.sum()
}

// contentKeys returns the keys of what t asks for, with the options of its topics.
func (t *Task) contentKeys(o *TopicOptions) *contentKeys {
	keys := &contentKeys{article: articleKey(t.Document)}
	if t.Summary != nil {
		keys.of[summary] = contentKey(summary, t, nil)
	}
	if t.Topics != nil {
		keys.of[topics] = contentKey(topics, t, o)
	}
	return keys
}

// ArticleKey returns the key under which everything made of an article is filed
// in the cache: a hash of the clean text, whatever the title and the options.
func ArticleKey(a Article) Key { return articleKey(clean(a)) }

func articleKey(d *article.Document) Key {
	h := newHasher("article")
	h.text(d.Text)
	return h.sum()
}

// canonicalIDs returns ids sorted and without repeats, without copying where
// they already are.
func canonicalIDs(ids []string) []string {
	if len(ids) < 2 {
		return ids
	}
	return slices.Compact(slices.Sorted(slices.Values(ids)))
}

// namedTopics returns the ids that choose from the taxonomy, in a canonical form; none stand
// for all where there are no candidates.
func namedTopics(o *TopicOptions, all *taxonomy.Taxonomy) []string {
	ids := canonicalIDs(o.TopicIDs)
	if len(o.Candidates) == 0 && len(ids) == len(all.Topics()) && len(unknownTopics(ids, all)) == 0 {
		return nil
	}
	return ids
}

func canonicalCandidates(candidates []Candidate) []Candidate {
	if len(candidates) < 2 {
		return candidates
	}
	return slices.SortedFunc(slices.Values(candidates), func(a, b Candidate) int {
		return strings.Compare(a.ID, b.ID)
	})
}
