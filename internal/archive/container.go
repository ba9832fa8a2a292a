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
func (r *reading) tar(in *input) bool {
	members := tar.NewReader(in.Reader)
	for n := 0; ; n++ {
		header, err := members.Next()
		switch {
		case errors.Is(err, io.EOF):
			return true
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return r.unreadable(in.source, "its archive cannot be read any further", err)
		case n >= MaxMembers:
			return r.fail(in.source, MemberRefused, "it has more than %d members; those after them were not read", MaxMembers)
		}
		source := in.source
		source.Member = header.Name
		goOn := true
		switch header.Typeflag {
		case tar.TypeReg, tar.TypeGNUSparse:
			// A sparse file expands too.
			goOn = r.member(in, source, in.limit.bound(members))
		case tar.TypeDir, tar.TypeXGlobalHeader:
		default:
			goOn = r.skip(source, SkipLink)
		}
		if !goOn {
			return false
		}
	}
}

// zip reads the files of a zip archive, each as a file of its own. The directory
// of a zip stands at its end.
func (r *reading) zip(in *input) bool {
	if in.file == nil {
		return r.fail(in.source, FormatUnknown, "a zip archive has to be a file: it cannot be read from a pipe or out of another file")
	}
	info, err := in.file.Stat()
	if err != nil {
		return r.unreadable(in.source, "cannot be read", err)
	}
	in.limit.stored = info.Size()
	archive, err := zip.NewReader(in.file, info.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return r.unreadable(in.source, "is not a zip archive that can be read", err)
	}
	if len(archive.File) > MaxMembers {
		return r.fail(in.source, MemberRefused, "it has more than %d members", MaxMembers)
	}
	archive.RegisterDecompressor(zstdMethod, func(stored io.Reader) io.ReadCloser {
		z, err := zstd.NewReader(stored, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(128<<20))
		if err != nil {
			return io.NopCloser(&broken{err})
		}
		return z.IOReadCloser()
	})
	for _, file := range archive.File {
		source := in.source
		source.Member = file.Name
		goOn := true
		switch mode := file.Mode(); {
		case mode.IsDir():
		case !mode.IsRegular():
			goOn = r.skip(source, SkipLink)
		default:
			goOn = r.zipMember(in, source, file)
		}
		if !goOn {
			return false
		}
	}
	return true
}

// zstdMethod is the number of Zstandard among the methods of zip.
const zstdMethod = 93

func (r *reading) zipMember(in *input, source Source, file *zip.File) bool {
	content, err := file.Open()
	if err != nil {
		return r.unreadable(source, "cannot be read", err)
	}
	defer content.Close()
	return r.member(in, source, in.limit.bound(content))
}

// member reads a file out of an archive. Nothing is ever written to where its
// name says, but a name that leads elsewhere is the mark of an archive that was
// made to do harm.
func (r *reading) member(in *input, source Source, content io.Reader) bool {
	if leadsOut(source.Member) {
		return r.fail(source, MemberRefused, "its name leads out of the archive")
	}
	if hidden(source.Member) {
		return true
	}
	return r.read(&input{
		Reader: content,
		limit:  in.limit,
		source: source,
		name:   source.Member,
		nested: true,
	})
}

func leadsOut(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	return strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..") || len(name) > 1 && name[1] == ':'
}

// hidden reports whether a member is one that file managers leave behind.
func hidden(name string) bool {
	return strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, "__MACOSX/")
}

// broken is a reader that fails.
type broken struct{ err error }

// Read implements io.Reader.
func (b *broken) Read([]byte) (int, error) { return 0, b.err }
