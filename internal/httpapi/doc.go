// Package httpapi serves the RPCs to callers that do not speak gRPC: JSON over HTTP for
// curl and scripts, newline-delimited JSON for archives, Connect and gRPC-Web for
// browsers, over HTTP/1.1 and HTTP/2.
//
// It knows no rule of the service. Every call becomes a server.Stream and goes through
// the interceptors and handlers that gRPC calls go through, in the same order: who calls
// is known before the body is read, the bytes of a body count before they are in memory,
// and a malformed body is a refused request with its line in the log. This package only
// finds the method (see routes), delimits messages (see protocol), turns headers into
// metadata and deadlines, and writes answers and errors in the form of the protocol.
//
// The four protocols are three ways to delimit messages: one document (JSON over HTTP,
// and Connect for a call with one request), lines, and envelopes of five bytes and a
// length (Connect for streams, and gRPC-Web).
//
// Connections count as connections of gRPC do. A page of another origin may call only where it
// is listed, and a server without clients on a loopback address answers only to the names
// of this machine, lest a page in a browser reach it under a name of its own.
package httpapi
