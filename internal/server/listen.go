package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"
)

const unixScheme = "unix://"

// ErrNotLocal says that other machines reach an address.
var ErrNotLocal = errors.New("it can be reached from other machines")

// Listen opens an address, host:port or unix:///PATH, a socket that only its owner
// can connect to; one that a killed server has left is replaced. With localOnly an
// address that other machines reach is ErrNotLocal.
func Listen(address string, localOnly bool) (net.Listener, error) {
	if err := CheckAddress(address, localOnly); err != nil {
		return nil, err
	}
	if path, ok := strings.CutPrefix(address, unixScheme); ok {
		return listenUnix(path)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: choose another address", cause(err))
	}
	return listener, nil
}

// CheckAddress reports why Listen would refuse an address before it opens it.
func CheckAddress(address string, localOnly bool) error {
	if path, ok := strings.CutPrefix(address, unixScheme); ok {
		info, err := os.Lstat(path)
		if err == nil && info.Mode().Type() != fs.ModeSocket {
			return errors.New("the path names a file, not a socket: choose another path")
		}
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return errors.New("it is not an address: write host:port or unix:///path")
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("the port %q is not a number from 0 to 65535", port)
	}
	if localOnly && !IsLocal(address) {
		return ErrNotLocal
	}
	return nil
}

// IsLocal reports whether only this machine reaches an address. Names other than
// localhost may resolve to anything.
func IsLocal(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return strings.HasPrefix(address, unixScheme) || host == "localhost" || ip != nil && ip.IsLoopback()
}

func listenUnix(path string) (net.Listener, error) {
	if _, err := os.Lstat(path); err == nil {
		if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
			_ = conn.Close()
			return nil, errors.New("another server listens there: choose another path")
		}
		if err := os.Remove(path); err != nil {
			return nil, cause(err)
		}
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("%w: choose another path", cause(err))
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = listener.Close()
		return nil, cause(err)
	}
	return listener, nil
}

// cause leaves the address out of an error, which its reader knows.
func cause(err error) error {
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
