package archive

import (
	"errors"
	"strings"
	"testing"
)

// Every article and every input that cannot be read falls to one of the shards.
func TestShards(t *testing.T) {
	const rows, of = 300, 3
	seen := map[Location]int{}
	for _, name := range []string{"1/3", "2/3", "3/3"} {
		shard, err := ParseShard(name)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		options := Options{Shard: shard, Stdin: strings.NewReader(strings.Repeat("{\"text\":\"a\"}\n", rows) + "{torn\n")}
		for a, err := range Files([]string{Stdin, "/nowhere/in.jsonl"}, options) {
			var unread *ReadError
			if errors.As(err, &unread) {
				seen[unread.Location]++
			} else {
				seen[a.Location]++
			}
			n++
		}
		if n < rows/of/2 {
			t.Errorf("%s has %d of %d", name, n, rows)
		}
	}
	if len(seen) != rows+2 {
		t.Errorf("%d of %d inputs were yielded", len(seen), rows+2)
	}
	for location, n := range seen {
		if n != 1 {
			t.Errorf("%v was yielded %d times", location, n)
		}
	}
	for _, bad := range []string{"0/3", "4/3", "1", "a/b", "1/0", "-1/3", "/"} {
		if _, err := ParseShard(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if whole, err := ParseShard(""); whole != (Shard{}) || err != nil {
		t.Errorf("no shard: %v, %v", whole, err)
	}
}
