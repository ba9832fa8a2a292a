package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const base = "../../deploy/kubernetes"

// Each of these edits of the base is a fault that has to be found.
func TestFaultsAreFound(t *testing.T) {
	tests := []struct{ file, old, new, want string }{
		{"service.yaml", "", "", ""}, // as it is
		{"deployment.yaml", "readinessProbe:", "readynessProbe:", "readynessProbe"},
		{"deployment.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "restricted"},
		{"deployment.yaml", "memory: 512Mi", "cpu: 2", "limit of memory"},
		{"deployment.yaml", "path: /readyz\n              port: admin", "path: /readyz\n              port: http", "startup probe"},
		{"deployment.yaml", "name: summarizer\n        - name: tls", "name: other\n        - name: tls", "config map other"},
		{"deployment.yaml", "mountPath: /etc/summarizer-clients", "mountPath: /etc/clients", "file of clients"},
		{"config.yaml", "admin-insecure: true", "insecure: true", "insecure"},
		{"service.yaml", "targetPort: grpc", "targetPort: http", "service's port"},
		{"service.yaml", "  clusterIP: None\n", "", "headless"},
		{"poddisruptionbudget.yaml", "app.kubernetes.io/name: summarizer", "app.kubernetes.io/name: other", "disruption budget"},
		{"horizontalpodautoscaler.yaml", "kind: Deployment\n", "kind: StatefulSet\n", "scaler"},
		{"networkpolicy.yaml", "port: admin", "port: metrics", "lets in a port"},
		{"networkpolicy.yaml", "        - port: 4317\n", "", "port 4317"},
		{"config.yaml", "nats-url: nats://summarizer-nats", "nats-url: nats://other", "nats-url"},
		{"nats.yaml", "serviceName: summarizer-nats", "serviceName: other", "service of NATS"},
		{"nats.yaml", "              app.kubernetes.io/name: summarizer\n", "              app: other\n", "network policy of NATS"},
		{"kustomization.yaml", "  - networkpolicy.yaml\n", "", "NetworkPolicy"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, tt.file)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			edited := strings.Replace(string(data), tt.old, tt.new, 1)
			if tt.old != tt.new && edited == string(data) {
				t.Fatalf("%s does not hold %q", tt.file, tt.old)
			}
			if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
				t.Fatal(err)
			}
			err = checkManifests(dir)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
