package article

import (
	"sort"
	"strings"
)

// segment says where a run of text comes from. The run ends where the next
// segment begins. Offsets of four bytes halve the memory of a trace; no text that is read
// comes near 4 GiB.
type segment struct {
	at       uint32 // of the run in the text
	from, to uint32 // the bytes of the source that the run was made from
	verbatim bool   // the run equals those bytes; else it maps as a whole
}

func newSegment(begin int, source Span, verbatim bool) segment {
	return segment{uint32(begin), uint32(source.Begin), uint32(source.End), verbatim}
}

// begin returns where the run begins in the text.
func (s segment) begin() int { return int(s.at) }

// source returns the bytes of the source that the run was made from.
func (s segment) source() Span { return Span{int(s.from), int(s.to)} }

// tracedText is a text under construction whose bytes remember their origin.
// The zero value is an empty text.
type tracedText struct {
	text  strings.Builder
	trace []segment
}

// copy appends s, which stands at begin in the source.
func (t *tracedText) copy(s string, begin int) {
	if s == "" {
		return
	}
	t.mark(newSegment(t.text.Len(), Span{begin, begin + len(s)}, true))
	t.text.WriteString(s)
}

// put appends s, which stands for the bytes of from in the source.
func (t *tracedText) put(s string, from Span) {
	if s == "" {
		return
	}
	t.mark(newSegment(t.text.Len(), from, false))
	t.text.WriteString(s)
}

// mark adds seg, as part of the last segment where it continues that.
func (t *tracedText) mark(seg segment) {
	if n := len(t.trace); n > 0 {
		last := &t.trace[n-1]
		if last.verbatim && seg.verbatim && last.to == seg.from {
			last.to = seg.to
			return
		}
	}
	t.trace = append(t.trace, seg)
}

// sourceEnd returns the end of the source bytes that the last run was made from.
func (t *tracedText) sourceEnd() int {
	if len(t.trace) == 0 {
		return 0
	}
	return t.trace[len(t.trace)-1].source().End
}

// carry appends s of text, whose origin is in trace, with the origin it has
// there.
func (t *tracedText) carry(text string, trace []segment, s Span) {
	for i := find(trace, s.Begin); s.Begin < s.End; i++ {
		seg, end := trace[i], s.End
		if i+1 < len(trace) {
			end = min(end, trace[i+1].begin())
		}
		part := text[s.Begin:end]
		if seg.verbatim {
			t.copy(part, seg.source().Begin+s.Begin-seg.begin())
		} else {
			t.put(part, seg.source())
		}
		s.Begin = end
	}
}

// find returns the index of the segment that holds the byte at offset.
func find(trace []segment, offset int) int {
	return sort.Search(len(trace), func(i int) bool { return trace[i].begin() > offset }) - 1
}

// original maps a span of a text with the given trace to the source. A text
// without a trace is its own source.
func original(trace []segment, s Span) Span {
	if len(trace) == 0 {
		return s
	}
	if s.Begin >= s.End {
		seg := trace[max(find(trace, s.Begin), 0)]
		at := seg.source().Begin
		if seg.verbatim {
			at += s.Begin - seg.begin()
		}
		return Span{at, at}
	}
	var o Span
	seg := trace[find(trace, s.Begin)]
	o.Begin = seg.source().Begin
	if seg.verbatim {
		o.Begin += s.Begin - seg.begin()
	}
	seg = trace[find(trace, s.End-1)]
	o.End = seg.source().End
	if seg.verbatim {
		o.End = seg.source().Begin + s.End - seg.begin()
	}
	return o
}
