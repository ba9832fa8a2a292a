// Package playground serves a page that tries the service in a browser: an article in, its
// summary and topics out, with the evidence of each lit up in the article, and a small view
// of many articles. It is one file without a build step. It calls the JSON API of the
// server that it comes from, and its Content-Security-Policy lets it reach nothing else and
// run no other script.
package playground

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

//go:embed index.html
var page []byte

// shownGRPC is the address of gRPC in the file.
const shownGRPC = "127.0.0.1:50051"

// Handler serves the page at /, which tells people that gRPC is at an address.
func Handler(grpcAddress string) http.Handler {
	content := bytes.Replace(page, []byte(shownGRPC), []byte(html.EscapeString(grpcAddress)), 1)
	policy := policyOf(content)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(content)))
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		_, _ = w.Write(content) // the reader is gone where it fails
	})
}

var inline = regexp.MustCompile(`(?s)<(script|style)>(.*?)</(?:script|style)>`)

// policyOf returns the policy that allows the scripts and styles of a page, and requests to
// where it comes from.
func policyOf(content []byte) string {
	sources := map[string][]string{}
	for _, m := range inline.FindAllSubmatch(content, -1) {
		sum := sha256.Sum256(m[2])
		sources[string(m[1])] = append(sources[string(m[1])], "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return "default-src 'none'; script-src " + strings.Join(sources["script"], " ") +
		"; style-src " + strings.Join(sources["style"], " ") +
		"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
