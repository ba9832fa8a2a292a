// Package oidc verifies the tokens (JWT) of an OpenID Connect issuer.
//
// Signatures and claims are checked by golang-jwt, and keys are chosen by keyfunc. This
// package demands what these leave open: signature methods with a public key, the claims
// exp, iss and aud, the type of the token, and no header that it does not understand. Keys
// are fetched in the background: at the start, every few minutes, and for tokens of unknown
// keys, but for these at most once in ten seconds, whatever strangers send. A server starts
// while the issuer is down, and known keys stay in force through an outage.
//
// A verified token is remembered by its hash for a minute, or until the keys are fetched
// again. It then costs 1.5 µs; a signature costs 31 to 58 µs.
package oidc

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"github.com/maypok86/otter/v2"

	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// MaxTokenBytes is the maximum size of a token.
const MaxTokenBytes = 16 << 10

// Leeway is how far the clocks of issuer and server may be apart: a token counts so long
// after its end, and before its beginning.
const Leeway = 30 * time.Second

const (
	rememberFor    = time.Minute
	rememberBytes  = 8 << 20
	rememberedCost = 256 // bytes of a remembered token besides its values
)

// Why a token is refused. The texts are for its bearer, and hold nothing of the token.
var (
	ErrMalformed   = errors.New("the token cannot be read: send a signed JWT with the claims exp, iss and aud, with nothing around it")
	ErrSignature   = errors.New("the signature of the token is not by a key of the issuer, or not by a method that the server takes: RS, PS and ES with 256, 384 or 512, or EdDSA")
	ErrUnknownKey  = errors.New("the token is signed by a key that the issuer does not publish: get another token; if the issuer has changed its keys just now, try again in ten seconds")
	ErrWrongIssuer = errors.New("the token is of another issuer than the one that the server takes tokens of")
	ErrAudience    = errors.New("the token is for another service: get one for the audience of this server")
	ErrExpired     = errors.New("the token has expired: get another from its issuer")
	ErrNotYet      = errors.New("the token does not count yet: wait, or compare the clocks of its issuer and of this server")
	ErrUnavailable = errors.New("the keys of the issuer of tokens cannot be had at the moment: try again, or use a key")
)

// methods are the signature methods with a public key. A method with a shared secret would
// take a published key for the secret.
var methods = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// Issuer verifies the tokens of an issuer. It is safe for concurrent use.
type Issuer struct {
	claim    string
	parser   *jwt.Parser
	validity *jwt.Validator
	keys     *keySet
	verified *otter.Cache[[sha256.Size]byte, remembered]

	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// VerifiedToken is what a valid token says.
type VerifiedToken struct {
	Values  []string  // of the claim that names the client, in the token's order; none: it has no such claim
	Expires time.Time // from when on the token is refused
}

// remembered is a token that was verified by keys that may have been replaced.
type remembered struct {
	token *VerifiedToken
	keys  *publishedKeys
	until time.Time
}

// NewIssuer checks the settings and the files that they name; nil for settings without an
// issuer. Nothing is fetched before Start. A nil metrics counts nothing.
func NewIssuer(flags IssuerFlags, options Options, log *slog.Logger, metrics *telemetry.Metrics) (*Issuer, error) {
	if err := flags.check(); err != nil || !flags.Enabled() {
		return nil, err
	}
	if _, _, err := options.httpClient(&flags); err != nil {
		return nil, err
	}
	demands := []jwt.ParserOption{
		jwt.WithValidMethods(methods), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(),
		jwt.WithIssuer(flags.Issuer), jwt.WithAudience(flags.audiences()...), jwt.WithLeeway(Leeway),
	}
	i := &Issuer{
		claim:    flags.ClientClaim,
		parser:   jwt.NewParser(demands...),
		validity: jwt.NewValidator(demands...),
		verified: otter.Must(&otter.Options[[sha256.Size]byte, remembered]{
			MaximumWeight: rememberBytes,
			Weigher:       func(_ [sha256.Size]byte, r remembered) uint32 { return r.token.bytes() },
		}),
	}
	i.keys = newKeySet(&flags, options, log, metrics)
	return i, nil
}

// Start fetches the keys in the background until Close. A nil Issuer does nothing.
func (i *Issuer) Start() {
	if i == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	i.cancel = cancel
	i.keys.refresh() // calls that come first wait for it, and do not ask for another
	i.ended.Go(func() { i.keys.run(ctx) })
}

// Reload fetches the keys at once, in the background. A nil Issuer does nothing.
func (i *Issuer) Reload() {
	if i != nil {
		i.keys.refresh()
	}
}

// Close ends the fetching. A nil Issuer does nothing.
func (i *Issuer) Close() {
	if i != nil && i.cancel != nil {
		i.cancel()
		i.ended.Wait()
	}
}

// Claim returns the name of the claim that names the client.
func (i *Issuer) Claim() string { return i.claim }

// IsToken reports whether a credential has the form of a signed token: three parts with dots
// between them.
func IsToken(text string) bool { return strings.Count(text, ".") == 2 }

// Verify returns what a token says, or one of the errors above. Sum is its SHA-256. It waits
// for at most two seconds, for keys that are being fetched.
func (i *Issuer) Verify(ctx context.Context, token string, sum [sha256.Size]byte) (*VerifiedToken, error) {
	now, keys := time.Now(), i.keys.current.Load()
	if known, ok := i.verified.GetIfPresent(sum); ok && known.keys == keys && now.Before(known.until) {
		return known.token, nil
	}
	if len(token) > MaxTokenBytes {
		return nil, ErrMalformed
	}
	verified, lacksKey, err := i.parse(token, keys)
	pending := false
	if lacksKey {
		pending = i.keys.ask(ctx)
		if fetched := i.keys.current.Load(); fetched != keys {
			keys = fetched
			verified, lacksKey, err = i.parse(token, keys)
		}
	}
	switch {
	case lacksKey && (keys == nil || pending || i.keys.failed()):
		return nil, ErrUnavailable
	case err != nil:
		return nil, err
	}
	until := now.Add(rememberFor)
	if verified.Expires.Before(until) {
		until = verified.Expires
	}
	i.verified.Set(sum, remembered{verified, keys, until})
	return verified, nil
}

// parse verifies a token by keys, which may be nil. LacksKey tells that another fetch might
// bring the key that it needs.
func (i *Issuer) parse(text string, keys *publishedKeys) (verified *VerifiedToken, lacksKey bool, err error) {
	claims := jwt.MapClaims{}
	token, err := i.parser.ParseWithClaims(text, claims, func(token *jwt.Token) (any, error) { return i.keyOf(token, keys) })
	if err != nil {
		err = reasonOf(err)
		return nil, errors.Is(err, ErrUnknownKey) || errors.Is(err, ErrSignature) && lacksID(token), err
	}
	expires, err := claims.GetExpirationTime()
	if err != nil || expires == nil {
		return nil, false, ErrMalformed // the parser has seen to it
	}
	value, _ := lookUp(claims, i.claim)
	return &VerifiedToken{Values: valuesOf(i.claim, value), Expires: expires.Add(Leeway)}, false, nil
}

// lacksID reports whether a token, which may be nil, is signed by one of methods and does not
// say by which key.
func lacksID(token *jwt.Token) bool {
	if token == nil || token.Method == nil || !slices.Contains(methods, token.Method.Alg()) {
		return false
	}
	_, found := token.Header[jwkset.HeaderKID]
	return !found
}

// keyOf returns the key of a token that would be valid if its signature is: a look at its
// claims costs less than a signature, and spares the issuer fetches for tokens of others.
func (i *Issuer) keyOf(token *jwt.Token, keys *publishedKeys) (any, error) {
	if _, found := token.Header["crit"]; found { // RFC 7515, 4.1.11: none is understood
		return nil, ErrMalformed
	}
	if kind, found := token.Header["typ"]; found && !isAccessType(kind) {
		return nil, ErrMalformed
	}
	if !hasUsualTimes(token.Claims) {
		return nil, ErrMalformed
	}
	if err := i.validity.Validate(token.Claims); err != nil {
		return nil, err
	}
	if keys == nil {
		return nil, ErrUnknownKey
	}
	return keys.keyOf(token)
}

// maxSeconds is the end of the year 9999. Times in milliseconds are beyond it.
const maxSeconds = 253402300799

// hasUsualTimes reports whether the times of a token lie before maxSeconds, on either side of
// 1970. Time wraps around at larger ones: a token would begin in the past that begins never.
func hasUsualTimes(claims jwt.Claims) bool {
	values, _ := claims.(jwt.MapClaims)
	for _, name := range []string{"exp", "nbf"} {
		if seconds, ok := values[name].(float64); ok && math.Abs(seconds) > maxSeconds {
			return false
		}
	}
	return true
}

// isAccessType reports whether a token with a header typ is for access, by RFC 9068 and by
// custom. Tokens for other ends, such as those of a logout, name their own type.
func isAccessType(kind any) bool {
	text, _ := kind.(string)
	switch strings.TrimPrefix(strings.ToLower(text), "application/") {
	case "jwt", "at+jwt":
		return true
	}
	return false
}

// reasonOf returns which of the errors above says why a token is refused.
func reasonOf(err error) error {
	for _, known := range []struct{ cause, reason error }{
		{ErrMalformed, ErrMalformed},
		{jwt.ErrTokenInvalidIssuer, ErrWrongIssuer},
		{jwt.ErrTokenInvalidAudience, ErrAudience},
		{jwt.ErrTokenExpired, ErrExpired},
		{jwt.ErrTokenNotValidYet, ErrNotYet},
		{jwt.ErrTokenRequiredClaimMissing, ErrMalformed},
		{jwt.ErrInvalidType, ErrMalformed},
		{ErrUnknownKey, ErrUnknownKey},
		{jwt.ErrTokenSignatureInvalid, ErrSignature},
		{jwt.ErrTokenUnverifiable, ErrSignature},
	} {
		if errors.Is(err, known.cause) {
			return known.reason
		}
	}
	return ErrMalformed
}

// lookUp returns the value of a claim. A name may be a path: "realm_access.roles" is the
// member roles of the claim realm_access, unless a claim has the whole name.
func lookUp(claims map[string]any, name string) (any, bool) {
	if value, ok := claims[name]; ok {
		return value, true
	}
	for at, c := range name {
		if c != '.' {
			continue
		}
		if inner, ok := claims[name[:at]].(map[string]any); ok {
			if value, ok := lookUp(inner, name[at+1:]); ok {
				return value, true
			}
		}
	}
	return nil, false
}

// valuesOf returns the texts in the value of a claim: the text itself or those of a list.
// The claims scope (RFC 8693, 4.2) and scp hold several with spaces between them; other
// texts stay whole, as a person may have chosen a name with spaces.
func valuesOf(claim string, value any) (values []string) {
	switch value := value.(type) {
	case string:
		if name := claim[strings.LastIndexByte(claim, '.')+1:]; name == "scope" || name == "scp" {
			return strings.Fields(value)
		}
		if value != "" {
			values = append(values, value)
		}
	case []any:
		for _, item := range value {
			if text, ok := item.(string); ok && text != "" {
				values = append(values, text)
			}
		}
	}
	return values
}

// bytes returns about how much memory a remembered token takes.
func (t *VerifiedToken) bytes() uint32 {
	n := rememberedCost
	for _, value := range t.Values {
		n += len(value) + 16
	}
	return uint32(n)
}
