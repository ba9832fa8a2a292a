package summarizer

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"
)

// Reason names why a request failed or why the language model did not answer.
// It is the reason of google.rpc.ErrorInfo and the fallback_reason of an
// answer; adapters map it to their own codes in one place.
type Reason string

// Reasons that a request itself gives.
const (
	ReasonTextEmpty            Reason = "TEXT_EMPTY"
	ReasonTextTooLarge         Reason = "TEXT_TOO_LARGE"
	ReasonFieldInvalid         Reason = "FIELD_INVALID"
	ReasonTopicUnknown         Reason = "TOPIC_UNKNOWN"
	ReasonMediaTypeUnsupported Reason = "MEDIA_TYPE_UNSUPPORTED"
)

// Reasons that lie with the caller's rights or the server's load.
const (
	ReasonCredentialsMissing Reason = "CREDENTIALS_MISSING"
	ReasonCredentialsInvalid Reason = "CREDENTIALS_INVALID"
	ReasonIssuerUnavailable  Reason = "ISSUER_UNAVAILABLE"
	ReasonPermissionDenied   Reason = "PERMISSION_DENIED"
	ReasonQuotaExceeded      Reason = "QUOTA_EXCEEDED"
	ReasonOverloaded         Reason = "OVERLOADED"
	ReasonRequestTimeout     Reason = "REQUEST_TIMEOUT"
	ReasonDraining           Reason = "DRAINING"
	ReasonInternal           Reason = "INTERNAL"
)

// Reasons why the language model did not answer. Each is the fallback reason of
// a degraded answer, or the error where the caller allowed nothing else.
const (
	ReasonLLMDisabled        Reason = "LLM_DISABLED"
	ReasonLLMMisconfigured   Reason = "LLM_MISCONFIGURED"
	ReasonLLMUnavailable     Reason = "LLM_UNAVAILABLE"
	ReasonLLMRateLimited     Reason = "LLM_RATE_LIMITED"
	ReasonLLMBusy            Reason = "LLM_BUSY"
	ReasonCircuitOpen        Reason = "CIRCUIT_OPEN"
	ReasonLLMTimeout         Reason = "LLM_TIMEOUT"
	ReasonDeadlineTooShort   Reason = "DEADLINE_TOO_SHORT"
	ReasonLLMRefused         Reason = "LLM_REFUSED"
	ReasonLLMCreditExhausted Reason = "LLM_CREDIT_EXHAUSTED" //nolint:gosec // credit in the sense of money
	ReasonLLMOutputInvalid   Reason = "LLM_OUTPUT_INVALID"
	ReasonLLMUngrounded      Reason = "LLM_UNGROUNDED"
	ReasonLLMContextOverflow Reason = "LLM_CONTEXT_OVERFLOW"
	ReasonBudgetExhausted    Reason = "BUDGET_EXHAUSTED"
	ReasonLLMInternal        Reason = "LLM_INTERNAL"
)

// FallbackReasons returns the reasons for which an answer may be degraded.
func FallbackReasons() []Reason {
	return []Reason{
		ReasonLLMMisconfigured, ReasonLLMUnavailable, ReasonLLMRateLimited, ReasonLLMBusy, ReasonCircuitOpen,
		ReasonLLMTimeout, ReasonDeadlineTooShort, ReasonLLMRefused, ReasonLLMCreditExhausted, ReasonLLMOutputInvalid,
		ReasonLLMUngrounded, ReasonLLMContextOverflow, ReasonBudgetExhausted, ReasonLLMInternal,
	}
}

// Error is a failure with a reason that callers can act on. Neither Message nor
// Metadata ever holds article text, a key or what a model wrote.
type Error struct {
	Reason Reason

	// Message says what is wrong, the limit and the way out. It is shown to the
	// caller.
	Message string

	// Faults are the fields of the request at fault, in the order of the contract.
	// Empty when no field is at fault.
	Faults []Fault

	// RetryAfter is how long to wait before a retry; 0 when nobody said.
	RetryAfter time.Duration

	// Metadata holds figures for machines, such as "resetTime".
	Metadata map[string]string

	// NoFallback says that no other answer may take the place of the model's: it is to
	// be made later, or not at all. The request fails whatever its policy.
	NoFallback bool

	// Err is the cause. It goes to the log only, never to a caller.
	Err error
}

// Error returns the reason and the message, without the cause.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Reason, e.Message) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// FieldRule names what a field has to hold to. It is the reason of a field violation in
// google.rpc.BadRequest.
type FieldRule string

// The rules. The first four are reasons of errors, too; a fault of any other rule is
// FIELD_INVALID.
const (
	RuleTextEmpty            = FieldRule(ReasonTextEmpty)
	RuleTextTooLarge         = FieldRule(ReasonTextTooLarge)
	RuleTopicUnknown         = FieldRule(ReasonTopicUnknown)
	RuleMediaTypeUnsupported = FieldRule(ReasonMediaTypeUnsupported)

	RuleRequired   FieldRule = "REQUIRED"
	RuleTooLong    FieldRule = "TOO_LONG" // in bytes
	RuleTooMany    FieldRule = "TOO_MANY" // elements
	RuleOutOfRange FieldRule = "OUT_OF_RANGE"
	RuleNotDefined FieldRule = "NOT_DEFINED" // the number is of no value of the enum
	RuleMalformed  FieldRule = "MALFORMED"
	RuleNotUTF8    FieldRule = "NOT_UTF8"
	RuleDuplicate  FieldRule = "DUPLICATE"
)

// Reason returns the reason of an error whose first fault is of the rule.
func (r FieldRule) Reason() Reason {
	switch r {
	case RuleTextEmpty, RuleTextTooLarge, RuleTopicUnknown, RuleMediaTypeUnsupported:
		return Reason(r)
	}
	return ReasonFieldInvalid
}

// Fault says that a field of a request breaks a rule of the contract.
type Fault struct {
	Field   string // the path, such as "topic_options.topic_ids[3]"
	Rule    FieldRule
	Message string // what is wrong, the limit and the way out, as in Error

	// Figures of the rule: the limit and what the field has. Empty where there are none.
	Limit, Value string
}

// maxFaultsInMessage bounds the message of an error with many faults.
const maxFaultsInMessage = 3

// Invalid returns the error of a request with faults. It has the reason of the first.
func Invalid(faults ...Fault) *Error {
	var message strings.Builder
	for i, f := range faults[:min(len(faults), maxFaultsInMessage)] {
		if i > 0 {
			message.WriteString("; ")
		}
		message.WriteString(f.Field + ": " + f.Message)
	}
	if more := len(faults) - maxFaultsInMessage; more > 0 {
		fmt.Fprintf(&message, "; and %d more", more)
	}
	return &Error{Reason: faults[0].Rule.Reason(), Message: message.String(), Faults: faults}
}

// ReasonOf returns the reason of the first *Error in err's chain, and
// ReasonInternal when there is none.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ReasonInternal
}

// RecoverModelCall makes an error of a panic in a call of the language model, if there
// is one, and gives it to report. It has to be deferred itself. The log has the type of
// the panic alone, as its value may quote the text.
func RecoverModelCall(logger *slog.Logger, report func(*Error)) {
	cause := recover()
	if cause == nil {
		return
	}
	logPanic(logger, "panic in a language model call", cause)
	report(errInside)
}

// logPanic logs the type of a panic and where it was, without its value.
func logPanic(logger *slog.Logger, message string, cause any) {
	logger.Error(message, "type", fmt.Sprintf("%T", cause), "stack", string(debug.Stack()))
}
