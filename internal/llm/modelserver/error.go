package modelserver

import (
	"bytes"
	"cmp"
	"encoding/json"
	"hash/maphash"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ErrorBody is the error of a server, in its own words only. Repeated parts
// of the request are left out, so that an article about "temperature" or a "context
// window" changes nothing.
type ErrorBody struct {
	Message string        // in the server's own words
	Wait    time.Duration // that it asks for in them; 0 when it asks for none

	sent   Sent
	status int      // of HTTP; that among the codes where it stands in place of an answer
	ids    []string // types, codes and statuses that look like identifiers, in lower case
	param  string   // the parameter at fault, in lower case
	words  string   // all of the above, in lower case, for matching
}

// Sent describes the request that an error is read against.
type Sent struct {
	Texts  []string // of the messages: passages that repeat them are not the server's own
	Input  int      // estimated tokens
	Output int      // the cap on the answer, in tokens
}

// Bounds of an error.
const (
	maxErrorDepth   = 10
	maxErrorItems   = 8
	maxErrorMessage = 4 << 10
)

// The keys under which servers describe the fault. All others are left unread: they
// may hold the request.
var (
	messageKeys = []string{
		"message", "msg", "error", "errors", "detail", "details", "error_msg", "errormessage", "status_msg", "base_resp",
		"description", "title", "raw", "metadata", "innererror", "fault", "faultstring", "fieldviolations", "promptfeedback", "cause", "response",
	}
	idKeys    = []string{"type", "code", "status", "error_type", "errortype", "error_code", "errorcode", "status_code", "reason", "finishreason", "finish_reason", "__type"}
	paramKeys = []string{"param", "parameter", "field", "loc", "path", "argument", "property"}
	waitKeys  = []string{"retrydelay", "retry_delay", "retry_after", "retryafter", "retry_after_seconds"}

	// passedOn matches the keys under which gateways pass on what another server said.
	passedOn = regexp.MustCompile(`_(?:error|message)$`)

	// flagKeys tell by their presence alone of a moderated request, or of an
	// answer that the server found no JSON in.
	flagKeys = map[string]string{"flagged_input": "moderation_flagged", "reasons": "moderation_flagged", "blockreason": "moderation_flagged", "failed_generation": "failed_generation"}
)

// ReadError reads the error shapes of the wild: OpenAI's {"error": {…}}, Ollama's
// {"error": "…"}, vLLM's fields at the top, FastAPI's {"detail": […]}, Google's list of
// one, a gateway's JSON inside a string, and plain text. HTML says nothing. Asked is the
// request, of which nothing is taken for the server's own words.
func ReadError(status int, body []byte, sent Sent) *ErrorBody {
	e := &ErrorBody{sent: sent, status: status}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	var value any
	switch {
	case json.Unmarshal(body, &value) == nil:
		e.read("error", value, 0)
	case len(body) > 0 && body[0] != '<':
		e.say(string(body))
	}
	e.Message = withoutEcho(e.Message, sent.Texts)
	e.words = strings.ToLower(strings.Join(append(slices.Clone(e.ids), e.param, e.Message), "\n"))
	if e.Wait == 0 {
		e.Wait = waitIn(e.words)
	}
	if status < 300 {
		e.status = cmp.Or(e.codeStatus(), status)
	}
	return e
}

// knownKeys returns all keys that are read.
func knownKeys() []string { return slices.Concat(messageKeys, idKeys, paramKeys, waitKeys) }

// read takes the value under a key.
func (e *ErrorBody) read(under string, value any, depth int) {
	if depth > maxErrorDepth {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		// In the order of their names, so that equal errors read the same.
		for _, name := range slices.Sorted(maps.Keys(v)) {
			key := strings.ToLower(name)
			switch {
			case flagKeys[key] != "":
				e.ids = append(e.ids, flagKeys[key])
			case under == "errors" && !slices.Contains(knownKeys(), key): // faults by field
				e.readText("field", strings.TrimPrefix(key, "$."), depth)
				e.read("message", v[name], depth+1)
			case slices.Contains(messageKeys, key), passedOn.MatchString(key), slices.Contains(idKeys, key), slices.Contains(paramKeys, key), slices.Contains(waitKeys, key):
				e.read(key, v[name], depth+1)
			}
		}
	case []any:
		for _, item := range v[:min(len(v), maxErrorItems)] {
			e.read(under, item, depth+1)
		}
	case string:
		e.readText(under, v, depth)
	case float64:
		e.readText(under, strconv.FormatFloat(v, 'f', -1, 64), depth)
	}
}

// readText takes a text or number that stands under key.
func (e *ErrorBody) readText(key, text string, depth int) {
	switch {
	case slices.Contains(waitKeys, key):
		if s, err := strconv.ParseFloat(text, 64); err == nil {
			e.Wait = seconds(s)
		} else if d, err := time.ParseDuration(text); err == nil {
			e.Wait = min(max(d, 0), time.Hour)
		}
	case slices.Contains(paramKeys, key):
		if id := identifierIn(text); id != "" {
			e.param = strings.TrimPrefix(e.param+"."+id, ".")
		}
	case slices.Contains(idKeys, key):
		if id := identifierIn(text); id != "" {
			e.ids = append(e.ids, id)
		}
	default:
		var inner any
		if start := strings.IndexAny(text, "{["); start >= 0 && json.Unmarshal([]byte(text[start:]), &inner) == nil {
			e.say(text[:start]) // an error that a gateway passes on
			e.read("error", inner, depth+1)
			return
		}
		e.say(text)
	}
}

// say adds to the message.
func (e *ErrorBody) say(text string) {
	text = ownWords(strings.TrimSpace(text))
	if room := maxErrorMessage - len(e.Message); len(text) > room {
		text = text[:max(room, 0)]
	}
	if text == "" || strings.Contains(e.Message, text) {
		return
	}
	if e.Message != "" {
		e.Message += "; "
	}
	e.Message += text
}

var identifier = regexp.MustCompile(`^[A-Za-z0-9_./\[\]-]{1,80}$`)

// identifierIn returns text in lower case where it looks like an identifier, else "".
func identifierIn(text string) string {
	if !identifier.MatchString(text) {
		return ""
	}
	return strings.ToLower(text)
}

// Empty reports whether the server said nothing.
func (e *ErrorBody) Empty() bool { return strings.TrimSpace(e.words) == "" }

// Status returns the status of HTTP, or the one that the server names in place of an
// answer.
func (e *ErrorBody) Status() int { return e.status }

// Code returns the identifiers, for logs and metrics.
func (e *ErrorBody) Code() string { return strings.Join(e.ids, " ") }

// codeStatus returns the first HTTP status among the codes, 0 when there is none.
func (e *ErrorBody) codeStatus() int {
	for _, id := range e.ids {
		if n, err := strconv.Atoi(id); err == nil && n >= 400 && n < 600 {
			return n
		}
	}
	return 0
}

var (
	// Validators write lists of faults as text, each with the value at fault.
	faultPlace   = regexp.MustCompile(`['"]loc['"]: *[(\[]([^)\]]*)[)\]]`)
	faultMessage = regexp.MustCompile(`['"]msg['"]: *(?:'([^']*)'|"([^"]*)")`)

	// echoMark is where a message goes on with the value at fault.
	echoMark = regexp.MustCompile(`input_value=|['"]input['"] *:|['"](?:messages|prompt|body)['"] *:`)
)

// ownWords returns the beginning of a message, before the value that it complains of.
func ownWords(message string) string {
	if said := faultMessage.FindAllStringSubmatch(message, maxErrorItems); said != nil {
		var own []string
		for _, place := range faultPlace.FindAllStringSubmatch(message, maxErrorItems) {
			own = append(own, place[1])
		}
		for _, s := range said {
			own = append(own, s[1]+s[2])
		}
		return strings.Join(own, "; ")
	}
	if at := echoMark.FindStringIndex(message); at != nil {
		return message[:at[0]]
	}
	return message
}

// echoWords is how many words in a row must be the request's own to count as repeated.
const echoWords = 4

var echoSeed = maphash.MakeSeed()

// word is a run of letters and digits.
type word struct {
	begin, end int
	hash       uint64
}

// wordsIn calls visit for each word of text.
func wordsIn(text string, visit func(word)) {
	begin := -1
	flush := func(end int) {
		if begin >= 0 {
			visit(word{begin, end, maphash.String(echoSeed, strings.ToLower(text[begin:end]))})
			begin = -1
		}
	}
	for i, r := range text {
		switch letter := unicode.IsLetter(r) || unicode.IsDigit(r); {
		case !letter:
			flush(i)
		case begin < 0:
			begin = i
		}
	}
	flush(len(text))
}

// runs calls visit with a hash of each run of echoWords words, and the number of its
// last word.
func runs(text string, visit func(hash uint64, last int)) {
	var latest [echoWords]uint64
	n := 0
	wordsIn(text, func(w word) {
		copy(latest[:], latest[1:])
		latest[echoWords-1] = w.hash
		if n >= echoWords-1 {
			visit(maphash.Comparable(echoSeed, latest), n)
		}
		n++
	})
}

// withoutEcho returns message without the passages that stand in sent, too.
func withoutEcho(message string, sent []string) string {
	said := make(map[uint64]bool)
	runs(message, func(hash uint64, _ int) { said[hash] = false })
	if len(said) == 0 {
		return message
	}
	repeats := false
	for _, text := range sent {
		runs(text, func(hash uint64, _ int) {
			if _, ok := said[hash]; ok {
				said[hash], repeats = true, true
			}
		})
	}
	if !repeats {
		return message
	}
	var words []word
	wordsIn(message, func(w word) { words = append(words, w) })
	echo := make([]bool, len(words))
	runs(message, func(hash uint64, last int) {
		if said[hash] {
			for i := last - echoWords + 1; i <= last; i++ {
				echo[i] = true
			}
		}
	})
	var own strings.Builder
	from := 0
	for i, w := range words {
		if !echo[i] {
			continue
		}
		if i == 0 || !echo[i-1] {
			own.WriteString(message[from:w.begin])
			own.WriteString("…")
		}
		from = w.end
	}
	own.WriteString(message[from:])
	return own.String()
}
