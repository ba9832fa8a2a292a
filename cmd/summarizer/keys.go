package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/atomicfile"
	"github.com/seed-59202292/summarizer/internal/server"
)

type keysCmd struct {
	Add    keysAddCmd    `cmd:"" help:"Add a client or a key of one, and print the key."`
	List   keysListCmd   `cmd:"" help:"Print the clients with their rights and quotas."`
	Remove keysRemoveCmd `cmd:"" help:"Remove a client, or one of its keys."`
}

// clientsFlag names the file that the keys commands work on.
type clientsFlag struct {
	Clients string `help:"File of clients, as of serve --clients." placeholder:"FILE"`
}

// read returns the clients of the file; none when it may be missing and is.
func (f *clientsFlag) read(mayMiss bool) ([]server.ClientEntry, error) {
	if f.Clients == "" {
		return nil, errors.New("--clients is missing: name the file of clients")
	}
	entries, err := server.ReadClients(f.Clients)
	if mayMiss && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("--clients: %w", err)
	}
	return entries, nil
}

// editWait is how long other edits are waited for, which take milliseconds.
const editWait = 10 * time.Second

// edit lets change work on the clients of the file and writes what it returns. Other
// edits wait.
func (f *clientsFlag) edit(mayMiss bool, change func([]server.ClientEntry) ([]server.ClientEntry, error)) error {
	if f.Clients != "" {
		release, err := atomicfile.Lock(f.Clients, editWait)
		if err != nil {
			return fmt.Errorf("--clients: %w", err)
		}
		defer release()
	}
	entries, err := f.read(mayMiss)
	if err != nil {
		return err
	}
	if entries, err = change(entries); err != nil {
		return err
	}
	return server.WriteClients(f.Clients, entries)
}

func indexOf(entries []server.ClientEntry, name string) int {
	return slices.IndexFunc(entries, func(e server.ClientEntry) bool { return e.Name == name })
}

type keysAddCmd struct {
	Name string `arg:"" help:"Name of the client."`
	clientsFlag
	RPC               []string `name:"rpc" help:"An RPC that the client may call, such as SummarizeArticle; may be repeated. Default: all." placeholder:"NAME" config:"-"`
	RequestsPerSecond float64  `help:"Quota of calls a second. Default: none." placeholder:"N" config:"-"`
	ArticlesPerSecond float64  `help:"Quota of articles a second, items of batches and streams included. Default: none." placeholder:"N" config:"-"`
	ArticlesInFlight  int      `help:"Quota of articles at once, items of batches and streams included. Default: none." placeholder:"N" config:"-"`
	Streams           int      `help:"Quota of open streams. Default: 256." placeholder:"N" config:"-"`
	Certificate       []string `help:"Name in a client certificate that stands for a key; may be repeated. No key is made then." placeholder:"NAME" config:"-"`
}

// Help implements kong.HelpProvider.
func (*keysAddCmd) Help() string {
	return `Examples:

    summarizer keys add newsroom --clients clients.yaml > newsroom.key
    summarizer keys add archive --clients clients.yaml --rpc StreamAnalyzeArticles --articles-in-flight 32

The key is printed once and kept nowhere: the file holds its hash. A client that is there already gets one more key, and the rights and quotas that are given. A server takes the file up within seconds.`
}

// Run adds a client, or a key to one.
func (c *keysAddCmd) Run(env *environment) error {
	var key string
	if err := c.edit(true, func(entries []server.ClientEntry) ([]server.ClientEntry, error) {
		entries, key = c.addTo(entries)
		return entries, nil
	}); err != nil {
		return err
	}
	if key != "" {
		fmt.Fprintln(env.stdout, key)
	}
	return nil
}

// addTo returns entries with the client, and the key that was made for it.
func (c *keysAddCmd) addTo(entries []server.ClientEntry) (with []server.ClientEntry, key string) {
	at := indexOf(entries, c.Name)
	if at < 0 {
		entries = append(entries, server.ClientEntry{Name: c.Name})
		at = len(entries) - 1
	}
	entry := &entries[at]
	if len(c.RPC) > 0 {
		entry.RPCs = c.RPC
	}
	if c.RequestsPerSecond != 0 {
		entry.RequestsPerSecond = c.RequestsPerSecond
	}
	if c.ArticlesPerSecond != 0 {
		entry.ArticlesPerSecond = c.ArticlesPerSecond
	}
	if c.ArticlesInFlight != 0 {
		entry.ArticlesInFlight = c.ArticlesInFlight
	}
	if c.Streams != 0 {
		entry.Streams = c.Streams
	}
	if len(c.Certificate) > 0 {
		entry.Certificates = append(entry.Certificates, c.Certificate...)
		return entries, ""
	}
	key, hash := server.NewKey()
	entry.Keys = append(entry.Keys, hash)
	return entries, key
}

type keysListCmd struct{ clientsFlag }

// Run prints the clients.
func (c *keysListCmd) Run(env *environment) error {
	entries, err := c.read(false)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CLIENT\tKEYS\tCERTIFICATES\tRPCS\tREQUESTS/S\tARTICLES/S\tARTICLES\tSTREAMS")
	for _, e := range entries {
		var keys []string
		for _, hash := range e.Keys {
			keys = append(keys, hash[:shownHash])
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Name, listed(keys, "-"), article.Printable(listed(e.Certificates, "-")),
			listed(e.RPCs, "all"), quota(e.RequestsPerSecond), quota(e.ArticlesPerSecond), quota(e.ArticlesInFlight), quota(e.Streams))
	}
	return table.Flush()
}

// shownHash is how many digits of a hash stand for a key. Keys are random: a
// part of the hash tells nothing of them.
const shownHash = 12

func listed(values []string, none string) string {
	if len(values) == 0 {
		return none
	}
	return strings.Join(values, ",")
}

func quota[N int | float64](value N) string {
	if value == 0 {
		return "-"
	}
	return fmt.Sprint(value)
}

type keysRemoveCmd struct {
	Name string `arg:"" help:"Name of the client."`
	clientsFlag
	Key string `help:"Remove only the key whose hash begins so, as keys list shows it." placeholder:"HASH" config:"-"`
}

// Run removes a client or a key.
func (c *keysRemoveCmd) Run(*environment) error { return c.edit(false, c.removeFrom) }

func (c *keysRemoveCmd) removeFrom(entries []server.ClientEntry) ([]server.ClientEntry, error) {
	at := indexOf(entries, c.Name)
	if at < 0 {
		return nil, fmt.Errorf("there is no client %q in %s: see summarizer keys list", c.Name, c.Clients)
	}
	if c.Key == "" {
		return slices.Delete(entries, at, at+1), nil
	}
	keys := entries[at].Keys
	left := slices.DeleteFunc(slices.Clone(keys), func(hash string) bool { return strings.HasPrefix(hash, c.Key) })
	if len(keys)-len(left) != 1 {
		return nil, fmt.Errorf("--key %q is of %d keys of %q: give more of the hash, see summarizer keys list", c.Key, len(keys)-len(left), c.Name)
	}
	entries[at].Keys = left
	return entries, nil
}
