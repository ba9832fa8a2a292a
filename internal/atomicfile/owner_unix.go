//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

// names returns how many names a file has.
func names(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink) //nolint:unconvert // its type differs between systems
	}
	return 1
}

// keepOwner gives file the owner and the group of before.
func keepOwner(file *os.File, before fs.FileInfo) error {
	wanted, ok := before.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if has, ok := info.Sys().(*syscall.Stat_t); ok && has.Uid == wanted.Uid && has.Gid == wanted.Gid {
		return nil
	}
	return file.Chown(int(wanted.Uid), int(wanted.Gid))
}

// OnlyRootCanRead reports whether no user but root can read the file.
func OnlyRootCanRead(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	others := info.Mode().Perm() & 0o004
	group := info.Mode().Perm() & 0o040
	return ok && !hasACL(path) && others == 0 && (stat.Gid == 0 || group == 0) && (stat.Uid == 0 || info.Mode().Perm()&0o400 == 0)
}
