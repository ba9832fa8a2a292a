package systemtest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	summarizerv1 "github.com/seed-59202292/summarizer/api/proto/summarizer/v1"
	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
	"github.com/seed-59202292/summarizer/internal/server"
	"github.com/seed-59202292/summarizer/internal/telemetry"
)

// described is a registry that knows the labels of all metrics, also of metrics
// without a value yet.
type described struct {
	*prometheus.Registry
	labels map[string][]string // by metric, sorted
}

var descriptor = regexp.MustCompile(`fqName: "([^"]*)".*constLabels: \{([^}]*)\}, variableLabels: \{([^}]*)\}`)

// Register implements prometheus.Registerer.
func (d described) Register(c prometheus.Collector) error {
	out := make(chan *prometheus.Desc)
	go func() { defer close(out); c.Describe(out) }()
	for desc := range out {
		m := descriptor.FindStringSubmatch(desc.String())
		if m == nil {
			return fmt.Errorf("a descriptor of another form: %s", desc)
		}
		var labels []string
		for _, label := range strings.Split(m[2]+","+m[3], ",") {
			if label, _, _ = strings.Cut(label, "="); label != "" {
				labels = append(labels, label)
			}
		}
		slices.Sort(labels)
		d.labels[m[1]] = labels
	}
	return d.Registry.Register(c)
}

// MustRegister implements prometheus.Registerer.
func (d described) MustRegister(collectors ...prometheus.Collector) {
	for _, c := range collectors {
		if err := d.Register(c); err != nil {
			panic(err)
		}
	}
}

// metricsOf returns the labels of every metric of a server, by its name.
func metricsOf(t *testing.T) map[string][]string {
	t.Helper()
	d := described{prometheus.NewRegistry(), map[string][]string{}}
	m := telemetry.New(d)
	m.WatchCalls(func() (int, int) { return 0, 0 })
	m.WatchEndpoint("main", func() telemetry.EndpointState { return telemetry.EndpointState{} })
	m.WatchLLMBudget("tokens", func() float64 { return 0 })
	m.ModelCall(t.Context(), telemetry.ModelCall{Outcome: "LLM_TIMEOUT", InputTokens: 1})
	server.New(nil, server.Options{Metrics: m, Registerer: d}).Shutdown(t.Context())
	families, err := d.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families { // the OpenTelemetry SDK describes nothing beforehand
		if strings.HasPrefix(f.GetName(), "gen_ai_") {
			var labels []string
			for _, label := range f.Metric[0].Label {
				labels = append(labels, label.GetName())
			}
			slices.Sort(labels)
			d.labels[f.GetName()] = labels
		}
	}
	return d.labels
}

// TestEveryMetricIsDocumented compares the tables of docs/observability.md with
// what a server registers: names and labels, in both directions.
func TestEveryMetricIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	registered := metricsOf(t)
	name := regexp.MustCompile("`([a-z_]+)`")
	written := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 { // four, between bars
			continue
		}
		metric := name.FindStringSubmatch(cells[1])
		if metric == nil {
			continue
		}
		var labels []string
		for _, label := range name.FindAllStringSubmatch(cells[3], -1) {
			labels = append(labels, label[1])
		}
		if metric[1] == "gen_ai_client_token_usage" { // "the same without error_type, and …"
			labels = append(slices.DeleteFunc(slices.Clone(written["gen_ai_client_operation_duration_seconds"]),
				func(s string) bool { return s == "error_type" }), "gen_ai_token_type")
		}
		slices.Sort(labels)
		written[metric[1]] = labels
		if strings.TrimSpace(cells[4]) == "" {
			t.Errorf("%s has no meaning", metric[1])
		}
	}
	if diff := cmp.Diff(registered, written); diff != "" {
		t.Errorf("metrics and their labels (-registered +documented):\n%s", diff)
	}
}

// labelValues says what each label of our own may be.
var labelValues = map[string]string{
	"feature":               "summary|topics",
	"source":                "cache|llm|stale_cache|local",
	"reason":                "|[A-Z]+(_[A-Z]+)+|[a-z]+(_[a-z]+)*",
	"error_type":            "[A-Z]+(_[A-Z]+)+",
	"tier":                  "request|memory|disk|shared",
	"outcome":               "hit|miss|timeout|error|ok|failed",
	"endpoint":              "default",
	"summarizer_endpoint":   "default",
	"gen_ai_operation_name": "chat",
	"gen_ai_provider_name":  "openai",
	"gen_ai_request_model":  "small-model",
	"gen_ai_token_type":     "input|output",
	"server_address":        "127.0.0.1",
	"server_port":           "[0-9]+",
	"to":                    "json_object|prompt|reasoning",
	"caller":                "known|stranger",
	"limit":                 "connections|bytes",
	"cause":                 "stranger|displaced|idle|full|address",
	"kind":                  "number|amount|date|name|quotation|unary|item",
	"for":                   "slot|rate",
	"quota":                 "requests-per-second|articles-per-second|articles-in-flight|streams|connection",
	"client":                "anonymous|stranger|",
	"what":                  "clients|tls|configuration|taxonomy|model_keys|audit_log",
	"service":               "summarizer|other",
	"version":               ".+",
	"go_version":            "go.+",
	"budget":                "all|client",
	"unit":                  "tokens|usd",
	"grpc_type":             "unary|bidi_stream|server_stream|client_stream",
	"grpc_service":          `summarizer\.v1\.SummarizerService|grpc\.[a-z0-9.]+\.[A-Za-z]+`,
	"grpc_method":           "[A-Z][A-Za-z]+",
	"grpc_code":             "[A-Z][A-Za-z]+",
}

// TestLabelsAreBounded sends articles and answers that name themselves in every
// field that there is, and has no label take it over, nor their number show.
func TestLabelsAreBounded(t *testing.T) {
	upstream := llmtest.New(t)
	s := serve(t, map[string]string{"SUMMARIZER_LLM_MODEL": "small-model", "SUMMARIZER_LLM_BASE_URL": upstream.URL(), "SUMMARIZER_LLM_DAILY_TOKENS": "1000000000"})
	client := summarizerv1.NewSummarizerServiceClient(connect(t, s.grpc))
	n := 0
	round := func() {
		for _, reply := range []func(own string) llmtest.Response{
			func(string) llmtest.Response { return llmtest.Obey() },
			func(own string) llmtest.Response { return llmtest.Content(own) },
			func(own string) llmtest.Response {
				return llmtest.Give(llmtest.Answer{Summary: llmtest.Sentences("The " + own + " cost 77 million."), Topics: llmtest.Topics(own)})
			},
			func(own string) llmtest.Response { return llmtest.Error(422, own, own) },
			func(own string) llmtest.Response {
				return llmtest.Status(200, fmt.Sprintf(`{"model":%q,"choices":[{"message":{"role":%[1]q,"content":%[1]q},"finish_reason":%[1]q}]}`, own))
			},
		} {
			n++
			own := fmt.Sprintf("Canary%dsong", n)
			upstream.Enqueue(reply(own), reply(own))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_, err := client.AnalyzeArticle(ctx, &summarizerv1.AnalyzeArticleRequest{
				Article: &summarizerv1.Article{Title: own, SourceUri: "https://news.example/" + own, Text: "The " + own + " left port. " + articleOf(1500)},
				TopicOptions: &summarizerv1.TopicOptions{CandidateTopics: []*summarizerv1.CandidateTopic{
					{Id: strings.ToLower(own), DisplayName: own, Description: own},
				}},
			})
			if err != nil {
				t.Fatal(err)
			}
			_ = connect(t, s.grpc).Invoke(ctx, "/"+own+"/"+own, &summarizerv1.AnalyzeArticleRequest{}, &summarizerv1.AnalyzeArticleResponse{})
			_, err = client.SummarizeArticle(ctx, &summarizerv1.SummarizeArticleRequest{Article: &summarizerv1.Article{Text: own, MimeType: own}})
			if err == nil {
				t.Error("a media type of its own was taken")
			}
			cancel()
		}
	}
	for range 3 { // answers that ignore the schema take a while to be stepped down from
		round()
	}
	first := seriesOf(t, s.admin)
	for range 5 {
		round()
	}
	if second := seriesOf(t, s.admin); len(second) != len(first) {
		t.Errorf("%d series after 15 requests, %d after 40: %v", len(first), len(second),
			slices.DeleteFunc(slices.Sorted(maps.Keys(second)), func(s string) bool { return first[s] }))
	}
}

// seriesOf returns the series at /metrics, without the series of the Go runtime, once
// their labels are checked.
func seriesOf(t *testing.T, admin string) map[string]bool {
	t.Helper()
	body := get(t, "http://"+admin+"/metrics")
	if strings.Contains(strings.ToLower(body), "canary") {
		t.Error("a metric holds what a caller or a model wrote")
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]bool{}
	for name, family := range families {
		if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") {
			continue
		}
		for _, m := range family.Metric {
			id := name
			for _, label := range m.Label {
				checkLabel(t, name, label)
				id += " " + label.GetName() + "=" + label.GetValue()
			}
			series[id] = true
		}
	}
	return series
}

func checkLabel(t *testing.T, metric string, label *dto.LabelPair) {
	t.Helper()
	values, known := labelValues[label.GetName()]
	if !known {
		t.Errorf("%s has the label %s: say in labelValues what it may be", metric, label.GetName())
		return
	}
	if !regexp.MustCompile("^(" + values + ")$").MatchString(label.GetValue()) {
		t.Errorf("%s: the label %s is %q", metric, label.GetName(), label.GetValue())
	}
}
