package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/seed-59202292/summarizer/internal/server"
)

// openAPIDocument is as much of a document as the test reads.
type openAPIDocument struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		OperationID string `yaml:"operationId"`
		RequestBody struct {
			Content map[string]struct{ Example any }
		} `yaml:"requestBody"`
		Responses map[string]any
	}
}

// The document that is served has every path, and the server takes its examples.
func TestOpenAPI(t *testing.T) {
	_, _, address := serve(t, &fakeService{}, server.Options{}, Options{})
	got := ask(t, http.MethodGet, "http://"+address+"/openapi.yaml", "")
	var d openAPIDocument
	if err := yaml.Unmarshal([]byte(got.body), &d); err != nil || got.status != 200 || got.header.Get("Content-Type") != "application/yaml" || d.OpenAPI != "3.1.0" {
		t.Fatalf("%d %v: %v", got.status, got.header, err)
	}
	if len(d.Paths) != len(Routes()) {
		t.Errorf("%d paths for %d routes", len(d.Paths), len(Routes()))
	}
	for _, route := range Routes() {
		operation, ok := d.Paths[route.Path][strings.ToLower(route.Method)]
		if !ok || !strings.HasSuffix(route.RPC, "/"+operation.OperationID) || len(operation.Responses) < 5 {
			t.Errorf("%s %s is described as %+v", route.Method, route.Path, operation)
			continue
		}
		body := ""
		for media, content := range operation.RequestBody.Content {
			text, ok := content.Example.(string)
			if !ok {
				data, err := json.Marshal(content.Example)
				if err != nil {
					t.Fatal(err)
				}
				text = string(data)
			}
			if body = text; content.Example == nil || media == mediaLines != strings.HasSuffix(route.Path, ":stream") {
				t.Errorf("%s has the example %v of %s", route.Path, content.Example, media)
			}
		}
		if got := ask(t, route.Method, "http://"+address+route.Path, body); got.status != http.StatusOK {
			t.Errorf("the example of %s: %d %s", route.Path, got.status, got.body)
		}
	}
}
