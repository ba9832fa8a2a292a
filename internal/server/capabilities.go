package server

import (
	"context"

	"golang.org/x/time/rate"
	"google.golang.org/protobuf/types/known/durationpb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// GetCapabilities describes this server, and what the caller may use of it.
func (h *Handler) GetCapabilities(ctx context.Context, _ *summarizerv1.GetCapabilitiesRequest) (*summarizerv1.GetCapabilitiesResponse, error) {
	topics, version := h.service.Topics("")
	info := &h.options.Info
	return &summarizerv1.GetCapabilitiesResponse{
		ServerVersion:   info.Version,
		Limits:          h.limits(),
		Engines:         info.Engines,
		PromptVersion:   info.PromptVersion,
		TaxonomyVersion: version,
		TopicCount:      int32(len(topics)),
		Languages:       info.Languages,
		MimeTypes:       []string{mediaPlain, mediaHTML},
		Grounding:       info.Grounding,
		Quota:           h.quotaOf(callOf(ctx)),
	}, nil
}

// limits returns every limit that a call can meet. A test finds the limits of the code.
func (h *Handler) limits() *summarizerv1.ServiceLimits {
	o := &h.options
	limits := &summarizerv1.ServiceLimits{
		MaxTextBytes:                 summarizer.MaxTextBytes,
		MaxTitleBytes:                summarizer.MaxTitleBytes,
		MaxSourceUriBytes:            summarizer.MaxSourceURIBytes,
		MaxLanguageCodeBytes:         summarizer.MaxLanguageCodeBytes,
		MaxSentences:                 summarizer.MaxSentences,
		DefaultSentences:             summarizer.DefaultSentences,
		MinCharacters:                summarizer.MinCharacters,
		MaxCharacters:                summarizer.MaxCharacters,
		MaxTopics:                    summarizer.MaxTopics,
		DefaultTopics:                summarizer.DefaultTopics,
		MaxTopicIds:                  summarizer.MaxTopicIDs,
		MaxIdBytes:                   maxIDBytes,
		MaxCandidateTopics:           summarizer.MaxCandidates,
		MaxCandidateNameBytes:        summarizer.MaxCandidateNameBytes,
		MaxCandidateDescriptionBytes: summarizer.MaxCandidateDescriptionBytes,
		MaxPageSize:                  maxPageSize,
		DefaultPageSize:              defaultPageSize,
		MaxBatchRequests:             maxBatchRequests,
		MaxCorrelationIdBytes:        maxCorrelationIDBytes,
		StreamItemsInFlight:          int32(o.StreamInFlight),
		MaxArticlesInFlight:          int32(o.MaxInFlight),
		MaxReceiveBytes:              int32(o.MaxReceiveBytes),
		MaxBufferedBytes:             int64(o.MaxBufferedBytes),
		MessageTimeout:               durationpb.New(o.MessageTimeout),
		DefaultDeadline:              durationpb.New(o.DefaultDeadline),
		MaxArticleParts:              int32(o.Info.MaxParts),
		MaxConnections:               int32(o.Connections.Max),
		MaxConnectionsPerAddress:     int32(o.Connections.MaxPerAddress),
		MaxConnectionBytes:           int64(o.Connections.MaxBytes),
		MaxCallsPerConnection:        int32(o.MaxStreams),
		MaxConnectionAge:             durationpb.New(o.MaxConnectionAge),
		MaxConnectionIdle:            durationpb.New(o.Connections.Idle),
		AuthenticationTimeout:        durationpb.New(o.Connections.Strangers),
		MinPingInterval:              durationpb.New(o.MinClientPing),
		MaxHeaderBytes:               maxHeaderListBytes,
		MaxApiKeyBytes:               maxKeyBytes,
		MaxRequestIdBytes:            maxRequestIDBytes,
	}
	if o.Info.MinModelTime > 0 {
		limits.MinLlmTime = durationpb.New(o.Info.MinModelTime)
	}
	return limits
}

// quotaOf returns the quota of a caller, nil where the server does not know callers.
func (h *Handler) quotaOf(c *call) *summarizerv1.ClientQuota {
	usage := c.usage()
	if usage == nil {
		return nil
	}
	return &summarizerv1.ClientQuota{
		Client:            c.client.name,
		RequestsPerSecond: usage.requests.perSecond(),
		ArticlesPerSecond: usage.articles.perSecond(),
		ArticlesInFlight:  int32(usage.inFlight.limit.Load()),
		Streams:           int32(usage.streams.limit.Load()),
		LlmTokensPerDay:   h.options.Info.ClientTokensPerDay,
		LlmMicroUsdPerDay: h.options.Info.ClientMicroUSDPerDay,
	}
}

// perSecond returns the quota; 0 is no limit.
func (p rateQuota) perSecond() float64 {
	if limit := p.limiter.Limit(); limit != rate.Inf {
		return float64(limit)
	}
	return 0
}
