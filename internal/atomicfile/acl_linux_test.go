package atomicfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// list returns an access control list as the kernel stores it (acl(5), posix_acl_xattr.h): the
// owner may write, the group and others may not read, and the user may.
func list(user uint32) []byte {
	const owner, named, group, mask, other = 0x01, 0x02, 0x04, 0x10, 0x20
	const nobody = ^uint32(0)
	b := binary.LittleEndian.AppendUint32(nil, 2) // version
	for _, entry := range []struct {
		tag, permissions uint16
		id               uint32
	}{{owner, 6, nobody}, {named, 4, user}, {group, 0, nobody}, {mask, 4, nobody}, {other, 0, nobody}} {
		b = binary.LittleEndian.AppendUint16(b, entry.tag)
		b = binary.LittleEndian.AppendUint16(b, entry.permissions)
		b = binary.LittleEndian.AppendUint32(b, entry.id)
	}
	return b
}

func setACL(t *testing.T, path, kind string, value []byte) {
	t.Helper()
	err := syscall.Setxattr(path, kind, value, 0)
	if errors.Is(err, syscall.ENOTSUP) {
		t.Skip("the file system has no access control lists")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A server that an access control list lets read a file may still do so after a change,
// and its group may not because of it.
func TestUpdateKeepsACL(t *testing.T) {
	path := makeFile(t, 0o600)
	want := list(12345)
	setACL(t, path, accessACL, want)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if OnlyRootCanRead(path) {
		t.Error("it is said that the user of the list cannot read it")
	}
	if err := update(path); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, "after")
	got := make([]byte, maxACLBytes)
	n, err := syscall.Getxattr(path, accessACL, got)
	if err != nil || !bytes.Equal(got[:max(n, 0)], want) {
		t.Errorf("the list is %x, %v, want %x", got[:max(n, 0)], err, want)
	}
	if after, err := os.Stat(path); err != nil || after.Mode() != before.Mode() {
		t.Errorf("the mode is %v, %v, before %v", after.Mode(), err, before.Mode())
	}
}

// A file without a list gets none from its directory when it is changed.
func TestUpdateInheritsNoACL(t *testing.T) {
	path := makeFile(t, 0o640)
	setACL(t, filepath.Dir(path), "system.posix_acl_default", list(12345))
	if err := update(path); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, "after")
	if hasACL(path) {
		t.Error("the user of a list can read the file")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
}
