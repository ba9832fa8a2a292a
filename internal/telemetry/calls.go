package telemetry

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Reasons for which a call ends before there is a request that could be answered.
const (
	RefusedUnknownMethod = "unknown_method"
	RefusedOversized     = "oversized"
	RefusedUndecodable   = "undecodable"   // the message is no message of its method
	RefusedDecompression = "decompression" // the message cannot be unpacked
	RefusedIncomplete    = "incomplete"    // no message, a part of one, or more than one
	RefusedOrigin        = "origin"        // over HTTP: of a page that may not call, or for another host
)

// Services that calls are refused of.
const (
	serviceOurs  = "summarizer"
	serviceOther = "other" // health, reflection, and what there is not
)

// Reasons for which a TLS handshake fails.
const (
	HandshakeNotTLS             = "not_tls"
	HandshakeVersion            = "version"             // no version or cipher in common
	HandshakeCertificateMissing = "certificate_missing" // the caller shows none
	HandshakeCertificateInvalid = "certificate_invalid" // of the caller
	HandshakeRefused            = "refused"             // by the caller, as the certificate of the server
	HandshakeProtocol           = "protocol"            // the caller does not speak HTTP/2
	HandshakeTimeout            = "timeout"
	HandshakeClosed             = "closed" // before its end
	HandshakeOther              = "other"
)

// Reasons for which a caller is not let in.
const (
	DeniedMissing    = "missing"    // no credentials
	DeniedInvalid    = "invalid"    // of no client
	DeniedExpired    = "expired"    // or not valid yet
	DeniedPermission = "permission" // the client may not call the method

	DeniedTokenMalformed    = "token_malformed"   // no JWT, or one without a claim that it needs
	DeniedTokenSignature    = "token_signature"   // or of a method that is not taken
	DeniedTokenUnknownKey   = "token_unknown_key" // the issuer does not publish it
	DeniedTokenIssuer       = "token_issuer"
	DeniedTokenAudience     = "token_audience"
	DeniedTokenExpired      = "token_expired"  // or not valid yet
	DeniedTokenUnmapped     = "token_unmapped" // valid, but of no client
	DeniedIssuerUnavailable = "issuer_unavailable"
)

// DeniedReasons returns the reasons for which a caller is not let in.
func DeniedReasons() []string {
	return []string{
		DeniedMissing, DeniedInvalid, DeniedExpired, DeniedPermission, DeniedTokenMalformed, DeniedTokenSignature,
		DeniedTokenUnknownKey, DeniedTokenIssuer, DeniedTokenAudience, DeniedTokenExpired, DeniedTokenUnmapped, DeniedIssuerUnavailable,
	}
}

// accessMetrics count refusals before an article is read, and files that are read again.
type accessMetrics struct {
	refusedCalls  *prometheus.CounterVec
	handshakes    *prometheus.CounterVec
	denied        *prometheus.CounterVec
	quotaRefusals *prometheus.CounterVec
	reloads       *prometheus.CounterVec
	reloaded      *prometheus.GaugeVec
	build         *prometheus.GaugeVec
}

func newAccessMetrics(f promauto.Factory) accessMetrics {
	counters := countersOf(f)
	a := accessMetrics{
		refusedCalls: counters("summarizer_calls_refused_total",
			"Calls that ended before there was a request to answer, by reason: unknown_method, oversized, undecodable, decompression, incomplete or origin, and by service: summarizer, or other.", "service", "reason"),
		handshakes: counters("summarizer_tls_handshake_failures_total",
			"TLS handshakes that failed, by reason: not_tls, version, certificate_missing, certificate_invalid, refused (by the caller), protocol, timeout, closed or other.", "reason"),
		denied: counters("summarizer_authentication_failures_total",
			"Calls refused for who makes them, by reason: missing, invalid or expired credentials, or no permission for the method; for tokens token_malformed, token_signature, token_unknown_key, token_issuer, token_audience, token_expired, token_unmapped or issuer_unavailable.", "reason"),
		quotaRefusals: counters("summarizer_quota_refusals_total",
			"Calls and articles refused because a quota is used up, by quota and client of the configuration.", "quota", "client"),
		reloads: counters("summarizer_reloads_total",
			"How often files were read again, by what they are of and outcome: ok or failed.", "what", "outcome"),
		reloaded: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "summarizer_reload_successful",
			Help: "Whether what was last read of files could be used (1), or what was read before stays in force (0), by what: clients, tls, configuration, taxonomy, model_keys, audit_log or issuer_keys.",
		}, []string{"what"}),
		build: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "summarizer_build_info",
			Help: "1, by the version of the program and of Go.",
		}, []string{"version", "go_version"}),
	}
	for _, reason := range []string{RefusedUnknownMethod, RefusedOversized, RefusedUndecodable, RefusedDecompression, RefusedIncomplete, RefusedOrigin} {
		a.refusedCalls.WithLabelValues(serviceOurs, reason)
		a.refusedCalls.WithLabelValues(serviceOther, reason)
	}
	initialize(a.handshakes, HandshakeNotTLS, HandshakeVersion, HandshakeCertificateMissing, HandshakeCertificateInvalid,
		HandshakeRefused, HandshakeProtocol, HandshakeTimeout, HandshakeClosed, HandshakeOther)
	initialize(a.denied, DeniedReasons()...)
	return a
}

// countersOf returns a function that registers counters by labels.
func countersOf(f promauto.Factory) func(name, help string, labels ...string) *prometheus.CounterVec {
	return func(name, help string, labels ...string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
}

// initialize shows counters with one label before their first event: what appears with a 1
// has no rate.
func initialize(counters *prometheus.CounterVec, values ...string) {
	for _, value := range values {
		counters.WithLabelValues(value)
	}
}

// Built shows which version runs.
func (m *Metrics) Built(version string) {
	if m != nil {
		m.access.build.WithLabelValues(version, runtime.Version()).Set(1)
	}
}

// CallRefused counts a call that ended before there was a request, by one of the reasons
// above, and whether it is of the service itself.
func (m *Metrics) CallRefused(ours bool, reason string) {
	if m == nil {
		return
	}
	service := serviceOther
	if ours {
		service = serviceOurs
	}
	m.access.refusedCalls.WithLabelValues(service, reason).Inc()
}

// HandshakeFailed counts a failed TLS handshake, by one of the reasons above.
func (m *Metrics) HandshakeFailed(reason string) {
	if m != nil {
		m.access.handshakes.WithLabelValues(reason).Inc()
	}
}

// Denied counts a call that is refused for who makes it, by one of the reasons above.
func (m *Metrics) Denied(reason string) {
	if m != nil {
		m.access.denied.WithLabelValues(reason).Inc()
	}
}

// QuotaRefused counts refusals for a spent quota of a configured client.
func (m *Metrics) QuotaRefused(quota, client string) {
	if m != nil {
		m.access.quotaRefusals.WithLabelValues(quota, client).Inc()
	}
}

// Loaded shows that files could be read at the start.
func (m *Metrics) Loaded(what string) {
	if m == nil {
		return
	}
	m.access.reloaded.WithLabelValues(what).Set(1)
	m.access.reloads.WithLabelValues(what, "ok")
	m.access.reloads.WithLabelValues(what, "failed")
}

// Reloaded counts a reading of files, and shows whether they could be used.
func (m *Metrics) Reloaded(what string, err error) {
	if m == nil {
		return
	}
	m.Loaded(what)
	outcome := "ok"
	if err != nil {
		outcome = "failed"
		m.access.reloaded.WithLabelValues(what).Set(0)
	}
	m.access.reloads.WithLabelValues(what, outcome).Inc()
}
