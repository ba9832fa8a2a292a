// Package pause waits between two tries of the same thing.
package pause

import (
	"context"
	"time"
)

// For waits for d. When ctx ends before that, it returns the error of ctx.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
