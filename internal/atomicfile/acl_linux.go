package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

const (
	accessACL   = "system.posix_acl_access"
	maxACLBytes = 64 << 10 // as the kernel has it for extended attributes
)

// keepACL gives file the access control list of the file at path, or takes away the list that
// a directory has its new files inherit.
func keepACL(file *os.File, path string) error {
	list := make([]byte, maxACLBytes)
	n, err := syscall.Getxattr(path, accessACL, list)
	switch {
	case err == nil:
		return syscall.Setxattr(file.Name(), accessACL, list[:n], 0)
	case errors.Is(err, syscall.ENODATA):
		err = syscall.Removexattr(file.Name(), accessACL)
	}
	if errors.Is(err, syscall.ENODATA) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}

// hasACL reports whether an access control list names more users or groups of a file.
func hasACL(path string) bool {
	_, err := syscall.Getxattr(path, accessACL, nil)
	return err == nil
}
