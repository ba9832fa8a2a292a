package archive

import (
	"fmt"
	"io"
	"sync/atomic"
)

// The limits.
const (
	// MaxRowBytes is the maximum length of a row, a document, a record or a
	// feed, in bytes as they are once decompressed.
	MaxRowBytes = 4 << 20

	// MaxMembers is the maximum number of members of one archive.
	MaxMembers = 10_000_000

	// Compressed data may expand to expansionAllowance bytes, and beyond them to
	// maxExpansionRatio times its size. Text rarely exceeds a tenth of that.
	expansionAllowance = 64 << 20
	maxExpansionRatio  = 250
)

// expansionLimit bounds how much larger than a file its content may be.
type expansionLimit struct {
	stored   int64 // bytes of the file
	expanded int64 // bytes out of every decompressor
}

var errExpands = fmt.Errorf("it expands to more than %d times its size: an archive of articles does not", maxExpansionRatio)

// spend counts bytes that came out, and fails once they are too many.
func (e *expansionLimit) spend(bytes int64) error {
	e.expanded += bytes
	return e.check()
}

func (e *expansionLimit) check() error {
	if e.expanded > expansionAllowance && e.expanded/maxExpansionRatio > e.stored {
		return errExpands
	}
	return nil
}

// bound returns a reader of in that fails once too much has come out.
func (e *expansionLimit) bound(in io.Reader) io.Reader {
	return &counter{in: in, n: &e.expanded, check: e.check}
}

// counter counts the bytes that are read.
type counter struct {
	in    io.Reader
	n     *int64
	total *atomic.Int64 // nil: nowhere else
	check func() error  // nil: no bound
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	*c.n += int64(n)
	if c.total != nil {
		c.total.Add(int64(n))
	}
	if c.check != nil && err == nil {
		err = c.check()
	}
	return n, err
}
