package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// tar reads the regular files of a tar archive, each as a file of its own. Archives that
// follow one another in a file are read as one, so that none is lost.
func (r *scanner) tar(in *inputFile) bool {
	var stored int64
	blocks := &counter{in: in.Reader, n: &stored}
	members, names := tar.NewReader(blocks), make(memberNames)
	for n := 0; ; {
		before := stored
		header, err := members.Next()
		switch {
		case errors.Is(err, io.EOF) && stored-before < tarBlock:
			// The blocks of zeros that end an archive are missing.
			return r.unreadable(in.location, "its archive cannot be read any further", io.ErrUnexpectedEOF)
		case errors.Is(err, io.EOF):
			next, err := skipZeros(blocks)
			if errors.Is(err, io.EOF) {
				return true
			} else if err != nil {
				return r.unreadable(in.location, "its archive cannot be read any further", err)
			}
			members = tar.NewReader(next)
			continue
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return r.unreadable(in.location, "its archive cannot be read any further", err)
		case n >= MaxMembers:
			return r.fail(in.location, MemberRefused, "it has more than %d members; those after them were not read", MaxMembers)
		}
		n++
		location := names.locate(in.location, header.Name)
		proceed := true
		switch header.Typeflag {
		case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
			// A sparse file expands too.
			proceed = r.member(in, location, header.Name, in.limit.bound(members))
			if !isSparse(header) {
				// The reader of the member may have left a part, and Next begins behind it.
				_, _ = io.Copy(io.Discard, members) //nolint:gosec // decompressors below are bounded
			}
		case tar.TypeDir, tar.TypeXGlobalHeader:
		default:
			proceed = r.skip(location, SkipLink)
		}
		if !proceed {
			return false
		}
	}
}

// isSparse reports whether the content of a member has holes, of any length, which take no
// room in the archive. Next passes over them without reading them.
func isSparse(header *tar.Header) bool {
	if header.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for name := range header.PAXRecords {
		if strings.HasPrefix(name, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// tarBlock is the unit that tar archives consist of.
const tarBlock = 512

// skipZeros returns a reader of the first block that is not all zeros and what follows
// it, or io.EOF.
func skipZeros(in io.Reader) (io.Reader, error) {
	block := make([]byte, tarBlock)
	for {
		n, err := io.ReadFull(in, block)
		if len(bytes.Trim(block[:n], "\x00")) > 0 {
			return io.MultiReader(bytes.NewReader(block[:n]), in), nil
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		if err != nil {
			return nil, err
		}
	}
}

// memberNames counts the members of each name, by a hash of it that is the same in
// every run. A member takes some 30 bytes.
type memberNames map[uint64]int64

// locate returns the place of the next member of a name. An archive may have several:
// tar appends the newer version of a file.
func (m memberNames) locate(archive Location, name string) Location {
	name = utf8Name(name)
	h := fnv.New64a()
	_, _ = io.WriteString(h, name)
	key := h.Sum64()
	m[key]++
	archive.Member = name
	if m[key] > 1 {
		archive.Ordinal = m[key]
	}
	return archive
}

// zip reads the files of a zip archive, each as a file of its own. The directory
// of a zip stands at its end.
func (r *scanner) zip(in *inputFile) bool {
	if in.file == nil {
		return r.fail(in.location, FormatUnknown, "a zip archive has to be a file: it cannot be read from a pipe or out of another file")
	}
	info, err := in.file.Stat()
	if err != nil {
		return r.unreadable(in.location, "cannot be read", err)
	}
	in.limit.stored = info.Size()
	archive, err := zip.NewReader(in.file, info.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return r.unreadable(in.location, "is not a zip archive that can be read", err)
	}
	if len(archive.File) > MaxMembers {
		return r.fail(in.location, MemberRefused, "it has more than %d members", MaxMembers)
	}
	if what := documentOfZip(archive.File); what != "" {
		return r.refuseDocument(in, what)
	}
	archive.RegisterDecompressor(zstdMethod, func(stored io.Reader) io.ReadCloser {
		z, err := zstd.NewReader(stored, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxZstdWindow))
		if err != nil {
			return io.NopCloser(&failingReader{err})
		}
		return z.IOReadCloser()
	})
	names, isWACZ := make(memberNames), isWACZ(archive.File)
	for _, file := range archive.File {
		location := names.locate(in.location, file.Name)
		proceed := true
		switch mode := file.Mode(); {
		case mode.IsDir():
		case isWACZ && !isWARCOfWACZ(file.Name):
			proceed = r.skip(location, SkipFile)
		case !mode.IsRegular():
			proceed = r.skip(location, SkipLink)
		default:
			proceed = r.zipMember(in, location, file)
		}
		if !proceed {
			return false
		}
	}
	return true
}

// zipEncrypted is the flag of members that are encrypted.
const zipEncrypted = 1

// zstdMethod is the number of Zstandard among the methods of zip.
const zstdMethod = 93

// zipMethods are the names of methods of zip that have no reader.
var zipMethods = map[uint16]string{
	1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 95: "xz", 98: "PPMd",
}

// unsupportedMember says why a member cannot be read; empty if it can.
func unsupportedMember(file *zip.File) string {
	if file.Flags&zipEncrypted != 0 {
		return "it is encrypted: decrypt it first"
	}
	switch file.Method {
	case zip.Store, zip.Deflate, zstdMethod:
		return ""
	}
	method := zipMethods[file.Method]
	if method == "" {
		method = fmt.Sprintf("method %d of zip", file.Method)
	}
	return "it is compressed with " + method + ", which is not read: unpack the archive, or make it with Deflate or zstd"
}

func (r *scanner) zipMember(in *inputFile, location Location, file *zip.File) bool {
	if fault := unsupportedMember(file); fault != "" {
		return hidden(file.Name) || r.fail(location, FormatUnsupported, "%s", fault)
	}
	content, err := file.Open()
	if err != nil {
		return r.unreadable(location, "cannot be read", err)
	}
	defer content.Close()
	return r.member(in, location, file.Name, in.limit.bound(content))
}

// member reads a file out of an archive. Nothing is ever written to where its
// name says, but a name that leads elsewhere is the mark of an archive that was
// made to do harm.
func (r *scanner) member(in *inputFile, location Location, name string, content io.Reader) bool {
	if escapesArchive(name) {
		return r.fail(location, MemberRefused, "its name leads out of the archive")
	}
	if hidden(name) {
		return true
	}
	return r.read(&inputFile{
		Reader:   content,
		limit:    in.limit,
		location: location,
		name:     name,
		nested:   true,
	})
}

func escapesArchive(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	return strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..") || len(name) > 1 && name[1] == ':'
}

// hidden reports whether a member is one that file managers leave behind.
func hidden(name string) bool {
	return strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, "__MACOSX/")
}

// failingReader is a reader that fails.
type failingReader struct{ err error }

// Read implements io.Reader.
func (b *failingReader) Read([]byte) (int, error) { return 0, b.err }
