package oidc

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// IssuerFlags are the settings of an issuer. Without Issuer, no tokens are taken.
type IssuerFlags struct {
	Issuer       string `name:"oidc-issuer" help:"Issuer of tokens (JWT) that callers may send in place of a key: its URL, as in the claim iss. Needs --clients and --oidc-audience." placeholder:"URL"`
	Audience     string `name:"oidc-audience" help:"Audience that a token must be for, as in its claim aud. Of several, with commas between, one is enough." placeholder:"NAMES"`
	KeysURL      string `name:"oidc-jwks-url" help:"Address of the issuer's keys; then nothing is fetched from --oidc-issuer. Default: the one in its discovery document." placeholder:"URL"`
	ClientClaim  string `name:"oidc-client-claim" help:"Claim whose value names the client: see subjects in the file of clients. Dots lead into objects, as in realm_access.roles." default:"sub" placeholder:"NAME"`
	IssuerCA     string `name:"oidc-ca" help:"Authorities of the issuer's certificate, in PEM. Default: those of the machine." placeholder:"FILE"`
	IssuerSecret string `name:"oidc-token-file" help:"File with a bearer token to send to the issuer when its keys are fetched, as Kubernetes wants it." placeholder:"FILE"`
}

// Enabled reports whether tokens are taken.
func (f *IssuerFlags) Enabled() bool { return f.Issuer != "" }

// audiences returns the names in Audience.
func (f *IssuerFlags) audiences() (names []string) {
	for name := range strings.SplitSeq(f.Audience, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// check reports settings that cannot be used.
func (f *IssuerFlags) check() error {
	switch {
	case !f.Enabled():
		return f.checkUnused()
	case len(f.audiences()) == 0:
		return errors.New("--oidc-issuer needs --oidc-audience: without it, tokens for other services of the issuer would be taken")
	case f.ClientClaim == "":
		return errors.New("--oidc-client-claim is empty: name a claim, such as sub")
	}
	if f.KeysURL != "" { // nothing is fetched from the issuer itself
		if _, err := checkURL(f.KeysURL); err != nil {
			return fmt.Errorf("--oidc-jwks-url %q: %w", f.KeysURL, err)
		}
		return nil
	}
	if err := checkIssuer(f.Issuer); err != nil {
		return fmt.Errorf("--oidc-issuer %q: %w", f.Issuer, err)
	}
	return nil
}

// checkUnused reports a setting that counts with an issuer alone.
func (f *IssuerFlags) checkUnused() error {
	for _, setting := range []struct{ flag, value string }{
		{"--oidc-audience", f.Audience},
		{"--oidc-jwks-url", f.KeysURL},
		{"--oidc-ca", f.IssuerCA},
		{"--oidc-token-file", f.IssuerSecret},
	} {
		if setting.value != "" {
			return fmt.Errorf("%s needs --oidc-issuer: set both, or leave %[1]s out", setting.flag)
		}
	}
	return nil
}

func checkIssuer(address string) error {
	u, err := checkURL(address)
	switch {
	case err != nil:
		return err
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("an issuer has neither query nor fragment")
	case strings.HasSuffix(u.Path, discoveryPath):
		return fmt.Errorf("it is the address of the discovery document: leave %s out", discoveryPath)
	}
	return nil
}

// checkURL parses an address from which keys may be fetched: whoever could change the answer
// on its way could let anybody in.
func checkURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, errors.New("it is no URL")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("it names no host: write a URL such as https://login.example")
	case !isPort(u.Port()):
		return nil, errors.New("its port must be a number from 1 to 65535")
	case u.User != nil:
		return nil, errors.New("it holds a user name or password: leave them out")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("keys are fetched over https; plain http is for loopback addresses alone")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("write a URL that begins with https://")
	}
	return u, nil
}

// isPort reports whether the port of a URL can be connected to; empty: the usual one.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Options are the parts of the program that an Issuer needs.
type Options struct {
	ReadRoots  func(path string) (*x509.CertPool, error)
	ReadSecret func(flag, path string) (string, error) // empty for an empty path
}

// httpClient returns a client for one fetch. Files are read each time: they may change.
func (o Options) httpClient(f *IssuerFlags) (client *http.Client, secret string, err error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // the next fetch is minutes away
	transport.MaxResponseHeaderBytes = maxHeaderBytes
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if f.IssuerCA != "" {
		if transport.TLSClientConfig.RootCAs, err = o.ReadRoots(f.IssuerCA); err != nil {
			return nil, "", fmt.Errorf("--oidc-ca: %w", err)
		}
	}
	if secret, err = o.ReadSecret("--oidc-token-file", f.IssuerSecret); err != nil {
		return nil, "", err
	}
	if strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, "", fmt.Errorf("--oidc-token-file %s: a token has neither blanks nor line breaks: have it alone in the file", f.IssuerSecret)
	}
	return &http.Client{Transport: transport, CheckRedirect: stayOnHost}, secret, nil
}

const maxRedirects = 3

// stayOnHost refuses redirects to another server: it would choose the keys.
func stayOnHost(next *http.Request, before []*http.Request) error {
	first := before[0].URL
	switch {
	case next.URL.Scheme != first.Scheme || next.URL.Host != first.Host:
		return errors.New("it redirects to another server: set --oidc-jwks-url to the address of the keys")
	case len(before) > maxRedirects:
		return errors.New("it redirects too often")
	}
	return nil
}
