package server

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

func TestGetCapabilities(t *testing.T) {
	engines := []*summarizerv1.EngineInfo{{Kind: summarizerv1.EngineKind_ENGINE_KIND_LOCAL, Name: "local", Model: "1"}}
	languages := []*summarizerv1.LanguageSupport{{LanguageCode: "en", Features: []summarizerv1.LanguageSupport_Feature{summarizerv1.LanguageSupport_FEATURE_TOPICS}}}
	grounding := []*summarizerv1.GroundingSupport{{LanguageCode: "en", Claims: []summarizerv1.GroundingSupport_Claim{summarizerv1.GroundingSupport_CLAIM_NAME}}}
	h := NewHandler(&fakeService{topics: manyTopics(9)}, Options{
		MaxReceiveBytes: 1001, MaxBufferedBytes: 1002, MessageTimeout: 1003, MaxInFlight: 1004, StreamInFlight: 1005,
		DefaultDeadline: 1006, MaxConnectionAge: 1007, MaxStreams: 1008, MinClientPing: 1009,
		Connections: ConnectionLimits{Max: 1010, MaxPerAddress: 1011, MaxBytes: 1012, Strangers: 1013, Idle: 1014},
		Info: Info{
			Version: "v1.2.3", PromptVersion: "p3", Engines: engines, Languages: languages, Grounding: grounding,
			MaxParts: 1015, MinModelTime: 1016, ClientTokensPerDay: 1017, ClientMicroUSDPerDay: 1018,
		},
	})
	caller := &call{client: &client{name: "desk", usage: newQuotaUsage(ClientEntry{
		RequestsPerSecond: 0.5, ArticlesPerSecond: 7, ArticlesInFlight: 8, Streams: 9,
	})}}
	got, err := h.GetCapabilities(context.WithValue(t.Context(), callContextKey{}, caller), &summarizerv1.GetCapabilitiesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	want := &summarizerv1.GetCapabilitiesResponse{
		ServerVersion: "v1.2.3",
		Limits: &summarizerv1.ServiceLimits{
			MaxTextBytes: 1_000_000, MaxTitleBytes: 2_000, MaxSourceUriBytes: 2_048, MaxLanguageCodeBytes: 35,
			MaxSentences: 10, DefaultSentences: 3, MinCharacters: 50, MaxCharacters: 4_000,
			MaxTopics: 20, DefaultTopics: 5, MaxTopicIds: 100, MaxIdBytes: 64,
			MaxCandidateTopics: 50, MaxCandidateNameBytes: 200, MaxCandidateDescriptionBytes: 500,
			MaxPageSize: 250, DefaultPageSize: 50, MaxBatchRequests: 100, MaxCorrelationIdBytes: 128,
			MaxReceiveBytes: 1001, MaxBufferedBytes: 1002, MessageTimeout: durationpb.New(1003), MaxArticlesInFlight: 1004,
			StreamItemsInFlight: 1005, DefaultDeadline: durationpb.New(1006), MaxConnectionAge: durationpb.New(1007),
			MaxCallsPerConnection: 1008, MinPingInterval: durationpb.New(1009),
			MaxConnections: 1010, MaxConnectionsPerAddress: 1011, MaxConnectionBytes: 1012,
			AuthenticationTimeout: durationpb.New(1013), MaxConnectionIdle: durationpb.New(1014),
			MaxArticleParts: 1015, MinLlmTime: durationpb.New(1016),
			MaxHeaderBytes: 32 << 10, MaxApiKeyBytes: 512, MaxRequestIdBytes: 64,
		},
		Engines:         engines,
		PromptVersion:   "p3",
		TaxonomyVersion: "t1",
		TopicCount:      9,
		Languages:       languages,
		MimeTypes:       []string{"text/plain", "text/html"},
		Grounding:       grounding,
		Quota: &summarizerv1.ClientQuota{
			Client: "desk", RequestsPerSecond: 0.5, ArticlesPerSecond: 7, ArticlesInFlight: 8, Streams: 9,
			LlmTokensPerDay: 1017, LlmMicroUsdPerDay: 1018,
		},
	}
	if diff := cmp.Diff(want, got, protocmpOption); diff != "" {
		t.Errorf("capabilities (-want +got):\n%s", diff)
	}
	eachLimit(func(field protoreflect.FieldDescriptor) {
		if !want.Limits.ProtoReflect().Has(field) {
			t.Errorf("%s is not filled", field.Name())
		}
	})

	plain, err := NewHandler(&fakeService{}, Options{}).GetCapabilities(t.Context(), &summarizerv1.GetCapabilitiesRequest{})
	if err != nil || plain.GetQuota() != nil || plain.GetLimits().GetMinLlmTime() != nil {
		t.Errorf("without clients and model: %v, %v", plain, err)
	}
	if limits := plain.GetLimits(); limits.GetMaxConnections() != 4096 || limits.GetDefaultDeadline().AsDuration() != 30*time.Second {
		t.Errorf("defaults: %v", limits)
	}
}

func eachLimit(visit func(protoreflect.FieldDescriptor)) {
	fields := (&summarizerv1.ServiceLimits{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		visit(fields.Get(i))
	}
}

// limitsOfTheCode names each limit of the code by the field of ServiceLimits or
// ClientQuota that tells it; "-" is no limit that a call can meet.
var limitsOfTheCode = map[string]string{
	"MaxTextBytes":                 "max_text_bytes",
	"MaxTitleBytes":                "max_title_bytes",
	"MaxSourceURIBytes":            "max_source_uri_bytes",
	"MaxLanguageCodeBytes":         "max_language_code_bytes",
	"MaxSentences":                 "max_sentences",
	"MinCharacters":                "min_characters",
	"MaxCharacters":                "max_characters",
	"MaxTopics":                    "max_topics",
	"MaxTopicIDs":                  "max_topic_ids",
	"MaxCandidates":                "max_candidate_topics",
	"MaxCandidateNameBytes":        "max_candidate_name_bytes",
	"MaxCandidateDescriptionBytes": "max_candidate_description_bytes",
	"DefaultSentences":             "default_sentences",
	"DefaultTopics":                "default_topics",

	"maxIDBytes":            "max_id_bytes",
	"maxBatchRequests":      "max_batch_requests",
	"maxCorrelationIDBytes": "max_correlation_id_bytes",
	"maxPageSize":           "max_page_size",
	"defaultPageSize":       "default_page_size",
	"maxHeaderListBytes":    "max_header_bytes",
	"maxKeyBytes":           "max_api_key_bytes",
	"maxRequestIDBytes":     "max_request_id_bytes",

	"Options.MaxReceiveBytes":      "max_receive_bytes",
	"Options.MaxBufferedBytes":     "max_buffered_bytes",
	"Options.MessageTimeout":       "message_timeout",
	"Options.MaxInFlight":          "max_articles_in_flight",
	"Options.StreamInFlight":       "stream_items_in_flight",
	"Options.DefaultDeadline":      "default_deadline",
	"Options.MaxConnectionAge":     "max_connection_age",
	"Options.MaxStreams":           "max_calls_per_connection",
	"Options.MinClientPing":        "min_ping_interval",
	"ConnectionLimits.Max":         "max_connections",
	"ConnectionLimits.MaxBytes":    "max_connection_bytes",
	"ConnectionLimits.Strangers":   "authentication_timeout",
	"ConnectionLimits.Idle":        "max_connection_idle",
	"Info.MaxParts":                "max_article_parts",
	"Info.MinModelTime":            "min_llm_time",
	"Info.ClientTokensPerDay":      "llm_tokens_per_day",
	"Info.ClientMicroUSDPerDay":    "llm_micro_usd_per_day",
	"ClientEntry.Streams":          "streams",
	"ClientEntry.ArticlesInFlight": "articles_in_flight",

	"ConnectionLimits.MaxPerAddress": "max_connections_per_address",
	"ClientEntry.RequestsPerSecond":  "requests_per_second",
	"ClientEntry.ArticlesPerSecond":  "articles_per_second",

	"defaultStreams":           "-", // told as ClientQuota.streams
	"defaultRetryAfter":        "-", // told with each error
	"maxStatusBytes":           "-", // of what the server says
	"maxNameBytes":             "-", // of a client in the file
	"maxSubjectBytes":          "-", // of a client in the file
	"maxFileBytes":             "-", // of the file of clients
	"maxPerSecond":             "-", // of a quota in the file
	"minStreamLife":            "-", // a minimum that streams are promised
	"maxWait":                  "-", // a measure of load
	"Options.DrainTimeout":     "-", // calls end earlier
	"Options.KeepaliveTime":    "-", // the server's own pings
	"Options.KeepaliveTimeout": "-", // the server's own pings
}

var limitName = regexp.MustCompile(`^(max|min|Max|Min|default|Default)[A-Z]`)

// Every limit of the code that a call can meet is in GetCapabilities: constants whose
// names say that they are limits, and numbers and durations of options.
func TestEveryLimitIsReported(t *testing.T) {
	found := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	options := map[string]bool{"Options": true, "ConnectionLimits": true, "Info": true, "ClientEntry": true}
	for _, path := range append(files, "../summarizer/types.go") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			general, ok := declaration.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range general.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						if general.Tok == token.CONST && limitName.MatchString(name.Name) {
							found[name.Name] = true
						}
					}
				case *ast.TypeSpec:
					if fields, ok := spec.Type.(*ast.StructType); ok && options[spec.Name.Name] {
						for name := range numbersOf(fields) {
							found[spec.Name.Name+"."+name] = true
						}
					}
				}
			}
		}
	}
	for name := range found {
		if limitsOfTheCode[name] == "" {
			t.Errorf("%s is in the code and not in GetCapabilities: add a field, or say here why not", name)
		}
	}
	told := map[string]string{}
	for name, field := range limitsOfTheCode {
		if !found[name] {
			t.Errorf("%s is not in the code", name)
		}
		told[field] = name
	}
	check := func(field protoreflect.FieldDescriptor) {
		if told[string(field.Name())] == "" {
			t.Errorf("%s tells no limit of the code", field.FullName())
		}
		delete(told, string(field.Name()))
	}
	eachLimit(check)
	fields := (&summarizerv1.ClientQuota{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if fields.Get(i).Name() != "client" {
			check(fields.Get(i))
		}
	}
	delete(told, "-")
	if len(told) > 0 {
		t.Errorf("there are no such fields: %v", told)
	}
}

// numbersOf returns the names of the fields that hold numbers or durations.
func numbersOf(fields *ast.StructType) map[string]bool {
	names := map[string]bool{}
	for _, field := range fields.Fields.List {
		kind := ""
		switch typ := field.Type.(type) {
		case *ast.Ident:
			kind = typ.Name
		case *ast.SelectorExpr:
			kind = typ.Sel.Name
		}
		if kind == "int" || kind == "int64" || kind == "float64" || kind == "Duration" {
			for _, name := range field.Names {
				names[name.Name] = true
			}
		}
	}
	return names
}
