// Package oidctest is an OpenID Connect issuer on a real socket, for tests of everything that
// takes its tokens.
//
// It publishes a discovery document and its keys, signs any token, changes its keys, and fails
// as it is told. Every request for its keys is counted.
package oidctest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// Audience is the audience of tokens unless their claims say otherwise.
const Audience = "summarizer"

// Paths of the documents.
const (
	DiscoveryPath = "/.well-known/openid-configuration"
	KeysPath      = "/keys"
)

// SigningKey is a key pair of an issuer.
type SigningKey struct {
	ID      string
	Method  jwt.SigningMethod
	Private crypto.Signer
}

// FakeIssuer is the issuer. Its methods are for any goroutine.
type FakeIssuer struct {
	URL string // of the issuer, and the value of the claim iss
	CA  string // file with the authority of its certificate; empty: it serves plain HTTP

	server  *httptest.Server
	fetches atomic.Int64

	mu        sync.Mutex
	keys      []SigningKey
	documents map[string]http.HandlerFunc // in place of the usual ones, by path
}

// New starts an issuer with one key on plain HTTP.
func New(t testing.TB) *FakeIssuer {
	t.Helper()
	i := newIssuer(t, "http")
	i.server.Start()
	return i
}

// NewTLS starts an issuer with one key on HTTPS.
func NewTLS(t testing.TB) *FakeIssuer {
	t.Helper()
	i := newIssuer(t, "https")
	i.server.StartTLS()
	i.CA = filepath.Join(t.TempDir(), "issuer.pem")
	if err := os.WriteFile(i.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return i
}

// newIssuer returns an issuer that is about to serve. It has its address before, as somebody
// may ask at once who knows the port from an issuer of another test.
func newIssuer(t testing.TB, scheme string) *FakeIssuer {
	t.Helper()
	i := &FakeIssuer{keys: []SigningKey{NewKey(t, "key-1")}, documents: map[string]http.HandlerFunc{}}
	i.server = httptest.NewUnstartedServer(i)
	i.URL = scheme + "://" + i.server.Listener.Addr().String()
	t.Cleanup(i.server.Close)
	return i
}

// NewKey returns a pair of RSA keys for RS256.
func NewKey(t testing.TB, id string) SigningKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return SigningKey{id, jwt.SigningMethodRS256, private}
}

// Key returns the key that signs.
func (i *FakeIssuer) Key() SigningKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keys[0]
}

// SetKeys publishes keys in the place of all others; the first one signs.
func (i *FakeIssuer) SetKeys(keys ...SigningKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

// SetDocument has a handler answer for a path; nil brings the usual document back.
func (i *FakeIssuer) SetDocument(path string, handler http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if handler == nil {
		delete(i.documents, path)
		return
	}
	i.documents[path] = handler
}

// Fail has all requests answered with a status; 0 brings the usual answers back.
func (i *FakeIssuer) Fail(status int) {
	for _, path := range []string{DiscoveryPath, KeysPath} {
		if status == 0 {
			i.SetDocument(path, nil)
			continue
		}
		i.SetDocument(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
}

// Fetches returns how often the keys were asked for.
func (i *FakeIssuer) Fetches() int { return int(i.fetches.Load()) }

// ServeHTTP implements http.Handler.
func (i *FakeIssuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == KeysPath {
		i.fetches.Add(1)
	}
	i.mu.Lock()
	handler := i.documents[r.URL.Path]
	i.mu.Unlock()
	switch {
	case handler != nil:
		handler(w, r)
	case r.URL.Path == DiscoveryPath:
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + KeysPath})
	case r.URL.Path == KeysPath:
		_, _ = w.Write(i.Document())
	default:
		http.NotFound(w, r)
	}
}

// Document returns the document that lists the keys.
func (i *FakeIssuer) Document() []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	return DocumentOf(i.keys...)
}

// DocumentOf returns a document that lists the public halves of keys.
func DocumentOf(keys ...SigningKey) []byte {
	var set jwkset.JWKSMarshal
	for _, key := range keys {
		public, err := jwkset.NewJWKFromKey(key.Private.Public(), jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{
			KID: key.ID, ALG: jwkset.ALG(key.Method.Alg()), USE: jwkset.UseSig,
		}})
		if err != nil {
			panic(fmt.Sprintf("key %s: %v", key.ID, err))
		}
		set.Keys = append(set.Keys, public.Marshal())
	}
	data, err := json.Marshal(set)
	if err != nil {
		panic(err)
	}
	return data
}

// Claims returns the claims of a good token with changes; a nil value leaves a claim out.
func (i *FakeIssuer) Claims(changes map[string]any) jwt.MapClaims {
	now := time.Now()
	claims := jwt.MapClaims{
		"iss": i.URL, "aud": Audience, "sub": "robot",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

// Token returns a token that the current key signs, with claims changed as by Claims.
func (i *FakeIssuer) Token(t testing.TB, changes map[string]any) string {
	t.Helper()
	return i.Key().Sign(t, nil, i.Claims(changes))
}

// Sign returns a token that a key signs. Headers are added to the usual ones; a nil value
// leaves one out.
func (k SigningKey) Sign(t testing.TB, headers map[string]any, claims jwt.MapClaims) string {
	t.Helper()
	return SignWith(t, k.Method, k.Private, k.ID, headers, claims)
}

// SignWith returns a token that is signed by any method and key.
func SignWith(t testing.TB, method jwt.SigningMethod, key any, id string, headers map[string]any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = id
	maps.Copy(token.Header, headers)
	maps.DeleteFunc(token.Header, func(_ string, value any) bool { return value == nil })
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
