//go:build unix

package atomicfile

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func update(path string) error {
	return Update(path, 0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, "after")
		return err
	})
}

func makeFile(t *testing.T, mode fs.FileMode) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantContent(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v, want %q", path, got, err, want)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// A file keeps its mode, whatever the mask of the process, and its owner and group.
func TestUpdateKeepsModeAndOwner(t *testing.T) {
	path := makeFile(t, 0o666)
	const user, group = 12345, 23456
	if os.Geteuid() == 0 {
		if err := os.Chown(path, user, group); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Umask(syscall.Umask(0o077))
	if err := update(path); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, "after")
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	was, is := before.Sys().(*syscall.Stat_t), after.Sys().(*syscall.Stat_t)
	if was.Uid != is.Uid || was.Gid != is.Gid || before.Mode() != after.Mode() {
		t.Errorf("owner %d:%d, mode %v; before %d:%d, %v", is.Uid, is.Gid, after.Mode(), was.Uid, was.Gid, before.Mode())
	}
}

// What is written to a link goes to the file that it leads to.
func TestUpdateKeepsLinks(t *testing.T) {
	path := makeFile(t, 0o640)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	resolved, err := Resolve(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := update(resolved); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, "after")
	if target, err := os.Readlink(link); err != nil || target != path {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	dangling := filepath.Join(t.TempDir(), "dangling")
	if err := os.Symlink("nowhere", dangling); err != nil {
		t.Fatal(err)
	}
	if _, err := Resolve(dangling); err == nil || !strings.Contains(err.Error(), "missing file") {
		t.Errorf("a link to nowhere: %v", err)
	}
	if got, err := Resolve(path + "2"); err != nil || got != path+"2" {
		t.Errorf("a file that is not there: %q, %v", got, err)
	}
}

// A file of two names stays as it is, as one of them would keep the old content; so does
// what is no file.
func TestUpdateRefuses(t *testing.T) {
	path := makeFile(t, 0o600)
	second := filepath.Join(t.TempDir(), "second")
	if err := os.Link(path, second); err != nil {
		t.Fatal(err)
	}
	if err := update(path); err == nil || !strings.Contains(err.Error(), "2 hard links") {
		t.Errorf("a file of two names: %v", err)
	}
	wantContent(t, path, "before")
	if err := update(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
}

// A secret is its owner's alone, and takes the place of no other file.
func TestCreateSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	defer syscall.Umask(syscall.Umask(0))
	if err := CreateSecret(path, "one"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := CreateSecret(path, "two"); err == nil || !strings.Contains(err.Error(), "not overwritten") {
		t.Errorf("a file that is there: %v", err)
	}
	wantContent(t, path, "one")
}
