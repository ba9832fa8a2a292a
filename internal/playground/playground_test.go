package playground

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// The page is served at / alone, under a policy that names its own script and styles, and
// holds nothing that the policy forbids.
func TestPage(t *testing.T) {
	handler := Handler("desk.example:443\"><script>")
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	w := get("/")
	text, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(text, `content="desk.example:443&#34;&gt;&lt;script&gt;"`) {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, want := range []string{"default-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	for _, forbidden := range []string{` style="`, ` on\w+="`, `(src|href)="(https?:)?//`, `@import`, `\binnerHTML\b`, `\beval\(`} {
		if found := regexp.MustCompile(forbidden).FindString(text); found != "" {
			t.Errorf("the page holds %s", found)
		}
	}
	if got := get("/other").Code; got != 404 {
		t.Errorf("/other: %d", got)
	}
}
