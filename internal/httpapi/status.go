package httpapi

import (
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails" // its types have to be known to become JSON
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// httpStatus is the status of HTTP for a code of gRPC, as Connect and Google's APIs have it.
func httpStatus(code codes.Code) int {
	switch code {
	case codes.OK:
		return http.StatusOK
	case codes.Canceled:
		return 499 // the client is gone
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange:
		return http.StatusBadRequest
	case codes.DeadlineExceeded:
		return http.StatusGatewayTimeout
	case codes.NotFound:
		return http.StatusNotFound
	case codes.AlreadyExists, codes.Aborted:
		return http.StatusConflict
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.Unimplemented:
		return http.StatusNotImplemented
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	}
	return http.StatusInternalServerError
}

// retryAfter returns the pause that a status advises, 0 where it advises none.
func retryAfter(s *status.Status) time.Duration {
	for _, detail := range s.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			return retry.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// setRetryAfter tells it to clients of HTTP, in whole seconds rounded up.
func setRetryAfter(header http.Header, s *status.Status) {
	if wait := retryAfter(s); wait > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
}

// statusJSON returns s as the JSON of google.rpc.Status.
func statusJSON(s *status.Status) []byte {
	data, err := protojson.Marshal(s.Proto())
	if err != nil { // a detail of an unknown type, which nothing here makes
		data, _ = json.Marshal(map[string]any{"code": int(s.Code()), "message": s.Message()})
	}
	return data
}

// rejection is the answer to a request that is no call.
type rejection struct {
	status  int
	allow   string // the method of HTTP that is allowed
	message string
}

// rejections tell what a status of HTTP of a refusal is elsewhere.
var rejections = map[int]struct {
	code   codes.Code // of gRPC
	kind   string     // for metrics and the log
	reason string     // of google.rpc.ErrorInfo
}{
	http.StatusNotFound:             {codes.Unimplemented, telemetry.RefusedUnknownMethod, "PATH_UNKNOWN"},
	http.StatusMethodNotAllowed:     {codes.Unimplemented, telemetry.RefusedUnknownMethod, "METHOD_NOT_ALLOWED"},
	http.StatusUnsupportedMediaType: {codes.InvalidArgument, telemetry.RefusedUndecodable, string(summarizer.ReasonMediaTypeUnsupported)},
	http.StatusForbidden:            {codes.PermissionDenied, telemetry.RefusedOrigin, "ORIGIN_NOT_ALLOWED"},
	http.StatusMisdirectedRequest:   {codes.PermissionDenied, telemetry.RefusedOrigin, "HOST_NOT_ALLOWED"},
}

func (f *rejection) write(w http.ResponseWriter) {
	if f.allow != "" {
		w.Header().Set("Allow", f.allow)
	}
	known := rejections[f.status]
	s := status.New(known.code, f.message)
	if detailed, err := s.WithDetails(&errdetails.ErrorInfo{Reason: known.reason, Domain: server.ErrorDomain}); err == nil {
		s = detailed
	}
	writeJSON(w, f.status, append(statusJSON(s), '\n'))
}

func writeJSON(w http.ResponseWriter, code int, data []byte) {
	w.Header().Set("Content-Type", mediaJSON)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(code)
	_, _ = w.Write(data) // the client is gone where it fails
}

// errTooLarge is for a message of length bytes, -1 where nobody knows.
func errTooLarge(length int64, maximum int) error {
	has := "has " + strconv.FormatInt(length, 10) + " bytes"
	if length < 0 {
		has = "has more bytes"
	}
	return status.Errorf(codes.ResourceExhausted, "the message %s, the limit is %d: send less at once", has, maximum)
}

// refusedBody is the error of a body that cannot be read.
func refusedBody(message string) error {
	return summarizer.Invalid(summarizer.Fault{Field: bodyField, Rule: summarizer.RuleMalformed, Message: message})
}

// incompleteBody is the error of a body that does not hold one message, and whole.
func incompleteBody(message string) error {
	return server.RefusedMessage(telemetry.RefusedIncomplete, refusedBody(message))
}

// cutShort is the error of a body that ends before its end.
func cutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return incompleteBody("is shorter than its header says: send it whole")
	}
	return err
}

// cutOff is the error of a body of several messages, which may end between two of them.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return cutShort(err)
}

func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt)
}

func invalidHeader(name, form string) error {
	return summarizer.Invalid(summarizer.Fault{
		Field: name, Rule: summarizer.RuleMalformed, Message: fmt.Sprintf("is not %s: mend the header, or leave it out", form),
	})
}
