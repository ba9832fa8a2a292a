package summarizer

import (
	"time"

	"github.com/seed-59202292/summarizer/internal/article"
)

// Limits of the contract. Sizes are in bytes of UTF-8.
const (
	MaxTextBytes                 = 1_000_000 // as sent, or once markup and boilerplate are removed
	MaxTitleBytes                = 2_000
	MaxSourceURIBytes            = 2_048
	MaxLanguageCodeBytes         = 35
	MaxSentences                 = 10
	MinCharacters                = 50
	MaxCharacters                = 4_000
	MaxTopics                    = 20
	MaxTopicIDs                  = 100
	MaxCandidates                = 50
	MaxCandidateNameBytes        = 200
	MaxCandidateDescriptionBytes = 500

	DefaultSentences = 3
	DefaultTopics    = 5
)

// SummaryFormat is the form of a summary.
type SummaryFormat uint8

// The formats. The zero value is the default.
const (
	FormatParagraph SummaryFormat = iota
	FormatBullets
	FormatHeadline
)

// SummaryMethod says how the sentences of a summary came about.
type SummaryMethod uint8

// The methods.
const (
	MethodExtractive SummaryMethod = iota
	MethodAbstractive
)

// ConfidenceBasis says what a confidence rests on.
type ConfidenceBasis uint8

// The bases.
const (
	BasisUncalibrated ConfidenceBasis = iota
	BasisCalibrated
	BasisModelReported
)

// EnginePolicy says which engines may answer.
type EnginePolicy uint8

// The policies. The zero value is the default.
const (
	LLMOrLocal EnginePolicy = iota
	LLMOnly
	LocalOnly
)

// CachePolicy says how the cache is used.
type CachePolicy uint8

// The policies. The zero value is the default.
const (
	CacheDefault CachePolicy = iota
	CacheRefresh
	CacheBypass
)

// OverlengthPolicy says what happens to a text that is too long for the
// language model even in parts.
type OverlengthPolicy uint8

// The policies. The zero value is the default.
const (
	OverlengthTruncate OverlengthPolicy = iota
	OverlengthReject
)

// OffsetEncoding is the unit of the offsets in a Result.
type OffsetEncoding = article.Encoding

// The encodings. The zero value is the default.
const (
	OffsetUTF8  = article.UTF8
	OffsetUTF16 = article.UTF16
	OffsetUTF32 = article.UTF32
)

// AnswerSource says where an answer comes from.
type AnswerSource uint8

// The sources.
const (
	SourceLocal AnswerSource = iota
	SourceStaleCache
	SourceCache
	SourceLLM
)

// String returns the name used in logs and metrics.
func (s AnswerSource) String() string {
	return [...]string{"local", "stale_cache", "cache", "llm"}[s]
}

// Span is a part of Document.Text, under a name that adapters reach without
// importing the article package.
type Span = article.Span

// Article is one article as the caller has it.
type Article struct {
	Text         string
	Title        string
	MediaType    string // "text/plain" or "text/html"; empty means told by the text
	LanguageCode string // BCP-47; empty means detect
}

// SummaryOptions says what the summary should look like. Zero values mean the
// defaults.
type SummaryOptions struct {
	Format        SummaryFormat
	MaxSentences  int    // 1..MaxSentences, 0 means DefaultSentences
	MaxCharacters int    // code points, MinCharacters..MaxCharacters, 0 means no limit
	LanguageCode  string // BCP-47; empty means the article's
}

// TopicOptions says which topics are looked for. Zero values mean the defaults.
type TopicOptions struct {
	TopicIDs      []string
	Candidates    []Candidate
	MaxTopics     int      // 1..MaxTopics, 0 means DefaultTopics
	MinConfidence *float64 // 0..1, nil means the engine's threshold

	// DisplayLanguage is the language of the names of topics as a BCP-47 tag, where the
	// taxonomy has them in it. Empty means the taxonomy's own.
	DisplayLanguage string
}

// Candidate is a topic that only this request knows.
type Candidate struct {
	ID          string
	DisplayName string
	Description string
}

// Request asks for one or both features of an article.
type Request struct {
	Article Article
	Summary *SummaryOptions // nil: no summary is asked
	Topics  *TopicOptions   // nil: no topics are asked

	Engine     EnginePolicy
	Cache      CachePolicy
	Overlength OverlengthPolicy
	Offsets    OffsetEncoding

	// Verify says when a summary that a model wrote is checked by a further call.
	Verify VerifyPolicy

	// ListRemoved asks for what was removed from the text.
	ListRemoved bool

	// Client is the caller's name for budgets; empty when callers are unknown. The
	// client whose request starts a call pays for it; clients that join it do not.
	Client string

	// Bulk marks an item of a batch or a stream: its local answer is made while
	// it waits for the language model.
	Bulk bool

	// PacedBySample has a request whose summary is of the share that is verified after
	// delivery wait for room for that, within its time. Other requests go without.
	PacedBySample bool

	// FinishedOnly asks for a finished answer of the same request. Where there is
	// none, the request fails with ReasonOverloaded and nothing is done for it.
	FinishedOnly bool
}

// Result is what a request gets. It is shared between requests and must not be
// changed.
type Result struct {
	Summary        *Summary
	Classification *Classification
	LanguageCode   string
	Warnings       []Warning
	Usage          Usage
	Removed        []RemovedSpan // in order; nil unless the request asks for them
}

// RemovedSpan is a part of Article.Text that was removed as boilerplate.
type RemovedSpan struct {
	TextSpan
	Rule string // a word in lower case, such as "byline"
}

// Summary is a delivered summary.
type Summary struct {
	Text       string
	Sentences  []SummarySentence
	Method     SummaryMethod
	Language   string
	Provenance Provenance
}

// SummarySentence is one sentence of a delivered summary.
type SummarySentence struct {
	Text     string
	Evidence []TextSpan
}

// Classification holds delivered topics, the most confident first.
type Classification struct {
	Topics     []TopicLabel
	Provenance Provenance
}

// TopicLabel is one delivered topic.
type TopicLabel struct {
	ID          string
	DisplayName string
	Confidence  float64
	Basis       ConfidenceBasis
	Evidence    []TextSpan
	IPTCCode    string
}

// TextSpan is a part of Article.Text as sent, with offsets in the encoding that
// was asked for.
type TextSpan struct {
	Begin, End int
	Text       string
}

// Provenance says how an answer was made.
type Provenance struct {
	Source          AnswerSource
	Model           string
	PromptVersion   string // empty for the local engine
	TaxonomyVersion string // empty for a summary
	CreateTime      time.Time
	Degraded        bool
	FallbackReason  Reason // empty when the language model answered or was not asked
	Verified        bool   // a verifier found every sentence of the summary supported
}

// WarningReason names a warning.
type WarningReason string

// The warnings.
const (
	WarnContentTooShort       WarningReason = "CONTENT_TOO_SHORT"
	WarnDocumentTruncated     WarningReason = "DOCUMENT_TRUNCATED"
	WarnBoilerplateRemoved    WarningReason = "BOILERPLATE_REMOVED"
	WarnLanguageNotSupported  WarningReason = "LANGUAGE_NOT_SUPPORTED"
	WarnGroundingPartial      WarningReason = "GROUNDING_PARTIAL"
	WarnSuspectedInstructions WarningReason = "SUSPECTED_INSTRUCTIONS"
	WarnTopicDropped          WarningReason = "TOPIC_DROPPED"
	WarnSummaryShortened      WarningReason = "SUMMARY_SHORTENED"
	WarnPartsAbridged         WarningReason = "PARTS_ABRIDGED"
	WarnVerificationSkipped   WarningReason = "VERIFICATION_SKIPPED"
	WarnSentencesDropped      WarningReason = "SENTENCES_DROPPED"
)

// Warning tells the caller something about an answer. It holds no article text.
type Warning struct {
	Reason   WarningReason
	Message  string
	Metadata map[string]string
}

// Usage is what was consumed upstream.
type Usage struct {
	InputTokens       int
	CachedInputTokens int // the part of InputTokens that the endpoint had cached
	OutputTokens      int
	CostMicroUSD      int64

	Verification VerificationUsage // what of it went into verification
}

// VerificationUsage is what verification consumed.
type VerificationUsage struct {
	InputTokens  int
	OutputTokens int
	CostMicroUSD int64
}

// Add adds other to u.
func (u *Usage) Add(other Usage) {
	u.InputTokens += other.InputTokens
	u.CachedInputTokens += other.CachedInputTokens
	u.OutputTokens += other.OutputTokens
	u.CostMicroUSD += other.CostMicroUSD
	u.Verification.InputTokens += other.Verification.InputTokens
	u.Verification.OutputTokens += other.Verification.OutputTokens
	u.Verification.CostMicroUSD += other.Verification.CostMicroUSD
}
