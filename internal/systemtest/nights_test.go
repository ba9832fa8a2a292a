package systemtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-59202292/summarizer/internal/llm/llmtest"
)

// earlierVariable names a program of an earlier release that runs the first three nights.
const earlierVariable = "SUMMARIZER_TEST_EARLIER"

// newsroom is a directory that grows by a feed and items of ninjs each night.
type newsroom struct {
	dir     string
	random  *rand.Rand
	stories []*newsStory
}

// newsStory is a story with the state of its newest version.
type newsStory struct {
	uri       string
	isItem    bool // of ninjs, else of a feed
	version   int
	withdrawn bool
}

func (s *newsStory) title() string { return fmt.Sprintf("Port %s, version %d", s.uri, s.version) }

func (s *newsStory) text() string {
	return fmt.Sprintf("The harbour of %s reopened on Monday after %d weeks. \"We lost some trust,\" said the harbour master. "+
		"Ferries sail again, and the fish market opens at six. Two cranes are still being repaired. The town expects %d guests.", s.uri, s.version, 1000+s.version)
}

// modified is the date of a version, which is later for each.
func (s *newsStory) modified() string {
	return time.Date(2031, 5, 1, 0, s.version, 0, 0, time.UTC).Format(time.RFC3339)
}

// night adds the files of a night: new stories, corrections, withdrawals and repetitions.
func (n *newsroom) night(t *testing.T, night, count int) {
	t.Helper()
	var entries []string
	put := func(s *newsStory, file string) {
		if !s.isItem {
			entries = append(entries, fmt.Sprintf("<entry><id>%s</id><title>%s</title><updated>%s</updated><content>%s</content></entry>", s.uri, s.title(), s.modified(), s.text()))
			return
		}
		item := map[string]any{
			"uri": s.uri, "type": "text", "version": fmt.Sprint(s.version), "versioncreated": s.modified(), "pubstatus": "usable",
			"language": "en", "headline": s.title(), "body_text": s.text(),
		}
		if s.withdrawn {
			item["pubstatus"] = "canceled"
			delete(item, "body_text")
		}
		content, err := json.MarshalIndent(item, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(n.dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range count {
		file := fmt.Sprintf("night-%d-%d.json", night, i)
		if night == 1 || n.random.IntN(3) == 0 {
			s := &newsStory{uri: fmt.Sprintf("urn:ports:%d-%d", night, i), isItem: n.random.IntN(2) == 0, version: 1}
			n.stories = append(n.stories, s)
			put(s, file)
			continue
		}
		s := n.stories[n.random.IntN(len(n.stories))]
		switch n.random.IntN(4) {
		case 0: // repeated
		case 1:
			s.version++
			s.withdrawn = s.isItem
		default:
			s.version++
			s.withdrawn = false
		}
		put(s, file)
	}
	feed := `<feed xmlns="http://www.w3.org/2005/Atom"><title>Ports</title>` + strings.Join(entries, "") + "</feed>"
	if err := os.WriteFile(filepath.Join(n.dir, fmt.Sprintf("night-%d.atom", night)), []byte(feed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// want returns what a reader expects of the rows: one a story, of its newest version.
func (n *newsroom) want() (rows []string) {
	for _, s := range n.stories {
		outcome := "ok"
		if s.withdrawn {
			outcome = "skipped ARTICLE_CANCELED"
		}
		rows = append(rows, s.uri+" "+s.title()+" "+outcome)
	}
	slices.Sort(rows)
	return rows
}

// TestSevenNights runs a growing archive into one output, night for night. Two runs are
// killed, and a program of an earlier release may have run the first nights.
func TestSevenNights(t *testing.T) {
	api := llmtest.New(t)
	api.Default(llmtest.After(2*time.Millisecond, llmtest.Obey()))
	news := &newsroom{dir: t.TempDir(), random: rand.New(rand.NewPCG(7, 1))}
	out := filepath.Join(t.TempDir(), "out.jsonl")
	args := []string{
		"batch", news.dir, "-o", out, "--resume", "--concurrency", "2", "--data-dir", t.TempDir(),
		"--llm-model", "m", "--llm-base-url", api.URL(),
	}
	earlier := os.Getenv(earlierVariable)
	for night := 1; night <= 7; night++ {
		news.night(t, night, 12*testScale())
		if earlier != "" && night <= 3 {
			command := exec.CommandContext(t.Context(), earlier, args...)
			command.Env = environ(nil, tempDir)
			if output, err := command.CombinedOutput(); command.ProcessState.ExitCode() == 1 || command.ProcessState.ExitCode() < 0 {
				t.Fatalf("the earlier program: %v: %s", err, output)
			}
			continue
		}
		flags := args
		if earlier != "" && night == 4 {
			flags = append(slices.Clone(args), "--force") // another release may have another prompt
		}
		if night == 4 || night == 6 {
			api.Forget()
			p := start(t, "", flags...)
			api.AwaitArrivals(t, 3)
			p.signal(t, syscall.SIGKILL)
			p.end(t)
		}
		if got := cli(t, nil, "", flags...); got.code != exitOK {
			t.Fatalf("night %d: code %d: %s", night, got.code, got.stderr)
		}
		if diff := cmp.Diff(news.want(), storiesIn(t, out)); diff != "" {
			t.Fatalf("night %d (-want +got):\n%s", night, diff)
		}
	}
	api.Forget()
	if got := cli(t, nil, "", args...); got.code != exitOK || len(api.Requests()) > 0 {
		t.Errorf("a night without news: code %d, %d calls: %s", got.code, len(api.Requests()), got.stderr)
	}
}

// storiesIn returns the rows of an output, sorted.
func storiesIn(t *testing.T, path string) (rows []string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(content) {
		var row struct {
			ID, Title, Status string
			Error             struct{ Reason string }
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		rows = append(rows, strings.TrimSpace(row.ID+" "+row.Title+" "+row.Status+" "+row.Error.Reason))
	}
	slices.Sort(rows)
	return rows
}
