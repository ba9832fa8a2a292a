package archive

import (
	"archive/tar"
	"archive/zip"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// tar reads the regular files of a tar archive, each as a file of its own.
func (r *scanner) tar(in *inputFile) bool {
	members := tar.NewReader(in.Reader)
	for n := 0; ; n++ {
		header, err := members.Next()
		switch {
		case errors.Is(err, io.EOF):
			return true
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return r.unreadable(in.location, "its archive cannot be read any further", err)
		case n >= MaxMembers:
			return r.fail(in.location, MemberRefused, "it has more than %d members; those after them were not read", MaxMembers)
		}
		location := in.location
		location.Member = header.Name
		proceed := true
		switch header.Typeflag {
		case tar.TypeReg, tar.TypeGNUSparse:
			// A sparse file expands too.
			proceed = r.member(in, location, in.limit.bound(members))
		case tar.TypeDir, tar.TypeXGlobalHeader:
		default:
			proceed = r.skip(location, SkipLink)
		}
		if !proceed {
			return false
		}
	}
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
	archive.RegisterDecompressor(zstdMethod, func(stored io.Reader) io.ReadCloser {
		z, err := zstd.NewReader(stored, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(128<<20))
		if err != nil {
			return io.NopCloser(&failingReader{err})
		}
		return z.IOReadCloser()
	})
	for _, file := range archive.File {
		location := in.location
		location.Member = file.Name
		proceed := true
		switch mode := file.Mode(); {
		case mode.IsDir():
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

// zstdMethod is the number of Zstandard among the methods of zip.
const zstdMethod = 93

func (r *scanner) zipMember(in *inputFile, location Location, file *zip.File) bool {
	content, err := file.Open()
	if err != nil {
		return r.unreadable(location, "cannot be read", err)
	}
	defer content.Close()
	return r.member(in, location, in.limit.bound(content))
}

// member reads a file out of an archive. Nothing is ever written to where its
// name says, but a name that leads elsewhere is the mark of an archive that was
// made to do harm.
func (r *scanner) member(in *inputFile, location Location, content io.Reader) bool {
	if escapesArchive(location.Member) {
		return r.fail(location, MemberRefused, "its name leads out of the archive")
	}
	if hidden(location.Member) {
		return true
	}
	return r.read(&inputFile{
		Reader:   content,
		limit:    in.limit,
		location: location,
		name:     location.Member,
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
