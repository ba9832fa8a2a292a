package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// link matches the target of a Markdown link, without an anchor.
var link = regexp.MustCompile(`\]\(([^)#\s]+)`)

// TestLinks follows the links of the documentation that stay in the repository, and
// looks for pages that the README does not lead to.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("../*.md")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, docs...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			if target := match[1]; !strings.Contains(target, "://") {
				found++
				if _, err := os.Stat(filepath.Join(filepath.Dir(page), target)); err != nil {
					t.Errorf("%s links to %s: %v", page, target, err)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no link was found in any page")
	}

	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range docs {
		if !strings.Contains(string(readme), "](docs/"+filepath.Base(page)) {
			t.Errorf("README.md does not link to %s", page)
		}
	}
}
