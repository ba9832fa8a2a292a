package server

import (
	"fmt"
	"math"
	"mime"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// The media types of an article.
const (
	mediaPlain = "text/plain"
	mediaHTML  = "text/html"
)

const maxIDBytes = 64

// invalid returns the error of a field that breaks the contract. The message
// says what is wrong, the limit and the way out; it never repeats what the
// caller sent as free text.
func invalid(field, message string) error {
	return &summarizer.Error{Reason: summarizer.ReasonFieldInvalid, Field: field, Message: message}
}

func parseSummarize(r *summarizerv1.SummarizeArticleRequest) (*summarizer.Request, error) {
	return parse(r.GetArticle(), r.GetServingOptions(), func(request *summarizer.Request) (err error) {
		request.Summary, err = parseSummaryOptions(r.GetSummaryOptions())
		return err
	})
}

func parseClassify(r *summarizerv1.ClassifyArticleRequest) (*summarizer.Request, error) {
	return parse(r.GetArticle(), r.GetServingOptions(), func(request *summarizer.Request) (err error) {
		request.Topics, err = parseTopicOptions(r.GetTopicOptions())
		return err
	})
}

func parseAnalyze(r *summarizerv1.AnalyzeArticleRequest) (*summarizer.Request, error) {
	return parse(r.GetArticle(), r.GetServingOptions(), func(request *summarizer.Request) (err error) {
		if request.Summary, err = parseSummaryOptions(r.GetSummaryOptions()); err != nil {
			return err
		}
		request.Topics, err = parseTopicOptions(r.GetTopicOptions())
		return err
	})
}

// parse makes a request whose fields are within their limits, or returns the
// first fault. Defaults stay zero: the service fills them in.
func parse(article *summarizerv1.Article, serving *summarizerv1.ServingOptions, parseOptions func(*summarizer.Request) error) (*summarizer.Request, error) {
	request := &summarizer.Request{}
	if err := parseArticle(article, &request.Article); err != nil {
		return nil, err
	}
	if err := parseOptions(request); err != nil {
		return nil, err
	}
	if err := parseServingOptions(serving, request); err != nil {
		return nil, err
	}
	return request, nil
}

func parseArticle(a *summarizerv1.Article, parsed *summarizer.Article) (err error) {
	if a == nil {
		return invalid("article", "is missing: send the article")
	}
	if err := checkArticleText(a.GetText()); err != nil {
		return err
	}
	if err := checkText("article.title", a.GetTitle(), summarizer.MaxTitleBytes); err != nil {
		return err
	}
	parsed.Text, parsed.Title = a.GetText(), a.GetTitle()
	if parsed.MediaType, err = parseMediaType(a.GetMediaType()); err != nil {
		return err
	}
	if parsed.LanguageCode, err = parseLanguage("article.language_code", a.GetLanguageCode()); err != nil {
		return err
	}
	if a.GetPublishTime() != nil && !a.GetPublishTime().IsValid() {
		return invalid("article.publish_time", "is not a time: seconds must lie between the years 1 and 9999, nanos between 0 and 999999999")
	}
	return checkText("article.source_uri", a.GetSourceUri(), summarizer.MaxSourceURIBytes)
}

func checkArticleText(text string) error {
	const field = "article.text"
	switch {
	case text == "":
		return &summarizer.Error{
			Reason:  summarizer.ReasonTextEmpty,
			Field:   field,
			Message: "is empty: send the text of the article",
		}
	case len(text) > summarizer.MaxTextBytes:
		return &summarizer.Error{
			Reason:   summarizer.ReasonTextTooLarge,
			Field:    field,
			Message:  fmt.Sprintf("has %d bytes, the limit is %d: shorten it, or send its parts one by one", len(text), summarizer.MaxTextBytes),
			Metadata: map[string]string{"maxTextBytes": strconv.Itoa(summarizer.MaxTextBytes)},
		}
	case !utf8.ValidString(text):
		return invalid(field, notUTF8)
	}
	return nil
}

func checkText(field, value string, limit int) error {
	if len(value) > limit {
		return invalid(field, fmt.Sprintf("has %d bytes, the limit is %d: shorten it", len(value), limit))
	}
	if !utf8.ValidString(value) {
		return invalid(field, notUTF8)
	}
	return nil
}

// parseMediaType accepts parameters and ignores them: whatever the charset of
// the page was, the text of a request is UTF-8.
func parseMediaType(value string) (string, error) {
	switch value {
	case "":
		return mediaPlain, nil
	case mediaPlain, mediaHTML:
		return value, nil
	}
	mediaType, _, err := mime.ParseMediaType(value)
	if err != nil || (mediaType != mediaPlain && mediaType != mediaHTML) {
		return "", &summarizer.Error{
			Reason:  summarizer.ReasonMediaTypeUnsupported,
			Field:   "article.media_type",
			Message: `is neither "text/plain" nor "text/html": convert the article to one of them`,
		}
	}
	return mediaType, nil
}

// parseLanguage returns the canonical form of a BCP-47 tag; "und" says as little
// as an empty one.
func parseLanguage(field, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	if len(value) > summarizer.MaxLanguageCodeBytes {
		return "", invalid(field, fmt.Sprintf("has %d bytes, the limit is %d: shorten it", len(value), summarizer.MaxLanguageCodeBytes))
	}
	tag, err := language.Parse(value)
	if err != nil {
		return "", invalid(field, `is not a BCP-47 tag: send one such as "en" or "pt-BR", or none`)
	}
	if tag == language.Und {
		return "", nil
	}
	return tag.String(), nil
}

func parseSummaryOptions(o *summarizerv1.SummaryOptions) (*summarizer.SummaryOptions, error) {
	format, err := parseEnum(summaryFormats, int32(o.GetFormat()), "summary_options.format")
	if err != nil {
		return nil, err
	}
	sentences := int(o.GetMaxSentences())
	if sentences < 0 || sentences > summarizer.MaxSentences {
		return nil, invalid("summary_options.max_sentences", fmt.Sprintf("is %d and must be 1 to %d, or 0 for %d",
			sentences, summarizer.MaxSentences, summarizer.DefaultSentences))
	}
	characters := int(o.GetMaxCharacters())
	if characters != 0 && (characters < summarizer.MinCharacters || characters > summarizer.MaxCharacters) {
		return nil, invalid("summary_options.max_characters", fmt.Sprintf("is %d and must be %d to %d, or 0 for no limit",
			characters, summarizer.MinCharacters, summarizer.MaxCharacters))
	}
	languageCode, err := parseLanguage("summary_options.language_code", o.GetLanguageCode())
	if err != nil {
		return nil, err
	}
	return &summarizer.SummaryOptions{
		Format:        format,
		MaxSentences:  sentences,
		MaxCharacters: characters,
		LanguageCode:  languageCode,
	}, nil
}

func parseTopicOptions(o *summarizerv1.TopicOptions) (*summarizer.TopicOptions, error) {
	if err := checkTopicIDs(o.GetTopicIds()); err != nil {
		return nil, err
	}
	candidates, err := parseCandidates(o.GetCandidateTopics(), o.GetTopicIds())
	if err != nil {
		return nil, err
	}
	topics := int(o.GetMaxTopics())
	if topics < 0 || topics > summarizer.MaxTopics {
		return nil, invalid("topic_options.max_topics", fmt.Sprintf("is %d and must be 1 to %d, or 0 for %d",
			topics, summarizer.MaxTopics, summarizer.DefaultTopics))
	}
	parsed := &summarizer.TopicOptions{TopicIDs: o.GetTopicIds(), Candidates: candidates, MaxTopics: topics}
	if o != nil && o.MinConfidence != nil {
		c := o.GetMinConfidence()
		if math.IsNaN(c) || c < 0 || c > 1 {
			return nil, invalid("topic_options.min_confidence", fmt.Sprintf("is %v and must be 0 to 1, or unset for the threshold of the engine", c))
		}
		parsed.MinConfidence = &c
	}
	return parsed, nil
}

func checkTopicIDs(ids []string) error {
	const field = "topic_options.topic_ids"
	if len(ids) > summarizer.MaxTopicIDs {
		return invalid(field, fmt.Sprintf("has %d ids, the limit is %d: send fewer, or none for the whole taxonomy", len(ids), summarizer.MaxTopicIDs))
	}
	for i, id := range ids {
		if !isID(id) {
			return invalid(fmt.Sprintf("%s[%d]", field, i), badID)
		}
	}
	return nil
}

func parseCandidates(candidates []*summarizerv1.CandidateTopic, topicIDs []string) ([]summarizer.Candidate, error) {
	const field = "topic_options.candidate_topics"
	if len(candidates) == 0 {
		return nil, nil
	}
	if len(candidates) > summarizer.MaxCandidates {
		return nil, invalid(field, fmt.Sprintf("has %d topics, the limit is %d: send fewer", len(candidates), summarizer.MaxCandidates))
	}
	taken := make(map[string]string, len(topicIDs)+len(candidates))
	for _, id := range topicIDs {
		taken[id] = "is also in topic_ids: leave it out of one of them"
	}
	parsed := make([]summarizer.Candidate, len(candidates))
	for i, c := range candidates {
		path := fmt.Sprintf("%s[%d]", field, i)
		if err := checkCandidate(path, c); err != nil {
			return nil, err
		}
		if clash := taken[c.GetId()]; clash != "" {
			return nil, invalid(path+".id", clash)
		}
		taken[c.GetId()] = "is that of another candidate: give each an id of its own"
		parsed[i] = summarizer.Candidate{ID: c.GetId(), DisplayName: c.GetDisplayName(), Description: c.GetDescription()}
	}
	return parsed, nil
}

func checkCandidate(path string, c *summarizerv1.CandidateTopic) error {
	if !isID(c.GetId()) {
		return invalid(path+".id", badID)
	}
	if strings.TrimSpace(c.GetDisplayName()) == "" {
		return invalid(path+".display_name", "is missing or blank: name the topic as people write it")
	}
	if err := checkText(path+".display_name", c.GetDisplayName(), summarizer.MaxCandidateNameBytes); err != nil {
		return err
	}
	return checkText(path+".description", c.GetDescription(), summarizer.MaxCandidateDescriptionBytes)
}

var badID = fmt.Sprintf(`is not an id: send 1 to %d characters of a-z, 0-9 and "-"`, maxIDBytes)

func isID(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= maxIDBytes
}

func parseServingOptions(o *summarizerv1.ServingOptions, request *summarizer.Request) (err error) {
	if o == nil {
		return nil
	}
	if request.Engine, err = parseEnum(enginePolicies, int32(o.GetEnginePolicy()), "serving_options.engine_policy"); err != nil {
		return err
	}
	if request.Cache, err = parseEnum(cachePolicies, int32(o.GetCachePolicy()), "serving_options.cache_policy"); err != nil {
		return err
	}
	if request.Offsets, err = parseEnum(offsetEncodings, int32(o.GetOffsetEncoding()), "serving_options.offset_encoding"); err != nil {
		return err
	}
	request.Overlength, err = parseEnum(overlengthPolicies, int32(o.GetOverlengthPolicy()), "serving_options.overlength_policy")
	return err
}

// parseEnum looks up an enum number, which a client may have chosen at will.
func parseEnum[T any](values []T, number int32, field string) (value T, err error) {
	if number < 0 || int(number) >= len(values) {
		return value, invalid(field, fmt.Sprintf("is %d, which is no value of the enum: send one of 0 to %d", number, len(values)-1))
	}
	return values[number], nil
}
