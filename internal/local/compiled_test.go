package local

import (
	"strconv"
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
		kept  topicCompiler
		wg    sync.WaitGroup
		start = make(chan struct{})
		got   [50]*phraseTrie
	)
	d := ownTopics(t)
	for i := range got {
		wg.Go(func() {
			<-start
			got[i] = kept.known(d.Topics(), d, "en").trie
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
	e.compiler.known(d.Topics(), d, "en")
	if n := len(e.compiler.kept); n != 1 {
		t.Errorf("%d sets of topics are compiled, want 1", n)
	}
}

// TestManyRestrictionsKeepLittle asks for more sets of topics than are kept: as many
// are kept as are allowed, and one that was dropped is compiled again.
func TestManyRestrictionsKeepLittle(t *testing.T) {
	d := manyTopics(t)
	topics := d.Topics()
	var kept topicCompiler
	for i := range 2 * maxCompiled {
		some := topics[i : i+3]
		group := kept.known(some, d, "en")
		if group.trie == nil || len(group.ids) != 3 || group.ids[0] != some[0].ID {
			t.Fatalf("set %d is compiled to %v", i, group.ids)
		}
		if n := len(kept.kept); n != min(i+1, maxCompiled) {
			t.Fatalf("%d sets are kept after %d, want %d", n, i+1, min(i+1, maxCompiled))
		}
	}
	if group := kept.known(topics[:3], d, "en"); group.trie == nil || group.ids[0] != topics[0].ID {
		t.Errorf("the first set is compiled again to %v", group.ids)
	}
}

// manyTopics is a taxonomy of a user with more topics than sets of them are kept.
func manyTopics(t *testing.T) *taxonomy.Taxonomy {
	t.Helper()
	file := "topics:\n"
	for i := range 2*maxCompiled + 3 {
		file += "  - {id: t" + strconv.Itoa(i) + ", display_name: Topic}\n"
	}
	d, err := taxonomy.Parse("own.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
