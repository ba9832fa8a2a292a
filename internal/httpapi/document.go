package httpapi

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// document is a call with one request and one response, each a whole body: JSON over
// HTTP, and Connect, whose errors and trailers look different.
type document struct {
	codec   codec
	connect bool
}

func (document) encoding(header http.Header) string { return header.Get("Content-Encoding") }

func (d document) receive(c *webCall, message proto.Message, maximum int, hold hold) error {
	return c.one(func() error {
		if version := c.r.Header.Get("Connect-Protocol-Version"); d.connect && version != "" && version != "1" {
			return invalidHeader("connect-protocol-version", "1")
		}
		buffer := takeBuffer()
		defer returnBuffer(buffer)
		data, err := c.body.readAll(*buffer, maximum, hold)
		*buffer = data
		switch {
		case err != nil:
			return err
		case len(data) == 0 && d.codec.name() == "json":
			return errNoMessage
		}
		return d.codec.unmarshal(data, message)
	})
}

func (d document) send(c *webCall, message proto.Message) error {
	buffer := takeBuffer()
	data, err := d.codec.append(*buffer, message)
	*buffer = data
	if err != nil {
		returnBuffer(buffer)
		return err
	}
	c.answer = buffer
	return nil
}

func (d document) finish(c *webCall, s *status.Status) {
	c.leaveConnection()
	header, trailer := c.metadata()
	answered := c.w.Header()
	addMetadata(answered, "", header)
	prefix := ""
	if d.connect {
		prefix = "Trailer-"
	}
	addMetadata(answered, prefix, trailer)
	c.extendWrite()
	if s.Code() == codes.OK && c.answer == nil {
		s = status.New(codes.Internal, "the call ended without an answer")
	}
	if s.Code() != codes.OK {
		d.fail(c, s, trailer.Get(requestIDHeader))
		return
	}
	defer returnBuffer(c.answer)
	if !d.connect {
		*c.answer = append(*c.answer, '\n') // for terminals
	}
	answered.Set("Content-Type", "application/"+d.codec.name())
	writePacked(c.w, c.r, *c.answer)
}

const requestIDHeader = "X-Request-Id"

// fail answers with an error.
func (d document) fail(c *webCall, s *status.Status, id []string) {
	header := c.w.Header()
	if len(id) > 0 {
		header.Set(requestIDHeader, id[0])
	}
	setRetryAfter(header, s)
	code := httpStatus(s.Code())
	if s.Code() == codes.Unauthenticated {
		header.Set("WWW-Authenticate", "Bearer")
	}
	if d.connect {
		writeJSON(c.w, code, connectError(s))
		return
	}
	switch {
	case c.tooLarge:
		code = http.StatusRequestEntityTooLarge
	case s.Code() == codes.Unimplemented && c.body.unknown:
		code = http.StatusUnsupportedMediaType
	}
	writeJSON(c.w, code, append(statusJSON(s), '\n'))
}

// connectError returns the JSON of an error of Connect.
func connectError(s *status.Status) []byte {
	type detail struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	e := struct {
		Code    string   `json:"code"`
		Message string   `json:"message,omitempty"`
		Details []detail `json:"details,omitempty"`
	}{Code: connectCode(s.Code()), Message: s.Message()}
	for _, d := range s.Proto().GetDetails() {
		name := d.GetTypeUrl()[strings.LastIndexByte(d.GetTypeUrl(), '/')+1:]
		e.Details = append(e.Details, detail{name, base64.RawStdEncoding.EncodeToString(d.GetValue())})
	}
	data, _ := json.Marshal(e) // strings only
	return data
}

// connectCode is the name of a code in Connect: "invalid_argument".
func connectCode(code codes.Code) string {
	if code == codes.Canceled {
		return "canceled"
	}
	var name strings.Builder
	for i, c := range code.String() {
		if c >= 'A' && c <= 'Z' && i > 0 {
			name.WriteByte('_')
		}
		name.WriteRune(c)
	}
	return strings.ToLower(name.String())
}

const queryField = "query"

// query is a call whose request is in the query of a GET: the fields of its message by
// name, and none that are messages.
type query struct{ document }

func (query) receive(c *webCall, message proto.Message, _ int, hold hold) error {
	return c.one(func() error {
		if err := hold(len(c.r.URL.RawQuery)); err != nil {
			return err
		}
		values, err := url.ParseQuery(c.r.URL.RawQuery)
		if err != nil {
			return summarizer.Invalid(summarizer.Fault{
				Field: queryField, Rule: summarizer.RuleMalformed,
				Message: "cannot be read: put & between fields, and write %3B for a semicolon and %25 for a percent sign",
			})
		}
		fields := map[string]string{}
		for name, given := range values {
			field := fieldNamed(message.ProtoReflect().Descriptor(), name)
			if field == nil {
				return unknownParameter(name, message)
			}
			if _, twice := fields[field.JSONName()]; twice || len(given) != 1 {
				return summarizer.Invalid(summarizer.Fault{Field: field.TextName(), Rule: summarizer.RuleDuplicate, Message: "is given more than once: send it once"})
			}
			fields[field.JSONName()] = given[0]
		}
		data, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		if err := protojson.Unmarshal(data, message); err != nil {
			return findJSONFault(err, data, message.ProtoReflect().Descriptor()).refusal("")
		}
		return nil
	})
}

// unknownParameter refuses a name in a query.
func unknownParameter(name string, message proto.Message) error {
	if !safeName.MatchString(name) {
		name = queryField
	}
	fields := message.ProtoReflect().Descriptor().Fields()
	names := make([]string, fields.Len())
	for i := range names {
		names[i] = fields.Get(i).TextName()
	}
	wayOut := "send " + strings.Join(names, ", ")
	if len(names) == 0 {
		wayOut = "leave the query out"
	}
	return summarizer.Invalid(summarizer.Fault{Field: name, Rule: summarizer.RuleNotDefined, Message: "is not a field of the request: " + wayOut})
}

func (query) send(c *webCall, message proto.Message) error {
	return document{codec: jsonCodec{}}.send(c, message)
}

func (query) finish(c *webCall, s *status.Status) { document{codec: jsonCodec{}}.finish(c, s) }

// packedFrom is the size of an answer from which it is worth while to pack it.
const packedFrom = 2 << 10

var packers = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

// writePacked writes an answer, packed where the client takes that.
func writePacked(w http.ResponseWriter, r *http.Request, data []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	if len(data) < packedFrom || !accepts(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	zip := packers.Get().(*gzip.Writer)
	defer packers.Put(zip)
	zip.Reset(w)
	_, err := zip.Write(data)
	_ = errors.Join(err, zip.Close()) // the client is gone where it fails
}

// accepts reports whether a list of encodings has one, with a weight above 0.
func accepts(list, encoding string) bool {
	for part := range strings.SplitSeq(list, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q, ok := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			value, err := strconv.ParseFloat(q, 64)
			return !ok || err != nil || value > 0
		}
	}
	return false
}
