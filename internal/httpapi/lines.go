package httpapi

import (
	"bufio"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// lineStream is a stream of requests and responses, each the JSON of a message in one line. An
// error after the first response is the last line, {"error": STATUS}.
type lineStream struct {
	reader *bufio.Reader
	number int // of the next line, from 1
}

func (*lineStream) encoding(header http.Header) string { return header.Get("Content-Encoding") }

func (l *lineStream) receive(c *webCall, message proto.Message, maximum int, hold hold) error {
	if c.body.unknown {
		_, err := c.body.readAll(nil, maximum, hold)
		return err
	}
	if l.reader == nil {
		l.reader, l.number = bufio.NewReaderSize(c.body.reader, lineChunkBytes), 1
	}
	buffer := takeBuffer()
	defer returnBuffer(buffer)
	blanks, err := skipBlanks(l.reader)
	if l.number += blanks; err != nil {
		return cutOff(err)
	}
	line, err := readLine(l.reader, *buffer, maximum, hold)
	*buffer = line
	if err != nil {
		return err
	}
	l.number++
	return unmarshalLine(line, message, l.number-1)
}

func (l *lineStream) send(c *webCall, message proto.Message) error {
	buffer := takeBuffer()
	defer returnBuffer(buffer)
	data, err := jsonCodec{}.append(*buffer, message)
	if err != nil {
		return err
	}
	*buffer = append(data, '\n')
	c.begin(mediaLines)
	return c.write(*buffer)
}

func (l *lineStream) finish(c *webCall, s *status.Status) {
	switch {
	case s.Code() != codes.OK && !c.begun:
		document{codec: jsonCodec{}}.finish(c, s)
	case s.Code() != codes.OK:
		_ = c.write([]byte(`{"error":` + string(statusJSON(s)) + "}\n")) // the client is gone where it fails
	default:
		c.begin(mediaLines)
	}
}
