package eval

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// BenchmarkRun scores 200 short articles, with the engine left out of the count as
// far as it goes: it gives the first sentence and fixed topics.
func BenchmarkRun(b *testing.B) {
	var data strings.Builder
	for i := range 200 {
		fmt.Fprintf(&data, `{"id":%d,"text":%q,"reference":"The mayor of town %d leaves after the fair.","labels":["sport","health"]}`+"\n",
			i, strings.Repeat(fmt.Sprintf("Town %d holds a fair although it rains. The mayor leaves. ", i), 20), i)
	}
	for _, samples := range []int{0, 1000} {
		b.Run(fmt.Sprintf("bootstrap=%d", samples), func(b *testing.B) {
			b.SetBytes(int64(data.Len()))
			for b.Loop() {
				_, err := Run(b.Context(), Read(strings.NewReader(data.String()), nil), Options{
					Systems: []System{NewEngine("fake", fixed, time.Minute), Lead{}}, Bootstrap: samples,
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
