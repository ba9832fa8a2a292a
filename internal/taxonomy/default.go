package taxonomy

import (
	_ "embed"
	"sync"
)

//go:embed default.yaml
var defaultFile []byte

var parseDefault = sync.OnceValue(func() *Taxonomy {
	t, err := Parse("default.yaml", defaultFile)
	if err != nil {
		panic("taxonomy: the embedded file: " + err.Error()) // A test parses it.
	}
	return t
})

// Default returns the embedded taxonomy. The first call parses it.
func Default() *Taxonomy { return parseDefault() }
