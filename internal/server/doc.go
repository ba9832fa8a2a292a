// Package server speaks gRPC for the service: it validates requests, converts
// between the contract and the domain, maps errors to status codes, limits load,
// reports health and drains.
//
// Handler implements the RPCs. Server puts it behind the interceptors (request
// id, log, metrics, who calls, limits, recovery, in this order from the outside) and
// adds health and reflection. All methods are served as streams, so that the
// interceptors run before a message is read (see asStreams), and messages are counted
// before they are in memory. TLS and Clients are read from files, and again when
// these change. A Handler also works alone, called in the same process.
//
// Every request is parsed into a summarizer.Request whose fields are within
// their limits, or refused with the path of the first field at fault. Strings of
// invalid UTF-8 are let through the decoder (see lenientCodec) so that they are
// refused in the same way, item by item.
//
// Every error becomes a status in one place (see describe): code, one ErrorInfo,
// and BadRequest, RetryInfo or QuotaFailure where they fit. The cause of an
// internal error goes to the log only. The log holds one line for each call, of
// metadata alone.
//
// The items of batches and streams are worked on concurrently within bounds, each
// with its own deadline, place among the articles in flight and recovery. One
// goroutine of a stream sends; a second one reads, and stops while all places
// are taken.
//
// Interceptors, validation and conversion cost some six microseconds of CPU a
// call for a 4 KB article; gRPC and the protobuf codec cost several times that.
package server
