package server

import (
	"errors"
	"fmt"

	"github.com/seed-59202292/summarizer/internal/oidc"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// Faults of tokens that the server itself finds.
var (
	errTokenTooLong = &summarizer.Error{
		Reason:  summarizer.ReasonCredentialsInvalid,
		Message: fmt.Sprintf("the token has more than %d bytes: have its issuer leave claims out", oidc.MaxTokenBytes),
	}
	errTokenUnmapped = &summarizer.Error{
		Reason:  summarizer.ReasonPermissionDenied,
		Message: "the token is valid, but of no client of this server: ask its operator to add it to the subjects of a client",
	}
	errTokenWithoutClaim = &summarizer.Error{
		Reason:  summarizer.ReasonPermissionDenied,
		Message: "the token is valid, but has no claim that names a client of this server: ask its operator for the claim",
	}
)

// tokenFaults are the faults of tokens with their cause, and what metrics and the audit log
// call them.
var tokenFaults = []struct {
	cause  error // of the package oidc; nil: the server finds the fault
	denied string
	fault  *summarizer.Error
}{
	{oidc.ErrMalformed, telemetry.DeniedTokenMalformed, invalidToken(oidc.ErrMalformed)},
	{oidc.ErrSignature, telemetry.DeniedTokenSignature, invalidToken(oidc.ErrSignature)},
	{oidc.ErrUnknownKey, telemetry.DeniedTokenUnknownKey, invalidToken(oidc.ErrUnknownKey)},
	{oidc.ErrWrongIssuer, telemetry.DeniedTokenIssuer, invalidToken(oidc.ErrWrongIssuer)},
	{oidc.ErrAudience, telemetry.DeniedTokenAudience, invalidToken(oidc.ErrAudience)},
	{oidc.ErrExpired, telemetry.DeniedTokenExpired, invalidToken(oidc.ErrExpired)},
	{oidc.ErrNotYet, telemetry.DeniedTokenExpired, invalidToken(oidc.ErrNotYet)},
	{oidc.ErrUnavailable, telemetry.DeniedIssuerUnavailable, &summarizer.Error{
		Reason: summarizer.ReasonIssuerUnavailable, Message: oidc.ErrUnavailable.Error(),
	}},
	{nil, telemetry.DeniedTokenMalformed, errTokenTooLong},
	{nil, telemetry.DeniedTokenUnmapped, errTokenUnmapped},
	{nil, telemetry.DeniedTokenUnmapped, errTokenWithoutClaim},
}

func invalidToken(cause error) *summarizer.Error {
	return &summarizer.Error{Reason: summarizer.ReasonCredentialsInvalid, Message: cause.Error()}
}

// tokenFault returns what the caller is told of a token that cannot be verified.
func tokenFault(err error) error {
	for _, known := range tokenFaults {
		if known.cause != nil && errors.Is(err, known.cause) {
			return known.fault
		}
	}
	return errCredentialsInvalid
}

// bySubjects returns the client of a token: the first one of the file that has one of the
// token's values among its subjects.
func (s *clients) bySubjects(token *oidc.VerifiedToken) (found *client, err error) {
	if hasCome(token.Expires) { // since the call began
		return nil, tokenFault(oidc.ErrExpired)
	}
	for _, value := range token.Values {
		if c := s.bySubject[value]; c != nil && (found == nil || c.place < found.place) {
			found = c
		}
	}
	switch {
	case found != nil:
		return found, nil
	case len(token.Values) == 0:
		return nil, errTokenWithoutClaim
	}
	return nil, errTokenUnmapped
}

// subjectsRead warns of subjects and an issuer that do not go together.
func (w Watch) subjectsRead(entries []ClientEntry, issuer bool) {
	subjects := 0
	for _, entry := range entries {
		subjects += len(entry.Subjects)
	}
	switch {
	case subjects > 0 && !issuer:
		w.Logger.Warn("clients have subjects, but no tokens are taken: set --oidc-issuer", "subjects", subjects)
	case subjects == 0 && issuer:
		w.Logger.Warn("tokens are taken, but no client has subjects: every token will be refused; see summarizer keys add --subject")
	}
}
