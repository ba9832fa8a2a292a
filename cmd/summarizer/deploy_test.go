package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What deploy/ and the Dockerfile set has to be a setting that there is.
func TestDeploymentsAreUnderstood(t *testing.T) {
	const dir = "../../deploy"
	if _, err := parse([]string{"serve", "--config", dir + "/kubernetes/config.yaml"}, silent(nil)); err != nil {
		t.Error(err)
	}

	known := map[string]bool{}
	for _, variable := range settingsOf(t) {
		known[variable] = true
	}
	variable := regexp.MustCompile(`SUMMARIZER_[A-Z_]+[A-Z]`)
	found := 0
	for _, path := range []string{"../../Dockerfile", dir + "/compose.yaml", dir + "/systemd/summarizer.service", dir + "/kubernetes/deployment.yaml"} {
		text, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range variable.FindAllString(string(text), -1) {
			found++
			if !known[name] {
				t.Errorf("%s sets %s, which nothing reads", path, name)
			}
		}
	}
	if found == 0 {
		t.Error("no variable was found in deploy/")
	}
}

// silent is an environment with the given variables and without output.
func silent(variables map[string]string) *environment {
	return &environment{
		environ: environOf(variables),
		stdin:   strings.NewReader(""), stdout: io.Discard, stderr: io.Discard,
	}
}
