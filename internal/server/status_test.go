package server

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// errorRow is one row of the two error tables of the contract.
type errorRow struct {
	reason     summarizer.Reason
	code       codes.Code
	badRequest bool
	retry      bool
	quota      bool
}

var errorRows = []errorRow{
	{reason: "TEXT_EMPTY", code: codes.InvalidArgument, badRequest: true},
	{reason: "TEXT_TOO_LARGE", code: codes.InvalidArgument, badRequest: true},
	{reason: "FIELD_INVALID", code: codes.InvalidArgument, badRequest: true},
	{reason: "TOPIC_UNKNOWN", code: codes.InvalidArgument, badRequest: true},
	{reason: "MEDIA_TYPE_UNSUPPORTED", code: codes.InvalidArgument, badRequest: true},
	{reason: "CREDENTIALS_MISSING", code: codes.Unauthenticated},
	{reason: "CREDENTIALS_INVALID", code: codes.Unauthenticated},
	{reason: "ISSUER_UNAVAILABLE", code: codes.Unavailable, retry: true},
	{reason: "PERMISSION_DENIED", code: codes.PermissionDenied},
	{reason: "QUOTA_EXCEEDED", code: codes.ResourceExhausted, retry: true, quota: true},
	{reason: "OVERLOADED", code: codes.Unavailable, retry: true},
	{reason: "REQUEST_TIMEOUT", code: codes.DeadlineExceeded},
	{reason: "DRAINING", code: codes.Unavailable, retry: true},
	{reason: "INTERNAL", code: codes.Internal},
	{reason: "LLM_DISABLED", code: codes.FailedPrecondition},
	{reason: "LLM_MISCONFIGURED", code: codes.FailedPrecondition},
	{reason: "LLM_UNAVAILABLE", code: codes.Unavailable, retry: true},
	{reason: "LLM_RATE_LIMITED", code: codes.Unavailable, retry: true},
	{reason: "LLM_BUSY", code: codes.Unavailable, retry: true},
	{reason: "CIRCUIT_OPEN", code: codes.Unavailable, retry: true},
	{reason: "LLM_TIMEOUT", code: codes.DeadlineExceeded},
	{reason: "DEADLINE_TOO_SHORT", code: codes.DeadlineExceeded},
	{reason: "LLM_REFUSED", code: codes.FailedPrecondition},
	{reason: "LLM_CREDIT_EXHAUSTED", code: codes.FailedPrecondition},
	{reason: "LLM_OUTPUT_INVALID", code: codes.Internal},
	{reason: "LLM_UNGROUNDED", code: codes.Internal},
	{reason: "LLM_CONTEXT_OVERFLOW", code: codes.FailedPrecondition},
	{reason: "BUDGET_EXHAUSTED", code: codes.ResourceExhausted, quota: true},
	{reason: "LLM_INTERNAL", code: codes.Internal},
}

func TestErrorsOverTheWire(t *testing.T) {
	current := &summarizer.Error{}
	service := &fakeService{analyze: func(context.Context, *summarizer.Request) (*summarizer.Result, error) {
		return nil, fmt.Errorf("wrapped: %w", current)
	}}
	_, conn := connect(t, service, Options{})
	client := summarizerv1.NewSummarizerServiceClient(conn)

	for _, row := range errorRows {
		t.Run(string(row.reason), func(t *testing.T) {
			*current = summarizer.Error{Reason: row.reason, Message: "is wrong: mend it"}
			if row.badRequest {
				*current = *summarizer.Invalid(summarizer.Fault{
					Field: "article.text", Rule: summarizer.FieldRule(row.reason), Message: "is wrong: mend it", Limit: "1000000", Value: "1000001",
				})
				current.Reason = row.reason
			}
			current.Metadata = map[string]string{"figure": "7"}
			current.Err = errors.New("secret cause")
			_, err0 := client.AnalyzeArticle(t.Context(), analyzeRequest("x"))
			checkRow(t, row, err0)

			answer, err := client.BatchAnalyzeArticles(t.Context(), &summarizerv1.BatchAnalyzeArticlesRequest{
				Requests: []*summarizerv1.AnalyzeArticleRequest{analyzeRequest("x")},
			})
			if err != nil {
				t.Fatal(err)
			}
			// An item has the status of a unary call.
			if diff := cmp.Diff(status.Convert(err0).Proto(), statusOf(answer.GetResults()[0]).Proto(), protocmpOption); diff != "" {
				t.Errorf("item (-unary +item):\n%s", diff)
			}
		})
	}
}

func checkRow(t *testing.T, row errorRow, err error) {
	t.Helper()
	if status.Code(err) != row.code {
		t.Errorf("code %v, want %v", status.Code(err), row.code)
	}
	if strings.Contains(status.Convert(err).String(), "secret") {
		t.Errorf("the cause is told: %v", err)
	}
	info := detail[*errdetails.ErrorInfo](t, err)
	if info.GetDomain() != "summarizer" || info.GetReason() != string(row.reason) {
		t.Errorf("ErrorInfo %v", info)
	}
	internal := row.reason == summarizer.ReasonInternal
	metadata := map[string]string{"figure": "7"}
	if internal {
		metadata = nil
	}
	if row.badRequest {
		metadata["field"], metadata["limit"], metadata["value"] = "article.text", "1000000", "1000001"
	}
	if diff := cmp.Diff(metadata, info.GetMetadata()); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	text := "is wrong: mend it"
	if row.badRequest {
		text = "article.text: " + text
	}
	if internal {
		text = "internal error"
	}
	if got := status.Convert(err).Message(); got != text {
		t.Errorf("message %q, want %q", got, text)
	}
	violations := detail[*errdetails.BadRequest](t, err).GetFieldViolations()
	if row.badRequest != (len(violations) == 1 && violations[0].GetField() == "article.text") {
		t.Errorf("BadRequest %v", violations)
	}
	if retry := detail[*errdetails.RetryInfo](t, err); row.retry != (retry.GetRetryDelay().AsDuration() == time.Second) {
		t.Errorf("RetryInfo %v", retry)
	}
	if quota := detail[*errdetails.QuotaFailure](t, err); row.quota != (len(quota.GetViolations()) == 1) {
		t.Errorf("QuotaFailure %v", quota)
	}
}

// statusOf returns the error of an item as a unary call would return it. It reads the bytes of
// the contract's own message as a google.rpc.Status.
func statusOf(result *summarizerv1.AnalyzeArticleResult) *status.Status {
	if result.GetError() == nil {
		return nil
	}
	data, err := proto.Marshal(result.GetError())
	if err != nil {
		panic(err)
	}
	var s rpcstatus.Status
	if err := proto.Unmarshal(data, &s); err != nil {
		panic(err)
	}
	return status.FromProto(&s)
}

func TestRetryAfterIsPassedOn(t *testing.T) {
	err := &summarizer.Error{Reason: summarizer.ReasonLLMRateLimited, Message: "m", RetryAfter: 1500*time.Microsecond + 7*time.Second}
	f := describe(err, "")
	if got := detail[*errdetails.RetryInfo](t, f.status().Err()).GetRetryDelay().AsDuration(); got != err.RetryAfter {
		t.Errorf("retry delay %v, want %v", got, err.RetryAfter)
	}
	if got := ceilMilliseconds(f.retryAfter); got != 7002 {
		t.Errorf("pushback %d, want 7002", got)
	}
}

// A spent quota says whose it is.
func TestQuotaNamesItsSubject(t *testing.T) {
	for _, test := range []struct {
		err  *summarizer.Error
		want string
	}{
		{&summarizer.Error{Reason: summarizer.ReasonQuotaExceeded}, "client:desk"},
		{&summarizer.Error{Reason: summarizer.ReasonBudgetExhausted, Metadata: map[string]string{"budget": "client"}}, "client:desk"},
		{&summarizer.Error{Reason: summarizer.ReasonBudgetExhausted, Metadata: map[string]string{"budget": "all"}}, "service"},
	} {
		violations := detail[*errdetails.QuotaFailure](t, describe(test.err, "desk").status().Err()).GetViolations()
		if len(violations) != 1 || violations[0].GetSubject() != test.want {
			t.Errorf("%v: %v, want the subject %s", test.err, violations, test.want)
		}
	}
}

func TestCallersOwnEndHasNoDetails(t *testing.T) {
	for err, want := range map[error]codes.Code{
		context.Canceled: codes.Canceled,
		fmt.Errorf("wrapped: %w", context.DeadlineExceeded): codes.DeadlineExceeded,
	} {
		s := describe(err, "").status()
		if s.Code() != want || len(s.Details()) != 0 {
			t.Errorf("%v gives %v with details %v", err, s, s.Details())
		}
	}
}

func TestUnknownErrorIsInternal(t *testing.T) {
	for _, err := range []error{errors.New("secret"), &summarizer.Error{Reason: "NEVER_HEARD_OF", Message: "secret"}} {
		s := describe(err, "").status()
		if s.Code() != codes.Internal || s.Message() != "internal error" {
			t.Errorf("%v gives %v", err, s)
		}
		if got := detail[*errdetails.ErrorInfo](t, s.Err()).GetReason(); got != "INTERNAL" {
			t.Errorf("reason %q, want INTERNAL", got)
		}
	}
}

// A reason of the domain without a row here and in outcomes is a mistake.
func TestEveryReasonHasARow(t *testing.T) {
	rows := map[summarizer.Reason]codes.Code{}
	for _, row := range errorRows {
		rows[row.reason] = row.code
	}
	for _, reason := range domainReasons(t) {
		if _, ok := rows[reason]; !ok {
			t.Errorf("%s has no row in the test", reason)
		}
		if _, ok := statusRules[reason]; !ok {
			t.Errorf("%s has no outcome", reason)
		}
		delete(rows, reason)
	}
	if len(rows) > 0 {
		t.Errorf("rows without a reason: %v", rows)
	}
}

// domainReasons reads the constants of type Reason from their source.
func domainReasons(t *testing.T) (reasons []summarizer.Reason) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../summarizer/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Reason" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			reasons = append(reasons, summarizer.Reason(value))
		}
		return true
	})
	if len(reasons) < 20 {
		t.Fatalf("only %d reasons found", len(reasons))
	}
	return reasons
}

// The page for callers says of every reason which code it has, and what to do about it.
func TestPageTellsEveryReason(t *testing.T) {
	page, err := os.ReadFile("../../docs/using-the-api.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[A-Z_0-9`, ]+`) \\| ([A-Z_]+) \\| [^|]+ \\| [^|]+ \\|$").FindAllSubmatch(page, -1) {
		for _, reason := range regexp.MustCompile("[A-Z_0-9]+").FindAllString(string(row[1]), -1) {
			told[reason] = string(row[2])
		}
	}
	for reason, rule := range statusRules {
		if want := code.Code(rule.code).String(); told[string(reason)] != want {
			t.Errorf("%s is told with the code %q, want %s", reason, told[string(reason)], want)
		}
		delete(told, string(reason))
	}
	if len(told) > 0 {
		t.Errorf("there are no such reasons: %v", told)
	}
}
