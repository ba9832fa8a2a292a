package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/oidc"
	"github.com/seed-59202292/summarizer/internal/oidc/oidctest"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// openIssuer returns a started Issuer for the tokens of a fake one.
func openIssuer(t testing.TB, fake *oidctest.FakeIssuer, claim string) *oidc.Issuer {
	t.Helper()
	var log logBuffer
	issuer, err := oidc.NewIssuer(oidc.IssuerFlags{Issuer: fake.URL, Audience: oidctest.Audience, ClientClaim: claim},
		oidc.Options{ReadRoots: ReadRoots, ReadSecret: func(_, _ string) (string, error) { return "", nil }}, log.logger(), nil)
	if err != nil {
		t.Fatal(err)
	}
	issuer.Start()
	t.Cleanup(issuer.Close)
	return issuer
}

func withHeader(ctx context.Context, value string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, authorizationHeader, value)
}

// A token of the issuer makes its bearer the client whose subjects it names, beside keys, and
// nobody else. The log tells the client and nothing of the token.
func TestTokens(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		fake := oidctest.New(t)
		key, keyHash := NewKey()
		file := openCallersOf(t, openIssuer(t, fake, "sub"),
			ClientEntry{Name: "keyholder", Keys: []ClientKey{keyHash}},
			ClientEntry{Name: "crawler", Subjects: []string{"system:serviceaccount:news:crawler", "robot"}},
			ClientEntry{Name: "topics", Subjects: []string{"desk"}, RPCs: []string{"ListTopics"}})
		var seen sync.Map
		service := &fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
			seen.Store(r.Client, true)
			return sampleResult(r), nil
		}}
		var log logBuffer
		_, conn := connect(t, service, Options{Clients: file.Clients, Logger: log.logger()})

		ctx := t.Context()
		good := fake.Token(t, nil)
		parts := strings.Split(good, ".")
		as := func(changes map[string]any) context.Context { return withKey(ctx, fake.Token(t, changes)) }
		for _, test := range []struct {
			name   string
			ctx    context.Context
			code   codes.Code
			reason string
		}{
			{"key", withKey(ctx, key), codes.OK, ""},
			{"good", withKey(ctx, good), codes.OK, ""},
			{"again", withKey(ctx, good), codes.OK, ""},
			{"lower case", withHeader(ctx, "bearer "+good), codes.OK, ""},
			{"other subject", as(map[string]any{"sub": "system:serviceaccount:news:crawler"}), codes.OK, ""},
			{"long", as(map[string]any{"note": strings.Repeat("x", 8<<10)}), codes.OK, ""},
			{"of another right", as(map[string]any{"sub": "desk"}), codes.PermissionDenied, "PERMISSION_DENIED"},
			{"of no client", as(map[string]any{"sub": "nobody"}), codes.PermissionDenied, "PERMISSION_DENIED"},
			{"name of a client", as(map[string]any{"sub": "crawler"}), codes.PermissionDenied, "PERMISSION_DENIED"},
			{"without the claim", as(map[string]any{"sub": nil}), codes.PermissionDenied, "PERMISSION_DENIED"},
			{"expired", as(map[string]any{"exp": 1}), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"other audience", as(map[string]any{"aud": "other"}), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"other issuer", as(map[string]any{"iss": "https://evil.example"}), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"key of another", withKey(ctx, oidctest.NewKey(t, "key-1").Sign(t, nil, fake.Claims(nil))), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"unknown key", withKey(ctx, oidctest.NewKey(t, "key-2").Sign(t, nil, fake.Claims(nil))), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"no signature", withKey(ctx, parts[0]+"."+parts[1]+"."), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"no token", withKey(ctx, "no.token.this"), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"two", withKey(withKey(ctx, good), good), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"token and key", withKey(withKey(ctx, good), key), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"two in one", withHeader(ctx, bearer+good+", "+bearer+good), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"two blanks", withHeader(ctx, bearer+" "+good), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"no scheme", withHeader(ctx, good), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"other scheme", withHeader(ctx, "DPoP "+good), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"oversize", as(map[string]any{"note": strings.Repeat("x", oidc.MaxTokenBytes)}), codes.Unauthenticated, "CREDENTIALS_INVALID"},
			{"large and no token", withKey(ctx, strings.Repeat("x", 8<<10)), codes.Unauthenticated, "CREDENTIALS_INVALID"},
		} {
			if code, reason := summarize(test.ctx, conn); code != test.code || reason != test.reason {
				t.Errorf("%s: %v %s, want %v %s", test.name, code, reason, test.code, test.reason)
			}
		}
		if _, err := summarizerv1.NewSummarizerServiceClient(conn).ListTopics(as(map[string]any{"sub": "desk"}), &summarizerv1.ListTopicsRequest{}); err != nil {
			t.Errorf("the right that the client has: %v", err)
		}
		if _, ok := seen.Load("crawler"); !ok {
			t.Error("the service is not told whose the request is")
		}
		if n := fake.Fetches(); n > 2 {
			t.Errorf("%d fetches", n)
		}

		// The file counts at the next call, for remembered tokens as well.
		file.write(t, ClientEntry{Name: "heir", Subjects: []string{"robot"}, RPCs: []string{"SummarizeArticle"}})
		file.file.check()
		if code, _ := summarize(withKey(ctx, good), conn); code != codes.OK {
			t.Errorf("a subject of another client: %v", code)
		}
		file.write(t, ClientEntry{Name: "heir", Keys: []ClientKey{keyHash}})
		file.file.check()
		if code, reason := summarize(withKey(ctx, good), conn); code != codes.PermissionDenied {
			t.Errorf("a subject that was removed: %v %s", code, reason)
		}

		logged := log.String() + file.log.String()
		for _, want := range []string{"client=crawler", "client=heir", "every token will be refused"} {
			if !strings.Contains(logged, want) {
				t.Errorf("the log does not hold %q", want)
			}
		}
		for _, secret := range append(parts, "serviceaccount", "nobody", "evil.example") {
			if strings.Contains(logged, secret) {
				t.Errorf("the log holds %q of a token", secret)
			}
		}
	})
}

// A key counts as a key, whatever its form.
func TestKeyInTheFormOfAToken(t *testing.T) {
	fake := oidctest.New(t)
	token := fake.Token(t, map[string]any{"exp": 1}) // no longer a token
	hash := sha256.Sum256([]byte(token))
	file := openCallersOf(t, openIssuer(t, fake, "sub"), ClientEntry{Name: "a", Keys: []ClientKey{{SHA256: hex.EncodeToString(hash[:])}}})
	_, conn := connect(t, &fakeService{}, Options{Clients: file.Clients})
	if code, reason := summarize(withKey(t.Context(), token), conn); code != codes.OK {
		t.Errorf("%v %s", code, reason)
	}
}

// Of several clients that a token's values name, it is the first one of the file.
func TestTokensOfSeveralClients(t *testing.T) {
	fake := oidctest.New(t)
	file := openCallersOf(t, openIssuer(t, fake, "realm_access.roles"),
		ClientEntry{Name: "editors", Subjects: []string{"editor"}},
		ClientEntry{Name: "readers", Subjects: []string{"reader", "guest"}})
	clients := make(chan string, 1)
	_, conn := connect(t, &fakeService{analyze: func(_ context.Context, r *summarizer.Request) (*summarizer.Result, error) {
		clients <- r.Client
		return sampleResult(r), nil
	}}, Options{Clients: file.Clients})
	for _, test := range []struct {
		roles []string
		want  string
	}{
		{[]string{"guest", "editor"}, "editors"}, {[]string{"editor", "guest"}, "editors"}, {[]string{"other", "guest"}, "readers"},
	} {
		ctx := withKey(t.Context(), fake.Token(t, map[string]any{"realm_access": map[string]any{"roles": test.roles}}))
		if code, reason := summarize(ctx, conn); code != codes.OK {
			t.Errorf("%v: %v %s", test.roles, code, reason)
		} else if got := <-clients; got != test.want {
			t.Errorf("%v: %s, want %s", test.roles, got, test.want)
		}
	}
}

// While the issuer is down from the start, keys count, and tokens are told to come again.
func TestTokensWithoutIssuer(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		fake := oidctest.New(t)
		fake.Fail(http.StatusBadGateway)
		issuer := openIssuer(t, fake, "sub")
		key, hash := NewKey()
		file := openCallersOf(t, issuer, ClientEntry{Name: "a", Keys: []ClientKey{hash}, Subjects: []string{"robot"}})
		_, conn := connect(t, &fakeService{}, Options{Clients: file.Clients})
		if code, _ := summarize(withKey(t.Context(), key), conn); code != codes.OK {
			t.Errorf("a key: %v", code)
		}
		token := withKey(t.Context(), fake.Token(t, nil))
		_, err := summarizerv1.NewSummarizerServiceClient(conn).SummarizeArticle(token, &summarizerv1.SummarizeArticleRequest{Article: textArticle("The ferry runs again.")})
		retry := false
		for _, detail := range status.Convert(err).Details() {
			_, ok := detail.(*errdetails.RetryInfo)
			retry = retry || ok
		}
		if status.Code(err) != codes.Unavailable || reasonIn(err) != "ISSUER_UNAVAILABLE" || !retry {
			t.Errorf("a token: %v", err)
		}
		fake.Fail(0)
		issuer.Reload()
		until(t, "the keys have come", func() bool {
			code, _ := summarize(token, conn)
			return code == codes.OK
		})
	})
}

// A stream ends with its token, and so does what is remembered of the token.
func TestTokensExpire(t *testing.T) {
	onBothPorts(t, func(t *testing.T) {
		fake := oidctest.New(t) // outside of the bubble: its sockets would keep time from passing
		synctest.Test(t, func(t *testing.T) {
			file := openCallersOf(t, openIssuer(t, fake, "sub"), ClientEntry{Name: "a", Subjects: []string{"robot"}})
			_, conn := connectInMemory(t, &fakeService{}, Options{Clients: file.Clients})
			ctx := withKey(t.Context(), fake.Token(t, map[string]any{"exp": time.Now().Add(2 * time.Minute).Unix()}))
			stream := openStream(t, ctx, summarizerv1.NewSummarizerServiceClient(conn), "a")
			wantResults(t, stream, "a")
			time.Sleep(2*time.Minute + oidc.Leeway - time.Second)
			if code, _ := summarize(ctx, conn); code != codes.OK {
				t.Errorf("before: %v", code)
			}
			time.Sleep(time.Second)
			if code, reason := summarize(ctx, conn); code != codes.Unauthenticated || reason != "CREDENTIALS_INVALID" {
				t.Errorf("after: %v %s", code, reason)
			}
			send(t, stream, "b")
			wantEnd(t, stream, codes.Unauthenticated, "CREDENTIALS_INVALID")
		})
	})
}
