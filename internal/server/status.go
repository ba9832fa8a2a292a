package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	protobuf "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const (
	ErrorDomain       = "summarizer" // of google.rpc.ErrorInfo
	internalText      = "internal error"
	defaultRetryAfter = time.Second
	pushbackTrailer   = "grpc-retry-pushback-ms"

	// maxStatusBytes bounds a status with its details. It travels in the trailer of a
	// call, in base64, and several gRPC libraries take 8 KiB of headers at most.
	maxStatusBytes    = 5 << 10
	violationOverhead = 3 // of a violation in the list, in bytes
)

// statusRule is what a caller is told of a reason besides the reason itself.
type statusRule struct {
	code  codes.Code
	retry bool // advise when to retry, even if nobody said
	quota bool // a quota is spent
}

// statusRules holds every reason of the domain.
var statusRules = map[summarizer.Reason]statusRule{
	summarizer.ReasonTextEmpty:            {code: codes.InvalidArgument},
	summarizer.ReasonTextTooLarge:         {code: codes.InvalidArgument},
	summarizer.ReasonFieldInvalid:         {code: codes.InvalidArgument},
	summarizer.ReasonTopicUnknown:         {code: codes.InvalidArgument},
	summarizer.ReasonMediaTypeUnsupported: {code: codes.InvalidArgument},

	summarizer.ReasonCredentialsMissing: {code: codes.Unauthenticated},
	summarizer.ReasonCredentialsInvalid: {code: codes.Unauthenticated},
	summarizer.ReasonIssuerUnavailable:  {code: codes.Unavailable, retry: true},
	summarizer.ReasonPermissionDenied:   {code: codes.PermissionDenied},
	summarizer.ReasonQuotaExceeded:      {code: codes.ResourceExhausted, retry: true, quota: true},
	summarizer.ReasonOverloaded:         {code: codes.Unavailable, retry: true},
	summarizer.ReasonRequestTimeout:     {code: codes.DeadlineExceeded},
	summarizer.ReasonDraining:           {code: codes.Unavailable, retry: true},
	summarizer.ReasonInternal:           {code: codes.Internal},

	summarizer.ReasonLLMDisabled:        {code: codes.FailedPrecondition},
	summarizer.ReasonLLMMisconfigured:   {code: codes.FailedPrecondition},
	summarizer.ReasonLLMUnavailable:     {code: codes.Unavailable, retry: true},
	summarizer.ReasonLLMRateLimited:     {code: codes.Unavailable, retry: true},
	summarizer.ReasonLLMBusy:            {code: codes.Unavailable, retry: true},
	summarizer.ReasonCircuitOpen:        {code: codes.Unavailable, retry: true},
	summarizer.ReasonLLMTimeout:         {code: codes.DeadlineExceeded},
	summarizer.ReasonDeadlineTooShort:   {code: codes.DeadlineExceeded},
	summarizer.ReasonLLMRefused:         {code: codes.FailedPrecondition},
	summarizer.ReasonLLMCreditExhausted: {code: codes.FailedPrecondition},
	summarizer.ReasonLLMOutputInvalid:   {code: codes.Internal},
	summarizer.ReasonLLMUngrounded:      {code: codes.Internal},
	summarizer.ReasonLLMContextOverflow: {code: codes.FailedPrecondition},
	summarizer.ReasonBudgetExhausted:    {code: codes.ResourceExhausted, quota: true},
	summarizer.ReasonLLMInternal:        {code: codes.Internal},
}

// Faults that the server itself finds.
var (
	errDraining = &summarizer.Error{
		Reason:  summarizer.ReasonDraining,
		Message: "the server takes no more requests on this connection: send again what has no answer, on another one",
	}
)

// callerError is an error as the caller sees it.
type callerError struct {
	code       codes.Code
	reason     summarizer.Reason // empty when the caller itself ended the call
	message    string
	faults     []summarizer.Fault
	metadata   map[string]string
	retryAfter time.Duration // 0 when a retry is not advised
	quota      string        // the subject of the quota that is spent; empty when none is
}

// describe says what the client, or a caller without a name, is told of err. An unknown
// error is an internal error with a fixed text.
func describe(err error, client string) callerError {
	if e, ok := errors.AsType[*summarizer.Error](err); ok {
		o, known := statusRules[e.Reason]
		if !known || e.Reason == summarizer.ReasonInternal {
			return callerError{code: codes.Internal, reason: summarizer.ReasonInternal, message: internalText}
		}
		f := callerError{
			code:       o.code,
			reason:     e.Reason,
			message:    e.Message,
			faults:     e.Faults,
			metadata:   e.Metadata,
			retryAfter: e.RetryAfter,
		}
		if o.quota {
			f.quota = quotaSubject(e, client)
		}
		if o.retry {
			f.retryAfter = cmp.Or(f.retryAfter, defaultRetryAfter)
		}
		return f
	}
	switch {
	case errors.Is(err, context.Canceled):
		return callerError{code: codes.Canceled, message: "the call was cancelled"}
	case errors.Is(err, context.DeadlineExceeded):
		return callerError{code: codes.DeadlineExceeded, message: "the deadline of the call has passed: give it more time"}
	}
	return callerError{code: codes.Internal, reason: summarizer.ReasonInternal, message: internalText}
}

// quotaSubject names whose quota is spent: "client:NAME", or "service" for what all
// callers share.
func quotaSubject(e *summarizer.Error, client string) string {
	if e.Reason == summarizer.ReasonBudgetExhausted && e.Metadata["budget"] != "client" {
		return "service"
	}
	return "client:" + client
}

// status returns f as the status of a call, with its details. Of the faults it holds as
// many as fit.
func (f callerError) status() *status.Status {
	if len(f.faults) == 0 {
		return f.statusOf(nil)
	}
	left := maxStatusBytes - protobuf.Size(f.statusOf(nil).Proto())
	violations := make([]*errdetails.BadRequest_FieldViolation, 0, len(f.faults))
	for _, fault := range f.faults {
		violation := &errdetails.BadRequest_FieldViolation{Field: fault.Field, Description: fault.Message, Reason: string(fault.Rule)}
		if left -= protobuf.Size(violation) + violationOverhead; left < 0 && len(violations) > 0 {
			break
		}
		violations = append(violations, violation)
	}
	return f.statusOf(violations)
}

// statusOf returns the status with the violations of the first faults.
func (f callerError) statusOf(violations []*errdetails.BadRequest_FieldViolation) *status.Status {
	s := status.New(f.code, f.message)
	if f.reason == "" {
		return s
	}
	details := []protoadapt.MessageV1{f.errorInfo(len(f.faults) - len(violations))}
	if len(violations) > 0 {
		details = append(details, &errdetails.BadRequest{FieldViolations: violations})
	}
	if f.retryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(f.retryAfter)})
	}
	if f.quota != "" {
		details = append(details, &errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{
			{Subject: f.quota, Description: f.message},
		}})
	}
	detailed, err := s.WithDetails(details...)
	if err != nil {
		return s // only when a detail cannot be encoded
	}
	return detailed
}

// errorInfo returns the reason with the figures of the first fault. Omitted faults are
// counted.
func (f callerError) errorInfo(omitted int) *errdetails.ErrorInfo {
	metadata := make(map[string]string, len(f.metadata)+4)
	maps.Copy(metadata, f.metadata)
	if len(f.faults) > 0 {
		metadata["field"] = f.faults[0].Field
		if f.faults[0].Limit != "" {
			metadata["limit"], metadata["value"] = f.faults[0].Limit, f.faults[0].Value
		}
	}
	if omitted > 0 {
		metadata["omittedViolations"] = strconv.Itoa(omitted)
	}
	return &errdetails.ErrorInfo{Reason: string(f.reason), Domain: ErrorDomain, Metadata: metadata}
}

// fail returns the status error of a call that ends with err, and notes the
// reason for the log. An error of gRPC's own is returned as it is.
func (h *Handler) fail(ctx context.Context, err error) error {
	if s, ok := err.(interface{ GRPCStatus() *status.Status }); ok {
		return s.GRPCStatus().Err()
	}
	f := describe(err, h.clientName(ctx))
	h.sawQuota(ctx, f)
	h.logCause(ctx, f, err)
	callOf(ctx).failed(f.reason)
	if f.retryAfter > 0 && f.reason != summarizer.ReasonDraining {
		// Clients of gRPC that retry by themselves wait as long. Another server may
		// take at once what this one drains. It fails outside of a call only.
		_ = grpc.SetTrailer(ctx, metadata.Pairs(pushbackTrailer, strconv.FormatInt(ceilMilliseconds(f.retryAfter), 10)))
	}
	return f.status().Err()
}

// itemError returns the outcome of an item that ends with err.
func (h *Handler) itemError(ctx context.Context, err error) *summarizerv1.AnalyzeArticleResult {
	f := describe(err, h.clientName(ctx))
	h.sawQuota(ctx, f)
	h.logCause(ctx, f, err)
	s := f.status().Proto()
	return &summarizerv1.AnalyzeArticleResult{
		Outcome: &summarizerv1.AnalyzeArticleResult_Error{Error: &summarizerv1.AnalyzeArticleResult_Status{
			Code: s.Code, Message: s.Message, Details: s.Details,
		}},
	}
}

// sawQuota counts calls and articles refused for a spent quota.
func (h *Handler) sawQuota(ctx context.Context, f callerError) {
	if c := callOf(ctx); f.reason == summarizer.ReasonQuotaExceeded && c != nil {
		client := strangerName
		if c.client != nil || h.options.Clients == nil {
			client = h.clientName(ctx)
		}
		h.options.Metrics.QuotaRefused(cmp.Or(f.metadata["quota"], "connection"), client)
	}
}

// strangerName stands for callers who are no clients, in metrics.
const strangerName = "stranger"

// ceilMilliseconds rounds up: a wait that is advised never becomes 0.
func ceilMilliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// logCause logs what is kept from the caller of an internal error.
func (h *Handler) logCause(ctx context.Context, f callerError, err error) {
	if f.reason != summarizer.ReasonInternal && f.reason != summarizer.ReasonLLMInternal {
		return
	}
	if e, ok := errors.AsType[*summarizer.Error](err); ok {
		if err = e.Err; err == nil {
			return // there is no cause, or it is logged where it was found
		}
	}
	h.options.Logger.LogAttrs(ctx, slog.LevelError, "internal error",
		slog.String("request_id", callOf(ctx).requestID()), slog.Any("cause", err))
}

// recovered logs a panic with its stack and returns the error for the caller.
func (h *Handler) recovered(ctx context.Context, p any) error {
	h.options.Logger.LogAttrs(ctx, slog.LevelError, "panic",
		slog.String("request_id", callOf(ctx).requestID()),
		slog.String("cause", panicText(p)),
		slog.String("stack", string(debug.Stack())))
	return &summarizer.Error{Reason: summarizer.ReasonInternal, Message: internalText}
}

// panicText says what a panic was about. Only the text of the runtime's own
// errors is known to hold nothing of an article; of other values it is the type,
// and the stack tells where they come from.
func panicText(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("value of type %T", p)
}
