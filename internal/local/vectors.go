package local

import (
	_ "embed"
	"encoding/binary"
	"math"
	"sync"
)

// dimensions of the word vectors.
const dimensions = 100

// rowBytes is the size of a row of vectors.bin: the hash of a word and its vector.
const rowBytes = 8 + dimensions

// Word vectors are GloVe's (Pennington, Socher, Manning, "GloVe: global vectors
// for word representation", 2014; 6B tokens, public domain), one for each word form,
// centred on the mean of all, of length 1 and scaled by vectorScale, in the order
// of frequency.
//
//go:embed vectors.bin
var vectorFile []byte

// vectorScale is what a component of 1 would be.
const vectorScale = 256

// vectorIndex maps words to rows. It is made when somebody first asks for topics
// that no phrases describe.
var vectorIndex = sync.OnceValue(func() map[uint64]int32 {
	n := len(vectorFile) / rowBytes
	index := make(map[uint64]int32, n)
	for i := range n {
		index[binary.LittleEndian.Uint64(vectorFile[i*rowBytes:])] = int32(i)
	}
	return index
})

// An embedding is the direction of the sum of the vectors of words.
type embedding [dimensions]int64

// add adds a word, which counts weight.
func (m *embedding) add(word uint64, weight int64) {
	row, ok := vectorIndex()[word]
	if !ok {
		return
	}
	for i, v := range vectorOf(row) {
		m[i] += weight * int64(int8(v))
	}
}

// vectorOf returns the vector of a row, of int8.
func vectorOf(row int32) *[dimensions]byte {
	return (*[dimensions]byte)(vectorFile[int(row)*rowBytes+8:])
}

// near returns the cosine, -fixedOne..fixedOne, of an embedding of length fixedOne and a word,
// and 0 where the word has no vector.
func (m *embedding) near(word uint64) int64 {
	row, ok := vectorIndex()[word]
	if !ok {
		return 0
	}
	var sum int64
	for i, v := range vectorOf(row) {
		sum += m[i] * int64(int8(v))
	}
	return sum / vectorScale
}

// normalize makes the length fixedOne. The conversion of each square keeps machines
// from fusing it with the sum, which would round differently.
func (m *embedding) normalize() {
	var sum float64
	for _, v := range m {
		sum += float64(float64(v) * float64(v))
	}
	if sum == 0 {
		return
	}
	length := math.Sqrt(sum)
	for i, v := range m {
		m[i] = int64(math.Round(float64(v) * fixedOne / length))
	}
}

// centre takes off what all articles have in common, and makes the length fixedOne
// again.
func (m *embedding) centre(mean *embedding) {
	for i, v := range mean {
		m[i] -= v
	}
	m.normalize()
}

// cosine returns -fixedOne..fixedOne for two embeddings of length fixedOne.
func (m *embedding) cosine(o *embedding) int64 {
	var sum int64
	for i, v := range m {
		sum += v * o[i]
	}
	return sum / fixedOne
}
