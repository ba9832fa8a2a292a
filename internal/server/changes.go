package server

import (
	"context"
	"reflect"
	"slices"
	"time"
)

// clientsChanged tells log and audit log how a file of clients has changed: clients that
// came or went, their keys and expiries, and their rights and quotas.
func (w Watch) clientsChanged(before, after []ClientEntry) {
	tell := func(event string, attrs ...any) {
		w.Logger.Info("clients changed", append([]any{"change", event}, attrs...)...)
		w.Audit.Record(context.Background(), event, attrs...)
	}
	old, current := byName(before), byName(after)
	for _, entry := range before {
		if _, stays := current[entry.Name]; !stays {
			tell("client_removed", "client", entry.Name)
		}
	}
	for _, entry := range after {
		was, known := old[entry.Name]
		if !known {
			tell("client_added", "client", entry.Name, "rpcs", entry.RPCs, "certificates", entry.Certificates, "subjects", entry.Subjects)
		}
		for _, key := range was.Keys {
			if !slices.ContainsFunc(entry.Keys, func(k ClientKey) bool { return k.SHA256 == key.SHA256 }) {
				tell("key_removed", "client", entry.Name, "key", key.Shown())
			}
		}
		for _, key := range entry.Keys {
			at := slices.IndexFunc(was.Keys, func(k ClientKey) bool { return k.SHA256 == key.SHA256 })
			about := []any{"client", entry.Name, "key", key.Shown(), "expires", shownTime(key.Expires, time.RFC3339, "never")}
			switch {
			case at < 0:
				tell("key_added", about...)
			case !was.Keys[at].Expires.Equal(key.Expires):
				tell("key_changed", about...)
			}
		}
		was.Keys, entry.Keys = nil, nil
		if known && !reflect.DeepEqual(was, entry) {
			tell("rights_changed", "client", entry.Name, "rpcs", entry.RPCs, "certificates", entry.Certificates, "subjects", entry.Subjects,
				"requests_per_second", entry.RequestsPerSecond, "articles_per_second", entry.ArticlesPerSecond,
				"articles_in_flight", entry.ArticlesInFlight, "streams", entry.Streams)
		}
	}
}

func byName(entries []ClientEntry) map[string]ClientEntry {
	named := map[string]ClientEntry{}
	for _, entry := range entries {
		named[entry.Name] = entry
	}
	return named
}
