package server

import (
	"cmp"
	"context"
	"strconv"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

const (
	defaultPageSize = 50
	maxPageSize     = 250
)

// ListTopics returns one page of the taxonomy.
func (h *Handler) ListTopics(ctx context.Context, r *summarizerv1.ListTopicsRequest) (*summarizerv1.ListTopicsResponse, error) {
	var v validator
	size := v.number("page_size", min(r.GetPageSize(), maxPageSize), 1, maxPageSize, strconv.Itoa(defaultPageSize))
	language := v.language("display_language", r.GetDisplayLanguage())
	topics, version := h.service.Topics(language)
	tokens, listing := newPageTokens(version), "topics/"+language
	begin, ok := tokens.open(listing, r.GetPageToken())
	if !ok || begin < 0 || begin > len(topics) {
		v.add(summarizer.RuleMalformed, "page_token", "is not a token of this listing and taxonomy: start again without a token")
	}
	if err := v.err(); err != nil {
		return nil, h.fail(ctx, err)
	}
	end := min(begin+cmp.Or(size, defaultPageSize), len(topics))

	response := &summarizerv1.ListTopicsResponse{TaxonomyVersion: version, Topics: TopicProtos(topics[begin:end])}
	if end < len(topics) {
		response.NextPageToken = tokens.seal(listing, end)
	}
	return response, nil
}
