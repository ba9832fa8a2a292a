package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed-59202292/summarizer/internal/atomicfile"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

type keysCmd struct {
	Add    keysAddCmd    `cmd:"" help:"Add a client, or a further key of a client, and print the key."`
	Set    keysSetCmd    `cmd:"" help:"Change rights, quotas and expiry of a client."`
	List   keysListCmd   `cmd:"" help:"Print the clients with their rights and quotas."`
	Remove keysRemoveCmd `cmd:"" help:"Remove a client, one of its keys, certificates or subjects."`
}

// clientsFlag names the file that the keys commands work on.
type clientsFlag struct {
	Clients string `help:"File of clients; the same as for serve." placeholder:"FILE" empty:"error"`
}

// auditFlag names the audit log of a command that does a server's work without one.
type auditFlag struct {
	AuditLog string `help:"File to append changes to, in lines of JSON; the same as for serve." placeholder:"FILE"`
}

// editFlags are for commands that change the file of clients.
type editFlags struct {
	clientsFlag
	auditFlag
}

// edit writes the clients that change makes of the clients in the file.
func (f *editFlags) edit(env *environment, config *config, mayMiss bool, change func([]server.ClientEntry) ([]server.ClientEntry, error)) error {
	if f.Clients == "" {
		return errors.New("--clients is missing: name the file of clients")
	}
	audit, err := telemetry.OpenAudit(f.AuditLog, config.logger(env, slog.LevelWarn))
	if err != nil {
		return err
	}
	defer audit.Close()
	if err := server.EditClients(f.Clients, mayMiss, audit, change); err != nil {
		return err
	}
	if atomicfile.OnlyRootCanRead(f.Clients) {
		env.say("warning: only root can read %s: a server that runs as another user keeps its former clients, or does not start; give the file to that user with chown", f.Clients)
	}
	return nil
}

// editClient lets change work on a client that is there.
func (f *editFlags) editClient(env *environment, config *config, name string, change func(*server.ClientEntry) error) error {
	return f.edit(env, config, false, server.ChangeClient(f.Clients, name, change))
}

// rightsFlags change rights and quotas of a client, where they are given.
type rightsFlags struct {
	RPC               []string `name:"rpc" help:"An RPC that the client may call, such as SummarizeArticle; may be repeated. \"all\" and default: all." placeholder:"NAME" config:"-"`
	RequestsPerSecond *float64 `help:"Maximum calls a second; 0 (default) means no limit." placeholder:"N" config:"-"`
	ArticlesPerSecond *float64 `help:"Maximum articles a second, items of batches and streams included; 0 (default) means no limit." placeholder:"N" config:"-"`
	ArticlesInFlight  *int     `help:"Maximum concurrent articles, items of batches and streams included; 0 (default) means no limit." placeholder:"N" config:"-"`
	Streams           *int     `help:"Maximum open streams; 0 (default) means 256." placeholder:"N" config:"-"`
	Certificate       []string `help:"Name in a client certificate that authenticates like a key: uri:NAME, dns:NAME, email:NAME or, for a certificate without these, cn:NAME; may be repeated." placeholder:"KIND:NAME" config:"-"`
	Subject           []string `help:"Value of a token's claim --oidc-client-claim that authenticates like a key; may be repeated." placeholder:"VALUE" config:"-" sep:"none"`
	Expires           string   `help:"Expiry of the key: a day such as 2027-03-01, a time from now on such as 90d, or never." placeholder:"TIME" config:"-"`
}

func (f *rightsFlags) apply(entry *server.ClientEntry) {
	if len(f.RPC) > 0 {
		entry.RPCs = slices.DeleteFunc(f.RPC, func(name string) bool { return name == "all" })
	}
	set(&entry.RequestsPerSecond, f.RequestsPerSecond)
	set(&entry.ArticlesPerSecond, f.ArticlesPerSecond)
	set(&entry.ArticlesInFlight, f.ArticlesInFlight)
	set(&entry.Streams, f.Streams)
	entry.Certificates = append(entry.Certificates, f.Certificate...)
	entry.Subjects = append(entry.Subjects, f.Subject...)
}

// set gives target a value where there is one.
func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

// expiry returns the end of a key, and whether one is given.
func (f *rightsFlags) expiry() (end time.Time, given bool, err error) {
	if f.Expires == "" {
		return end, false, nil
	}
	if end, err = server.ParseExpiry(f.Expires, time.Now()); err != nil {
		err = fmt.Errorf("--expires: %w", err)
	}
	return end, true, err
}

type keysAddCmd struct {
	Name string `arg:"" help:"Name of the client."`
	editFlags
	rightsFlags
	Output string `help:"Write the key into a new file that only its owner can read, instead of standard output." placeholder:"FILE" config:"-"`
}

// Help implements kong.HelpProvider.
func (*keysAddCmd) Help() string {
	return `Examples:

    summarizer keys add newsroom --clients clients.yaml --output newsroom.key
    summarizer keys add archive --clients clients.yaml --rpc StreamAnalyzeArticles --articles-in-flight 32 --expires 90d

The key is printed once and kept nowhere: the file of clients holds its hash. An existing client gets a further key, and the rights and quotas of the flags. With --certificate or --subject no key is made. A server reads the file again within seconds.`
}

// check reports flags that do not go together; expires tells that the end of a key is given.
func (c *keysAddCmd) check(expires bool) error {
	switch {
	case !c.withKey() && (expires || c.Output != ""):
		return errors.New("--expires and --output need a key, and --certificate and --subject make none: leave them out")
	case c.Output == "-":
		return errors.New("--output - names no file: leave it out, and the key is printed")
	case c.Output != "" && slices.Contains(append(atomicfile.SideFiles(filepath.Clean(c.Clients)), filepath.Clean(c.Clients)), filepath.Clean(c.Output)):
		return errors.New("--output and --clients name one file, or one that is made beside it for a moment: write the key into another one")
	}
	return nil
}

// withKey reports whether a key is made.
func (c *keysAddCmd) withKey() bool { return len(c.Certificate)+len(c.Subject) == 0 }

// Run adds a client, or a key to one.
func (c *keysAddCmd) Run(env *environment, config *config) (err error) {
	expires, given, err := c.expiry()
	if err != nil {
		return err
	}
	if err := c.check(given); err != nil {
		return err
	}
	secret, key := server.NewKey()
	key.Expires = expires
	if c.Output != "" {
		if err := atomicfile.CreateSecret(c.Output, secret+"\n"); err != nil {
			return fmt.Errorf("--output: %w", err)
		}
		defer func() {
			if err != nil {
				_ = os.Remove(c.Output)
			}
		}()
	}
	if err := c.edit(env, config, true, func(entries []server.ClientEntry) ([]server.ClientEntry, error) {
		if server.FindClient(entries, c.Name) == nil {
			entries = append(entries, server.ClientEntry{Name: c.Name})
		}
		entry := server.FindClient(entries, c.Name)
		c.apply(entry)
		if c.withKey() {
			entry.Keys = append(entry.Keys, key)
		}
		return entries, nil
	}); err != nil || c.Output != "" || !c.withKey() {
		return err
	}
	if _, err := fmt.Fprintln(env.stdout, secret); err != nil {
		return fmt.Errorf("the key could not be printed and is lost: remove it with summarizer keys remove %s --key %s: %w", c.Name, key.Shown(), err)
	}
	return nil
}

type keysSetCmd struct {
	Name string `arg:"" help:"Name of the client."`
	editFlags
	rightsFlags
	Key string `help:"With --expires: only the key whose hash begins like this; see keys list. Default: all keys of the client." placeholder:"HASH" config:"-"`
}

// Run changes the rights, quotas and expiry that are given and leaves the rest.
func (c *keysSetCmd) Run(env *environment, config *config) error {
	expires, given, err := c.expiry()
	if err != nil {
		return err
	}
	if c.Key != "" && !given {
		return errors.New("--key goes with --expires: say when that key ends")
	}
	return c.editClient(env, config, c.Name, func(entry *server.ClientEntry) error {
		c.apply(entry)
		if !given {
			return nil
		}
		return entry.SetExpiry(c.Key, expires)
	})
}

type keysListCmd struct{ clientsFlag }

// Run prints the clients.
func (c *keysListCmd) Run(env *environment) error {
	if c.Clients == "" {
		return errors.New("--clients is missing: name the file of clients")
	}
	entries, err := server.ReadClients(c.Clients)
	if err != nil {
		return err
	}
	return server.PrintClients(env.stdout, entries)
}

type keysRemoveCmd struct {
	Name string `arg:"" help:"Name of the client."`
	editFlags
	Key         string `help:"Remove only the key whose hash begins like this; see keys list." placeholder:"HASH" config:"-" xor:"one"`
	Certificate string `help:"Remove only this name of a certificate." placeholder:"KIND:NAME" config:"-" xor:"one"`
	Subject     string `help:"Remove only this subject of tokens." placeholder:"VALUE" config:"-" xor:"one"`
}

// Run removes a client, a key, a certificate or a subject.
func (c *keysRemoveCmd) Run(env *environment, config *config) error {
	if c.Key+c.Certificate+c.Subject == "" {
		return c.edit(env, config, false, server.RemoveClient(c.Clients, c.Name))
	}
	return c.editClient(env, config, c.Name, func(entry *server.ClientEntry) error { return entry.Remove(c.Certificate, c.Subject, c.Key) })
}
