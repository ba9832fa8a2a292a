package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// The headers that say how long a client waits.
const (
	serverTimeoutHeader  = "X-Server-Timeout"
	connectTimeoutHeader = "Connect-Timeout-Ms"
	grpcTimeoutHeader    = "Grpc-Timeout"
)

// withDeadline ends ctx when the client stops waiting. A header that cannot be read is an
// error; the context is good in any case.
func withDeadline(ctx context.Context, header http.Header) (context.Context, context.CancelFunc, error) {
	timeout, err := timeoutOf(header)
	if err != nil || timeout < 0 {
		ctx, cancel := context.WithCancel(ctx)
		return ctx, cancel, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	return ctx, cancel, nil
}

// timeoutOf returns the time that a client gives a call, -1 where it says nothing.
func timeoutOf(header http.Header) (time.Duration, error) {
	if s := header.Get(grpcTimeoutHeader); s != "" {
		return parseGRPCTimeout(s)
	}
	if s := header.Get(connectTimeoutHeader); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil || len(s) > 10 {
			return 0, invalidHeader("connect-timeout-ms", "a whole number of milliseconds with at most 10 digits")
		}
		return time.Duration(n) * time.Millisecond, nil
	}
	if s := header.Get(serverTimeoutHeader); s != "" {
		seconds, err := strconv.ParseFloat(s, 64)
		if err != nil || !(seconds >= minServerTimeout.Seconds() && seconds <= maxServerTimeout.Seconds()) {
			return 0, invalidHeader("x-server-timeout", "a number of seconds such as 2.5, at least 0.001 and at most 86400")
		}
		return time.Duration(seconds * float64(time.Second)), nil
	}
	return -1, nil
}

const (
	minServerTimeout = time.Millisecond
	maxServerTimeout = 24 * time.Hour
)

// grpcUnits are the units of the header grpc-timeout.
var grpcUnits = map[byte]time.Duration{
	'H': time.Hour, 'M': time.Minute, 'S': time.Second, 'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond,
}

func parseGRPCTimeout(s string) (time.Duration, error) {
	unit, ok := grpcUnits[s[len(s)-1]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 64)
	if !ok || err != nil || len(s) > 9 {
		return 0, invalidHeader("grpc-timeout", "a number of at most 8 digits and a unit such as S or m")
	}
	const longest = 1<<63 - 1
	if n > uint64(longest/unit) {
		return longest, nil
	}
	return time.Duration(n) * unit, nil
}
