package oidc

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/seed-59202292/summarizer/internal/oidc/oidctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logBuffer is a log that a test reads.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *logBuffer) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

var options = Options{
	ReadRoots: func(path string) (*x509.CertPool, error) {
		data, err := os.ReadFile(path)
		pool := x509.NewCertPool()
		if err == nil && !pool.AppendCertsFromPEM(data) {
			err = errors.New("no certificate")
		}
		return pool, err
	},
	ReadSecret: func(_, path string) (string, error) {
		if path == "" {
			return "", nil
		}
		data, err := os.ReadFile(path)
		return string(data), err
	},
}

// open returns a started Issuer for the tokens of a fake one, after its first fetch.
func open(t testing.TB, fake *oidctest.FakeIssuer, change func(*IssuerFlags)) (*Issuer, *logBuffer) {
	t.Helper()
	flags := IssuerFlags{Issuer: fake.URL, Audience: oidctest.Audience, ClientClaim: "sub", IssuerCA: fake.CA}
	if change != nil {
		change(&flags)
	}
	log := &logBuffer{}
	issuer, err := NewIssuer(flags, options, log.logger(), nil)
	if err != nil {
		t.Fatal(err)
	}
	fetched := issuer.nextFetch()
	issuer.Start()
	t.Cleanup(issuer.Close)
	<-fetched
	return issuer, log
}

// nextFetch returns a channel that is closed at the end of a fetch that begins later.
func (i *Issuer) nextFetch() <-chan struct{} {
	for {
		i.keys.mu.Lock()
		underWay := i.keys.fetching
		if underWay == nil {
			i.keys.start()
			defer i.keys.mu.Unlock()
			return i.keys.fetching
		}
		i.keys.mu.Unlock()
		<-underWay
	}
}

func (i *Issuer) verify(t testing.TB, token string) (*VerifiedToken, error) {
	t.Helper()
	return i.Verify(t.Context(), token, sha256.Sum256([]byte(token)))
}

func wantError(t *testing.T, issuer *Issuer, what, token string, want error) {
	t.Helper()
	if _, err := issuer.verify(t, token); !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// Tokens of every method with a public key count, whether keys have ids or not, over HTTPS
// and by the discovery document or the address of the keys.
func TestMethods(t *testing.T) {
	edPublic, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil || len(edPublic) == 0 {
		t.Fatal(err)
	}
	rsaKey := oidctest.NewKey(t, "").Private
	curve := func(c elliptic.Curve) *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	keys := []oidctest.SigningKey{
		{ID: "rs256", Method: jwt.SigningMethodRS256, Private: rsaKey},
		{ID: "rs384", Method: jwt.SigningMethodRS384, Private: rsaKey},
		{ID: "rs512", Method: jwt.SigningMethodRS512, Private: rsaKey},
		{ID: "ps256", Method: jwt.SigningMethodPS256, Private: rsaKey},
		{ID: "ps384", Method: jwt.SigningMethodPS384, Private: rsaKey},
		{ID: "ps512", Method: jwt.SigningMethodPS512, Private: rsaKey},
		{ID: "es256", Method: jwt.SigningMethodES256, Private: curve(elliptic.P256())},
		{ID: "es384", Method: jwt.SigningMethodES384, Private: curve(elliptic.P384())},
		{ID: "es512", Method: jwt.SigningMethodES512, Private: curve(elliptic.P521())},
		{ID: "eddsa", Method: jwt.SigningMethodEdDSA, Private: ed},
	}
	fake := oidctest.NewTLS(t)
	fake.SetKeys(keys...)
	byDiscovery, log := open(t, fake, nil)
	if !strings.Contains(log.String(), "keys=10") {
		t.Error(log)
	}
	byAddress, _ := open(t, fake, func(f *IssuerFlags) { f.KeysURL = fake.URL + oidctest.KeysPath })
	for _, key := range keys {
		for _, issuer := range []*Issuer{byDiscovery, byAddress} {
			for _, headers := range []map[string]any{nil, {"kid": nil}} {
				got, err := issuer.verify(t, key.Sign(t, headers, fake.Claims(nil)))
				if err != nil || !cmp.Equal(got.Values, []string{"robot"}) {
					t.Errorf("%s, headers %v: %v, %v", key.ID, headers, got, err)
				}
			}
		}
	}
	if fake.Fetches() != 2 {
		t.Errorf("%d fetches, want one by each", fake.Fetches())
	}
}

// TestRefusals sends tokens that are wrong in one way each, as a stranger would.
func TestRefusals(t *testing.T) {
	fake := oidctest.New(t)
	issuer, log := open(t, fake, nil)
	key := fake.Key()
	now := time.Now()
	public, err := x509.MarshalPKIXPublicKey(key.Private.Public())
	if err != nil {
		t.Fatal(err)
	}
	asSecret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	claims := func(changes map[string]any) string { return fake.Token(t, changes) }
	header := func(headers map[string]any) string { return key.Sign(t, headers, fake.Claims(nil)) }
	good := claims(nil)
	parts := strings.Split(good, ".")
	stranger := oidctest.NewKey(t, key.ID)

	elsewhere := oidctest.New(t) // publishes keys of the stranger
	elsewhere.SetKeys(stranger)
	pointing := map[string]any{"jku": elsewhere.URL + oidctest.KeysPath, "x5u": elsewhere.URL + oidctest.KeysPath, "jwk": map[string]any{"kty": "oct"}}
	strange := map[string]any{"kid": "strange"}

	for _, test := range []struct {
		name, token string
		want        error
	}{
		{"good", good, nil},
		{"list of audiences", claims(map[string]any{"aud": []string{"other", oidctest.Audience}}), nil},
		{"just expired", claims(map[string]any{"exp": now.Add(-Leeway / 2).Unix()}), nil},
		{"not due, within the leeway", claims(map[string]any{"nbf": now.Add(Leeway / 2).Unix()}), nil},
		{"type at+jwt", header(map[string]any{"typ": "at+jwt"}), nil},
		{"no type", header(map[string]any{"typ": nil}), nil},
		{"headers that point elsewhere", header(pointing), nil},

		{"expired", claims(map[string]any{"exp": now.Add(-2 * Leeway).Unix()}), ErrExpired},
		{"not due", claims(map[string]any{"nbf": now.Add(2 * Leeway).Unix()}), ErrNotYet},
		{"no end", claims(map[string]any{"exp": nil}), ErrMalformed},
		{"end beyond all times", claims(map[string]any{"exp": 1e300}), ErrMalformed},
		{"end before all times", claims(map[string]any{"exp": -1e300}), ErrMalformed},
		{"end in milliseconds", claims(map[string]any{"exp": now.Add(time.Hour).UnixMilli()}), ErrMalformed},
		{"begin beyond all times", claims(map[string]any{"nbf": 1e300}), ErrMalformed},
		{"begin beyond all seconds", claims(map[string]any{"nbf": 9.3e18}), ErrMalformed},
		{"end as text", claims(map[string]any{"exp": "tomorrow"}), ErrMalformed},
		{"other audience", claims(map[string]any{"aud": "other"}), ErrAudience},
		{"part of the audience", claims(map[string]any{"aud": oidctest.Audience + "2"}), ErrAudience},
		{"other audiences", claims(map[string]any{"aud": []string{"other", "third"}}), ErrAudience},
		{"no audience", claims(map[string]any{"aud": nil}), ErrMalformed},
		{"empty list of audiences", claims(map[string]any{"aud": []string{}}), ErrMalformed},
		{"other issuer", claims(map[string]any{"iss": "https://evil.example"}), ErrWrongIssuer},
		{"issuer with a slash", claims(map[string]any{"iss": fake.URL + "/"}), ErrWrongIssuer},
		{"no issuer", claims(map[string]any{"iss": nil}), ErrMalformed},

		{"method none", oidctest.SignWith(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, key.ID, nil, fake.Claims(nil)), ErrSignature},
		{"public key as secret", oidctest.SignWith(t, jwt.SigningMethodHS256, asSecret, key.ID, nil, fake.Claims(nil)), ErrSignature},
		{"public key as secret, without id", oidctest.SignWith(t, jwt.SigningMethodHS256, asSecret, "", map[string]any{"kid": nil}, fake.Claims(nil)), ErrSignature},
		{"another method than the key's", oidctest.SignWith(t, jwt.SigningMethodPS256, key.Private, key.ID, nil, fake.Claims(nil)), ErrSignature},
		{"key of another", stranger.Sign(t, nil, fake.Claims(nil)), ErrSignature},
		{"key of another, where a header points", stranger.Sign(t, pointing, fake.Claims(nil)), ErrSignature},
		{"id as a number", header(map[string]any{"kid": 1}), ErrSignature},
		{"id as a path", header(map[string]any{"kid": "../../../../dev/null"}), ErrUnknownKey},
		{"id as a query", header(map[string]any{"kid": "' UNION SELECT 'secret"}), ErrUnknownKey},
		{"unknown key, where a header points", stranger.Sign(t, map[string]any{"kid": "strange", "jku": elsewhere.URL + oidctest.KeysPath}, fake.Claims(nil)), ErrUnknownKey},
		{"expired, of an unknown key", key.Sign(t, strange, fake.Claims(map[string]any{"exp": 1})), ErrExpired},

		{"extension", header(map[string]any{"crit": []string{"b64"}, "b64": false}), ErrMalformed},
		{"logout token", header(map[string]any{"typ": "logout+jwt"}), ErrMalformed},
		{"type as a number", header(map[string]any{"typ": 1}), ErrMalformed},
		{"no signature", parts[0] + "." + parts[1] + ".", ErrSignature},
		{"other claims", parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"root"}`)) + "." + parts[2], ErrMalformed},
		{"padding", good + "==", ErrMalformed},
		{"blank before", " " + good, ErrMalformed},
		{"blank behind", good + " ", ErrMalformed},
		{"five parts", good + ".x.y", ErrMalformed},
		{"no part", "..", ErrMalformed},
		{"empty", "", ErrMalformed},
		{"null claims", parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`null`)) + "." + parts[2], ErrMalformed},
		{"claims in a list", parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`[]`)) + "." + parts[2], ErrMalformed},
		{"oversize", claims(map[string]any{"note": strings.Repeat("x", MaxTokenBytes)}), ErrMalformed},
	} {
		wantError(t, issuer, test.name, test.token, test.want)
	}
	if n := fake.Fetches(); n > 2+int(time.Since(now)/askEvery) {
		t.Errorf("%d fetches, want the first and one in ten seconds for unknown keys", n)
	}
	if elsewhere.Fetches() > 0 {
		t.Error("a header of a token had keys fetched")
	}
	for _, secret := range []string{"evil", "strange", "UNION", parts[1], parts[2]} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q of a token", secret)
		}
	}
}

// The leeway counts to the second, at both ends, for remembered tokens as well.
func TestClocksApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer, _, sign := offline(t)
		now := time.Now().Truncate(time.Second).Add(time.Second)
		time.Sleep(time.Until(now))
		ends := sign(map[string]any{"exp": now.Add(10 * time.Second).Unix()})
		begins := sign(map[string]any{"nbf": now.Add(40 * time.Second).Unix()})
		wantError(t, issuer, "begins in 40 s", begins, ErrNotYet)
		wantError(t, issuer, "ends in 10 s", ends, nil)
		time.Sleep(10 * time.Second)
		wantError(t, issuer, "begins in 30 s", begins, nil)
		time.Sleep(29*time.Second + 999*time.Millisecond)
		wantError(t, issuer, "ended nearly 30 s ago", ends, nil)
		time.Sleep(time.Millisecond)
		wantError(t, issuer, "ended 30 s ago", ends, ErrExpired)
	})
}

// source is a source of keys without a network.
type source struct {
	document []byte
	began    time.Time

	mu    sync.Mutex
	at    []time.Duration // when the keys were fetched, since it began
	slow  time.Duration
	fails bool
}

func (s *source) read(context.Context) (*publishedKeys, error) {
	s.mu.Lock()
	s.at = append(s.at, time.Since(s.began))
	slow, fails := s.slow, s.fails
	s.mu.Unlock()
	time.Sleep(slow)
	if fails {
		return nil, errors.New("no route to host")
	}
	return parseKeys(s.document)
}

func (s *source) set(slow time.Duration, fails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow, s.fails = slow, fails
}

// fetches returns when the keys were fetched after the first time.
func (s *source) fetches() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.at[1:])
}

// offline returns a started Issuer whose keys come from no network, their source, and a
// signer.
func offline(t *testing.T) (issuer *Issuer, from *source, sign func(changes map[string]any) string) {
	t.Helper()
	key := oidctest.NewKey(t, "key")
	fake := &oidctest.FakeIssuer{URL: "https://issuer.example"}
	issuer, err := NewIssuer(IssuerFlags{Issuer: fake.URL, Audience: oidctest.Audience, ClientClaim: "sub"}, options, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	from = &source{document: oidctest.DocumentOf(key), began: time.Now()}
	issuer.keys.read = from.read
	issuer.Start()
	t.Cleanup(issuer.Close)
	synctest.Wait()
	return issuer, from, func(changes map[string]any) string { return key.Sign(t, nil, fake.Claims(changes)) }
}

// However many tokens of unknown keys come, and at whatever pace, the issuer is asked once
// in ten seconds besides the usual fetches, and nobody waits for more than a fetch.
func TestFloodOfUnknownKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer, from, _ := offline(t)
		stranger := oidctest.NewKey(t, "strange")
		fake := &oidctest.FakeIssuer{URL: "https://issuer.example"}
		flood := func(want ...error) {
			var calls sync.WaitGroup
			for range 200 {
				token := stranger.Sign(t, nil, fake.Claims(nil))
				calls.Go(func() {
					if _, err := issuer.verify(t, token); !slices.Contains(want, err) {
						t.Errorf("%v, want one of %v", err, want)
					}
				})
			}
			calls.Wait()
		}
		began := time.Now()
		flood(ErrUnknownKey, ErrUnavailable) // the latter if too many wait
		if n := len(from.fetches()); n != 1 || time.Since(began) != 0 {
			t.Errorf("%d fetches in %v", n, time.Since(began))
		}
		for range 9 {
			time.Sleep(time.Second)
			flood(ErrUnknownKey)
		}
		if n := len(from.fetches()); n != 1 {
			t.Errorf("%d fetches in the first ten seconds", n)
		}
		from.set(5*time.Second, false) // longer than calls wait
		time.Sleep(time.Second)
		began = time.Now()
		flood(ErrUnavailable) // the fetch may still bring the key
		if n := len(from.fetches()); n != 2 || time.Since(began) != maxWait {
			t.Errorf("%d fetches, and calls wait for %v", n, time.Since(began))
		}
	})
}

// Not more than maxWaiting calls wait for a fetch, and none of them beyond its own end.
func TestFewCallsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer, from, _ := offline(t)
		from.set(time.Second, false)
		token := oidctest.NewKey(t, "strange").Sign(t, nil, (&oidctest.FakeIssuer{URL: "https://issuer.example"}).Claims(nil))
		var waited sync.Map
		var calls sync.WaitGroup
		for n := range maxWaiting + 36 {
			want := ErrUnknownKey
			if n >= maxWaiting {
				want = ErrUnavailable
			}
			calls.Go(func() {
				began := time.Now()
				wantError(t, issuer, "strange", token, want)
				waited.Store(n, time.Since(began))
			})
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		if _, err := issuer.Verify(ctx, token, [32]byte{}); !errors.Is(err, ErrUnavailable) || time.Since(began) != 0 {
			t.Errorf("a call that is over: %v after %v", err, time.Since(began))
		}
		calls.Wait()
		at := map[time.Duration]int{}
		waited.Range(func(_, took any) bool { at[took.(time.Duration)]++; return true })
		if want := map[time.Duration]int{0: 36, time.Second: maxWaiting}; !cmp.Equal(at, want) {
			t.Errorf("waited: %v, want %v", at, want)
		}
	})
}

// A changed key is taken up by the first token that it signs, withdrawn ones go with the
// fetch, and one that no token asks for comes with the next usual fetch.
func TestRotation(t *testing.T) {
	fake := oidctest.New(t)
	issuer, _ := open(t, fake, nil)
	old, second := fake.Key(), oidctest.NewKey(t, "key-2")
	before := fake.Token(t, nil)
	wantError(t, issuer, "first key", before, nil)
	fake.SetKeys(second, old)
	wantError(t, issuer, "second key", fake.Token(t, nil), nil)
	wantError(t, issuer, "first key, still published", before, nil)
	fake.SetKeys(second)
	fetched := issuer.nextFetch()
	<-fetched
	wantError(t, issuer, "first key, withdrawn", before, ErrUnknownKey)
	wantError(t, issuer, "second key", fake.Token(t, nil), nil)

	withoutID := oidctest.NewKey(t, "")
	fake.SetKeys(withoutID)
	<-issuer.nextFetch()
	anonymous := map[string]any{"kid": nil}
	wantError(t, issuer, "key without an id", withoutID.Sign(t, anonymous, fake.Claims(nil)), nil)
}

// Keys without ids change, too.
func TestRotationWithoutIDs(t *testing.T) {
	fake := oidctest.New(t)
	anonymous := map[string]any{"kid": nil}
	fake.SetKeys(oidctest.NewKey(t, ""))
	issuer, _ := open(t, fake, nil)
	wantError(t, issuer, "first key", fake.Key().Sign(t, anonymous, fake.Claims(nil)), nil)
	fake.SetKeys(oidctest.NewKey(t, ""))
	wantError(t, issuer, "second key", fake.Key().Sign(t, anonymous, fake.Claims(nil)), nil)
	if n := fake.Fetches(); n != 2 {
		t.Errorf("%d fetches", n)
	}
}

// RFC 7517 lets keys of different kinds share an id.
func TestSharedIDs(t *testing.T) {
	fake := oidctest.New(t)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := []oidctest.SigningKey{oidctest.NewKey(t, "same"), oidctest.NewKey(t, "same"), {ID: "same", Method: jwt.SigningMethodEdDSA, Private: ed}}
	fake.SetKeys(keys...)
	issuer, _ := open(t, fake, nil)
	for n, key := range keys {
		wantError(t, issuer, fmt.Sprint("key ", n), key.Sign(t, nil, fake.Claims(nil)), nil)
	}
	wantError(t, issuer, "another", oidctest.NewKey(t, "same").Sign(t, nil, fake.Claims(nil)), ErrSignature)
}

// The usual fetches go on, come sooner after a failure, and a failed one changes nothing.
func TestFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer, from, sign := offline(t)
		time.Sleep(11 * time.Minute)
		from.set(0, true)
		time.Sleep(5 * time.Minute)
		wantError(t, issuer, "known key in an outage", sign(nil), nil)
		unknown := oidctest.NewKey(t, "unknown").Sign(t, nil, (&oidctest.FakeIssuer{URL: "https://issuer.example"}).Claims(nil))
		wantError(t, issuer, "unknown key in an outage", unknown, ErrUnavailable)
		from.set(0, false)
		time.Sleep(time.Minute)
		wantError(t, issuer, "unknown key after the outage", unknown, ErrUnknownKey)
		const minute = time.Minute
		want := []time.Duration{
			5 * minute, 10 * minute, // the usual ones
			15 * minute, 15*minute + time.Second, 15*minute + 3*time.Second, 15*minute + 7*time.Second, 15*minute + 15*time.Second, 15*minute + 31*time.Second, // fail
			16 * minute,                // fails, asked for
			16*minute + 30*time.Second, // the outage is over
			17 * minute,                // asked for
		}
		if at := from.fetches(); !cmp.Equal(at, want) {
			t.Errorf("fetches at %v, want %v", at, want)
		}
	})
}

// An issuer that is down at the start, or fails later, is asked again, and says why in the
// log once.
func TestOutage(t *testing.T) {
	fake := oidctest.New(t)
	fake.Fail(http.StatusServiceUnavailable)
	issuer, log := open(t, fake, nil)
	token := fake.Token(t, nil)
	wantError(t, issuer, "down at the start", token, ErrUnavailable)
	wantError(t, issuer, "down at the start, other fault", fake.Token(t, map[string]any{"aud": "other"}), ErrAudience)
	fake.Fail(0)
	<-issuer.nextFetch()
	wantError(t, issuer, "up", token, nil)
	fake.Fail(http.StatusInternalServerError)
	<-issuer.nextFetch()
	<-issuer.nextFetch()
	wantError(t, issuer, "down later", fake.Token(t, map[string]any{"jti": "other"}), nil)
	if text := log.String(); strings.Count(text, "status 503") != 1 || strings.Count(text, "status 500") != 1 || !strings.Contains(text, "were fetched") {
		t.Error(text)
	}
}

// text returns a handler that answers with a text.
func text(content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(content)) }
}

// An issuer that withdraws all keys is obeyed: a list without any that can be used is no
// outage.
func TestWithdrawal(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	fake := oidctest.New(t)
	issuer, log := open(t, fake, nil)
	token := fake.Token(t, nil)
	withoutID := fake.Key().Sign(t, map[string]any{"kid": nil}, fake.Claims(nil))
	for _, test := range []struct{ document, want string }{
		{`{"keys":[]}`, "and 0 others"},
		{`{"keys":[{"kty":"oct","kid":"key-1","k":"c2VjcmV0"},{"kty":"EC"},7]}`, "and 3 others"},
		{string(oidctest.DocumentOf(oidctest.SigningKey{ID: "small", Method: jwt.SigningMethodRS256, Private: small})), "and 1 others"},
	} {
		wantError(t, issuer, "before "+test.want, token, nil)
		fake.SetDocument(oidctest.KeysPath, text(test.document))
		<-issuer.nextFetch()
		wantError(t, issuer, test.want, token, ErrUnavailable)
		wantError(t, issuer, test.want+", without id", withoutID, ErrUnavailable)
		if !strings.Contains(log.String(), test.want) {
			t.Errorf("the log does not say %q: %s", test.want, log)
		}
		fake.SetDocument(oidctest.KeysPath, nil)
		<-issuer.nextFetch()
	}
}

// A hangup during a fetch brings another one, as the first may have read what was withdrawn
// before the hangup.
func TestReloadDuringFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer, from, _ := offline(t)
		from.set(5*time.Second, false)
		issuer.Reload()
		time.Sleep(time.Second)
		issuer.Reload()
		issuer.Reload()
		time.Sleep(time.Minute)
		if at, want := from.fetches(), []time.Duration{0, 5 * time.Second}; !cmp.Equal(at, want) {
			t.Errorf("fetches at %v, want %v", at, want)
		}
	})
}

// TestDocuments has the issuer publish what cannot be used.
func TestDocuments(t *testing.T) {
	fake := oidctest.New(t)
	elsewhere := oidctest.New(t)
	issuer, log := open(t, fake, nil)
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	endless := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"keys":[`))
		for r.Context().Err() == nil {
			if _, err := w.Write(bytes.Repeat([]byte(" "), 64<<10)); err != nil {
				return
			}
		}
	}
	discovery := func(keysURL string) http.HandlerFunc {
		return text(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, fake.URL, keysURL))
	}
	for _, test := range []struct {
		path    string
		handler http.HandlerFunc
		want    string // in the log
	}{
		{oidctest.KeysPath, text("<html>"), "no list of keys"},
		{oidctest.KeysPath, text(`{}`), "no list of keys"},
		{oidctest.KeysPath, text(`{"keys":null}`), "no list of keys"},
		{oidctest.KeysPath, text(`{"keys":[` + strings.Repeat(`{},`, maxKeys) + `{}]}`), "lists 101 keys"},
		{oidctest.KeysPath, endless, "more than 1048576 bytes"},
		{oidctest.KeysPath, redirect(elsewhere.URL + oidctest.KeysPath), "redirects to another server"},
		{oidctest.KeysPath, redirect(oidctest.KeysPath), "redirects too often"},
		{oidctest.DiscoveryPath, redirect(elsewhere.URL + oidctest.DiscoveryPath), "redirects to another server"},
		{oidctest.DiscoveryPath, text("<html>"), "no discovery document"},
		{oidctest.DiscoveryPath, text(`{"issuer":"https://evil.example","jwks_uri":"https://evil.example/keys"}`), "is of the issuer"},
		{oidctest.DiscoveryPath, discovery("http://192.0.2.1/keys"), "over https"},
		{oidctest.DiscoveryPath, discovery("file:///etc/passwd"), "names no host"},
		{oidctest.DiscoveryPath, discovery(""), "names no host"},
	} {
		fake.SetDocument(test.path, test.handler)
		<-issuer.nextFetch()
		if !strings.Contains(log.String(), test.want) {
			t.Errorf("the log does not say %q: %s", test.want, log)
		}
		fake.SetDocument(test.path, nil)
	}
	if elsewhere.Fetches() > 0 {
		t.Error("keys of another server were fetched")
	}
	wantError(t, issuer, "known key", fake.Token(t, nil), nil)

	// A key that cannot be used does not lose the others, and redirects of the issuer's own
	// are followed.
	fake.SetKeys(oidctest.NewKey(t, "fresh"))
	mixed := `{"keys":[{"kty":"OKP","crv":"Ed448","x":"AA","kid":"fresh"},{"kty":"oct","k":"AA","kid":"fresh"},` + strings.TrimPrefix(string(fake.Document()), `{"keys":[`)
	fake.SetDocument("/moved", text(mixed))
	fake.SetDocument(oidctest.KeysPath, redirect("/moved"))
	<-issuer.nextFetch()
	wantError(t, issuer, "key among others", fake.Token(t, nil), nil)
}

// An issuer that wants a token for its keys gets the one in the file.
func TestIssuerWantsToken(t *testing.T) {
	fake := oidctest.NewTLS(t)
	document := fake.Document()
	fake.SetDocument(oidctest.KeysPath, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer letmein" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write(document)
	})
	path := t.TempDir() + "/token"
	if err := os.WriteFile(path, []byte("letmein"), 0o600); err != nil {
		t.Fatal(err)
	}
	issuer, log := open(t, fake, func(f *IssuerFlags) { f.IssuerSecret = path })
	wantError(t, issuer, "token", fake.Token(t, nil), nil)
	if strings.Contains(log.String(), "letmein") {
		t.Error("the log holds the token for the issuer")
	}
	refused, log := open(t, fake, nil)
	wantError(t, refused, "token", fake.Token(t, nil), ErrUnavailable)
	if !strings.Contains(log.String(), "status 403") {
		t.Error(log)
	}
}

// A certificate of an unknown authority is no issuer's.
func TestIssuerCertificate(t *testing.T) {
	fake := oidctest.NewTLS(t)
	issuer, log := open(t, fake, func(f *IssuerFlags) { f.IssuerCA = "" })
	wantError(t, issuer, "token", fake.Token(t, nil), ErrUnavailable)
	if !strings.Contains(log.String(), "certificate signed by unknown authority") || fake.Fetches() > 0 {
		t.Error(log)
	}
}

func TestValues(t *testing.T) {
	fake := oidctest.New(t)
	claims := map[string]any{
		"sub": "admin robot", "scope": "read  write", "groups": []any{"a", "b c", 7, ""}, "empty": "", "number": 7,
		"realm_access": map[string]any{"roles": []string{"editor"}}, "https://news.example/roles": []string{"desk"},
		"kubernetes.io": map[string]any{"namespace": "news", "serviceaccount": map[string]any{"name": "crawler"}},
	}
	token := fake.Token(t, claims)
	for claim, want := range map[string][]string{
		"sub": {"admin robot"}, "scope": {"read", "write"}, "groups": {"a", "b c"}, "empty": nil, "number": nil, "absent": nil,
		"realm_access.roles": {"editor"}, "https://news.example/roles": {"desk"}, "realm_access": nil, "realm_access.": nil,
		"kubernetes.io.namespace": {"news"}, "kubernetes.io.serviceaccount.name": {"crawler"}, "sub.scope": nil,
	} {
		issuer, _ := open(t, fake, func(f *IssuerFlags) { f.ClientClaim = claim })
		got, err := issuer.verify(t, token)
		if err != nil || !cmp.Equal(got.Values, want) {
			t.Errorf("%s: %v, %v, want %v", claim, got, err, want)
		}
	}
}

func TestSettings(t *testing.T) {
	twoLines := filepath.Join(t.TempDir(), "two-lines")
	if err := os.WriteFile(twoLines, []byte("a\nb"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := IssuerFlags{Issuer: "https://login.example/realms/news", Audience: "summarizer", ClientClaim: "sub"}
	for _, test := range []struct {
		name   string
		change func(*IssuerFlags)
		want   string // in the error; empty: none
	}{
		{"good", func(*IssuerFlags) {}, ""},
		{"several audiences", func(f *IssuerFlags) { f.Audience = "first, second" }, ""},
		{"loopback", func(f *IssuerFlags) { f.Issuer = "http://127.0.0.1:8080" }, ""},
		{"loopback of IPv6", func(f *IssuerFlags) { f.Issuer = "http://[::1]:8080/dex" }, ""},
		{"none", func(f *IssuerFlags) { *f = IssuerFlags{ClientClaim: "sub"} }, ""},
		{"issuer that is no address, with one for the keys", func(f *IssuerFlags) {
			f.Issuer, f.KeysURL = "http://keycloak:8080/realms/news", "https://login.example/keys"
		}, ""},
		{"audience alone", func(f *IssuerFlags) { f.Issuer = "" }, "--oidc-audience needs --oidc-issuer"},
		{"address of keys alone", func(f *IssuerFlags) { *f = IssuerFlags{KeysURL: "https://login.example/keys"} }, "--oidc-jwks-url needs --oidc-issuer"},
		{"address of the discovery document", func(f *IssuerFlags) { f.Issuer += discoveryPath }, "leave " + discoveryPath + " out"},
		{"port alone", func(f *IssuerFlags) { f.Issuer = "https://:443" }, "names no host"},
		{"port beyond all", func(f *IssuerFlags) { f.Issuer = "https://login.example:65536" }, "65535"},
		{"two lines in the token file", func(f *IssuerFlags) { f.IssuerSecret = twoLines }, "--oidc-token-file " + twoLines},
		{"no audience", func(f *IssuerFlags) { f.Audience = "" }, "--oidc-audience"},
		{"empty audience", func(f *IssuerFlags) { f.Audience = " , " }, "--oidc-audience"},
		{"no claim", func(f *IssuerFlags) { f.ClientClaim = "" }, "--oidc-client-claim"},
		{"plain HTTP", func(f *IssuerFlags) { f.Issuer = "http://login.example" }, "over https"},
		{"plain HTTP at a name like loopback", func(f *IssuerFlags) { f.Issuer = "http://127.0.0.1.evil.example" }, "over https"},
		{"plain HTTP for the keys", func(f *IssuerFlags) { f.KeysURL = "http://login.example/keys" }, "--oidc-jwks-url"},
		{"password", func(f *IssuerFlags) { f.Issuer = "https://a:b@login.example" }, "user name or password"},
		{"query", func(f *IssuerFlags) { f.Issuer = "https://login.example?realm=news" }, "neither query"},
		{"no host", func(f *IssuerFlags) { f.Issuer = "login.example" }, "names no host"},
		{"other scheme", func(f *IssuerFlags) { f.Issuer = "ftp://login.example" }, "https://"},
		{"no URL", func(f *IssuerFlags) { f.Issuer = "https://%zz" }, "no URL"},
		{"no file", func(f *IssuerFlags) { f.IssuerCA = "/no/such/file" }, "--oidc-ca"},
		{"no token file", func(f *IssuerFlags) { f.IssuerSecret = "/no/such/file" }, "/no/such/file"},
	} {
		flags := good
		test.change(&flags)
		issuer, err := NewIssuer(flags, options, slog.New(slog.DiscardHandler), nil)
		if test.want == "" {
			if err != nil || (issuer == nil) != (flags.Issuer == "") {
				t.Errorf("%s: %v", test.name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

// FuzzVerify holds that no text panics, and that no other text than the one that was signed
// is taken.
func FuzzVerify(f *testing.F) {
	key := oidctest.NewKey(f, "key")
	fake := &oidctest.FakeIssuer{URL: "https://issuer.example"}
	issuer, err := NewIssuer(IssuerFlags{Issuer: fake.URL, Audience: oidctest.Audience, ClientClaim: "sub"}, options, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		f.Fatal(err)
	}
	keys, err := parseKeys(oidctest.DocumentOf(key))
	if err != nil {
		f.Fatal(err)
	}
	good := key.Sign(f, nil, fake.Claims(nil))
	parts := strings.Split(good, ".")
	f.Add(parts[0], parts[1], parts[2])
	f.Add(parts[0], parts[1], "")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)), parts[1], "")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","kid":null,"crit":null}`)), parts[1], parts[2])
	f.Fuzz(func(t *testing.T, header, claims, signature string) {
		verified, _, err := issuer.parse(header+"."+claims+"."+signature, keys)
		if (err == nil) != (header == parts[0] && claims == parts[1] && signature == parts[2]) {
			t.Errorf("%v, %v", verified, err)
		}
	})
}

// FuzzParseKeys holds that no document panics, or yields a set without keys and no error.
func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`))
	f.Add(oidctest.DocumentOf(oidctest.NewKey(f, "key")))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"OKP","crv":"Ed25519","x":"AA"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := parseKeys(data)
		if keys != nil && (keys.find == nil || (keys.count() == 0) != (err != nil)) || keys == nil && err == nil {
			t.Errorf("%d keys, %v", keys.count(), err)
		}
	})
}
