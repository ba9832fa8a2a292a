package server

import (
	"fmt"
	"math"
	"mime"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"google.golang.org/protobuf/reflect/protoreflect"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// The MIME types of an article. Where it has none, its text tells.
const (
	mediaPlain = "text/plain"
	mediaHTML  = "text/html"
)

const maxIDBytes = 64

// validator gathers the faults of a message, in the order of its fields. Their
// messages say what is wrong, the limit and the way out; they never repeat what the
// caller sent as free text.
type validator struct{ faults []summarizer.Fault }

// err returns the error of all faults, nil where there are none.
func (v *validator) err() error {
	if len(v.faults) == 0 {
		return nil
	}
	return summarizer.Invalid(v.faults...)
}

func (v *validator) add(rule summarizer.FieldRule, field, message string) {
	v.faults = append(v.faults, summarizer.Fault{Field: field, Rule: rule, Message: message})
}

// addFigures adds a fault of a rule that has a limit.
func (v *validator) addFigures(rule summarizer.FieldRule, field, limit, value, message string) {
	v.faults = append(v.faults, summarizer.Fault{Field: field, Rule: rule, Message: message, Limit: limit, Value: value})
}

func (h *Handler) parseSummarize(r *summarizerv1.SummarizeArticleRequest) (*summarizer.Request, error) {
	var v validator
	request := &summarizer.Request{Article: v.article(r.GetArticle()), Summary: v.summaryOptions(r.GetSummaryOptions())}
	v.servingOptions(r.GetServingOptions(), request)
	v.verificationOptions(r.GetVerificationOptions(), request)
	return request, v.err()
}

func (h *Handler) parseClassify(r *summarizerv1.ClassifyArticleRequest) (*summarizer.Request, error) {
	var v validator
	request := &summarizer.Request{Article: v.article(r.GetArticle()), Topics: v.topicOptions(r.GetTopicOptions(), h.service)}
	v.servingOptions(r.GetServingOptions(), request)
	return request, v.err()
}

func (h *Handler) parseAnalyze(r *summarizerv1.AnalyzeArticleRequest) (*summarizer.Request, error) {
	var v validator
	request := &summarizer.Request{
		Article: v.article(r.GetArticle()),
		Summary: v.summaryOptions(r.GetSummaryOptions()),
		Topics:  v.topicOptions(r.GetTopicOptions(), h.service),
	}
	v.servingOptions(r.GetServingOptions(), request)
	v.verificationOptions(r.GetVerificationOptions(), request)
	return request, v.err()
}

func (v *validator) article(a *summarizerv1.Article) (parsed summarizer.Article) {
	if a == nil {
		v.add(summarizer.RuleRequired, "article", "is missing: send the article")
		return parsed
	}
	v.articleText(a.GetText())
	v.text("article.title", a.GetTitle(), summarizer.MaxTitleBytes)
	parsed.Text, parsed.Title = a.GetText(), a.GetTitle()
	parsed.MediaType = v.mimeType(a.GetMimeType())
	parsed.LanguageCode = v.language("article.language_code", a.GetLanguageCode())
	if a.GetPublishTime() != nil && !a.GetPublishTime().IsValid() {
		v.add(summarizer.RuleOutOfRange, "article.publish_time",
			"is not a time: seconds must lie between the years 1 and 9999, nanos between 0 and 999999999")
	}
	v.text("article.source_uri", a.GetSourceUri(), summarizer.MaxSourceURIBytes)
	return parsed
}

// articleText checks what can be told before the text is cleaned, which its limit is on:
// a message bounds its size.
func (v *validator) articleText(text string) {
	const field = "article.text"
	switch {
	case text == "":
		v.add(summarizer.RuleTextEmpty, field, "is empty: send the text of the article")
	case !utf8.ValidString(text):
		v.add(summarizer.RuleNotUTF8, field, notUTF8)
	case !strings.ContainsFunc(text, unicode.IsLetter):
		v.add(summarizer.RuleTextEmpty, field, "has no letters: send the text of the article")
	}
}

// text checks a text of at most limit bytes.
func (v *validator) text(field, value string, limit int) {
	switch {
	case len(value) > limit:
		v.tooLong(summarizer.RuleTooLong, field, len(value), limit, "shorten it")
	case !utf8.ValidString(value):
		v.add(summarizer.RuleNotUTF8, field, notUTF8)
	}
}

func (v *validator) tooLong(rule summarizer.FieldRule, field string, length, limit int, wayOut string) {
	v.addFigures(rule, field, strconv.Itoa(limit), strconv.Itoa(length),
		fmt.Sprintf("has %d bytes, the limit is %d: %s", length, limit, wayOut))
}

// count checks the number of elements of a list.
func (v *validator) count(field, elements string, count, limit int, wayOut string) bool {
	if count > limit {
		v.addFigures(summarizer.RuleTooMany, field, strconv.Itoa(limit), strconv.Itoa(count),
			fmt.Sprintf("has %d %s, the limit is %d: %s", count, elements, limit, wayOut))
	}
	return count <= limit
}

// mimeType accepts parameters and ignores them: whatever the charset of the page was,
// the text of a request is UTF-8.
func (v *validator) mimeType(value string) string {
	switch value {
	case "", mediaPlain, mediaHTML:
		return value
	}
	mediaType, _, err := mime.ParseMediaType(value)
	if err != nil || (mediaType != mediaPlain && mediaType != mediaHTML) {
		v.add(summarizer.RuleMediaTypeUnsupported, "article.mime_type",
			`is neither "text/plain" nor "text/html": convert the article to one of them`)
	}
	return mediaType
}

// language returns the canonical form of a BCP-47 tag; "und" says as little as an empty
// one.
func (v *validator) language(field, value string) string {
	if value == "" {
		return ""
	}
	if len(value) > summarizer.MaxLanguageCodeBytes {
		v.tooLong(summarizer.RuleTooLong, field, len(value), summarizer.MaxLanguageCodeBytes, "shorten it")
		return ""
	}
	tag, err := language.Parse(value)
	if err != nil {
		v.add(summarizer.RuleMalformed, field, `is not a BCP-47 tag: send one such as "en" or "pt-BR", or none`)
	}
	if tag == language.Und {
		return ""
	}
	return tag.String()
}

func (v *validator) summaryOptions(o *summarizerv1.SummaryOptions) *summarizer.SummaryOptions {
	return &summarizer.SummaryOptions{
		Format: enum(v, summaryFormats, o.GetFormat(), "summary_options.format"),
		MaxSentences: v.number("summary_options.max_sentences", o.GetMaxSentences(), 1, summarizer.MaxSentences,
			strconv.Itoa(summarizer.DefaultSentences)),
		MaxCharacters: v.number("summary_options.max_characters", o.GetMaxCharacters(), summarizer.MinCharacters, summarizer.MaxCharacters,
			"no limit"),
		LanguageCode: v.language("summary_options.language_code", o.GetLanguageCode()),
	}
}

// number checks a number that is 0 for the default.
func (v *validator) number(field string, value int32, minimum, maximum int, byDefault string) int {
	n := int(value)
	if n != 0 && (n < minimum || n > maximum) {
		limit := maximum
		if n < minimum {
			limit = minimum
		}
		v.addFigures(summarizer.RuleOutOfRange, field, strconv.Itoa(limit), strconv.Itoa(n),
			fmt.Sprintf("is %d and must be %d to %d, or 0 for %s", n, minimum, maximum, byDefault))
	}
	return n
}

// topicLookup tells the topics that the taxonomy does not have.
type topicLookup interface {
	UnknownTopics(ids []string) []summarizer.Fault
}

func (v *validator) topicOptions(o *summarizerv1.TopicOptions, taxonomy topicLookup) *summarizer.TopicOptions {
	v.topicIDs(o.GetTopicIds(), taxonomy)
	parsed := &summarizer.TopicOptions{
		TopicIDs:   o.GetTopicIds(),
		Candidates: v.candidates(o.GetCandidateTopics(), o.GetTopicIds()),
		MaxTopics:  v.number("topic_options.max_topics", o.GetMaxTopics(), 1, summarizer.MaxTopics, strconv.Itoa(summarizer.DefaultTopics)),
	}
	if o != nil && o.MinConfidence != nil {
		c := o.GetMinConfidence()
		if math.IsNaN(c) || c < 0 || c > 1 {
			v.add(summarizer.RuleOutOfRange, "topic_options.min_confidence",
				fmt.Sprintf("is %v and must be 0 to 1, or unset for the threshold of the engine", c))
		}
		parsed.MinConfidence = &c
	}
	parsed.DisplayLanguage = v.language("topic_options.display_language", o.GetDisplayLanguage())
	return parsed
}

func (v *validator) topicIDs(ids []string, taxonomy topicLookup) {
	const field = "topic_options.topic_ids"
	if len(ids) == 0 || !v.count(field, "ids", len(ids), summarizer.MaxTopicIDs, "send fewer, or none for the whole taxonomy") {
		return
	}
	wellFormed := true
	for i, id := range ids {
		if !isID(id) {
			wellFormed = false
			v.add(summarizer.RuleMalformed, fmt.Sprintf("%s[%d]", field, i), badID)
		}
	}
	for _, unknown := range taxonomy.UnknownTopics(ids) {
		if wellFormed || !v.has(unknown.Field) {
			v.faults = append(v.faults, unknown)
		}
	}
}

// has reports whether a field has a fault.
func (v *validator) has(field string) bool {
	for _, f := range v.faults {
		if f.Field == field {
			return true
		}
	}
	return false
}

func (v *validator) candidates(candidates []*summarizerv1.CandidateTopic, topicIDs []string) []summarizer.Candidate {
	const field = "topic_options.candidate_topics"
	if len(candidates) == 0 || !v.count(field, "topics", len(candidates), summarizer.MaxCandidates, "send fewer") {
		return nil
	}
	taken := make(map[string]string, len(topicIDs)+len(candidates))
	for _, id := range topicIDs {
		taken[id] = "is also in topic_ids: leave it out of one of them"
	}
	parsed := make([]summarizer.Candidate, len(candidates))
	for i, c := range candidates {
		path := fmt.Sprintf("%s[%d]", field, i)
		switch clash := taken[c.GetId()]; {
		case !isID(c.GetId()):
			v.add(summarizer.RuleMalformed, path+".id", badID)
		case clash != "":
			v.add(summarizer.RuleDuplicate, path+".id", clash)
		}
		taken[c.GetId()] = "is the id of another candidate: give each an id of its own"
		if strings.TrimSpace(c.GetDisplayName()) == "" {
			v.add(summarizer.RuleRequired, path+".display_name", "is missing or blank: name the topic as people write it")
		}
		v.text(path+".display_name", c.GetDisplayName(), summarizer.MaxCandidateNameBytes)
		v.text(path+".description", c.GetDescription(), summarizer.MaxCandidateDescriptionBytes)
		parsed[i] = summarizer.Candidate{ID: c.GetId(), DisplayName: c.GetDisplayName(), Description: c.GetDescription()}
	}
	return parsed
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

func (v *validator) servingOptions(o *summarizerv1.ServingOptions, request *summarizer.Request) {
	request.Engine = enum(v, enginePolicies, o.GetEnginePolicy(), "serving_options.engine_policy")
	request.Cache = enum(v, cachePolicies, o.GetCachePolicy(), "serving_options.cache_policy")
	request.Offsets = enum(v, offsetEncodings, o.GetOffsetEncoding(), "serving_options.offset_encoding")
	request.Overlength = enum(v, overlengthPolicies, o.GetOverlengthPolicy(), "serving_options.overlength_policy")
	request.ListRemoved = o.GetIncludeRemovedSpans()
}

func (v *validator) verificationOptions(o *summarizerv1.VerificationOptions, request *summarizer.Request) {
	request.Verify = enum(v, verifyPolicies, o.GetPolicy(), "verification_options.policy")
}

// enum looks up an enum number, which a client may have chosen at will.
func enum[T any](v *validator, values []T, chosen protoreflect.Enum, field string) (value T) {
	number := int(chosen.Number())
	if number >= 0 && number < len(values) {
		return values[number]
	}
	v.addFigures(summarizer.RuleNotDefined, field, strconv.Itoa(len(values)-1), strconv.Itoa(number),
		fmt.Sprintf("is %d, not a value of the enum: send %s", number, EnumNames(chosen.Descriptor())))
	return value
}

// EnumNames lists the values of an enum with their numbers, for a message: "A (1) or B (2)".
func EnumNames(enum protoreflect.EnumDescriptor) string {
	var list strings.Builder
	last := enum.Values().Len() - 1
	for i := range last {
		value := enum.Values().Get(i + 1) // behind the unspecified one
		switch {
		case i == 0:
		case i == last-1:
			list.WriteString(" or ")
		default:
			list.WriteString(", ")
		}
		fmt.Fprintf(&list, "%s (%d)", value.Name(), value.Number())
	}
	return list.String()
}
