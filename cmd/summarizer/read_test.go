package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/cleantext"
)

func TestRead(t *testing.T) {
	page, rows := write(t, "b", minePage), write(t, "c.jsonl", archiveOf(1)+"{\n")
	got := cli(t, nil, mine, "read", "--json", "-", page, rows, "/nowhere")
	if got.code != exitSomeFailed || strings.Count(got.stderr, "\n") != 2 || !strings.Contains(got.stderr, "c.jsonl:2: ") || !strings.Contains(got.stderr, "(ROW_INVALID)") {
		t.Errorf("code %d, standard error %q", got.code, got.stderr)
	}
	var all []cleantext.CleanText
	for line := range strings.Lines(got.stdout) {
		var one cleantext.CleanText
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, one)
	}
	if len(all) != 3 {
		t.Fatalf("%d articles, want 3:\n%s", len(all), got.stdout)
	}
	if all[0].ID != "-" || !strings.HasPrefix(all[0].Text, "The republic of Tessaly") || all[0].Removed[0].Rule != "dateline" {
		t.Errorf("standard input: %+v", all[0])
	}
	if all[1].ID != page || all[1].Title != "Ferry line reopens after the flood" || strings.Contains(all[1].Text, "<p>") {
		t.Errorf("page: %+v", all[1])
	}
	if all[2].ID == "" || strings.Contains(all[2].ID, "jsonl") {
		t.Errorf("the row of an archive has an id of its own, not %q", all[2].ID)
	}

	if text := cli(t, nil, mine, "read", "-"); text.code != exitOK || !strings.HasPrefix(text.stdout, "-\ntitle: Coastal republic") {
		t.Errorf("code %d, %q", text.code, text.stdout)
	}
	if nothing := cli(t, nil, "", "read", "-"); nothing.code != exitNothingDone || nothing.stdout != "" {
		t.Errorf("code %d, %q, %q", nothing.code, nothing.stdout, nothing.stderr)
	}
	if empty := cli(t, nil, "", "read", "--allow-empty", "-"); empty.code != exitOK || empty.stderr != "" {
		t.Errorf("code %d, %q", empty.code, empty.stderr)
	}
}

// TestSameRefusal gives texts that the service does not take to each way in.
func TestSameRefusal(t *testing.T) {
	for name, text := range map[string]string{
		"TEXT_TOO_LARGE": strings.Repeat("The ferry between Lorn and Skerry sailed again on Friday. ", 20_000),
		"TEXT_EMPTY":     "<p hidden>The ferry sailed.</p>",
	} {
		path := write(t, "a.html", text)
		for _, command := range []string{"read", "analyze"} {
			got := cli(t, nil, "", command, path)
			if got.code != exitNothingDone || !strings.Contains(got.stderr, "article.text: has ") || !strings.Contains(got.stderr, "("+name+")") {
				t.Errorf("%s %s: %d, %s", command, name, got.code, got.stderr)
			}
			if command == "read" && strings.Contains(got.stdout, "hidden") != (name == "TEXT_EMPTY") {
				t.Errorf("read %s prints %.200s", name, got.stdout)
			}
		}
	}
}
