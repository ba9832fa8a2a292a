package main

import "github.com/goccy/go-yaml"

// The parts that the contract does not hold: headers, errors and examples.

var anySchema = yaml.MapSlice{
	{Key: "type", Value: "object"},
	{Key: "description", Value: "A detail of an error: google.rpc.ErrorInfo, BadRequest, RetryInfo or QuotaFailure."},
	{Key: "properties", Value: yaml.MapSlice{{Key: "@type", Value: yaml.MapSlice{{Key: "type", Value: "string"}}}}},
	{Key: "required", Value: []string{"@type"}},
}

var statusSchema = yaml.MapSlice{
	{Key: "type", Value: "object"},
	{Key: "description", Value: "Why there is no answer: a google.rpc.Status."},
	{Key: "properties", Value: yaml.MapSlice{
		{Key: "code", Value: yaml.MapSlice{{Key: "type", Value: "integer"}, {Key: "description", Value: "The number of a google.rpc.Code, never 0."}}},
		{Key: "message", Value: yaml.MapSlice{{Key: "type", Value: "string"}, {Key: "description", Value: "What is wrong and how to mend it, for people."}}},
		{Key: "details", Value: yaml.MapSlice{{Key: "type", Value: "array"}, {Key: "items", Value: anySchema}}},
	}},
	{Key: "required", Value: []string{"code", "message"}},
}

var parameters = yaml.MapSlice{
	{Key: "timeout", Value: yaml.MapSlice{
		{Key: "name", Value: "X-Server-Timeout"},
		{Key: "in", Value: "header"},
		{Key: "description", Value: "Seconds for the answer. Default: the server's."},
		{Key: "schema", Value: yaml.MapSlice{{Key: "type", Value: "number"}, {Key: "minimum", Value: 0.001}, {Key: "maximum", Value: 86400}}},
		{Key: "example", Value: 10},
	}},
	{Key: "requestId", Value: yaml.MapSlice{
		{Key: "name", Value: "X-Request-Id"},
		{Key: "in", Value: "header"},
		{Key: "description", Value: "A name for the call in the log of the server. Default: a random one."},
		{Key: "schema", Value: yaml.MapSlice{{Key: "type", Value: "string"}, {Key: "pattern", Value: "^[A-Za-z0-9._-]{1,64}$"}}},
	}},
}

var headers = yaml.MapSlice{
	{Key: "requestId", Value: yaml.MapSlice{
		{Key: "description", Value: "The name of the call in the log of the server."},
		{Key: "schema", Value: yaml.MapSlice{{Key: "type", Value: "string"}}},
	}},
}

type object = map[string]any

func failure(code int, message, reason string) object {
	return object{"code": code, "message": message, "details": []object{
		{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "summarizer", "reason": reason},
	}}
}

var errorResponses = []struct {
	status, description string
	example             object
}{
	{"400", "A field, a header or the JSON itself is not right. Mend it.", failure(3, "article.text: is empty: send the text of the article", "TEXT_EMPTY")},
	{"401", "The server wants to know who calls.", failure(16, "the key or certificate is of no client of this server", "CREDENTIALS_INVALID")},
	{"403", "The client may not call this, or the page that asks may not.", failure(7, "the client may not call this method: ask the operator for the right to it", "PERMISSION_DENIED")},
	{"405", "The path takes another method of HTTP, which Allow names.", object{"code": 12, "message": "send the request with POST"}},
	{"413", "The body is larger than the server takes.", object{"code": 8, "message": "the message has more bytes, the limit is 4194304: send less at once"}},
	{"415", "The body is of another type or encoding than is taken.", object{"code": 3, "message": "send JSON in UTF-8 with Content-Type: application/json"}},
	{"429", "A quota or a budget is spent. Retry-After says when to try again.", failure(8, "the client has sent as many requests as it may", "QUOTA_EXCEEDED")},
	{"500", "A fault of the server, or of the language model where no other answer was allowed.", failure(13, "internal error", "INTERNAL")},
	{"503", "The server is full or drains. Retry-After says when to try again.", failure(14, "the server works on as many articles as it can: retry later, or send to another server", "OVERLOADED")},
	{"504", "The deadline has passed.", object{"code": 4, "message": "the deadline of the call has passed: give it more time"}},
}

const exampleText = "The harbour council of Lorn voted on Tuesday to rebuild the sea wall that a storm broke in March. " +
	"The work will cost 14 million crowns and take two years. Fishing boats will use the old basin until then. " +
	"Opponents had asked for a cheaper wall of rubble."

var exampleArticle = object{"text": exampleText, "title": "Lorn rebuilds its sea wall"}

var exampleProvenance = object{"source": "SOURCE_LOCAL", "model": "local-1", "createTime": "2026-11-24T01:00:19.563Z"}

var exampleSummary = object{
	"text":   "The harbour council of Lorn voted on Tuesday to rebuild the sea wall that a storm broke in March.",
	"method": "SUMMARY_METHOD_EXTRACTIVE", "languageCode": "en", "provenance": exampleProvenance,
	"sentences": []object{{
		"text":     "The harbour council of Lorn voted on Tuesday to rebuild the sea wall that a storm broke in March.",
		"evidence": []object{{"beginOffset": 0, "endOffset": 97, "text": "The harbour council of Lorn voted on Tuesday to rebuild the sea wall that a storm broke in March."}},
	}},
}

var exampleAnalysis = object{"summary": exampleSummary, "classification": object{"topics": []object{}, "provenance": exampleProvenance}, "languageCode": "en", "usage": object{}}

var requestExamples = map[string]any{
	"SummarizeArticle":      object{"article": exampleArticle, "summaryOptions": object{"maxSentences": 1}},
	"ClassifyArticle":       object{"article": exampleArticle, "topicOptions": object{"maxTopics": 3}},
	"AnalyzeArticle":        object{"article": exampleArticle, "servingOptions": object{"offsetEncoding": "OFFSET_ENCODING_UTF16"}},
	"BatchAnalyzeArticles":  object{"requests": []object{{"article": exampleArticle}}},
	"StreamAnalyzeArticles": `{"correlationId":"a-1","request":{"article":{"text":"The ferry runs again."}}}` + "\n",
}

var responseExamples = map[string]any{
	"SummarizeArticle":     object{"summary": exampleSummary, "languageCode": "en", "usage": object{}},
	"AnalyzeArticle":       exampleAnalysis,
	"BatchAnalyzeArticles": object{"results": []object{{"response": exampleAnalysis}}},
}
