package batch

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/seed-59202292/summarizer/internal/archive"
)

// digest identifies the content of an article, so that an answer is not kept for another
// article in the same place. It is never 0.
type digest uint64

// anyDigest is the digest of a row that has none.
const anyDigest digest = 1

// digestOf hashes every part of an article that its row depends on.
func digestOf(a *archive.Entry) digest {
	h := sha256.New()
	var buffer []byte
	for _, part := range []string{a.ID, a.Title, a.Text, a.HTML, a.Language, a.URL} {
		buffer = append(binary.BigEndian.AppendUint64(buffer[:0], uint64(len(part))), part...)
		h.Write(buffer)
	}
	buffer = binary.BigEndian.AppendUint64(buffer[:0], uint64(a.Published.Unix()))
	if a.StandfirstOnly {
		buffer = append(buffer, 1)
	}
	if a.Truncated {
		buffer = append(buffer, 2)
	}
	buffer = append(buffer, a.GuessedEncoding...)
	if a.Story != "" {
		buffer = binary.BigEndian.AppendUint64(append(buffer, 3), uint64(a.Version.Number))
		buffer = binary.BigEndian.AppendUint64(buffer, uint64(a.Version.Modified.Unix()))
		buffer = append(buffer, a.Status...)
	}
	h.Write(buffer)
	return max(digest(binary.BigEndian.Uint64(h.Sum(nil))), anyDigest+1)
}

// String returns 16 hexadecimal digits.
func (d digest) String() string { return fmt.Sprintf("%016x", uint64(d)) }

// parseDigest returns anyDigest for a text that is none.
func parseDigest(text string) digest {
	d, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return anyDigest
	}
	return max(digest(d), anyDigest)
}

// matches reports whether a row with this digest belongs to an article. A nil article
// stands for an input that cannot be read any more, and keeps its row.
func (d digest) matches(a *archive.Entry) bool {
	return a == nil || d == anyDigest || d == digestOf(a)
}
