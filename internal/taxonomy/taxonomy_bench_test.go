package taxonomy

import "testing"

// BenchmarkParseDefault measures what the first use of Default costs.
func BenchmarkParseDefault(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("default.yaml", defaultFile("default.yaml")); err != nil {
			b.Fatal(err)
		}
	}
}
