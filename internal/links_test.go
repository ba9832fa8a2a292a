package internal_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

var (
	// link matches the target of a Markdown link, and its anchor.
	link = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]+))?\)`)

	// fileName matches a path of the repository between backquotes.
	fileName = regexp.MustCompile("`((?:api|client|cmd|deploy|docs|examples|internal|tools)/[A-Za-z0-9_./-]+)`")

	// testName matches the name of a test between backquotes, and testFunction its
	// declaration.
	testName     = regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]*)`")
	testFunction = regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(`)

	// makeTarget matches a target of the Makefile in running text.
	makeTarget = regexp.MustCompile("`make ([a-z-]+)")

	// heading matches a heading of a page.
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// anchorOf returns the anchor that a heading has on GitHub.
func anchorOf(heading string) string {
	heading = strings.ToLower(strings.TrimSpace(heading))
	heading = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(heading, "")
	return strings.ReplaceAll(heading, " ", "-")
}

// hasAnchor reports whether a page has a heading of an anchor. The second heading of a name
// has the anchor name-1.
func hasAnchor(page, anchor string) bool {
	seen := map[string]int{}
	for _, match := range heading.FindAllStringSubmatch(page, -1) {
		name := anchorOf(match[1])
		full := name
		if n := seen[name]; n > 0 {
			full = fmt.Sprintf("%s-%d", name, n)
		}
		if full == anchor {
			return true
		}
		seen[name]++
	}
	return false
}

// TestFiguresInPages compares a figure that pages give in prose with the code. Figures in
// console blocks, tables of flags and of quality have tests beside their generators.
func TestFiguresInPages(t *testing.T) {
	figure := regexp.MustCompile(`the (\d+)\s+topics\b`)
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range figure.FindAllStringSubmatch(string(text), -1) {
			found++
			if match[1] != strconv.Itoa(len(taxonomy.Default().Topics())) {
				t.Errorf("%s says %q, the taxonomy has %d topics", page, match[0], len(taxonomy.Default().Topics()))
			}
		}
	}
	if found == 0 {
		t.Error("no page says how many topics there are")
	}
}

// TestNamesInPages looks for the files and the targets of make that pages name.
func TestNamesInPages(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	files, targets := 0, 0
	for _, page := range append(pages, "../README.md", "../CONTRIBUTING.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			continue
		}
		for _, match := range fileName.FindAllStringSubmatch(string(text), -1) {
			files++
			if _, err := os.Stat(filepath.Join("..", match[1])); err != nil {
				t.Errorf("%s names %s: %v", page, match[1], err)
			}
		}
		for _, match := range makeTarget.FindAllStringSubmatch(string(text), -1) {
			targets++
			if !regexp.MustCompile(`(?m)^` + match[1] + `:`).Match(makefile) {
				t.Errorf("%s names make %s, which is no target", page, match[1])
			}
		}
	}
	if files == 0 || targets == 0 {
		t.Errorf("%d files and %d targets were found", files, targets)
	}
}

// TestTestsInPages looks for the tests that pages name.
func TestTestsInPages(t *testing.T) {
	tests := make(map[string]bool)
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, match := range testFunction.FindAllSubmatch(src, -1) {
			tests[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "../README.md", "../CONTRIBUTING.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range testName.FindAllStringSubmatch(string(text), -1) {
			if found++; !tests[match[1]] {
				t.Errorf("%s names %s, which is no test", page, match[1])
			}
		}
	}
	if found < 30 {
		t.Errorf("%d tests are named", found)
	}
}

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
			target, anchor := match[1], match[2]
			if strings.Contains(target, "://") || target+anchor == "" {
				continue
			}
			found++
			linked, path := text, page
			if target != "" {
				path = filepath.Join(filepath.Dir(page), target)
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%s links to %s: %v", page, target, err)
					continue
				}
				linked, _ = os.ReadFile(path) // a folder has no headings
			}
			if anchor != "" && strings.HasSuffix(path, ".md") && !hasAnchor(string(linked), anchor) {
				t.Errorf("%s links to %s#%s: there is no such heading", page, target, anchor)
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
