//go:build !unix

package atomicfile

import (
	"io/fs"
	"os"
)

func names(fs.FileInfo) uint64 { return 1 }

func keepOwner(*os.File, fs.FileInfo) error { return nil }

func keepACL(*os.File, string) error { return nil }

// OnlyRootCanRead reports whether no user but root can read the file.
func OnlyRootCanRead(string) bool { return false }
