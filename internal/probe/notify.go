package probe

import (
	"fmt"
	"net"
)

// States of a service that systemd is told (sd_notify(3)).
const (
	Ready     = "READY=1"
	Reloading = "RELOADING=1" // until Ready
	Stopping  = "STOPPING=1"
)

// Notify tells a state to the service manager whose socket is NOTIFY_SOCKET, as getenv has
// it; without one, nothing happens.
func Notify(getenv func(string) string, state string) error {
	path := getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("NOTIFY_SOCKET: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("NOTIFY_SOCKET: %w", err)
	}
	return nil
}
