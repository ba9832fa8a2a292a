package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/llm"
	"github.com/seed-59202292/summarizer/internal/queue"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// Addresses of a server, which the commands that speak to one try as well.
const (
	defaultListen      = "127.0.0.1:50051"
	defaultAdminListen = "127.0.0.1:9464"
)

// defaults returns what the tags of flags take from the packages that the flags
// configure, by the names that the tags have for it.
func defaults() kong.Vars {
	endpoint, serving, fields := llm.DefaultEndpoint(), server.DefaultOptions(), archive.DefaultFields()
	return kong.Vars{
		"version":      versionLine(),
		"listen":       defaultListen,
		"admin_listen": defaultAdminListen,

		"default_deadline": duration(summarizer.DefaultDeadline),
		"min_llm_time":     duration(summarizer.DefaultMinModelTime),
		"max_stale":        duration(summarizer.DefaultMaxStale),
		"max_sentences":    strconv.Itoa(summarizer.DefaultSentences),
		"max_topics":       strconv.Itoa(summarizer.DefaultTopics),

		"llm_base_url":        endpoint.BaseURL,
		"llm_timeout":         duration(endpoint.Timeout),
		"llm_max_concurrency": strconv.Itoa(endpoint.MaxConcurrency),
		"llm_context_tokens":  strconv.Itoa(endpoint.ContextTokens),
		"llm_max_calls":       strconv.Itoa(llm.DefaultMaxCalls),

		"max_receive_bytes":  strconv.Itoa(serving.MaxReceiveBytes),
		"stream_in_flight":   strconv.Itoa(serving.StreamInFlight),
		"drain_timeout":      duration(serving.DrainTimeout),
		"max_connections":    strconv.Itoa(serving.MaxConnections),
		"max_streams":        strconv.Itoa(serving.MaxStreams),
		"max_connection_age": duration(serving.MaxConnectionAge),
		"keepalive_time":     duration(serving.KeepaliveTime),
		"keepalive_timeout":  duration(serving.KeepaliveTimeout),
		"min_client_ping":    duration(serving.MinClientPing),

		"stream":         queue.DefaultPrefix,
		"stream_bytes":   size(queue.DefaultMaxBytes),
		"stream_age":     duration(queue.DefaultMaxAge),
		"shared_bytes":   size(cache.DefaultSharedBytes),
		"offer_for":      duration(queue.DefaultPublishTimeout),
		"max_deliveries": strconv.Itoa(queue.DefaultMaxDeliveries),
		"worker_drain":   duration(queue.DefaultDrainTimeout),

		"field_id":        fields.ID,
		"field_title":     fields.Title,
		"field_text":      fields.Text,
		"field_html":      fields.HTML,
		"field_language":  fields.Language,
		"field_published": fields.Published,
		"field_url":       fields.URL,
	}
}

// duration writes a time as people do: 30m, not 30m0s.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func size(bytes int64) string { return strconv.FormatInt(bytes>>30, 10) + " GiB" }

// showDefaults has the help of each flag show its default, unless the flag says
// what else to show.
func showDefaults(app *kong.Application) {
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok && flag.PlaceHolder == "" && !flag.IsBool() {
			flag.PlaceHolder = flag.Default
		}
		return next(nil)
	})
}
