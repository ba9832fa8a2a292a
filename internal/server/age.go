package server

import (
	"context"
	"time"
)

// gRPC asks a client to leave at the age of a connection, give or take a tenth,
// and cuts open calls after a grace. It does not tell the streams, so they are
// ended in time from here: from nine tenths of the age on, yet none before
// minStreamLife, lest a client that has not been asked to leave opens one stream
// after the other. A stream that could still be opened is older than that and
// done with its items before the grace is over.
const minStreamLife = 30 * time.Second

// connectionGrace is the time that streams get after the age of the connection.
func connectionGrace(itemDeadline time.Duration) time.Duration {
	return minStreamLife + max(itemDeadline, 30*time.Second)
}

// readUntil returns when a stream that begins at now stops to read.
func readUntil(ctx context.Context, now time.Time, maxAge time.Duration) time.Time {
	accepted := now
	if conn := connectionOf(ctx); conn != nil {
		accepted = conn.accepted
	}
	end := accepted.Add(maxAge - maxAge/10)
	if least := now.Add(minStreamLife); end.Before(least) {
		return least
	}
	return end
}
