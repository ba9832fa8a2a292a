package parquet

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// The codecs, as files number them.
const (
	codecUncompressed = 0
	codecSnappy       = 1
	codecGzip         = 2
	codecLZO          = 3
	codecBrotli       = 4
	codecHadoopLZ4    = 5
	codecZstd         = 6
	codecLZ4          = 7
)

func isCodec(codec int64) bool {
	return codec >= codecUncompressed && codec <= codecLZ4 && codec != codecLZO && codec != codecHadoopLZ4
}

// codecName names a codec that is not read.
func codecName(codec int64) string {
	switch codec {
	case codecLZO:
		return "LZO"
	case codecHadoopLZ4:
		return "LZ4 in the framing of Hadoop"
	}
	return fmt.Sprintf("codec %d", codec)
}

var zstdDecoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic(err) // no option of these fails
	}
	return d
})

// decompress fills to with what from holds compressed, neither more nor less.
func decompress(codec int64, to, from []byte) error {
	switch codec {
	case codecSnappy:
		if n, err := snappy.DecodedLen(from); err != nil || n != len(to) {
			return ErrDamaged
		}
		_, err := snappy.Decode(to, from)
		return err
	case codecGzip:
		z, err := gzip.NewReader(bytes.NewReader(from))
		if err != nil {
			return err
		}
		return fill(to, z)
	case codecBrotli:
		return fill(to, brotli.NewReader(bytes.NewReader(from)))
	case codecZstd:
		plain, err := zstdDecoder().DecodeAll(from, to[:0:len(to)])
		if err != nil || len(plain) != len(to) {
			return ErrDamaged
		}
		copy(to, plain)
		return nil
	case codecLZ4:
		n, err := lz4.UncompressBlock(from, to)
		if err != nil || n != len(to) {
			return ErrDamaged
		}
		return nil
	}
	return ErrDamaged
}

// fill fills to from in, which has to end there.
func fill(to []byte, in io.Reader) error {
	if _, err := io.ReadFull(in, to); err != nil {
		return err
	}
	// Before its end a stream may have blocks that hold nothing.
	if _, err := io.ReadFull(in, make([]byte, 1)); err != io.EOF {
		return ErrDamaged
	}
	return nil
}
