package server

import (
	"io/fs"
	"syscall"
)

// changeTime returns when anything of a file last changed, its content, owner or mode.
func changeTime(info fs.FileInfo) syscall.Timespec {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ctim
	}
	return syscall.Timespec{}
}
