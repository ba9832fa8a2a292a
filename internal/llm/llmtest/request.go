package llmtest

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// Call is one recorded request.
type Call struct {
	Number int // from 1, in order of arrival
	Path   string
	Header http.Header
	Body   []byte

	ctx    context.Context
	server *Fake
}

// Gone is closed when the client leaves or the reply is complete.
func (r *Call) Gone() <-chan struct{} { return r.ctx.Done() }

// Chat is a chat completion request, as far as tests look at it.
type Chat struct {
	Model               string    `json:"model"`
	Messages            []Message `json:"messages"`
	MaxTokens           int       `json:"max_tokens"`
	MaxCompletionTokens int       `json:"max_completion_tokens"`
	Temperature         *float64  `json:"temperature"`
	ResponseFormat      *struct {
		Type       string `json:"type"`
		JSONSchema *struct {
			Name   string          `json:"name"`
			Strict bool            `json:"strict"`
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

// Message is one message of a chat.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Chat decodes the body. A field that cannot be decoded is zero.
func (r *Call) Chat() Chat {
	var chat Chat
	_ = json.Unmarshal(r.Body, &chat)
	return chat
}

// System returns the instructions: the content of the first system message, or what
// stands before the article where there is none.
func (c Chat) System() string {
	if system := c.first("system"); system != "" {
		return system
	}
	user := c.User()
	if at := fenceStart.FindStringIndex(user); at != nil {
		return user[:at[0]]
	}
	return ""
}

// User returns the content of the first user message.
func (c Chat) User() string { return c.first("user") }

func (c Chat) first(role string) string {
	for _, m := range c.Messages {
		if m.Role == role {
			return m.Content
		}
	}
	return ""
}

// fenceStart matches the line that opens the fence around the article.
var fenceStart = regexp.MustCompile(`(?m)^\[ARTICLE ([0-9a-f]{32})\]\n`)

// Article returns title and text as they stand inside the fence of the first
// user message, and false when there is no proper fence.
func (c Chat) Article() (title, text string, ok bool) {
	user := c.User()
	start := fenceStart.FindStringSubmatchIndex(user)
	if start == nil {
		return "", "", false
	}
	inner, closed := strings.CutSuffix(user[start[1]:], "\n[/ARTICLE "+user[start[2]:start[3]]+"]")
	if !closed {
		return "", "", false
	}
	title, text, ok = strings.Cut(inner, "\n")
	return title, text, ok
}

// idEnum matches the topic ids in the schema, as sent and as spelled out in the
// prompt.
var idEnum = regexp.MustCompile(`"id":\{"type":"string","enum":(\[[^\]]*\])\}`)

// Topics returns the topic ids that are offered, from the schema that is
// spelled out in the prompt; nil when no topics are asked.
func (c Chat) Topics() []string {
	match := idEnum.FindStringSubmatch(c.System())
	if match == nil {
		return nil
	}
	var ids []string
	_ = json.Unmarshal([]byte(match[1]), &ids)
	return ids
}

// WantsSummary reports whether a summary is asked.
func (c Chat) WantsSummary() bool {
	return strings.Contains(c.System(), `"properties":{"summary":`)
}

var atMostSentences = regexp.MustCompile(`at most (\d+) sentence`)

// MaxSentences returns the number of sentences that the prompt allows, 3 when
// it names none.
func (c Chat) MaxSentences() int {
	if match := atMostSentences.FindStringSubmatch(c.System()); match != nil {
		if n, err := strconv.Atoi(match[1]); err == nil {
			return n
		}
	}
	return 3
}
