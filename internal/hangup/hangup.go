// Package hangup takes the signal SIGHUP from the first milliseconds of the process on. It
// imports next to nothing, so that Go initializes it before the packages with large tables,
// which take most of a start: in main, it would be too late for a signal that comes with the
// start.
package hangup

import (
	"os"
	"os/signal"
	"syscall"
)

// Ignored reports whether the process was started with the signal ignored, as by nohup.
var Ignored = signal.Ignored(syscall.SIGHUP)

// Received holds a signal that came. There is room for one.
var Received = received()

func received() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c
}
