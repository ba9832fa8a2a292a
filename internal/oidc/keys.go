package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// How keys are fetched.
const (
	fetchEvery   = 5 * time.Minute  // and so long, at most, a withdrawn key counts
	fetchTimeout = 10 * time.Second // of all requests of a fetch
	firstPause   = time.Second      // after a failed fetch; it doubles up to lastPause
	lastPause    = 30 * time.Second
	askEvery     = 10 * time.Second // tokens of unknown keys cause a fetch this often at most
	maxWait      = 2 * time.Second  // of a call for a fetch that is under way
	maxWaiting   = 64               // calls that wait; others are answered at once

	maxDocumentBytes = 1 << 20
	maxHeaderBytes   = 64 << 10
	maxKeys          = 100
	minRSABits       = 2048 // RFC 7518, 3.3
)

// reloadedKeys is what metrics and log call the keys of the issuer.
const reloadedKeys = "issuer_keys"

// keySet is the keys of an issuer, fetched in the background by one goroutine. A fetch never
// belongs to the call that asks for it.
type keySet struct {
	flags   *IssuerFlags
	options Options
	log     *slog.Logger
	metrics *telemetry.Metrics
	read    func(ctx context.Context) (*publishedKeys, error) // fetches; keys with an error: all are withdrawn

	current atomic.Pointer[publishedKeys] // nil before the first fetch that succeeds
	asked   *rate.Limiter
	wanted  chan struct{}

	mu       sync.Mutex
	fetching chan struct{} // closed when the fetch ends that is under way or asked for; nil: there is none
	waiting  int
	failure  string // of the last fetch; empty: it succeeded
}

func newKeySet(flags *IssuerFlags, options Options, log *slog.Logger, metrics *telemetry.Metrics) *keySet {
	k := &keySet{
		flags: flags, options: options, log: log, metrics: metrics,
		asked:  rate.NewLimiter(rate.Every(askEvery), 1),
		wanted: make(chan struct{}, 1),
	}
	k.read = k.readDocuments
	return k
}

// run fetches the keys until ctx ends.
func (k *keySet) run(ctx context.Context) {
	pause := firstPause
	for {
		next := fetchEvery
		if k.fetch(ctx) {
			pause = firstPause
		} else {
			next = pause
			pause = min(2*pause, lastPause)
		}
		timer := time.NewTimer(next)
		select {
		case <-timer.C:
		case <-k.wanted:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// ask starts a fetch unless one was asked for a moment ago, and waits for its end. It reports
// whether the fetch goes on, as the wait is over or too many wait.
func (k *keySet) ask(ctx context.Context) (pending bool) {
	k.mu.Lock()
	if k.fetching == nil {
		if !k.asked.Allow() {
			k.mu.Unlock()
			return false
		}
		k.start()
	}
	done := k.fetching
	if k.waiting >= maxWaiting {
		k.mu.Unlock()
		return true
	}
	k.waiting++
	k.mu.Unlock()
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		pending = true
	case <-ctx.Done():
		pending = true
	}
	k.mu.Lock()
	k.waiting--
	k.mu.Unlock()
	return pending
}

// refresh starts a fetch in any case. One that is under way may have read the keys already:
// another follows it.
func (k *keySet) refresh() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.start()
}

// start announces a fetch; k.mu is held.
func (k *keySet) start() {
	if k.fetching == nil {
		k.fetching = make(chan struct{})
	}
	select {
	case k.wanted <- struct{}{}:
	default:
	}
}

// fetch fetches the keys once, for all who ask for them until it ends.
func (k *keySet) fetch(ctx context.Context) bool {
	k.mu.Lock()
	if k.fetching == nil {
		k.fetching = make(chan struct{})
	}
	select {
	case <-k.wanted: // this is the fetch
	default:
	}
	k.mu.Unlock()

	limited, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	keys, err := k.read(limited)
	if keys != nil {
		keys.isFirst = k.current.Load() == nil
		k.current.Store(keys)
	}
	if ctx.Err() == nil {
		k.metrics.Reloaded(reloadedKeys, err)
	}

	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.failure
	if k.failure = ""; err != nil {
		k.failure = err.Error()
	}
	switch {
	case ctx.Err() != nil: // the server ends
	case err != nil && k.failure != before:
		k.log.Warn("the keys of the issuer cannot be had, known ones stay in force", "issuer", k.flags.Issuer, "known", k.current.Load().count(), "error", err)
	case err == nil && (before != "" || keys.isFirst):
		k.log.Info("the keys of the issuer were fetched", "issuer", k.flags.Issuer, "keys", keys.count(), "unusable", keys.unusable)
	}
	close(k.fetching)
	k.fetching = nil
	return err == nil
}

// failed reports whether the last fetch failed.
func (k *keySet) failed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failure != ""
}

// readDocuments fetches the document that lists the keys, and where its address is not set the
// discovery document that names it.
func (k *keySet) readDocuments(ctx context.Context) (*publishedKeys, error) {
	client, secret, err := k.options.httpClient(k.flags)
	if err != nil {
		return nil, err
	}
	address := k.flags.KeysURL
	if address == "" {
		if address, err = k.discover(ctx, client, secret); err != nil {
			return nil, err
		}
	}
	data, err := get(ctx, client, address, secret)
	if err != nil {
		return nil, err
	}
	keys, err := parseKeys(data)
	if err != nil {
		return keys, fmt.Errorf("%s %w", address, err)
	}
	return keys, nil
}

// discover returns the address of the keys, by OpenID Connect Discovery 1.0.
func (k *keySet) discover(ctx context.Context, client *http.Client, secret string) (string, error) {
	address := strings.TrimSuffix(k.flags.Issuer, "/") + discoveryPath
	data, err := get(ctx, client, address, secret)
	if err != nil {
		return "", err
	}
	var document struct {
		Issuer  string `json:"issuer"`
		KeysURL string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return "", fmt.Errorf("%s is no discovery document", address)
	}
	if document.Issuer != k.flags.Issuer {
		return "", fmt.Errorf("%s is of the issuer %q: set --oidc-issuer to exactly that, or --oidc-jwks-url", address, shorten(document.Issuer))
	}
	if _, err := checkURL(document.KeysURL); err != nil {
		return "", fmt.Errorf("%s names %q for the keys: %w", address, shorten(document.KeysURL), err)
	}
	return document.KeysURL, nil
}

const discoveryPath = "/.well-known/openid-configuration"

const shownBytes = 200

// shorten returns the beginning of a text of somebody else.
func shorten(text string) string { return text[:min(len(text), shownBytes)] }

// get returns a document of the issuer.
func get(ctx context.Context, client *http.Client, address, secret string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	if secret != "" {
		request.Header.Set("Authorization", "Bearer "+secret)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers with status %d", address, response.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxDocumentBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", address, err)
	case len(data) > maxDocumentBytes:
		return nil, fmt.Errorf("%s has more than %d bytes", address, maxDocumentBytes)
	}
	return data, nil
}

// publishedKeys are the keys of one fetch.
type publishedKeys struct {
	find     keyfunc.Keyfunc
	ids      map[string]int // how many keys have each id
	unusable int            // keys of other kinds, or that cannot be read
	isFirst  bool           // before it, there were none
}

func (p *publishedKeys) count() (n int) {
	if p == nil {
		return 0
	}
	for _, keys := range p.ids {
		n += keys
	}
	return n
}

// parseKeys reads a JWK Set (RFC 7517). Keys that cannot verify signatures are left out, so
// that one of another kind does not lose the rest. A list without any that can is an error
// and counts all the same: the issuer has withdrawn the others.
func parseKeys(data []byte) (*publishedKeys, error) {
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &document); err != nil || document.Keys == nil {
		return nil, errors.New("is no list of keys (JWKS)")
	}
	if len(document.Keys) > maxKeys {
		return nil, fmt.Errorf("lists %d keys, more than %d", len(document.Keys), maxKeys)
	}
	p := &publishedKeys{ids: map[string]int{}}
	var usable []jwkset.JWK
	for _, raw := range document.Keys {
		key, err := jwkset.NewJWKFromRawJSON(raw, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
		if err != nil || !canVerify(key) {
			p.unusable++
			continue
		}
		usable = append(usable, key)
		p.ids[key.Marshal().KID]++
	}
	storage := jwkset.NewMemoryStorage()
	_ = storage.KeyReplaceAll(context.Background(), usable) // in memory, it never fails
	find, err := keyfunc.New(keyfunc.Options{Storage: storage, UseWhitelist: []jwkset.USE{"", jwkset.UseSig}})
	if err != nil {
		return nil, err
	}
	if p.find = find; len(usable) == 0 {
		return p, fmt.Errorf("lists no key that can verify a token, and %d others", p.unusable)
	}
	return p, nil
}

func canVerify(key jwkset.JWK) bool {
	if use := key.Marshal().USE; use != "" && use != jwkset.UseSig {
		return false
	}
	switch public := key.Key().(type) {
	case *rsa.PublicKey:
		return public.N.BitLen() >= minRSABits
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

// keyOf returns the key, or the keys, that may have signed a token. A token without a key id
// is tried with each key that fits, and so is one whose id several keys have.
func (p *publishedKeys) keyOf(token *jwt.Token) (any, error) {
	if id, ok := token.Header[jwkset.HeaderKID].(string); ok {
		switch p.ids[id] {
		case 0:
			return nil, ErrUnknownKey
		case 1:
		default:
			delete(token.Header, jwkset.HeaderKID)
		}
	}
	return p.find.Keyfunc(token)
}
