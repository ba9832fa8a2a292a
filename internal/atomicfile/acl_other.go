//go:build unix && !linux

package atomicfile

import "os"

func keepACL(*os.File, string) error { return nil }

func hasACL(string) bool { return false }
