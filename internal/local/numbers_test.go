package local

import "testing"

func TestNumbers(t *testing.T) {
	var n numbers
	if got := n.get(7); got != -1 {
		t.Errorf("%d of an empty table", got)
	}
	const keys = 5000
	for i := range int32(keys) {
		n.put(uint64(i)<<32|1, i) // Keys that are alike in their low bits, as edges are.
	}
	n.put(1, 42)
	for i := range int32(keys) {
		want := i
		if i == 0 {
			want = 42
		}
		if got := n.get(uint64(i)<<32 | 1); got != want {
			t.Fatalf("%d for key %d", got, i)
		}
	}
	if got := n.get(keys<<32 | 1); got != -1 {
		t.Errorf("%d for a key without a number", got)
	}
	if n.used != keys || len(n.slots) < 2*keys {
		t.Errorf("%d keys in %d slots", n.used, len(n.slots))
	}
}
