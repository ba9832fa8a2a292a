package server

import (
	"cmp"
	"context"
	"encoding/base64"
	"strconv"
	"strings"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const (
	defaultPageSize = 50
	maxPageSize     = 250
)

// ListTopics returns one page of the taxonomy.
func (h *Handler) ListTopics(ctx context.Context, r *summarizerv1.ListTopicsRequest) (*summarizerv1.ListTopicsResponse, error) {
	topics, version := h.service.Topics()
	var v validator
	size := v.number("page_size", min(r.GetPageSize(), maxPageSize), 1, maxPageSize, strconv.Itoa(defaultPageSize))
	begin, ok := parsePageToken(r.GetPageToken(), version)
	if !ok || begin > len(topics) {
		v.add(summarizer.RuleMalformed, "page_token", "is not a token of the taxonomy in force: start again without a token")
	}
	if err := v.err(); err != nil {
		return nil, h.fail(ctx, err)
	}
	end := min(begin+cmp.Or(size, defaultPageSize), len(topics))

	response := &summarizerv1.ListTopicsResponse{TaxonomyVersion: version, Topics: TopicProtos(topics[begin:end])}
	if end < len(topics) {
		response.NextPageToken = pageToken(version, end)
	}
	return response, nil
}

// A page token names the version of the taxonomy and the first topic of the
// page, so that a token is never applied to another taxonomy.
func pageToken(version string, begin int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(version + "/" + strconv.Itoa(begin)))
}

func parsePageToken(token, version string) (begin int, ok bool) {
	if token == "" {
		return 0, true
	}
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	number, ok := strings.CutPrefix(string(data), version+"/")
	if !ok {
		return 0, false
	}
	begin, err = strconv.Atoi(number)
	return begin, err == nil && begin > 0
}

// GetCapabilities describes this server.
func (h *Handler) GetCapabilities(context.Context, *summarizerv1.GetCapabilitiesRequest) (*summarizerv1.GetCapabilitiesResponse, error) {
	topics, version := h.service.Topics()
	return &summarizerv1.GetCapabilitiesResponse{
		ServerVersion:   h.options.Info.Version,
		Limits:          h.limits(),
		Engines:         h.options.Info.Engines,
		PromptVersion:   h.options.Info.PromptVersion,
		TaxonomyVersion: version,
		TopicCount:      int32(len(topics)),
		Languages:       h.options.Info.Languages,
		MediaTypes:      []string{mediaPlain, mediaHTML},
	}, nil
}

func (h *Handler) limits() *summarizerv1.Limits {
	return &summarizerv1.Limits{
		MaxTextBytes:        summarizer.MaxTextBytes,
		MaxTitleBytes:       summarizer.MaxTitleBytes,
		MaxBatchRequests:    maxBatchRequests,
		MaxReceiveBytes:     int32(h.options.MaxReceiveBytes),
		StreamItemsInFlight: int32(h.options.StreamInFlight),
		MaxSentences:        summarizer.MaxSentences,
		MaxTopics:           summarizer.MaxTopics,
		MaxTopicIds:         summarizer.MaxTopicIDs,
		MaxCandidateTopics:  summarizer.MaxCandidates,
		DefaultDeadlineMs:   h.options.DefaultDeadline.Milliseconds(),
	}
}
