package archive

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// Recorded answers of web servers are read as browsers read them, and more leniently than
// net/http does: it refuses status lines of HTTP/2, a header line without a colon, a space
// before a colon, two lengths and every transfer encoding but chunks. A crawler may have
// undone an encoding and kept the header that names it.

// httpResponse is an answer of a web server.
type httpResponse struct {
	status      int
	contentType string
	body        []byte
	truncated   bool // the body breaks off
}

// readHTTPResponse undoes transfer and content encodings of a recorded answer. A declared
// length is not used: the record has its own. Cut says that the crawler cut the body off.
func readHTTPResponse(block []byte, cut bool) (*httpResponse, error) {
	head, body := cutHTTPHeader(block)
	status, header, err := parseHTTPHeader(head)
	if err != nil {
		return nil, err
	}
	a := &httpResponse{status: status, contentType: header.Get("Content-Type"), truncated: cut}
	isUnnamed := mediaOf(a.contentType) == ""
	if a.status != http.StatusOK || !isUnnamed && !isPage(a.contentType) {
		return a, nil
	}
	for _, field := range []string{"Transfer-Encoding", "Content-Encoding"} {
		names := strings.Split(strings.ToLower(strings.Join(header.Values(field), ",")), ",")
		if len(names) > maxEncodings {
			return nil, fmt.Errorf("it names more than %d encodings", maxEncodings)
		}
		for i := len(names) - 1; i >= 0; i-- { // the last was applied last
			decoded, complete, err := decodeContent(strings.TrimSpace(names[i]), body)
			switch {
			case err != nil:
				return nil, err
			case len(decoded) > MaxRowBytes:
				return nil, fmt.Errorf("its body is longer than %d bytes once decoded", MaxRowBytes)
			case !complete:
				a.truncated = true
			}
			body = decoded
		}
	}
	if a.body = body; isUnnamed {
		a.contentType = http.DetectContentType(body)
	}
	return a, nil
}

// maxEncodings bounds the work on a body: each may give as much as a row holds.
const maxEncodings = 16

// cutHTTPHeader splits an answer behind the blank line.
func cutHTTPHeader(block []byte) (head, body []byte) {
	for at := 0; at < len(block); {
		end := bytes.IndexByte(block[at:], '\n')
		if end < 0 {
			break
		}
		if line := block[at : at+end]; len(bytes.TrimRight(line, "\r")) == 0 && at > 0 {
			return block[:at], block[at+end+1:]
		}
		at += end + 1
	}
	return block, nil
}

// parseHTTPHeader returns the status and the fields of an answer. A line that is no field
// is passed over.
func parseHTTPHeader(head []byte) (status int, header textproto.MIMEHeader, err error) {
	header = make(textproto.MIMEHeader)
	first, rest, _ := strings.Cut(string(head), "\n")
	words := strings.Fields(first)
	if len(words) < 2 || !strings.HasPrefix(strings.ToUpper(words[0]), "HTTP/") {
		return 0, nil, errors.New("it has no HTTP header that can be read")
	}
	if status, err = strconv.Atoi(words[1]); err != nil || status < 100 || status > 999 {
		return 0, nil, errors.New("its HTTP header has no status")
	}
	for line := range strings.Lines(rest) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	return status, header, nil
}

// decodeContent undoes one encoding. A body that is not in it was decoded when it was
// recorded. One that breaks off is not complete.
func decodeContent(name string, body []byte) (decoded []byte, complete bool, err error) {
	switch name {
	case "", "identity":
		return body, true, nil
	case "chunked":
		decoded, complete = dechunk(body)
		return decoded, complete, nil
	case "gzip", "x-gzip":
		return gunzip(body)
	case "deflate":
		return readDecoded(name, inflater(body), body)
	case "br":
		return readDecoded(name, brotli.NewReader(bytes.NewReader(body)), body)
	case "zstd":
		if !bytes.HasPrefix(body, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			return body, true, nil
		}
		z, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, false, errors.New("its body is not valid zstd")
		}
		defer z.Close()
		return readDecoded(name, z, body)
	}
	// "none", "utf-8": servers name what is no encoding.
	if beginsAsText(body) {
		return body, true, nil
	}
	return nil, false, errors.New("its content encoding is not known")
}

// inflater decodes deflate with or without the header of zlib: servers disagree.
func inflater(body []byte) io.Reader {
	if z, err := zlib.NewReader(bytes.NewReader(body)); err == nil {
		return z
	}
	return flate.NewReader(bytes.NewReader(body))
}

// readDecoded returns what opened, the decoder of an encoding, reads from body.
func readDecoded(name string, opened io.Reader, body []byte) (decoded []byte, complete bool, err error) {
	decoded, err = io.ReadAll(io.LimitReader(opened, MaxRowBytes+1))
	switch {
	case err == nil:
		return decoded, true, nil
	case len(decoded) > 0 && errors.Is(err, io.ErrUnexpectedEOF):
		return decoded, false, nil
	case beginsAsText(body):
		return body, true, nil
	case len(decoded) > 0:
		return decoded, false, nil
	}
	return nil, false, fmt.Errorf("its body is not valid %s", name)
}

func beginsAsText(body []byte) bool { return isText(body[:min(len(body), sniffBytes)]) }

// gunzipper reads the headers of gzip, and what follows each.
type gunzipper struct {
	header gzip.Reader
	data   io.Reader
}

// gunzippers saves pages the 80 KiB that a gunzipper takes.
var gunzippers = sync.Pool{New: func() any { return &gunzipper{data: flate.NewReader(bytes.NewReader(nil))} }}

// gunzip undoes gzip. The trailer may be missing, and anything may follow it.
func gunzip(body []byte) (decoded []byte, complete bool, err error) {
	in := bytes.NewReader(body)
	z := gunzippers.Get().(*gunzipper)
	defer gunzippers.Put(z)
	for {
		if err := z.header.Reset(in); err != nil {
			if len(decoded) > 0 {
				return decoded, true, nil
			}
			return body, true, nil // it was undone when it was recorded
		}
		before := len(decoded)
		if err := z.data.(flate.Resetter).Reset(in, nil); err != nil {
			return nil, false, err
		}
		part, err := io.ReadAll(io.LimitReader(z.data, int64(MaxRowBytes+1-before)))
		decoded = append(decoded, part...)
		var trailer [8]byte
		switch {
		case err != nil && len(decoded) == 0:
			return nil, false, errors.New("its body is not valid gzip")
		case err != nil:
			return decoded, false, nil
		case len(decoded) > MaxRowBytes:
			return decoded, true, nil
		}
		if _, err := io.ReadFull(in, trailer[:]); err != nil {
			return decoded, true, nil
		}
		if binary.LittleEndian.Uint32(trailer[:4]) != crc32.ChecksumIEEE(part) {
			return nil, false, errors.New("its body is not valid gzip")
		}
	}
}

// dechunk undoes chunks. A body whose first chunk is none was decoded when it was
// recorded, and one whose later chunk is none breaks off there.
func dechunk(body []byte) (decoded []byte, complete bool) {
	in := bufio.NewReader(bytes.NewReader(body))
	for first := true; ; first = false {
		size, err := readChunkSize(in)
		switch {
		case first && err != nil:
			return body, true
		case err != nil:
			return decoded, false
		case size == 0:
			return decoded, true
		}
		chunk, whole := readChunk(in, size)
		if !whole {
			if _, err := in.Peek(1); first && err == nil {
				return body, true // a body that begins with what looks like a number
			}
			return append(decoded, chunk...), false
		}
		decoded = append(decoded, chunk...)
	}
}

// readChunkSize reads the line before a chunk.
func readChunkSize(in *bufio.Reader) (int64, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return 0, err
	}
	number, _, _ := strings.Cut(strings.TrimSpace(line), ";")
	size, err := strconv.ParseUint(strings.TrimSpace(number), 16, 31)
	return int64(size), err
}

// readChunk reads a chunk and the end of its line. Without that end it is not whole.
func readChunk(in *bufio.Reader, size int64) (chunk []byte, whole bool) {
	chunk, err := io.ReadAll(io.LimitReader(in, size))
	if err != nil || int64(len(chunk)) < size {
		return chunk, false
	}
	end, _ := in.Peek(2)
	for _, lineEnd := range []string{"\r\n", "\n"} {
		if bytes.HasPrefix(end, []byte(lineEnd)) {
			_, _ = in.Discard(len(lineEnd))
			return chunk, true
		}
	}
	return chunk, false
}

// trimCutRune takes the beginning of a character off the end of text that was cut.
func trimCutRune(text []byte) []byte {
	for cut := 1; cut < utf8.UTFMax && cut <= len(text); cut++ {
		if b := text[len(text)-cut]; utf8.RuneStart(b) {
			if b >= utf8.RuneSelf && !utf8.FullRune(text[len(text)-cut:]) {
				return text[:len(text)-cut]
			}
			break
		}
	}
	return text
}
