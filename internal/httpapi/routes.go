package httpapi

import (
	"cmp"
	"mime"
	"net/http"
	"strings"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/reflect/protoreflect"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
)

// Route is a path of the JSON API.
type Route struct {
	Method string // of HTTP
	Path   string
	RPC    string // the full name of the method, with a leading slash
}

// Routes returns the JSON API.
func Routes() []Route {
	return []Route{
		{http.MethodPost, "/v1/articles:summarize", summarizerv1.SummarizerService_SummarizeArticle_FullMethodName},
		{http.MethodPost, "/v1/articles:classify", summarizerv1.SummarizerService_ClassifyArticle_FullMethodName},
		{http.MethodPost, "/v1/articles:analyze", summarizerv1.SummarizerService_AnalyzeArticle_FullMethodName},
		{http.MethodPost, "/v1/articles:batchAnalyze", summarizerv1.SummarizerService_BatchAnalyzeArticles_FullMethodName},
		{http.MethodPost, "/v1/articles:stream", summarizerv1.SummarizerService_StreamAnalyzeArticles_FullMethodName},
		{http.MethodGet, "/v1/topics", summarizerv1.SummarizerService_ListTopics_FullMethodName},
		{http.MethodGet, "/v1/capabilities", summarizerv1.SummarizerService_GetCapabilities_FullMethodName},
	}
}

// rpc is a method of the contract.
type rpc struct {
	name      string
	streaming bool // requests, responses or both
}

// table finds methods by the path of a request.
type table struct {
	rest map[string]Route
	rpcs map[string]rpc
}

func newTable() *table {
	t := &table{rest: map[string]Route{}, rpcs: map[string]rpc{}}
	for _, r := range Routes() {
		t.rest[r.Path] = r
	}
	for _, service := range []protoreflect.ServiceDescriptor{
		summarizerv1.File_summarizer_v1_summarizer_proto.Services().ByName("SummarizerService"),
		healthpb.File_grpc_health_v1_health_proto.Services().ByName("Health"),
	} {
		for i := range service.Methods().Len() {
			m := service.Methods().Get(i)
			name := "/" + string(service.FullName()) + "/" + string(m.Name())
			t.rpcs[name] = rpc{name, m.IsStreamingClient() || m.IsStreamingServer()}
		}
	}
	return t
}

// isOurs reports whether a path is one of the service's.
func (t *table) isOurs(path string) bool {
	if _, ok := t.rest[path]; ok {
		return true
	}
	_, ok := t.rpcs[path]
	return ok && !strings.HasPrefix(path, "/"+healthpb.Health_ServiceDesc.ServiceName+"/")
}

// find returns the method and the protocol of a request, or how it is refused.
func (t *table) find(r *http.Request) (rpc, protocol, *rejection) {
	if route, ok := t.rest[r.URL.Path]; ok {
		return t.findREST(r, route)
	}
	m, ok := t.rpcs[r.URL.Path]
	if !ok {
		return rpc{}, nil, &rejection{http.StatusNotFound, "", "there is nothing at this path: the paths are in /openapi.yaml"}
	}
	if r.Method != http.MethodPost {
		return rpc{}, nil, &rejection{http.StatusMethodNotAllowed, http.MethodPost, "send the request with POST"}
	}
	if p := protocolOf(mediaType(r), m.streaming); p != nil {
		return m, p, nil
	}
	return rpc{}, nil, &rejection{http.StatusUnsupportedMediaType, "", contentTypesOf(m.streaming)}
}

func (t *table) findREST(r *http.Request, route Route) (rpc, protocol, *rejection) {
	m := t.rpcs[route.RPC]
	if r.Method != route.Method {
		return rpc{}, nil, &rejection{http.StatusMethodNotAllowed, route.Method, "send the request with " + route.Method}
	}
	media := mediaType(r)
	switch {
	case r.Method == http.MethodGet:
		return m, query{}, nil
	case !mayBeJSON(r, media, m.streaming):
		if m.streaming {
			return rpc{}, nil, &rejection{http.StatusUnsupportedMediaType, "", "send lines of JSON with Content-Type: " + mediaLines}
		}
		return rpc{}, nil, &rejection{http.StatusUnsupportedMediaType, "", "send JSON in UTF-8 with Content-Type: " + mediaJSON}
	case m.streaming:
		return m, &lineStream{}, nil
	}
	return m, document{codec: jsonCodec{}}, nil
}

// Media types.
const (
	mediaJSON  = "application/json"
	mediaProto = "application/proto"
	mediaLines = "application/x-ndjson"
	mediaForm  = "application/x-www-form-urlencoded"
)

// mediaType returns the media type of the body, in lower case; "" where there is none, and
// "invalid" where it cannot be read, or is in another charset than UTF-8.
func mediaType(r *http.Request) string {
	header := r.Header.Get("Content-Type")
	if header == "" {
		return ""
	}
	media, parameters, err := mime.ParseMediaType(header)
	if charset := strings.ToLower(parameters["charset"]); err != nil || charset != "" && charset != "utf-8" && charset != "us-ascii" {
		return "invalid"
	}
	return media
}

// mayBeJSON reports whether a body is read as JSON. curl labels its data as a form by
// default; a browser sends one, or a body without a type, to any server without
// asking it, so that neither counts from there.
func mayBeJSON(r *http.Request, media string, streaming bool) bool {
	switch media {
	case mediaJSON:
		return true
	case mediaLines, "application/ndjson", "application/jsonl", "application/jsonlines":
		return streaming
	case "", mediaForm:
		return !fromBrowser(r)
	}
	return false
}

// protocolOf returns the protocol of a call to the path of an RPC; nil where there is none.
func protocolOf(media string, streaming bool) protocol {
	kind, form, _ := strings.Cut(strings.TrimPrefix(media, "application/"), "+")
	if !strings.HasPrefix(media, "application/") {
		return nil
	}
	switch kind {
	case "json", "proto":
		if form == "" && !streaming {
			return document{codec: codecOf(kind), connect: true}
		}
	case "connect":
		if c := codecOf(form); c != nil && streaming {
			return &envelopes{codec: c, media: media, dialect: connectStream{}}
		}
	case "grpc-web":
		if c := codecOf(cmp.Or(form, "proto")); c != nil {
			return &envelopes{codec: c, media: media, dialect: grpcWeb{}}
		}
	}
	return nil
}

func contentTypesOf(streaming bool) string {
	unary := mediaJSON + " or " + mediaProto + " for Connect"
	if streaming {
		unary = "application/connect+json or application/connect+proto for Connect"
	}
	return "send it with Content-Type " + unary + ", application/grpc-web+proto for gRPC-Web"
}
