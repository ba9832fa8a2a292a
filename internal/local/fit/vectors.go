package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-59202292/summarizer/internal/local"
)

const dimensions = local.VectorDimensions

// cutVectors keeps the vectors of the words that the engine reads, of the word vectors in
// the folder that args names.
func cutVectors(args []string, report io.Writer) ([]byte, error) {
	dir, err := folder(args)
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(dir, "glove100_top50k_words.txt"))
	if err != nil {
		return nil, err
	}
	table, err := os.ReadFile(filepath.Join(dir, "glove100_top50k_int8.bin"))
	if err != nil {
		return nil, err
	}
	words := strings.Split(strings.TrimSpace(string(list)), "\n")
	if len(table) != len(words)*dimensions {
		return nil, fmt.Errorf("%s: %d words have %d bytes of vectors, want %d for each", dir, len(words), len(table), dimensions)
	}
	out := cut(words, table)
	if report != nil {
		fmt.Fprintf(report, "%d forms of %d words\n", len(out)/(8+dimensions), len(words))
	}
	return out, nil
}

// cut returns the rows of the engine: the hash of a word and its vector, centred on
// the mean of all and of length local.VectorScale.
func cut(words []string, table []byte) []byte {
	rows := make([][dimensions]float64, len(words))
	var mean [dimensions]float64
	for i := range rows {
		for j := range rows[i] {
			rows[i][j] = float64(int8(table[i*dimensions+j]))
		}
		toUnitLength(&rows[i])
		for j, v := range rows[i] {
			mean[j] += v / float64(len(rows))
		}
	}
	var out []byte
	seen := make(map[uint64]bool)
	for i, line := range words {
		word, _, _ := strings.Cut(line, "\t") // The rank in the corpus stands behind it.
		form, ok := local.WordForm(word)
		if !ok || seen[form] {
			continue
		}
		seen[form] = true
		for j := range rows[i] {
			rows[i][j] -= mean[j]
		}
		toUnitLength(&rows[i])
		out = binary.LittleEndian.AppendUint64(out, form)
		for _, v := range rows[i] {
			out = append(out, byte(int8(max(-127, min(127, math.Round(v*local.VectorScale))))))
		}
	}
	return out
}

func toUnitLength(v *[dimensions]float64) {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	if sum == 0 {
		return
	}
	for i := range v {
		v[i] /= math.Sqrt(sum)
	}
}
