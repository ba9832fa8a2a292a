package local_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

// What must hold in each language.
const (
	leastFound = 0.85 // of the items
	leastClean = 0.90 // of the near misses
)

// TestGoldenTopicsInOtherLanguages labels invented agency items, two for each topic of
// security and international affairs, and a near miss that has the words of the topic in
// another sense.
func TestGoldenTopicsInOtherLanguages(t *testing.T) {
	for _, language := range taxonomy.Default().Languages() {
		t.Run(language, func(t *testing.T) {
			items, misses := make(map[string]int), make(map[string]int)
			found, clean := 0, 0
			for _, a := range goldenArticles(t, "topics."+language+".txt") {
				doc := article.Clean(article.Raw{Text: a.text})
				if doc.Language != language {
					t.Errorf("%s: language %s", a.title, doc.Language)
				}
				answer := classify(t, doc, allTopics())
				if len(answer.Warnings) > 0 {
					t.Errorf("%s: warnings %v", a.title, answer.Warnings)
				}
				got := make(map[string]bool)
				for i, topic := range answer.Topics {
					if topic.Basis != summarizer.BasisUncalibrated {
						t.Errorf("%s: basis of %s is %v", a.title, topic.ID, topic.Basis)
					}
					if topic.Confidence >= answer.Threshold && i < 5 {
						got[topic.ID] = true
					}
					for _, e := range topic.Evidence {
						if doc.Slice(e) == "" {
							t.Errorf("%s: no text shows %s", a.title, topic.ID)
						}
					}
				}
				if a.with != "" {
					if items[a.with]++; got[a.with] {
						found++
					} else {
						t.Logf("not found: %s in %q", a.with, a.title)
					}
					continue
				}
				for _, id := range a.without {
					if misses[id]++; !got[id] {
						clean++
					} else {
						t.Logf("taken for %s: %q", id, a.title)
					}
				}
			}
			n, m := 0, 0
			for _, topic := range taxonomy.Default().Topics() {
				if topic.Group != "general" && (items[topic.ID] < 2 || misses[topic.ID] < 1) {
					t.Errorf("%s: %d items and %d near misses", topic.ID, items[topic.ID], misses[topic.ID])
				}
				n, m = n+items[topic.ID], m+misses[topic.ID]
			}
			if float64(found) < leastFound*float64(n) {
				t.Errorf("found in %d of %d items", found, n)
			}
			if float64(clean) < leastClean*float64(m) {
				t.Errorf("%d of %d near misses are clean", clean, m)
			}
		})
	}
}

// Traditional Chinese is read by the phrases in simplified characters.
func TestTraditionalChinese(t *testing.T) {
	doc := article.Clean(article.Raw{Text: "聯合國安理會延長維和部隊任期\n\n聯合國安全理事會週四表決，把駐奧薩瓦特派團的任期延長一年。" +
		"特派團有九千四百名維和人員，上週有兩名士兵因地雷爆炸喪生。當地居民說，藍盔部隊近來加強了巡邏。"})
	if got := delivered(classify(t, doc, allTopics())); len(got) == 0 || got[0] != "peacekeeping" {
		t.Errorf("topics %v", got)
	}
}

// Words of a decomposed spelling are those of the composed one.
func TestDecomposedAccents(t *testing.T) {
	doc := article.Clean(article.Raw{LanguageCode: "fr", Text: "L'arme\u0301e a e\u0301te\u0301 attaque\u0301e pre\u0300s de Lumeau. " +
		"Le ge\u0301ne\u0301ral Morel a de\u0301nonce\u0301 une ope\u0301ration terroriste. L'arme\u0301e recherche les terroristes."})
	got := delivered(classify(t, doc, allTopics()))
	if len(got) == 0 || got[0] != "terrorism" {
		t.Errorf("topics %v", got)
	}
}

// The topics of a user are known in the languages that the user wrote phrases in.
func TestOwnTopicsInOtherLanguages(t *testing.T) {
	mine := loadOwn(t, map[string]string{
		"topics.yaml":    "topics:\n  - {id: bees, display_name: Beekeeping, phrases: [beekeeper; honey]}\n  - {id: bread, display_name: Bread}\n",
		"topics.fr.yaml": "topics:\n  - {id: bees, display_name: Apiculture, phrases: [apiculteur, {text: ruche, weight: 2}]}\n",
	})
	task := &summarizer.TopicTask{Topics: mine.Topics(), Taxonomy: mine}
	french := article.Clean(article.Raw{LanguageCode: "fr", Text: "Les apiculteurs du Jura ont perdu un tiers de leurs ruches cet hiver. " +
		"Une ruche coûte 200 euros, et les apiculteurs demandent de l'aide."})
	answer := classify(t, french, task)
	if got := delivered(answer); len(got) != 1 || got[0] != "bees" || len(answer.Warnings) != 0 {
		t.Errorf("topics %v, warnings %v", got, answer.Warnings)
	}
	some := &summarizer.TopicTask{Topics: mine.Topics()[1:], Taxonomy: mine}
	if got := classify(t, french, some); len(got.Topics) != 0 {
		t.Errorf("topics that are not asked for: %v", got.Topics)
	}
	german := article.Clean(article.Raw{LanguageCode: "de", Text: "Die Imker im Schwarzwald haben im Winter viele Völker verloren. Honey steht auf dem Glas."})
	if got := reasons(classify(t, german, task).Warnings); len(got) != 1 || got[0] != summarizer.WarnLanguageNotSupported {
		t.Errorf("warnings in German: %v", got)
	}
}

// A language that is compiled for one article is there for the next ones at once, and for
// many at a time.
func TestLanguagesSideBySide(t *testing.T) {
	e := local.New()
	t.Run("all", func(t *testing.T) {
		for _, language := range taxonomy.Default().Languages() {
			for _, a := range goldenArticles(t, "topics."+language+".txt")[:3] {
				t.Run(language, func(t *testing.T) {
					t.Parallel()
					doc := article.Clean(article.Raw{Text: a.text, LanguageCode: language})
					task := &summarizer.Task{Document: doc, Topics: allTopics(), Summary: &summarizer.SummaryTask{MaxSentences: 2, Language: language}}
					first, second := e.Analyze(t.Context(), task), e.Analyze(t.Context(), task)
					if len(first.Topics.Topics) == 0 || len(first.Topics.Topics) != len(second.Topics.Topics) {
						t.Errorf("%d and %d topics", len(first.Topics.Topics), len(second.Topics.Topics))
					}
				})
			}
		}
	})
}

// loadOwn loads a taxonomy of files of a user, the first of which is topics.yaml.
func loadOwn(t *testing.T, files map[string]string) *taxonomy.Taxonomy {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mine, err := taxonomy.Load(filepath.Join(dir, "topics.yaml"), os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	return mine
}

// An answer does not depend on the language of the article that was analyzed before.
func TestLanguagesInTurn(t *testing.T) {
	english := article.Clean(article.Raw{LanguageCode: "en", Text: goldenArticles(t, "topics.txt")[0].text})
	task := &summarizer.Task{Document: english, Topics: allTopics(), Summary: &summarizer.SummaryTask{MaxSentences: 2, Language: "en"}}
	want := local.New().Analyze(t.Context(), task)
	e := local.New()
	for _, language := range taxonomy.Default().Languages() {
		other := article.Clean(article.Raw{LanguageCode: language, Text: goldenArticles(t, "topics."+language+".txt")[0].text})
		e.Analyze(t.Context(), &summarizer.Task{Document: other, Topics: allTopics()})
		if diff := cmp.Diff(want, e.Analyze(t.Context(), task)); diff != "" {
			t.Errorf("English behind %s (-alone +behind):\n%s", language, diff)
		}
	}
}

// Candidates in the language of the article are found by their words, and the answer says
// that it knows no more of them.
func TestCandidatesInOtherLanguages(t *testing.T) {
	task := &summarizer.TopicTask{Topics: []taxonomy.Topic{
		{ID: "bees", DisplayName: "Apiculture", Definition: "Abeilles, ruches, production de miel.", Candidate: true},
		{ID: "rail", DisplayName: "Transport ferroviaire", Definition: "Trains, gares, voies ferrées.", Candidate: true},
	}}
	doc := article.Clean(article.Raw{LanguageCode: "fr", Text: "Les abeilles du Jura ont souffert du froid. Un tiers des ruches est vide, " +
		"et la production de miel a chuté de moitié, selon le syndicat de l'apiculture."})
	answer := classify(t, doc, task)
	if got := delivered(answer); len(got) != 1 || got[0] != "bees" {
		t.Errorf("topics %v of %+v", got, answer.Topics)
	}
	if got := reasons(answer.Warnings); len(got) != 1 || got[0] != summarizer.WarnLanguageNotSupported {
		t.Errorf("warnings %v", got)
	}
}
