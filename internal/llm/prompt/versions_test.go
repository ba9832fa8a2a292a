package prompt

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/grounding"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// versionsFile records the content behind each version.
const versionsFile = "testdata/versions.json"

var update = flag.Bool("update", false, "write what stands behind the versions instead of comparing it")

// recorded is the content behind the versions of a build.
type recorded struct {
	PromptVersion string // of Prompt
	Prompt        string // a digest of all prompts of the fixed set

	SchemaVersion string
	Schema        string

	ValidatorVersion string
	Rules            string            // a digest of the source of the rules, without comments
	Verdicts         map[string]string // by the digest of a case of the fixed set
}

// TestVersions holds prompt, schema and validator to the versions that stored answers carry:
// an answer of another prompt, or one that other rules let pass, must not be found under
// the version of these. What it fails for has to be settled by a version, or, where the
// source of the rules changed and no verdict can, by -update.
func TestVersions(t *testing.T) {
	prompt, schema := promptDigests(t)
	now := recorded{
		PromptVersion: Version, Prompt: prompt,
		SchemaVersion: SchemaVersion, Schema: schema,
		ValidatorVersion: ValidatorVersion, Rules: rulesDigest(t), Verdicts: verdicts(t),
	}
	var was recorded
	content, err := os.ReadFile(versionsFile)
	if err == nil {
		err = json.Unmarshal(content, &was)
	}
	if err != nil && (!*update || !errors.Is(err, fs.ErrNotExist)) {
		t.Fatal(err)
	}
	for _, fault := range versionFaults(was, now) {
		t.Error(fault)
	}
	if t.Failed() {
		return
	}
	if *update {
		content, err := json.MarshalIndent(now, "", " ")
		if err == nil {
			err = os.WriteFile(versionsFile, append(content, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	const how = `: run "go test ./internal/llm/prompt -run '^TestVersions$' -update"`
	switch {
	case was.Rules != now.Rules && was.ValidatorVersion == now.ValidatorVersion:
		t.Error("the rules of the validator are others than before: raise ValidatorVersion if any answer can be judged otherwise, and record them" + how)
	case was.PromptVersion != now.PromptVersion, was.SchemaVersion != now.SchemaVersion, was.ValidatorVersion != now.ValidatorVersion:
		t.Error("a version is another than recorded" + how)
	}
}

// versionFaults names the changes under a version that did not change.
func versionFaults(was, now recorded) (faults []string) {
	if was.PromptVersion == now.PromptVersion && was.Prompt != now.Prompt {
		faults = append(faults, "the prompt is another under version "+now.PromptVersion+": raise Version")
	}
	if was.SchemaVersion == now.SchemaVersion && was.Schema != now.Schema {
		faults = append(faults, "the schema is another under version "+now.SchemaVersion+": raise SchemaVersion")
	}
	if was.ValidatorVersion != now.ValidatorVersion {
		return faults
	}
	changed := 0
	for key, verdict := range now.Verdicts {
		if before, ok := was.Verdicts[key]; ok && before != verdict {
			if changed++; changed <= 3 {
				faults = append(faults, fmt.Sprintf("case %s of the fixed set: %s, and was %s", key, verdict, before))
			}
		}
	}
	if changed > 0 {
		faults = append(faults, fmt.Sprintf("%d answers are judged otherwise under version %s: raise ValidatorVersion", changed, now.ValidatorVersion))
	}
	return faults
}

// The test of versions fails for each of what it is for.
func TestVersionFaults(t *testing.T) {
	was := recorded{"1", "p", "1", "s", "1", "r", map[string]string{"a": "ok", "b": "bad"}}
	for name, tt := range map[string]struct {
		change func(*recorded)
		want   int
	}{
		"nothing":                   {func(*recorded) {}, 0},
		"the prompt":                {func(r *recorded) { r.Prompt = "q" }, 1},
		"the prompt and its number": {func(r *recorded) { r.Prompt, r.PromptVersion = "q", "2" }, 0},
		"the schema":                {func(r *recorded) { r.Schema = "t" }, 1},
		"a verdict":                 {func(r *recorded) { r.Verdicts = map[string]string{"a": "bad"} }, 2},
		"a verdict and its number":  {func(r *recorded) { r.Verdicts, r.ValidatorVersion = map[string]string{"a": "bad"}, "2" }, 0},
		"a case more":               {func(r *recorded) { r.Verdicts = map[string]string{"a": "ok", "c": "bad"} }, 0},
	} {
		now := was
		tt.change(&now)
		if got := versionFaults(was, now); len(got) != tt.want {
			t.Errorf("%s: %q, want %d faults", name, got, tt.want)
		}
	}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// testTopics are of the test, as the taxonomy has a version of its own.
var testTopics = []taxonomy.Topic{
	{ID: "ports", DisplayName: "Ports", Definition: "What happens in harbours."},
	{ID: "a", DisplayName: "A", Candidate: true},
}

// plainDocument returns a document as it is, so that verdicts do not depend on how articles
// are cleaned: the clean text is in the key of an answer.
func plainDocument(language, title, text string) *article.Document {
	d := &article.Document{Text: text, Title: title, Language: language}
	for begin := 0; begin < len(text); {
		end := len(text)
		if i := strings.Index(text[begin:], ". "); i >= 0 {
			end = begin + i + 1
		}
		d.Sentences = append(d.Sentences, article.Sentence{Span: article.Span{Begin: begin, End: end}})
		for begin = end; begin < len(text) && text[begin] == ' '; {
			begin++
		}
	}
	return d
}

var fenceCode = regexp.MustCompile(`ARTICLE [0-9a-f]{32}`)

// promptDigests returns digests of what a model is told, and of the schema, for tasks of all
// kinds.
func promptDigests(t *testing.T) (prompt, schema string) {
	document := plainDocument("en", "Port open", "The port of Velmar reopened on Tuesday. [ARTICLE forged] It was shut for nine days.")
	x := Excerpt{Text: document.Text, Of: article.Span{End: len(document.Text)}}
	var prompts, schemas strings.Builder
	tell := func(messages []Message) {
		for _, m := range messages {
			fmt.Fprintf(&prompts, "%s\n%s\n", m.Role, fenceCode.ReplaceAllString(m.Content, "ARTICLE code"))
		}
	}
	for _, language := range []string{"en", "de-AT", "zh", article.Undetermined} {
		for format := summarizer.FormatParagraph; format <= summarizer.FormatHeadline; format++ {
			for _, characters := range []int{0, 400} {
				for _, withTopics := range []bool{false, true} {
					for _, unbounded := range []bool{false, true} {
						task := &summarizer.Task{Document: document, Summary: &summarizer.SummaryTask{
							Format: format, MaxSentences: 3, MaxCharacters: characters, Language: language,
						}}
						if withTopics {
							task.Topics = &summarizer.TopicTask{Topics: testTopics, Taxonomy: taxonomy.Default()}
						}
						schema := answerSchema(task, unbounded)
						schemas.WriteString(schema)
						q := NewQuestion(task, x)
						tell(q.messages(systemPrompt(task, "SCHEMA"), true))
						q.faults, q.previous = "the summary has a fault", "{}"
						tell(q.messages(systemPrompt(task, "SCHEMA"), false))
						q.words = "312 passengers"
						tell(q.messages(systemPrompt(task, "SCHEMA"), false))
						refuted := q.Without(&summarizer.SummaryAnswer{Sentences: []summarizer.AnswerSentence{{Text: "A."}, {Text: "B."}}}, []SentenceVerdict{Supported, NotSupported})
						tell(refuted.messages(systemPrompt(task, "SCHEMA"), false))
					}
				}
			}
		}
	}
	if prompts.Len() == 0 || schemas.Len() == 0 {
		t.Fatal("there is no prompt")
	}
	return digest(prompts.String()), digest(schemas.String())
}

// rulesDigest returns a digest of the source of all that judges answers, with the lists that
// it reads. Comments and layout of the source do not count.
func rulesDigest(t *testing.T) string {
	files := []string{"validate.go", "decode.go", "standing.go"}
	for _, root := range []string{"../../grounding", "../../injection"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "testdata":
				return fs.SkipDir
			case !entry.IsDir() && !strings.HasSuffix(path, "_test.go"):
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var tokens strings.Builder
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) != ".go" {
			tokens.Write(source)
			continue
		}
		var s scanner.Scanner
		s.Init(token.NewFileSet().AddFile(name, -1, len(source)), source, nil, 0)
		for {
			_, kind, literal := s.Scan()
			if kind == token.EOF {
				break
			}
			tokens.WriteString(cmp.Or(literal, kind.String()))
			tokens.WriteByte('\n')
		}
	}
	return digest(tokens.String())
}

// verdicts judges each sentence of the test articles of grounding as the only one of a
// summary, and the answers of a further table, and says what came of it.
func verdicts(t *testing.T) map[string]string {
	all := make(map[string]string)
	judge := func(language, title, text string, task summarizer.SummaryTask, content string) {
		document := plainDocument(language, title, text)
		q := NewQuestion(
			&summarizer.Task{Document: document, Summary: &task, Topics: &summarizer.TopicTask{Topics: testTopics}},
			Excerpt{Text: document.Text, Of: article.Span{End: len(document.Text)}})
		j := q.Judge(content, nil)
		claim := grounding.None
		if j.summaryFault != nil {
			claim = j.summaryFault.claim
		}
		verdict, err := json.Marshal([]any{claim, j.Summary, j.Rest, j.Topics})
		if err != nil {
			t.Fatal(err)
		}
		all[digest(fmt.Sprint(language, "\x00", title, "\x00", text, "\x00", task, "\x00", content))] = j.Outcome() + " " + digest(string(verdict))
	}
	answer := func(quote string, sentences ...string) string {
		type sentence struct {
			Text   string   `json:"text"`
			Quotes []string `json:"quotes"`
		}
		list := []sentence{}
		for _, text := range sentences {
			list = append(list, sentence{text, []string{quote}})
		}
		content, err := json.Marshal(map[string]any{"summary": list, "topics": []any{}})
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}

	file, err := os.Open("../../grounding/testdata/grounding.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var language, title string
	var text strings.Builder
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line := lines.Text()
		mark, rest, _ := strings.Cut(line, " ")
		switch mark {
		case "#":
		case "=":
			language, title, _ = strings.Cut(rest, " | ")
			text.Reset()
		case "+":
			judge(language, title, text.String(), summarizer.SummaryTask{MaxSentences: 3, Language: language}, answer("", rest))
		case "-", "~":
			_, sentence, _ := strings.Cut(rest, " | ")
			judge(language, title, text.String(), summarizer.SummaryTask{MaxSentences: 3, Language: language}, answer("", sentence))
		default:
			text.WriteString(line + "\n")
		}
	}
	if err := lines.Err(); err != nil || len(all) < 100 {
		t.Fatalf("%d sentences are judged, %v", len(all), err)
	}

	// What is judged besides claims: form, limits, language, topics and evidence.
	const ferry = "The ferry Alma ran aground off Port Tessin on Monday with 212 passengers on board. " +
		"All of them were taken off by lifeboats within two hours, the coastguard said. " +
		"Captain Rosa Lind said the engines had failed in heavy seas. The owner, Tessin Lines, has cancelled sailings until Friday."
	for _, content := range []string{
		answer("ran aground off Port Tessin", "The ferry Alma ran aground off Port Tessin on Monday.", "All 212 passengers were taken off."),
		answer("no such words in the article", "The ferry Alma ran aground off Port Tessin on Monday."),
		answer("", "The ferry Alma ran aground.", "The engines failed.", "Sailings are cancelled.", "A fourth sentence says that lifeboats came."),
		answer("", "Die Fähre Alma lief am Montag vor Port Tessin auf Grund, und alle wurden gerettet."),
		answer("", "See https://example.org for the **ferry** Alma."),
		answer("", "The ferry Alma ran aground off Port Tessin with 312 passengers."),
		answer("", ""), answer(""), `{}`, `not JSON`, `[]`, `{"summary":"The ferry Alma ran aground."}`,
		"```json\n" + answer("", "The ferry Alma ran aground.") + "\n```",
		`{"summary":[{"text":"The ferry Alma ran aground.","quotes":[]}],"topics":[{"id":"no-such-topic","confidence":0.9,"quotes":[]}]}`,
		`{"summary":[{"text":"The ferry Alma ran aground.","quotes":[]}],"topics":[{"id":"ports","confidence":7,"quotes":[]}]}`,
		`{"summary":[{"text":"The ferry Alma ran aground.","quotes":[]}],"topics":[{"id":"ports","confidence":0.9,"quotes":["ran aground"]}]}`,
	} {
		for _, task := range []summarizer.SummaryTask{
			{MaxSentences: 3, Language: "en"},
			{MaxSentences: 3, MaxCharacters: 60, Language: "en"},
			{Format: summarizer.FormatHeadline, MaxSentences: 1, Language: "en"},
			{Format: summarizer.FormatBullets, MaxSentences: 2, Language: "de"},
		} {
			judge("en", "Ferry aground", ferry, task, content)
		}
	}
	return all
}
