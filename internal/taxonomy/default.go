package taxonomy

import (
	"crypto/sha256"
	"embed"
	"hash"
	"io"
	"sync"
)

// The file in English is default.yaml, those in other languages are default.fr.yaml
// and so on.
//
//go:embed default.yaml default.*.yaml
var defaultFiles embed.FS

var parseDefault = sync.OnceValue(func() *Taxonomy {
	t, err := Parse("default.yaml", defaultFile("default.yaml"))
	if err != nil {
		panic("taxonomy: the embedded file: " + err.Error()) // A test parses it.
	}
	translations := make(map[string]*translation, len(translatable))
	h := sha256.New()
	for _, code := range translatable {
		name := "default." + code + ".yaml"
		hashFile(h, name)
		translations[code] = newTranslation(func() []Topic {
			topics, err := t.parseTranslation(name, defaultFile(name))
			if err != nil {
				panic("taxonomy: the embedded file: " + err.Error()) // A test parses it.
			}
			return topics
		})
	}
	t.translations = translations
	t.version = hashed(t.version, h.Sum(nil))
	return t
})

// hashFile adds a file to h without a copy of it in memory.
func hashFile(h hash.Hash, name string) {
	f, err := defaultFiles.Open(name)
	if err != nil {
		panic("taxonomy: " + err.Error()) // A test reads it.
	}
	defer f.Close()
	_, _ = io.Copy(h, f) // Neither of them fails.
}

func defaultFile(name string) []byte {
	data, err := defaultFiles.ReadFile(name)
	if err != nil {
		panic("taxonomy: " + err.Error()) // A test reads it.
	}
	return data
}

// Default returns the embedded taxonomy. The first call parses it, except for the
// languages other than English, which are parsed when they are asked for.
func Default() *Taxonomy { return parseDefault() }
