package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/seed-59202292/summarizer/internal/archive"
	"github.com/seed-59202292/summarizer/internal/cache"
	"github.com/seed-59202292/summarizer/internal/httpapi"
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

// helpVars returns the figures that help texts hold.
func helpVars() kong.Vars {
	return kong.Vars{
		"version":      versionLine(),
		"llm_base_url": llm.DefaultEndpoint().BaseURL,
		"stream_bytes": size(queue.DefaultMaxBytes),
		"stream_age":   duration(queue.DefaultMaxAge),
		"shared_bytes": size(cache.DefaultSharedBytes),
	}
}

// defaults returns the defaults of the packages that flags configure, by the names that
// the tags std of the flags have for them.
func defaults() map[string]string {
	endpoint, serving, fields := llm.DefaultEndpoint(), server.DefaultOptions(), archive.DefaultFields()
	return map[string]string{
		"listen":       defaultListen,
		"http_listen":  httpapi.DefaultListen,
		"admin_listen": defaultAdminListen,

		"default_deadline": duration(summarizer.DefaultDeadline),
		"min_llm_time":     duration(summarizer.DefaultMinModelTime),
		"max_stale":        duration(summarizer.DefaultMaxStale),
		"max_sentences":    strconv.Itoa(summarizer.DefaultSentences),
		"max_topics":       strconv.Itoa(summarizer.DefaultTopics),

		"llm_timeout":         duration(endpoint.Timeout),
		"llm_max_concurrency": strconv.Itoa(endpoint.MaxConcurrency),
		"llm_context_tokens":  strconv.Itoa(endpoint.ContextTokens),
		"llm_max_calls":       strconv.Itoa(llm.DefaultMaxCalls),

		"max_receive_bytes":      strconv.Itoa(serving.MaxReceiveBytes),
		"max_buffered_bytes":     strconv.Itoa(serving.MaxBufferedBytes),
		"message_timeout":        duration(serving.MessageTimeout),
		"stream_in_flight":       strconv.Itoa(serving.StreamInFlight),
		"drain_timeout":          duration(serving.DrainTimeout),
		"max_connections":        strconv.Itoa(serving.Connections.Max),
		"max_connection_bytes":   strconv.Itoa(serving.Connections.MaxBytes),
		"authentication_timeout": duration(serving.Connections.Strangers),
		"max_connection_idle":    duration(serving.Connections.Idle),
		"max_streams":            strconv.Itoa(serving.MaxStreams),
		"max_connection_age":     duration(serving.MaxConnectionAge),
		"keepalive_time":         duration(serving.KeepaliveTime),
		"keepalive_timeout":      duration(serving.KeepaliveTimeout),
		"min_client_ping":        duration(serving.MinClientPing),

		"stream":         queue.DefaultPrefix,
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

// setDefaults gives the flags that have a tag std their defaults, and has the help of
// each flag show its default, unless the flag says what else to show. Kong's own
// variables would cost 10 ms at each start.
func setDefaults(app *kong.Application) {
	values := defaults()
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			if name := flag.Tag.Get("std"); name != "" {
				flag.Default, flag.HasDefault = values[name], true
			}
			if flag.PlaceHolder == "" && !flag.IsBool() {
				flag.PlaceHolder = flag.Default
			}
		}
		return next(nil)
	})
}
