package server

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// ClientEntry is one caller in the file of clients.
type ClientEntry struct {
	Name              string      `yaml:"name"` // for logs and budgets: [a-z0-9._-], 1 to 64 bytes
	Keys              []ClientKey `yaml:"keys,omitempty"`
	Certificates      []string    `yaml:"certificates,omitempty"`        // names in client certificates, each as uri:…, dns:…, email:… or cn:…
	Subjects          []string    `yaml:"subjects,omitempty"`            // values of the claim in tokens that names the client
	RPCs              []string    `yaml:"rpcs,omitempty"`                // methods that it may call; none means all
	RequestsPerSecond float64     `yaml:"requests-per-second,omitempty"` // 0 is no limit
	ArticlesPerSecond float64     `yaml:"articles-per-second,omitempty"` // items of batches and streams included; 0 is no limit
	ArticlesInFlight  int         `yaml:"articles-in-flight,omitempty"`  // 0 is no limit
	Streams           int         `yaml:"streams,omitempty"`             // open at once; 0 means 256
}

// ClientKey is an API key, of which its SHA-256 is known. In a file it may also be the hash
// alone.
type ClientKey struct {
	SHA256  string    `yaml:"sha256"`            // in hex
	Created time.Time `yaml:"created,omitempty"` // zero: not known
	Expires time.Time `yaml:"expires,omitempty"` // from when on the key is refused; zero: never
}

// MarshalYAML implements yaml.InterfaceMarshaler.
func (k ClientKey) MarshalYAML() (any, error) {
	if k.Created.IsZero() && k.Expires.IsZero() {
		return k.SHA256, nil
	}
	type plain ClientKey
	return plain(k), nil
}

type clientFile struct {
	Clients []ClientEntry `yaml:"clients"`
}

const (
	keyPrefix       = "smz_" // by which tools that look for leaked secrets know a key
	keyBytes        = 32
	maxNameBytes    = 64
	maxSubjectBytes = 1024
	maxFileBytes    = 8 << 20
)

// NewKey returns a random API key of 256 bits, and what a ClientEntry holds of it.
func NewKey() (secret string, key ClientKey) {
	var random [keyBytes]byte
	_, _ = rand.Read(random[:]) // never fails
	secret = keyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	sum := sha256.Sum256([]byte(secret))
	return secret, ClientKey{SHA256: hex.EncodeToString(sum[:]), Created: time.Now().UTC().Truncate(time.Second)}
}

// ReadClients reads and checks a file of clients; nil: the file is empty.
func ReadClients(path string) ([]ClientEntry, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("%s has more than %d bytes: remove clients", path, maxFileBytes)
	}
	entries, err := parseClients(data)
	if err == nil {
		_, err = index(entries)
	}
	if err != nil {
		return nil, withPlace(path, err)
	}
	return entries, nil
}

// clients finds a caller by its key, certificate, subject or name.
type clients struct {
	byKey         map[[sha256.Size]byte]keyHolder
	byCertificate map[string]*client
	bySubject     map[string]*client
	byName        map[string]*client
	entries       []ClientEntry
}

// keyHolder is the client of a key, with the hash of the key.
type keyHolder struct {
	hash    [sha256.Size]byte
	expires time.Time // zero: never
	client  *client
}

// index checks entries and makes them ready for look-up. Its errors name no
// hash.
func index(entries []ClientEntry) (*clients, error) {
	set := &clients{
		byKey:         map[[sha256.Size]byte]keyHolder{},
		byCertificate: map[string]*client{},
		bySubject:     map[string]*client{},
		byName:        map[string]*client{},
	}
	for i, entry := range entries {
		if !isRequestID(entry.Name) || len(entry.Name) > maxNameBytes {
			return nil, fmt.Errorf("client %d: the name %q must be 1 to %d letters, digits, dots, dashes or underscores", i+1, entry.Name, maxNameBytes)
		}
		if set.byName[entry.Name] != nil {
			return nil, fmt.Errorf("client %q is listed twice: give each client its own name", entry.Name)
		}
		c, err := newClient(entry)
		if err != nil {
			return nil, fmt.Errorf("client %q: %w", entry.Name, err)
		}
		c.place = i
		set.byName[entry.Name] = c
		for _, add := range []func(ClientEntry, *client) error{set.addKeys, set.addCertificates, set.addSubjects} {
			if err := add(entry, c); err != nil {
				return nil, fmt.Errorf("client %q: %w", entry.Name, err)
			}
		}
	}
	return set, nil
}

func (s *clients) addKeys(entry ClientEntry, c *client) error {
	for n, key := range entry.Keys {
		text := key.SHA256
		var hash [sha256.Size]byte
		if count, err := hex.Decode(hash[:], []byte(text[:min(len(text), 2*sha256.Size)])); err != nil || count != sha256.Size || len(text) != 2*sha256.Size {
			return fmt.Errorf("key %d is not a SHA-256 in hex: make it with \"summarizer keys add\"", n+1)
		}
		if _, taken := s.byKey[hash]; taken {
			return fmt.Errorf("key %d is listed twice: a key belongs to one client", n+1)
		}
		s.byKey[hash] = keyHolder{hash, key.Expires, c}
	}
	return nil
}

func (s *clients) addCertificates(entry ClientEntry, c *client) error {
	for _, written := range entry.Certificates {
		name, err := certificateName(written)
		if err != nil {
			return err
		}
		if s.byCertificate[name] != nil {
			return fmt.Errorf("the certificate %q is listed twice: a certificate belongs to one client", written)
		}
		s.byCertificate[name] = c
	}
	return nil
}

func (s *clients) addSubjects(entry ClientEntry, c *client) error {
	for n, subject := range entry.Subjects {
		switch {
		case subject == "" || len(subject) > maxSubjectBytes:
			return fmt.Errorf("subject %d has %d bytes: it must have 1 to %d", n+1, len(subject), maxSubjectBytes)
		case s.bySubject[subject] != nil:
			return fmt.Errorf("the subject %q is listed twice: a subject belongs to one client", subject)
		}
		s.bySubject[subject] = c
	}
	return nil
}

// rpcNames returns the methods that a client may be given.
func rpcNames() []string {
	var names []string
	for _, method := range summarizerv1.SummarizerService_ServiceDesc.Methods {
		names = append(names, method.MethodName)
	}
	for _, stream := range summarizerv1.SummarizerService_ServiceDesc.Streams {
		names = append(names, stream.StreamName)
	}
	slices.Sort(names)
	return names
}

// client is a caller with its rights, and the used part of its quotas.
type client struct {
	name           string
	place          int             // in the file
	allowedMethods map[string]bool // full names of methods; nil means all
	usage          *quotaUsage
}

func newClient(entry ClientEntry) (*client, error) {
	c := &client{name: entry.Name}
	if len(entry.RPCs) > 0 {
		c.allowedMethods = map[string]bool{}
	}
	known := rpcNames()
	for _, name := range entry.RPCs {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("there is no RPC %q: use %s", name, strings.Join(known, ", "))
		}
		c.allowedMethods["/"+summarizerv1.SummarizerService_ServiceDesc.ServiceName+"/"+name] = true
	}
	switch {
	case !isRate(entry.RequestsPerSecond):
		return nil, fmt.Errorf("requests-per-second is %v: it must be 0 for no limit, or up to %d", entry.RequestsPerSecond, maxPerSecond)
	case !isRate(entry.ArticlesPerSecond):
		return nil, fmt.Errorf("articles-per-second is %v: it must be 0 for no limit, or up to %d", entry.ArticlesPerSecond, maxPerSecond)
	case entry.ArticlesInFlight < 0:
		return nil, fmt.Errorf("articles-in-flight is %d: it must be 0 for no limit, or more", entry.ArticlesInFlight)
	case entry.Streams < 0:
		return nil, fmt.Errorf("streams is %d: it must be 0 for %d, or more", entry.Streams, defaultStreams)
	}
	c.usage = newQuotaUsage(entry)
	return c, nil
}

// isRate reports whether a number can be a quota a second; no comparison holds for NaN.
func isRate(perSecond float64) bool { return perSecond >= 0 && perSecond <= maxPerSecond }

// allows reports whether the client has the right to a method.
func (c *client) allows(method string) bool {
	return c.allowedMethods == nil || c.allowedMethods[method]
}
