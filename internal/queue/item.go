package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats.go"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/batch"
)

// Headers of messages. No header holds anything of an article.
const (
	headerEncoding   = "Summarizer-Encoding"   // "zstd", else as it is
	headerOutcome    = "Summarizer-Outcome"    // of a result: "ok" or "error"
	headerCheck      = "Summarizer-Check"      // of an item: "1" when it may have a result already
	headerCode       = "Summarizer-Code"       // of a dead letter: as in RowError
	headerReason     = "Summarizer-Reason"     // of a dead letter: as in RowError
	headerMessage    = "Summarizer-Message"    // of a dead letter: as in RowError
	headerDeliveries = "Summarizer-Deliveries" // of a dead letter: how often a worker had it
)

// runID stands for the identity of a run in subjects.
func runID(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return hex.EncodeToString(sum[:12])
}

// itemID stands for a request of a run in subjects.
func itemID(run string, request *summarizerv1.AnalyzeArticleRequest) (id string, encoded []byte, err error) {
	encoded, err = proto.MarshalOptions{Deterministic: true}.Marshal(request)
	if err != nil {
		return "", nil, status.Error(codes.InvalidArgument, "the request cannot be encoded: it must be valid UTF-8")
	}
	sum := sha256.Sum256(append([]byte(run+"\x00"), encoded...))
	return hex.EncodeToString(sum[:16]), encoded, nil
}

// itemOf returns the item that a subject names.
func itemOf(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] }

// runOf returns the run that a subject names.
func runOf(subject string) string {
	tokens := strings.Split(subject, ".")
	if len(tokens) < 4 {
		return ""
	}
	return tokens[len(tokens)-2]
}

// minCompressBytes is the size from which a body is compressed.
const minCompressBytes = 1 << 10

// maxExpandedBytes bounds what a body expands to: an article of a million bytes with
// all that may go with it takes no more.
const maxExpandedBytes = 16 << 20

var compressor = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		panic(err) // no option of these fails
	}
	return e
})

var decompressor = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxExpandedBytes))
	if err != nil {
		panic(err) // no option of these fails
	}
	return d
})

// newMessage makes a message of a body.
func newMessage(subject string, body []byte) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Data = body
	if len(body) >= minCompressBytes {
		m.Data = compressor().EncodeAll(body, make([]byte, 0, len(body)/2))
		m.Header.Set(headerEncoding, "zstd")
	}
	return m
}

// body returns what newMessage was given.
func body(header nats.Header, data []byte) ([]byte, error) {
	switch encoding := header.Get(headerEncoding); encoding {
	case "":
		return data, nil
	case "zstd":
		return decompressor().DecodeAll(data, nil)
	default:
		return nil, fmt.Errorf("the encoding %q is not known", encoding)
	}
}

// errOversize is in the chain of errors about messages that a server does not
// take.
var errOversize = errors.New("too large")

// checkSize checks a message against what the server takes.
func checkSize(m *nats.Msg, connection *nats.Conn) error {
	const overhead = 1 << 10 // what the client adds to the header
	if size, limit := int64(m.Size()+overhead), connection.MaxPayload(); size > limit {
		return fmt.Errorf("a message of %d bytes, compressed, is %w for the NATS server, which takes %d: raise its max_payload", size, errOversize, limit)
	}
	return nil
}

// resultMessage makes the message of an outcome: a response, or the status of a
// failure.
func resultMessage(subject string, response *summarizerv1.AnalyzeArticleResponse, failure error) (*nats.Msg, error) {
	outcome, content := "ok", proto.Message(response)
	if failure != nil {
		outcome, content = "error", batch.StatusOf(failure).Proto()
	}
	data, err := proto.Marshal(content)
	if err != nil {
		return nil, err
	}
	m := newMessage(subject, data)
	m.Header.Set(headerOutcome, outcome)
	return m, nil
}

// readResult returns what resultMessage was given.
func readResult(header nats.Header, data []byte) (*summarizerv1.AnalyzeArticleResponse, error) {
	content, err := body(header, data)
	if err != nil {
		return nil, err
	}
	switch header.Get(headerOutcome) {
	case "ok":
		response := new(summarizerv1.AnalyzeArticleResponse)
		if err := proto.Unmarshal(content, response); err != nil {
			return nil, errors.New("it is not a response")
		}
		return response, nil
	case "error":
		failure := new(rpcstatus.Status)
		if err := proto.Unmarshal(content, failure); err != nil || failure.GetCode() == 0 {
			return nil, errors.New("it is not a status")
		}
		return nil, status.FromProto(failure).Err()
	}
	return nil, errors.New("it does not say how it came out")
}
