package server

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// Enums of requests by their number in the contract. The unspecified value is
// the domain's default.
var (
	summaryFormats = []summarizer.SummaryFormat{
		summarizerv1.SummaryFormat_SUMMARY_FORMAT_PARAGRAPH: summarizer.FormatParagraph,
		summarizerv1.SummaryFormat_SUMMARY_FORMAT_BULLETS:   summarizer.FormatBullets,
		summarizerv1.SummaryFormat_SUMMARY_FORMAT_HEADLINE:  summarizer.FormatHeadline,
	}
	enginePolicies = []summarizer.EnginePolicy{
		summarizerv1.EnginePolicy_ENGINE_POLICY_LLM_OR_LOCAL: summarizer.LLMOrLocal,
		summarizerv1.EnginePolicy_ENGINE_POLICY_LLM_ONLY:     summarizer.LLMOnly,
		summarizerv1.EnginePolicy_ENGINE_POLICY_LOCAL_ONLY:   summarizer.LocalOnly,
	}
	cachePolicies = []summarizer.CachePolicy{
		summarizerv1.CachePolicy_CACHE_POLICY_DEFAULT: summarizer.CacheDefault,
		summarizerv1.CachePolicy_CACHE_POLICY_REFRESH: summarizer.CacheRefresh,
		summarizerv1.CachePolicy_CACHE_POLICY_BYPASS:  summarizer.CacheBypass,
	}
	offsetEncodings = []summarizer.OffsetEncoding{
		summarizerv1.OffsetEncoding_OFFSET_ENCODING_UTF8:  summarizer.OffsetUTF8,
		summarizerv1.OffsetEncoding_OFFSET_ENCODING_UTF16: summarizer.OffsetUTF16,
		summarizerv1.OffsetEncoding_OFFSET_ENCODING_UTF32: summarizer.OffsetUTF32,
	}
	verifyPolicies = []summarizer.VerifyPolicy{
		summarizerv1.VerificationPolicy_VERIFICATION_POLICY_SHARE:  summarizer.VerifyShare,
		summarizerv1.VerificationPolicy_VERIFICATION_POLICY_ALWAYS: summarizer.VerifyAlways,
		summarizerv1.VerificationPolicy_VERIFICATION_POLICY_NEVER:  summarizer.VerifyNever,
	}
	overlengthPolicies = []summarizer.OverlengthPolicy{
		summarizerv1.OverlengthPolicy_OVERLENGTH_POLICY_TRUNCATE: summarizer.OverlengthTruncate,
		summarizerv1.OverlengthPolicy_OVERLENGTH_POLICY_REJECT:   summarizer.OverlengthReject,
	}
)

// Enums of responses by their value in the domain.
var (
	sources = [...]summarizerv1.Provenance_Source{
		summarizer.SourceLocal:      summarizerv1.Provenance_SOURCE_LOCAL,
		summarizer.SourceStaleCache: summarizerv1.Provenance_SOURCE_STALE_CACHE,
		summarizer.SourceCache:      summarizerv1.Provenance_SOURCE_CACHE,
		summarizer.SourceLLM:        summarizerv1.Provenance_SOURCE_LLM,
	}
	methods = [...]summarizerv1.SummaryMethod{
		summarizer.MethodExtractive:  summarizerv1.SummaryMethod_SUMMARY_METHOD_EXTRACTIVE,
		summarizer.MethodAbstractive: summarizerv1.SummaryMethod_SUMMARY_METHOD_ABSTRACTIVE,
	}
	bases = [...]summarizerv1.ConfidenceBasis{
		summarizer.BasisUncalibrated:  summarizerv1.ConfidenceBasis_CONFIDENCE_BASIS_UNCALIBRATED,
		summarizer.BasisCalibrated:    summarizerv1.ConfidenceBasis_CONFIDENCE_BASIS_CALIBRATED,
		summarizer.BasisModelReported: summarizerv1.ConfidenceBasis_CONFIDENCE_BASIS_MODEL_REPORTED,
	}
	iptcRelations = map[string]summarizerv1.IptcRelation{
		"exact":    summarizerv1.IptcRelation_IPTC_RELATION_EXACT,
		"broader":  summarizerv1.IptcRelation_IPTC_RELATION_BROADER,
		"narrower": summarizerv1.IptcRelation_IPTC_RELATION_NARROWER,
		"related":  summarizerv1.IptcRelation_IPTC_RELATION_RELATED,
	}
)

func summarizeResponse(r *summarizer.Result) *summarizerv1.SummarizeArticleResponse {
	return &summarizerv1.SummarizeArticleResponse{
		Summary:      summaryProto(r.Summary),
		LanguageCode: r.LanguageCode,
		Warnings:     warningProtos(r.Warnings),
		Usage:        usageProto(r.Usage),
		RemovedSpans: removedProtos(r.Removed),
	}
}

func classifyResponse(r *summarizer.Result) *summarizerv1.ClassifyArticleResponse {
	return &summarizerv1.ClassifyArticleResponse{
		Classification: classificationProto(r.Classification),
		LanguageCode:   r.LanguageCode,
		Warnings:       warningProtos(r.Warnings),
		Usage:          usageProto(r.Usage),
		RemovedSpans:   removedProtos(r.Removed),
	}
}

func analyzeResponse(r *summarizer.Result) *summarizerv1.AnalyzeArticleResponse {
	return &summarizerv1.AnalyzeArticleResponse{
		Summary:        summaryProto(r.Summary),
		Classification: classificationProto(r.Classification),
		LanguageCode:   r.LanguageCode,
		Warnings:       warningProtos(r.Warnings),
		Usage:          usageProto(r.Usage),
		RemovedSpans:   removedProtos(r.Removed),
	}
}

func summaryProto(s *summarizer.Summary) *summarizerv1.Summary {
	sentences := make([]*summarizerv1.SummarySentence, len(s.Sentences))
	for i, sentence := range s.Sentences {
		sentences[i] = &summarizerv1.SummarySentence{Text: sentence.Text, Evidence: spanProtos(sentence.Evidence)}
	}
	return &summarizerv1.Summary{
		Text:         s.Text,
		Sentences:    sentences,
		Method:       methods[s.Method],
		LanguageCode: s.Language,
		Provenance:   provenanceProto(&s.Provenance),
	}
}

func classificationProto(c *summarizer.Classification) *summarizerv1.Classification {
	topics := make([]*summarizerv1.TopicLabel, len(c.Topics))
	for i, t := range c.Topics {
		topics[i] = &summarizerv1.TopicLabel{
			TopicId:         t.ID,
			DisplayName:     t.DisplayName,
			Confidence:      t.Confidence,
			ConfidenceBasis: bases[t.Basis],
			Evidence:        spanProtos(t.Evidence),
			IptcCode:        t.IPTCCode,
		}
	}
	return &summarizerv1.Classification{Topics: topics, Provenance: provenanceProto(&c.Provenance)}
}

func removedProtos(spans []summarizer.RemovedSpan) []*summarizerv1.RemovedSpan {
	protos := make([]*summarizerv1.RemovedSpan, len(spans))
	for i := range spans {
		protos[i] = &summarizerv1.RemovedSpan{Span: spanProto(&spans[i].TextSpan), Rule: spans[i].Rule}
	}
	return protos
}

func spanProto(s *summarizer.TextSpan) *summarizerv1.TextSpan {
	return &summarizerv1.TextSpan{BeginOffset: int32(s.Begin), EndOffset: int32(s.End), Text: s.Text}
}

func spanProtos(spans []summarizer.TextSpan) []*summarizerv1.TextSpan {
	protos := make([]*summarizerv1.TextSpan, len(spans))
	for i := range spans {
		protos[i] = spanProto(&spans[i])
	}
	return protos
}

func provenanceProto(p *summarizer.Provenance) *summarizerv1.Provenance {
	return &summarizerv1.Provenance{
		Source:          sources[p.Source],
		Model:           p.Model,
		PromptVersion:   p.PromptVersion,
		TaxonomyVersion: p.TaxonomyVersion,
		CreateTime:      timestamppb.New(p.CreateTime),
		Degraded:        p.Degraded,
		FallbackReason:  string(p.FallbackReason),
		Verified:        p.Verified,
	}
}

func warningProtos(warnings []summarizer.Warning) []*summarizerv1.AnswerWarning {
	protos := make([]*summarizerv1.AnswerWarning, len(warnings))
	for i, w := range warnings {
		protos[i] = &summarizerv1.AnswerWarning{Reason: string(w.Reason), Message: w.Message, Metadata: w.Metadata}
	}
	return protos
}

func usageProto(u summarizer.Usage) *summarizerv1.ModelUsage {
	return &summarizerv1.ModelUsage{
		InputTokens:       int32(u.InputTokens),
		OutputTokens:      int32(u.OutputTokens),
		CostMicroUsd:      u.CostMicroUSD,
		CachedInputTokens: int32(u.CachedInputTokens),

		VerificationInputTokens:  int32(u.Verification.InputTokens),
		VerificationOutputTokens: int32(u.Verification.OutputTokens),
		VerificationCostMicroUsd: u.Verification.CostMicroUSD,
	}
}

// TopicProtos returns topics of a taxonomy as the contract has them.
func TopicProtos(topics []summarizer.Topic) []*summarizerv1.TaxonomyTopic {
	protos := make([]*summarizerv1.TaxonomyTopic, len(topics))
	for i, t := range topics {
		protos[i] = &summarizerv1.TaxonomyTopic{
			TopicId:      t.ID,
			DisplayName:  t.DisplayName,
			Group:        t.Group,
			Definition:   t.Definition,
			IptcCode:     t.IPTCCode,
			IptcRelation: iptcRelations[t.IPTCRelation],
		}
	}
	return protos
}
