package batch

import (
	"crypto/sha256"
	"encoding/binary"
	"path/filepath"

	"github.com/seed-59202292/summarizer/internal/archive"
)

// placeMap maps places in archives to numbers other than 0. A line takes 8 bytes, and a
// file that is one article about 100, whatever its name. It is not safe for concurrent
// use.
type placeMap struct {
	files   map[fileKey]*fileLines
	last    archive.Location // of the latest look-up, as places come in runs
	current *fileLines
}

// fileKey is a hash of path, member and ordinal.
type fileKey [16]byte

// fileLines holds the numbers of a file or member.
type fileLines struct {
	whole  uint64                        // of line 0
	blocks map[int64]*[blockLines]uint64 // of the lines from 1, by line / blockLines
}

const blockLines = 64

// set maps a place to a number; 0 takes it out. A negative line is ignored.
func (m *placeMap) set(s archive.Location, to uint64) {
	if s.Line < 0 {
		return
	}
	file := m.file(s)
	if file == nil {
		if m.files == nil {
			m.files = make(map[fileKey]*fileLines)
		}
		file = new(fileLines)
		m.files[fileKeyOf(s)], m.current = file, file
	}
	if s.Line == 0 {
		file.whole = to
		return
	}
	block := file.blocks[s.Line/blockLines]
	if block == nil {
		if file.blocks == nil {
			file.blocks = make(map[int64]*[blockLines]uint64)
		}
		block = new([blockLines]uint64)
		file.blocks[s.Line/blockLines] = block
	}
	block[s.Line%blockLines] = to
}

// get returns the number of a place, 0 for one that has none.
func (m *placeMap) get(s archive.Location) uint64 {
	file := m.file(s)
	switch {
	case file == nil || s.Line < 0:
		return 0
	case s.Line == 0:
		return file.whole
	}
	if block := file.blocks[s.Line/blockLines]; block != nil {
		return block[s.Line%blockLines]
	}
	return 0
}

// file returns the numbers of the file or member of a place; nil when it has none.
func (m *placeMap) file(s archive.Location) *fileLines {
	if s.Path != m.last.Path || s.Member != m.last.Member || s.Ordinal != m.last.Ordinal || m.current == nil {
		m.last, m.current = s, m.files[fileKeyOf(s)]
	}
	return m.current
}

// fileKeyOf hashes the path as it is cleaned, so that ./a and a are one file.
func fileKeyOf(s archive.Location) fileKey {
	path := s.Path
	if path != archive.Stdin {
		path = filepath.Clean(path)
	}
	buffer := append([]byte(path), 0)
	buffer = append(append(buffer, s.Member...), 0)
	if s.Ordinal > 0 {
		buffer = binary.BigEndian.AppendUint64(buffer, uint64(s.Ordinal))
	}
	sum := sha256.Sum256(buffer)
	return fileKey(sum[:16])
}
