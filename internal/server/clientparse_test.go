package server

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const someHash = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

// No setting that cannot be read is taken for none, which would mean no limit, all RPCs or a
// key that does not expire.
func TestClientsAreReadStrictly(t *testing.T) {
	key := func(setting string) string {
		return "clients:\n- name: a\n  keys:\n  - sha256: " + someHash + "\n    " + setting + "\n"
	}
	client := func(setting string) string { return "clients:\n- name: a\n  " + setting + "\n" }
	for content, want := range map[string]string{
		key("expires: 90d"):                                `"90d" is not a time`,
		key("expires: tomorrow"):                           "is not a time",
		key("expires: 2027-03-01T12:00:00"):                "is not a time",
		key("expires: 2027-02-30"):                         "is not a time",
		key("expires: 1803859200"):                         "is not a time",
		key("expires: 10000-01-01T00:00:00Z"):              "is not a time",
		key("created: soon"):                               "created",
		key("expires:"):                                    `:5: "expires" has no value`,
		key("expires: null"):                               "has no value",
		client("requests-per-second:"):                     `:3: "requests-per-second" has no value`,
		client("requests-per-second: &none ~"):             "has no value",
		client("rpcs:"):                                    "has no value",
		client("rpcs: []"):                                 `:3: "rpcs" is empty`,
		client("articles-in-flight: 0.5"):                  `"articles-in-flight" is 0.5`,
		client("streams: \"0.5\""):                         "whole number",
		client("streams: 1e-1"):                            "whole number",
		"clients:\n":                                       "has no value",
		"clients:\n- name: a\n---\nclients:\n- name: b\n":  ":4: a second document",
		"clients:\n- name: a\nclients:\n- name: b\n":       "already defined",
		client("keys: !vault |\n    62313365396662343061"): ":3: the tag !vault",
		client("streams: !!float 0.5"):                     "tag",
		"clients: !x {}\n":                                 ":1: the tag !x",
		"- name: a\n":                                      "mapping",
	} {
		path := filepath.Join(t.TempDir(), "clients.yaml")
		replace(t, path, []byte(content))
		if got, err := ReadClients(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %+v, %v, want %q", content, got, err, want)
		}
	}
	end := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	for content, want := range map[string][]ClientEntry{
		"":                    nil,
		"# none\n":            nil,
		"---\n":               nil,
		"clients: []":         {},
		key("expires: never"): {{Name: "a", Keys: []ClientKey{{SHA256: someHash}}}},
		key("expires: 2027-03-01T02:00:00+02:00"):           {{Name: "a", Keys: []ClientKey{{SHA256: someHash, Expires: end}}}},
		key("expires: 2027-03-01 00:00:00"):                 {{Name: "a", Keys: []ClientKey{{SHA256: someHash, Expires: end}}}},
		key("expires: 2027-02-28"):                          {{Name: "a", Keys: []ClientKey{{SHA256: someHash, Expires: end}}}},
		key("created: \"2027-03-01\""):                      {{Name: "a", Keys: []ClientKey{{SHA256: someHash, Created: end}}}},
		client("keys: [" + strings.ToUpper(someHash) + "]"): {{Name: "a", Keys: []ClientKey{{SHA256: someHash}}}},
		"\ufeffclients:\r\n- name: a\r\n":                   {{Name: "a"}},
		"%YAML 1.2\n---\nclients:\n- name: a\n...\n":        {{Name: "a"}},
		`{"clients": [{"name": "a", "streams": 1e3}]}`:      {{Name: "a", Streams: 1000}},
	} {
		path := filepath.Join(t.TempDir(), "clients.yaml")
		replace(t, path, []byte(content))
		got, err := ReadClients(path)
		for _, entry := range got {
			for i, key := range entry.Keys {
				entry.Keys[i].Created, entry.Keys[i].Expires = key.Created.UTC(), key.Expires.UTC()
			}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v, want %+v", content, got, err, want)
		}
	}
}

// A key whose hash somebody wrote in capitals can be found and removed.
func TestKeysInCapitalsCanBeRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients.yaml")
	replace(t, path, []byte("clients:\n- name: a\n  keys: ["+strings.ToUpper(someHash)+"]\n"))
	remove := ChangeClient(path, "a", func(e *ClientEntry) error { return e.Remove("", "", strings.ToUpper(someHash[:12])) })
	if err := EditClients(path, false, nil, remove); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadClients(path); err != nil || len(got) != 1 || len(got[0].Keys) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// An emptied file keeps the clients of a server; a list without any ends them.
func TestEmptiedFileKeepsClients(t *testing.T) {
	secret, key := NewKey()
	c := openCallers(t, ClientEntry{Name: "a", Keys: []ClientKey{key}})
	know := func() bool {
		_, _, err := c.caller(t.Context(), []string{bearer + secret}, nil)
		return err == nil
	}
	for _, content := range []string{"", "# nothing\n"} {
		replace(t, c.path, []byte(content))
		if err := c.Reload(); err == nil || !strings.Contains(err.Error(), "clients: []") {
			t.Errorf("%q: %v", content, err)
		}
		if !know() {
			t.Errorf("%q: the key counts no more", content)
		}
	}
	c.write(t)
	if err := c.Reload(); err != nil || know() {
		t.Errorf("a list without clients: %v, the key counts: %t", err, know())
	}
	replace(t, c.path, nil)
	if err := c.Reload(); err != nil {
		t.Errorf("an empty file in place of an empty list: %v", err)
	}
}

// What is read is the same after it is written.
func FuzzParseClients(f *testing.F) {
	for _, seed := range []string{
		"clients: []", "clients:\n- name: a\n  keys: [" + someHash + "]\n  rpcs: [ListTopics]\n  streams: 3\n",
		"clients:\n- name: a\n  keys:\n  - sha256: " + someHash + "\n    expires: 2027-02-28\n    created: 2026-11-30T08:00:00Z\n  certificates: ['dns:a.b', 'uri:spiffe://a/b']\n  subjects: [x y]\n  requests-per-second: 0.5\n",
		"clients: [{name: &n a}, {<<: {name: b}}]", "a: *b", "---\n---\n", "%YAML 1.2\n", "? a", "\ufeff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseClients(data)
		if err == nil {
			_, err = index(entries)
		}
		if err != nil {
			_ = withPlace("path", err)
			return
		}
		path := filepath.Join(t.TempDir(), "clients.yaml")
		if err := writeClients(path, entries); err != nil {
			t.Fatal(err)
		}
		written, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadClients(path)
		if err != nil {
			t.Fatalf("%v of\n%s", err, written)
		}
		if err := writeClients(path, again); err != nil {
			t.Fatal(err)
		}
		if twice, err := os.ReadFile(path); err != nil || string(twice) != string(written) {
			t.Errorf("%v\n%s\nwritten again is\n%s", err, written, twice)
		}
	})
}
