package modelserver

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// This file reads the answers of interfaces that are not OpenAI's: a base URL or a gateway
// at times leads to one.

// nativeLists are the names under which interfaces list their answers, the first of which
// counts, and nativePieces the names of the pieces of one.
var (
	nativeLists  = []string{"candidates", "generations", "results", "predictions", "outputs"}
	nativePieces = []string{
		"output", "message", "content", "contents", "parts", "delta", "content_block", "response", "result", "data",
		"generated_text", "output_text", "completion", "generation", "text", "reply", "answer",
	}
	nativeFinishes = []string{"finish_reason", "stop_reason", "done_reason", "completion_reason", "stop_type"}
)

// maxNativeDepth bounds the names under which a native answer stands.
const maxNativeDepth = 6

// addNative takes the answer of an interface that is not OpenAI's. It reports whether
// there is one: a text that holds an object, a reason why it ended, or a piece of a
// stream.
func (a *Answer) addNative(value jsontext.Value) bool {
	read := *a
	read.addNativeAt(value, 0)
	begun := a.Content + a.Reasoning
	switch {
	case read.Content+read.Reasoning == begun && read.Finish == a.Finish && len(read.Calls) == len(a.Calls):
		return false
	case strings.Contains(read.Content, "{"), len(read.Calls) > 0, read.Finish != "", a.streams(value):
		read.Chosen = true
		*a = read
		return true
	}
	return false
}

// streams reports whether value looks like a piece of a stream.
func (a *Answer) streams(value jsontext.Value) bool {
	members := Members(value)
	return members["delta"] != nil || members["done"] != nil || members["is_finished"] != nil
}

func (a *Answer) addNativeAt(value jsontext.Value, depth int) {
	if depth > maxNativeDepth {
		return
	}
	switch value.Kind() {
	case '"':
		// The last event of a stream repeats the whole.
		if text := Text(value); text != a.Content {
			a.Content += text
		}
	case '[':
		for _, item := range itemsOf(value) {
			if item.Kind() == '{' && holdsNative(item) {
				a.addNativeAt(item, depth+1)
				continue
			}
			a.addItem(item)
		}
	case '{':
		a.addNativeObject(value, depth)
	}
}

// holdsNative reports whether an item of a list is a message or an answer, not a part of
// a content.
func holdsNative(item jsontext.Value) bool {
	members := Members(item)
	return members["content"] != nil || members["message"] != nil || members["generated_text"] != nil || members["output_text"] != nil
}

// isPlain reports whether value is an object that the model wrote, where other servers
// have its text: it has none of the members of an answer.
func isPlain(value jsontext.Value) bool {
	members := Members(value)
	for _, name := range slices.Concat(nativeLists, nativePieces, nativeFinishes, []string{"id", "object", "status", "error"}) {
		if members[name] != nil {
			return false
		}
	}
	return len(members) > 0
}

func (a *Answer) addNativeObject(value jsontext.Value, depth int) {
	members := Members(value)
	for _, name := range nativeFinishes {
		if text := Text(members[name]); text != "" {
			a.Finish = text
		}
	}
	kind := Text(members["type"])
	switch {
	case strings.Contains(kind, "reason"), strings.Contains(kind, "think"):
		a.addItem(value)
		return
	case kind == "function_call" && members["arguments"].Kind() == '"':
		a.Calls = append(a.Calls, Text(members["arguments"]))
		return
	}
	for _, name := range nativeLists {
		if items := itemsOf(members[name]); len(items) > 0 {
			a.addNativeAt(items[0], depth+1)
			return
		}
	}
	for _, name := range nativePieces {
		piece := members[name]
		if kind := piece.Kind(); kind == '{' || kind == '[' || kind == '"' && name != "message" {
			if name == "response" && isPlain(piece) {
				a.addContent(piece)
			} else {
				a.addNativeAt(piece, depth+1)
			}
			return
		}
	}
}
