package server

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"

	"github.com/seed-59202292/summarizer/internal/atomicfile"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

const (
	clientsHeader = "# Clients of summarizer, written by \"summarizer keys\": comments are not kept.\n"

	// editWait is how long other edits are waited for, which take milliseconds.
	editWait = 10 * time.Second

	lastYear = 9999 // of an expiry; a later one could not be read back
)

// EditClients has change work on the entries of a file of clients, checks the new entries
// and puts them in the place of the file in one step. Other edits wait. The file keeps its
// owner, mode and links; one that is not there is an error of fs.ErrNotExist, or is made
// with mode 0600 where it may be missing. With an error, the file is as it was. The audit log
// gets the changes, as from a server that reads the file; nil: nobody is told.
func EditClients(path string, mayMiss bool, audit *telemetry.Audit, change func([]ClientEntry) ([]ClientEntry, error)) error {
	path, err := atomicfile.Resolve(path)
	if err != nil {
		return err
	}
	release, err := atomicfile.Lock(path, editWait)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%s is replaced as a whole, which needs permission to create files in its directory: %w", path, err)
	}
	if err != nil {
		return err
	}
	defer release()
	entries, err := ReadClients(path)
	if err != nil && !(mayMiss && errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	before, _ := ReadClients(path) // again, as change may write into the entries
	after, err := change(entries)
	if err != nil {
		return err
	}
	if err := writeClients(path, after); err != nil {
		return err
	}
	Watch{Logger: slog.New(slog.DiscardHandler), Audit: audit}.clientsChanged(before, after)
	return nil
}

func writeClients(path string, entries []ClientEntry) error {
	if _, err := index(entries); err != nil {
		return err
	}
	data, err := yaml.Marshal(clientFile{entries})
	if err != nil {
		return err
	}
	return atomicfile.Update(path, 0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, clientsHeader+string(data))
		return err
	})
}

// FindClient returns the entry of a client; nil: there is none.
func FindClient(entries []ClientEntry, name string) *ClientEntry {
	at := slices.IndexFunc(entries, func(e ClientEntry) bool { return e.Name == name })
	if at < 0 {
		return nil
	}
	return &entries[at]
}

// ChangeClient returns a change of entries for EditClients: of the client of a name, which
// must be among them. Path stands for the file in errors.
func ChangeClient(path, name string, change func(*ClientEntry) error) func([]ClientEntry) ([]ClientEntry, error) {
	return func(entries []ClientEntry) ([]ClientEntry, error) {
		entry := FindClient(entries, name)
		if entry == nil {
			return nil, errNoClient(path, name)
		}
		return entries, change(entry)
	}
}

// RemoveClient returns a change of entries for EditClients: without the client of a name,
// which must be among them. Path stands for the file in errors.
func RemoveClient(path, name string) func([]ClientEntry) ([]ClientEntry, error) {
	return func(entries []ClientEntry) ([]ClientEntry, error) {
		left := slices.DeleteFunc(slices.Clone(entries), func(e ClientEntry) bool { return e.Name == name })
		if len(left) == len(entries) {
			return nil, errNoClient(path, name)
		}
		return left, nil
	}
}

func errNoClient(path, name string) error {
	return fmt.Errorf("there is no client %q in %s: see summarizer keys list", name, path)
}

// Key returns the key whose hash has the prefix.
func (e *ClientEntry) Key(prefix string) (*ClientKey, error) {
	var found []*ClientKey
	for i := range e.Keys {
		if strings.HasPrefix(e.Keys[i].SHA256, strings.ToLower(prefix)) {
			found = append(found, &e.Keys[i])
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("--key %q matches %d keys of %q: give more of the hash, see summarizer keys list", prefix, len(found), e.Name)
	}
	return found[0], nil
}

// SetExpiry sets the end of the key whose hash has the prefix, or of all keys where that is
// empty.
func (e *ClientEntry) SetExpiry(prefix string, expires time.Time) error {
	if len(e.Keys) == 0 {
		return fmt.Errorf("%q has no key that could expire: certificates and tokens expire by themselves", e.Name)
	}
	if prefix != "" {
		key, err := e.Key(prefix)
		if err == nil {
			key.Expires = expires
		}
		return err
	}
	for i := range e.Keys {
		e.Keys[i].Expires = expires
	}
	return nil
}

// Remove removes the certificate of that name, or the subject, or the key whose hash has the
// prefix: the first one that is not empty.
func (e *ClientEntry) Remove(certificate, subject, prefix string) (err error) {
	switch {
	case certificate != "":
		e.Certificates, err = e.without(e.Certificates, "certificate", certificate, sameCertificateName)
		return err
	case subject != "":
		e.Subjects, err = e.without(e.Subjects, "subject", subject, func(a, b string) bool { return a == b })
		return err
	}
	key, err := e.Key(prefix)
	if err != nil {
		return err
	}
	hash := key.SHA256
	e.Keys = slices.DeleteFunc(e.Keys, func(k ClientKey) bool { return k.SHA256 == hash })
	return nil
}

// without returns values without one that has to be among them.
func (e *ClientEntry) without(values []string, kind, value string, same func(a, b string) bool) ([]string, error) {
	left := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return same(v, value) })
	if len(left) == len(values) {
		return values, fmt.Errorf("%q has no %s %q: see summarizer keys list", e.Name, kind, value)
	}
	return left, nil
}

// Shown returns the part of the hash that stands for a key. Keys are random: it tells
// nothing of them.
func (k ClientKey) Shown() string { return k.SHA256[:12] }

// PrintClients prints a table of clients with their rights and quotas.
func PrintClients(w io.Writer, entries []ClientEntry) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CLIENT\tKEYS\tCREATED\tEXPIRES\tCERTIFICATES\tSUBJECTS\tRPCS\tREQUESTS/S\tARTICLES/S\tARTICLES\tSTREAMS")
	for _, e := range entries {
		var keys, created, expires []string
		for _, key := range e.Keys {
			keys = append(keys, key.Shown())
			created = append(created, shownTime(key.Created, time.DateOnly, "-"))
			expires = append(expires, shownTime(key.Expires, time.RFC3339, "never"))
		}
		columns := []string{
			e.Name, shownList(keys, "-"), shownList(created, "-"), shownList(expires, "-"), shownList(e.Certificates, "-"), shownList(e.Subjects, "-"), shownList(e.RPCs, "all"),
			shownQuota(e.RequestsPerSecond), shownQuota(e.ArticlesPerSecond), shownQuota(e.ArticlesInFlight), shownQuota(e.Streams),
		}
		fmt.Fprintln(table, strings.Join(columns, "\t"))
	}
	return table.Flush()
}

// shownTime returns a time in UTC; none is for the zero time.
func shownTime(t time.Time, layout, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format(layout)
}

// shownList returns values on one line, as nothing but what can be printed.
func shownList(values []string, none string) string {
	if len(values) == 0 {
		return none
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.Join(values, ","))
}

func shownQuota[N int | float64](value N) string {
	if value == 0 {
		return "-"
	}
	return fmt.Sprint(value)
}

// ParseExpiry reads the end of a key: a day or a time such as 2027-03-01 or
// 2027-03-01T12:00:00Z, a day being over at its end in UTC; a time from now on, such as 90d
// or 12h; or "never", which is the zero time.
func ParseExpiry(text string, now time.Time) (time.Time, error) {
	expiry, err := time.Parse(time.RFC3339, text)
	if err != nil {
		if expiry, err = time.Parse(time.DateOnly, text); err == nil {
			expiry = expiry.AddDate(0, 0, 1)
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok && err != nil {
		var n uint64
		if n, err = strconv.ParseUint(days, 10, 16); err == nil {
			expiry = now.AddDate(0, 0, int(n))
		}
	} else if err != nil {
		var d time.Duration
		if d, err = time.ParseDuration(text); err == nil {
			expiry = now.Add(d)
		}
	}
	switch {
	case text == "never":
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, fmt.Errorf("%q is not a time: write a day such as 2027-03-01, a time from now on such as 90d or 12h, or never", text)
	case !expiry.After(now):
		return time.Time{}, fmt.Errorf("%q is not in the future", text)
	case expiry.UTC().Year() > lastYear:
		return time.Time{}, fmt.Errorf("%q is after the year %d: write never for a key that does not expire", text, lastYear)
	}
	return expiry.UTC().Truncate(time.Second), nil
}
