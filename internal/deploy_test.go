package internal_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// alertRules are the rules of deploy/prometheus/alerts.yml.
func alertRules(t *testing.T) (rules []alertRule) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string
			Rules []alertRule
		}
	}
	if err := yaml.UnmarshalWithOptions(read(t, "../deploy/prometheus/alerts.yml"), &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(rules) == 0 {
		t.Fatal("there is no alert rule")
	}
	return rules
}

type alertRule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestAlertsHaveARunbook looks for the section of each alert that its annotation
// names, and for its unit test.
func TestAlertsHaveARunbook(t *testing.T) {
	operations := string(read(t, "../docs/operations.md"))
	tests := string(read(t, "../deploy/prometheus/alerts_test.yml"))
	known := map[string]bool{}
	for _, rule := range alertRules(t) {
		known[rule.Alert] = true
		if !strings.Contains(operations, "\n### "+rule.Alert+"\n") {
			t.Errorf("docs/operations.md has no section %s", rule.Alert)
		}
		if got, want := rule.Annotations["runbook"], "docs/operations.md#"+strings.ToLower(rule.Alert); got != want {
			t.Errorf("the runbook of %s is %q, want %q", rule.Alert, got, want)
		}
		if rule.Annotations["summary"] == "" || rule.Labels["severity"] == "" || rule.For == "" {
			t.Errorf("%s has no summary, no severity or no duration", rule.Alert)
		}
		if !strings.Contains(tests, "runbook: "+rule.Annotations["runbook"]+"}") {
			t.Errorf("no test of the alert rules raises %s", rule.Alert)
		}
	}
	for _, match := range regexp.MustCompile(`(?m)^### (Summarizer\w+)$`).FindAllStringSubmatch(operations, -1) {
		if !known[match[1]] {
			t.Errorf("docs/operations.md has a section for %s, which is no alert", match[1])
		}
	}
}

// TestQueriesNameExistingMetrics holds alerts and dashboard to the metrics and labels
// of docs/observability.md, which a test of the server compares with its own.
func TestQueriesNameExistingMetrics(t *testing.T) {
	page := string(read(t, "../docs/observability.md"))
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(read(t, "../deploy/grafana/summarizer.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	queries := 0
	check := func(where, expr string) {
		queries++
		metrics, labels := names(expr)
		if len(metrics) == 0 {
			t.Errorf("%s: no metric was found in %q", where, expr)
		}
		for _, metric := range metrics {
			if metric != "up" && !strings.HasPrefix(metric, "process_") && !documented(page, metric) {
				t.Errorf("%s: docs/observability.md does not list %s", where, metric)
			}
		}
		for _, label := range labels {
			if !slices.Contains([]string{"job", "instance", "le"}, label) && !strings.Contains(page, "`"+label+"`") {
				t.Errorf("%s: docs/observability.md does not list the label %s", where, label)
			}
		}
	}
	for _, rule := range alertRules(t) {
		check(rule.Alert, rule.Expr)
	}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			check("dashboard, "+panel.Title, target.Expr)
		}
	}
	if queries < 20 {
		t.Errorf("only %d queries were found", queries)
	}
}

// TestTargetsAreOfTheJobOfTheAlerts holds what scrapes the servers to the job that alerts and
// dashboard ask for, and to the names of the Kubernetes base.
func TestTargetsAreOfTheJobOfTheAlerts(t *testing.T) {
	const job = "summarizer"
	for _, rule := range alertRules(t) {
		for _, selector := range selectors(rule.Expr) {
			if !strings.Contains(selector[2], `job="`+job+`"`) {
				t.Errorf("%s asks for %s of any job", rule.Alert, selector[1])
			}
		}
	}
	for _, name := range []string{"scrape.yml", "scrape-kubernetes.yml"} {
		var scrape struct {
			RuleFiles []string `yaml:"rule_files"`
			Configs   []struct {
				Job     string `yaml:"job_name"`
				Relabel []struct {
					Regex string
				} `yaml:"relabel_configs"`
			} `yaml:"scrape_configs"`
		}
		if err := yaml.Unmarshal(read(t, "../deploy/prometheus/"+name), &scrape); err != nil {
			t.Fatal(err)
		}
		if len(scrape.Configs) != 1 || scrape.Configs[0].Job != job || !slices.Equal(scrape.RuleFiles, []string{"alerts.yml"}) {
			t.Errorf("%s: %+v", name, scrape)
		}
		for i, relabel := range scrape.Configs[0].Relabel {
			if want := job + ";admin"; i == 0 && relabel.Regex != want {
				t.Errorf("%s takes in pods by %q, want %q", name, relabel.Regex, want)
			}
		}
	}
	var monitor struct {
		Spec struct {
			JobLabel string `yaml:"jobLabel"`
			Selector struct {
				MatchLabels map[string]string `yaml:"matchLabels"`
			}
			Endpoints []struct{ Port string } `yaml:"podMetricsEndpoints"`
		}
	}
	if err := yaml.Unmarshal(read(t, "../deploy/prometheus/podmonitor.yaml"), &monitor); err != nil {
		t.Fatal(err)
	}
	deployment := string(read(t, "../deploy/kubernetes/deployment.yaml"))
	if label := monitor.Spec.JobLabel; monitor.Spec.Selector.MatchLabels[label] != job || strings.Count(deployment, label+": "+job+"\n") < 2 {
		t.Errorf("the job of the pod monitor is the label %s, which is not %s", label, job)
	}
	if len(monitor.Spec.Endpoints) != 1 || !strings.Contains(deployment, "- name: "+monitor.Spec.Endpoints[0].Port+"\n") {
		t.Errorf("the pod monitor scrapes %v, which the pods do not have", monitor.Spec.Endpoints)
	}
}

// selectors returns the selectors of a query: all of each, its metric, and its matchers.
func selectors(expr string) [][]string {
	return regexp.MustCompile(`([a-z_]+)\{([^}]*)\}`).FindAllStringSubmatch(expr, -1)
}

// documented reports whether a row of a table of page begins with metric, as it is
// or without what a histogram adds to its name.
func documented(page, metric string) bool {
	for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
		if name, ok := strings.CutSuffix(metric, suffix); ok && strings.Contains(page, "\n| `"+name+"` |") {
			return true
		}
	}
	return false
}

var (
	literal  = regexp.MustCompile(`"[^"]*"`)
	matchers = regexp.MustCompile(`\{[^}]*\}`)
	grouping = regexp.MustCompile(`\b(?:by|without|on)\s*\([^)]*\)`)
	interval = regexp.MustCompile(`\[[^\]]*\]`)
	word     = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)
)

// promQL are the words of the language that the queries use.
var promQL = []string{
	"absent", "and", "by", "count", "histogram_quantile", "increase", "max", "min", "on", "or", "predict_linear", "rate", "sum", "time", "vector",
}

// names returns the metrics and the labels of a query.
func names(expr string) (metrics, labels []string) {
	expr = interval.ReplaceAllString(literal.ReplaceAllString(expr, ""), "")
	for _, part := range []*regexp.Regexp{matchers, grouping} {
		for _, match := range part.FindAllString(expr, -1) {
			labels = append(labels, word.FindAllString(match, -1)...)
		}
		expr = part.ReplaceAllString(expr, "")
	}
	isKeyword := func(w string) bool { return slices.Contains(promQL, w) }
	return slices.DeleteFunc(word.FindAllString(expr, -1), isKeyword), slices.DeleteFunc(labels, isKeyword)
}

// TestDockerfile holds the image to what its first lines promise. No container
// engine is needed to read it.
func TestDockerfile(t *testing.T) {
	text := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(string(read(t, "../Dockerfile")), "")
	text = strings.ReplaceAll(text, "\\\n", " ")
	var stages []string // their names
	var final []string  // the instructions of the last one
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || len(stages) == 0 && fields[0] == "ARG" {
			continue
		}
		instruction := strings.Join(fields, " ")
		switch fields[0] {
		case "FROM":
			final, stages = nil, append(stages, fields[len(fields)-1])
		case "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "RUN", "USER", "WORKDIR":
		default:
			t.Errorf("unknown instruction %q", instruction)
		}
		final = append(final, instruction)
		if from, ok := strings.CutPrefix(fields[1], "--from="); ok && !slices.Contains(stages[:len(stages)-1], from) {
			t.Errorf("%q copies from a stage that is not there", instruction)
		}
	}
	module := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(read(t, "../go.mod"))
	image := regexp.MustCompile(`(?m)^ARG GO_IMAGE=golang:(\d+\.\d+)\.\d+$`).FindStringSubmatch(text)
	if module == nil || image == nil || image[1] != string(module[1]) || !strings.Contains(text, "FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS") {
		t.Errorf("the image is not built with a patch version of the Go of go.mod, %s: %v", module, image)
	}
	if !strings.Contains(text, "CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build") {
		t.Error("the binary is not built without cgo, or not for the platform that is asked for")
	}
	for _, want := range []string{"FROM scratch", "USER 65532:65532", `ENTRYPOINT ["/summarizer"]`, `CMD ["serve"]`, "EXPOSE 50051 9464"} {
		if !slices.Contains(final, want) {
			t.Errorf("the final stage has no %q", want)
		}
	}
	if !slices.ContainsFunc(final, func(s string) bool { return strings.Contains(s, "/etc/ssl/certs/ca-certificates.crt") }) {
		t.Error("the image has no certificates for HTTPS")
	}
	if slices.ContainsFunc(final, func(s string) bool { return strings.HasPrefix(s, "RUN") }) {
		t.Error("the final stage runs something, but has no shell")
	}
}

// TestComposeFile looks for names that lead nowhere, for ports that other machines
// reach, and for less shelter than the manifests give.
func TestComposeFile(t *testing.T) {
	type service struct {
		Build       map[string]string
		Image       string
		Command     []string
		Environment map[string]string
		Ports       []string
		Volumes     []string
		DependsOn   map[string]map[string]string `yaml:"depends_on"`
		ReadOnly    bool                         `yaml:"read_only"`
		CapDrop     []string                     `yaml:"cap_drop"`
		SecurityOpt []string                     `yaml:"security_opt"`
		MemLimit    string                       `yaml:"mem_limit"`
		StopGrace   string                       `yaml:"stop_grace_period"`
		Restart     string
	}
	var file struct {
		Name     string
		Services map[string]service
		Volumes  map[string]any
	}
	if err := yaml.UnmarshalWithOptions(read(t, "../deploy/compose.yaml"), &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	for name, s := range file.Services {
		if (s.Image == "") == (s.Build == nil) {
			t.Errorf("%s has both an image and a build, or neither", name)
		}
		for other := range s.DependsOn {
			if _, ok := file.Services[other]; !ok {
				t.Errorf("%s depends on %s, which is not there", name, other)
			}
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s publishes %s beyond this machine", name, port)
			}
		}
		for _, mount := range s.Volumes {
			volume, _, _ := strings.Cut(mount, ":")
			if _, ok := file.Volumes[volume]; !ok {
				t.Errorf("%s mounts %s, which is not there", name, volume)
			}
		}
		for variable, value := range s.Environment {
			if host := regexp.MustCompile(`^\w+://([a-z-]+):`).FindStringSubmatch(value); host != nil {
				if _, ok := file.Services[host[1]]; !ok {
					t.Errorf("%s of %s names the host %s, which is not there", variable, name, host[1])
				}
			}
		}
	}
	if s := file.Services["summarizer"]; !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		t.Error("the server may write to its root, has capabilities or may gain some")
	}
}
