package local

import (
	"sync"
	"testing"

	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// ownTopics is a taxonomy of a user.
func ownTopics(t *testing.T) *taxonomy.Taxonomy {
	d, err := taxonomy.Parse("own.yaml", []byte("topics: [{id: bees, display_name: Bees}, {id: bread, display_name: Bread}]"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCrowdCompilesTopicsOnce(t *testing.T) {
	var (
		kept  lexicons
		wg    sync.WaitGroup
		start = make(chan struct{})
		got   [50]*lexicon
	)
	d := ownTopics(t)
	for i := range got {
		wg.Go(func() {
			<-start
			got[i] = kept.known(d.Topics(), d.Version()).lexicon
		})
	}
	close(start)
	wg.Wait()
	for _, l := range got {
		if l != got[0] {
			t.Fatal("the same topics were compiled more than once")
		}
	}
}

func TestPreparedTopicsAreThoseOfRequests(t *testing.T) {
	e, d := New(), ownTopics(t)
	e.Prepare(d)
	e.lexicons.known(d.Topics(), d.Version())
	if n := len(e.lexicons.kept); n != 1 {
		t.Errorf("%d sets of topics are compiled, want 1", n)
	}
}
