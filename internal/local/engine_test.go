package local_test

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/local"
	"github.com/seed-59202292/summarizer/internal/summarizer"
	"github.com/seed-59202292/summarizer/internal/taxonomy"
)

var _ summarizer.Engine = (*local.Engine)(nil)

func english(text string) *article.Document {
	return article.Clean(article.Raw{Text: text, LanguageCode: "en"})
}

func allTopics() *summarizer.TopicTask {
	d := taxonomy.Default()
	return &summarizer.TopicTask{Topics: d.Topics(), Taxonomy: d}
}

func classify(t *testing.T, doc *article.Document, task *summarizer.TopicTask) *summarizer.TopicAnswer {
	t.Helper()
	reply := local.New().Analyze(t.Context(), &summarizer.Task{Document: doc, Topics: task})
	if reply.Topics == nil || reply.TopicsErr != nil || reply.Summary != nil {
		t.Fatalf("reply %+v", reply)
	}
	return reply.Topics
}

func summarize(t *testing.T, doc *article.Document, task *summarizer.SummaryTask) *summarizer.SummaryAnswer {
	t.Helper()
	reply := local.New().Analyze(t.Context(), &summarizer.Task{Document: doc, Summary: task})
	if reply.Summary == nil || reply.SummaryErr != nil || reply.Topics != nil {
		t.Fatalf("reply %+v", reply)
	}
	return reply.Summary
}

// delivered returns the ids that reach the threshold.
func delivered(a *summarizer.TopicAnswer) []string {
	var ids []string
	for _, topic := range a.Topics {
		if topic.Confidence >= a.Threshold {
			ids = append(ids, topic.ID)
		}
	}
	return ids
}

func reasons(warnings []summarizer.Warning) []summarizer.WarningReason {
	var out []summarizer.WarningReason
	for _, w := range warnings {
		out = append(out, w.Reason)
	}
	return out
}

func texts(a *summarizer.SummaryAnswer) []string {
	var out []string
	for _, s := range a.Sentences {
		out = append(out, s.Text)
	}
	return out
}

// render is what the service makes of an answer in English.
func render(a *summarizer.SummaryAnswer, format summarizer.SummaryFormat) string {
	if format == summarizer.FormatBullets {
		return "- " + strings.Join(texts(a), "\n- ")
	}
	return strings.Join(texts(a), " ")
}

func TestTopicsOfTheSubject(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		first      string
		with       []string
		without    []string
	}{
		{
			name: "a pact", text: pactArticle, first: "defence-cooperation",
			with: []string{"treaty"}, without: []string{"sport", "labour", "politics"},
		},
		{
			name: "a strike of workers", first: "labour", without: []string{"armed-conflict", "sport"},
			text: `Bus drivers in Lorn walked out on Monday in a strike over pay. The transport workers' union said 2,000 of its members had joined the picket lines after talks about a pay rise failed. Employers called the strike unjustified.`,
		},
		{
			name: "a strike of aircraft", first: "armed-conflict", without: []string{"labour", "sport"},
			text: `An air strike on a rebel stronghold killed 14 fighters on Monday, the army said. Shelling went on through the night and government forces advanced on the town of Dessin. The rebels said the strike had hit a market.`,
		},
		{
			name: "a strike of a footballer", first: "sport", without: []string{"labour", "armed-conflict"},
			text: `A late strike by midfielder Ana Ruel gave Lorn City a 2-1 win over Harrow in the cup semi-final on Saturday. The striker's shot beat the goalkeeper in the 89th minute, and the coach called it the goal of the season.`,
		},
		{
			name: "a heart attack", first: "health", without: []string{"terrorism", "armed-conflict"},
			text: `People who sleep badly are more likely to have a heart attack, doctors at a hospital in Lorn report. They followed 4,000 patients for ten years. Heart attacks and strokes were twice as common among those with the sleep disorder.`,
		},
		{
			name: "a storm", first: "weather", without: []string{"civil-unrest"},
			text: `Heavy snow and high winds closed roads across the north on Sunday as a winter storm moved in from the sea. Forecasters said temperatures would fall to minus 20 and warned of blizzards until Tuesday.`,
		},
		{
			name: "a hack", first: "cybersecurity", without: []string{"health"},
			text: `Hackers stole the personal details of two million customers of the retailer Ormond in a data breach, the company said on Friday. The attackers used malware sent by e-mail. Security firm Kestrel said the virus had been seen before.`,
		},
		{
			name: "an election", first: "elections", without: []string{"sport"},
			text: `Voters in Ravelle go to the polls on Sunday in a presidential election that opinion polls say is too close to call. Both candidates held their last rallies on Friday. Polling stations open at 7 a.m. and the electoral commission expects a high turnout.`,
		},
		{
			name: "a coup", first: "coup",
			text: `Soldiers seized power in Norlund early on Thursday and put the president under house arrest, the leaders of the coup said on state television. The junta suspended the constitution and promised civilian rule within a year.`,
		},
		{
			name: "refugees", first: "refugees",
			text: `Almost 30,000 refugees have crossed into Tavria since fighting broke out, the UN refugee agency said. The refugee camp at Sorn was built for 8,000. Most of the displaced are women and children who fled their homes on foot.`,
		},
		{
			name: "shares", first: "economy-business", without: []string{"sport"},
			text: `Shares in the chip maker Orsel fell 12 percent on Thursday after the company said its quarterly profit had halved. Revenue was 1.2 billion crowns, below what analysts expected. The chief executive said the market would recover.`,
		},
		{
			name: "nothing that fits", text: `Zeb blorked the frimble. Frimbles were blorked by Zeb and by nobody else. The wug has two wugs.`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := delivered(classify(t, english(tt.text), allTopics()))
			switch {
			case tt.first == "" && len(got) > 0, tt.first != "" && (len(got) == 0 || got[0] != tt.first):
				t.Errorf("topics %v, want %q first", got, tt.first)
			}
			for _, id := range tt.with {
				if !slices.Contains(got, id) {
					t.Errorf("topics %v, want also %s", got, id)
				}
			}
			for _, id := range tt.without {
				if slices.Contains(got, id) {
					t.Errorf("topics %v, want no %s", got, id)
				}
			}
		})
	}
}

func TestPassingMentionDoesNotLabel(t *testing.T) {
	text := strings.Repeat("The bakery in Sorn sells four kinds of bread and opens at six. ", 12) +
		"Its owner once played in a football tournament and lost the cup final. " +
		strings.Repeat("Customers queue for the rye loaf. ", 12)
	if got := delivered(classify(t, english(text), allTopics())); slices.Contains(got, "sport") {
		t.Errorf("topics %v", got)
	}
}

// A word that may mean something else makes no topic of an article, unless another one
// bears it out or the article is a brief.
func TestLoneWordDoesNotLabel(t *testing.T) {
	const brief = "The council of Lorn will open a camp on the island of Marena in May. "
	const rest = "The bakers of Lorn sell four kinds of bread there and open at six. Their loaves are made of rye, and the dough rests for a night. " +
		"On Monday they will bake a cake for all who come, with plums from the gardens behind the old mill, and a second one with pears."
	for text, want := range map[string]bool{
		brief:        true,
		brief + rest: false,
		brief + "Refugees from the war in Ostland live there. " + rest: true,
	} {
		if got := delivered(classify(t, english(text), allTopics())); slices.Contains(got, "refugees") != want {
			t.Errorf("topics %v of %q", got, text)
		}
	}
}

// TestPlacesOfAccords names places where accords were made, first alone, then beside the
// noun. A dateline and the line of an embargo are no evidence either.
func TestPlacesOfAccords(t *testing.T) {
	for _, tt := range []struct{ place, noun, topic string }{
		{"Oslo", "accords", "peace-process"},
		{"Minsk", "agreement", "peace-process"},
		{"Camp David", "talks", "peace-process"},
		{"Good Friday", "Agreement", "peace-process"},
		{"Dayton", "accords", "peace-process"},
		{"Naivasha", "protocol", "peace-process"},
		{"Kyoto", "protocol", "environment"},
		{"Doha", "round", "trade"},
		{"Schengen", "agreement", "treaty"},
		{"Maastricht", "treaty", "treaty"},
	} {
		alone := strings.ReplaceAll("EMBARGOED UNTIL 1200 GMT\n\nPLACE shows 40 looms and carpets\n\nPLACE, May 6 (AFP) - A museum in PLACE opened a show of carpets on Monday, with music and 40 looms.\n\n"+
			"Visitors from PLACE can see how dyes are made of roots. Schools of PLACE pay nothing.", "PLACE", tt.place)
		got := delivered(classify(t, english(alone), allTopics()))
		for _, topic := range []string{"peace-process", "environment", "trade", "treaty", "sanctions"} {
			if slices.Contains(got, topic) {
				t.Errorf("%s alone: topics %v", tt.place, got)
			}
		}
		beside := "Officials marked the anniversary of the " + tt.place + " " + tt.noun + " on Monday. The " + tt.place + " " + tt.noun + " took months of work, and both sides keep it."
		if got := delivered(classify(t, english(beside), allTopics())); !slices.Contains(got, tt.topic) {
			t.Errorf("%s %s: topics %v, want %s among them", tt.place, tt.noun, got, tt.topic)
		}
	}
}

func TestTitleCounts(t *testing.T) {
	body := "The ministers met on Monday. They spoke for two hours. Nothing was said about details."
	without := classify(t, article.Clean(article.Raw{Text: body, LanguageCode: "en"}), allTopics())
	with := classify(t, article.Clean(article.Raw{Title: "Peace talks end with a ceasefire", Text: body, LanguageCode: "en"}), allTopics())
	if got := delivered(with); len(got) == 0 || got[0] != "peace-process" {
		t.Errorf("with the title: %v", got)
	}
	if got := delivered(without); slices.Contains(got, "peace-process") {
		t.Errorf("without the title: %v", got)
	}
}

func TestRestrictedTopics(t *testing.T) {
	d := taxonomy.Default()
	var some []taxonomy.Topic
	for _, id := range []string{"treaty", "sport"} {
		topic, ok := d.Lookup(id)
		if !ok {
			t.Fatal(id)
		}
		some = append(some, topic)
	}
	e := local.New()
	for range 2 { // The second is answered from what the first compiled.
		reply := e.Analyze(t.Context(), &summarizer.Task{
			Document: english(pactArticle),
			Topics:   &summarizer.TopicTask{Topics: some, Taxonomy: d},
		})
		if got := delivered(reply.Topics); len(got) != 1 || got[0] != "treaty" {
			t.Errorf("topics %v", got)
		}
	}
	// The same version with other topics is another set.
	reply := e.Analyze(t.Context(), &summarizer.Task{Document: english(pactArticle), Topics: allTopics()})
	if got := delivered(reply.Topics); got[0] != "defence-cooperation" {
		t.Errorf("topics %v", got)
	}
}

func TestCandidates(t *testing.T) {
	candidates := []taxonomy.Topic{
		{ID: "bases", DisplayName: "Military bases abroad", Definition: "Agreements to use each other's bases, and troops stationed there.", Candidate: true},
		{ID: "bees", DisplayName: "Beekeeping", Definition: "Hives, honey, swarms and those who keep bees.", Candidate: true},
	}
	doc := english(pactArticle)
	a := classify(t, doc, &summarizer.TopicTask{Topics: candidates})
	if got := delivered(a); len(got) != 1 || got[0] != "bases" {
		t.Errorf("topics %v of %+v", got, a.Topics)
	}
	for _, topic := range a.Topics {
		if topic.Basis != summarizer.BasisUncalibrated || len(topic.Evidence) == 0 {
			t.Errorf("topic %+v", topic)
		}
	}

	// Both kinds together: those of the taxonomy do not drown the candidates.
	both := &summarizer.TopicTask{Topics: append(slices.Clone(taxonomy.Default().Topics()), candidates...), Taxonomy: taxonomy.Default()}
	got := delivered(classify(t, doc, both))
	if !slices.Contains(got, "bases") || !slices.Contains(got, "defence-cooperation") || slices.Contains(got, "bees") {
		t.Errorf("topics %v", got)
	}
}

func TestTaxonomyWithoutPhrases(t *testing.T) {
	mine, err := taxonomy.Parse("mine.yaml", []byte(`
topics:
  - {id: army, display_name: Army and navy, definition: "Soldiers, warships, joint exercises."}
  - {id: gardens, display_name: Gardens, definition: "Flowers, lawns, hedges."}
  - {id: bread, display_name: Bread}
`))
	if err != nil {
		t.Fatal(err)
	}
	task := &summarizer.TopicTask{Topics: mine.Topics(), Taxonomy: mine}
	if got := delivered(classify(t, english(pactArticle), task)); len(got) != 1 || got[0] != "army" {
		t.Errorf("topics %v", got)
	}
	if got := delivered(classify(t, english("The price of bread rose again. A loaf of bread costs twice what it did."), task)); len(got) != 1 || got[0] != "bread" {
		t.Errorf("topics %v", got)
	}
}

func TestUnknownLanguage(t *testing.T) {
	finnish := "Ostlannin hallitus allekirjoitti maanantaina sopimuksen. Se on voimassa kymmenen vuotta. Oppositio arvosteli sopimusta ankarasti. Eduskunta äänestää toukokuussa. Ministeri puhui hyvästä päivästä."
	doc := article.Clean(article.Raw{Text: finnish, LanguageCode: "fi"})
	reply := local.New().Analyze(t.Context(), &summarizer.Task{
		Document: doc,
		Summary:  &summarizer.SummaryTask{MaxSentences: 2, Language: "fi-FI"},
		Topics:   allTopics(),
	})
	if got := reasons(reply.Topics.Warnings); !slices.Equal(got, []summarizer.WarningReason{summarizer.WarnLanguageNotSupported}) {
		t.Errorf("warnings of topics %v", got)
	}
	if got := delivered(reply.Topics); len(got) > 0 {
		t.Errorf("topics %v", got)
	}
	if s := reply.Summary; len(s.Sentences) != 2 || s.Language != "fi" || len(s.Warnings) != 0 {
		t.Errorf("summary %+v", s)
	}

	s := summarize(t, doc, &summarizer.SummaryTask{MaxSentences: 2, Language: "en"})
	if got := reasons(s.Warnings); !slices.Equal(got, []summarizer.WarningReason{summarizer.WarnLanguageNotSupported}) || s.Language != "fi" {
		t.Errorf("warnings %v, language %s", got, s.Language)
	}
	if s := summarize(t, doc, &summarizer.SummaryTask{MaxSentences: 2, Language: "und"}); len(s.Warnings) != 0 {
		t.Errorf("warnings %v", s.Warnings)
	}
}

func TestSummaryTellsTheStory(t *testing.T) {
	doc := english(pactArticle)
	s := summarize(t, doc, &summarizer.SummaryTask{MaxSentences: 3})
	if len(s.Sentences) != 3 || len(s.Warnings) != 0 || s.Method != summarizer.MethodExtractive {
		t.Fatalf("summary %+v", s)
	}
	if !strings.Contains(s.Sentences[0].Text, "signed a defence cooperation agreement") {
		t.Errorf("it begins with %q", s.Sentences[0].Text)
	}
	last := -1
	for _, sentence := range s.Sentences {
		if sentence.Evidence[0].Begin <= last {
			t.Errorf("not in the order of the article: %q", sentence.Text)
		}
		last = sentence.Evidence[0].Begin
		if strings.HasPrefix(sentence.Text, "They ") || strings.HasPrefix(sentence.Text, "But ") || strings.HasPrefix(sentence.Text, `"`) {
			t.Errorf("it leans on what is not there: %q", sentence.Text)
		}
	}
	if strings.Contains(render(s, 0), "Tavria and Ostland sign defence pact") {
		t.Error("the headline is no sentence of a summary")
	}
}

func TestSummaryDoesNotRepeat(t *testing.T) {
	text := "The harbour of Lorn was closed on Monday after a tanker ran aground at its mouth. " +
		"Lorn's harbour was closed on Monday after a tanker had run aground at the mouth of the harbour. " +
		"Divers found a crack four metres long in the hull of the ship. " +
		"Tugs from three towns will try to pull it free at high tide on Wednesday. " +
		"Fishing crews asked for money for the days that they lose."
	s := summarize(t, english(text), &summarizer.SummaryTask{MaxSentences: 2})
	if got := render(s, 0); strings.Count(got, "was closed") != 1 {
		t.Errorf("summary %q", got)
	}
}

func TestSummaryLimits(t *testing.T) {
	doc := english(pactArticle)
	for _, tt := range []struct {
		name string
		task summarizer.SummaryTask
		want []summarizer.WarningReason
	}{
		{"room for one", summarizer.SummaryTask{MaxSentences: 3, MaxCharacters: 250}, nil},
		{"room for none", summarizer.SummaryTask{MaxSentences: 3, MaxCharacters: 50}, []summarizer.WarningReason{summarizer.WarnSummaryShortened}},
		{"bullets", summarizer.SummaryTask{MaxSentences: 10, MaxCharacters: 400, Format: summarizer.FormatBullets}, nil},
		{"headline", summarizer.SummaryTask{MaxSentences: 1, Format: summarizer.FormatHeadline}, nil},
		{"short headline", summarizer.SummaryTask{MaxSentences: 1, MaxCharacters: 50, Format: summarizer.FormatHeadline}, []summarizer.WarningReason{summarizer.WarnSummaryShortened}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := summarize(t, doc, &tt.task)
			if diff := cmp.Diff(tt.want, reasons(s.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			got := render(s, tt.task.Format)
			if n := utf8.RuneCountInString(got); n == 0 || tt.task.MaxCharacters > 0 && n > tt.task.MaxCharacters {
				t.Errorf("%d code points: %q", n, got)
			}
			for _, sentence := range s.Sentences {
				if kept := doc.Slice(sentence.Evidence[0]); kept != strings.TrimSuffix(sentence.Text, "…") {
					t.Errorf("sentence %q rests on %q", sentence.Text, kept)
				}
			}
			shortened := len(tt.want) > 0
			if strings.Contains(got, "…") != shortened || strings.Contains(got, " …") {
				t.Errorf("summary %q", got)
			}
		})
	}
}

func TestHeadline(t *testing.T) {
	task := &summarizer.SummaryTask{Format: summarizer.FormatHeadline, MaxSentences: 1}
	doc := english(pactArticle)
	s := summarize(t, doc, task)
	if got := texts(s); len(got) != 1 || got[0] != "Tavria and Ostland sign defence pact before joint exercises" {
		t.Errorf("the headline of the text: %q", got)
	}
	if e := s.Sentences[0].Evidence; len(e) != 1 || doc.Slice(e[0]) != s.Sentences[0].Text {
		t.Errorf("evidence %v", e)
	}

	doc = article.Clean(article.Raw{Title: "Harbour of Lorn closed", LanguageCode: "en", Text: "It was a quiet Sunday. The harbour of Lorn was closed after a tanker ran aground. Tugs will try to free it."})
	s = summarize(t, doc, task)
	if got := texts(s); len(got) != 1 || got[0] != "Harbour of Lorn closed" {
		t.Errorf("the title of the caller: %q", got)
	}
	if e := s.Sentences[0].Evidence; len(e) != 1 || !strings.HasPrefix(doc.Slice(e[0]), "The harbour of Lorn") {
		t.Errorf("evidence %v", e)
	}

	s = summarize(t, english("The harbour of Lorn was closed on Monday after a tanker ran aground at its mouth, the port said, and it will stay so until divers have looked at the crack in the hull. Tugs will try to free it. Crews wait."), task)
	if got := texts(s); len(got) != 1 || got[0] != "The harbour of Lorn was closed on Monday after a tanker ran aground at its mouth, the port said" {
		t.Errorf("no title: %q", got)
	}

	// A clause that can stand alone needs no ellipsis, nor what came before it.
	const long = "The harbour of Lorn was closed on Monday after a tanker with forty thousand tonnes of palm oil from Quillane ran aground at its mouth in thick fog"
	s = summarize(t, english(long+", the port said in a statement that it sent to all of the shipping companies of Ostland. Tugs will try to free it. Crews wait."), task)
	if got := texts(s); len(got) != 1 || got[0] != "The harbour of Lorn was closed on Monday" || len(s.Warnings) > 0 {
		t.Errorf("a long clause: %q, warnings %v", got, s.Warnings)
	}
}

func TestShortText(t *testing.T) {
	s := summarize(t, english("He came. But nobody saw him."), &summarizer.SummaryTask{MaxSentences: 3})
	if diff := cmp.Diff([]string{"He came.", "But nobody saw him."}, texts(s)); diff != "" {
		t.Errorf("sentences (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]summarizer.WarningReason{summarizer.WarnContentTooShort}, reasons(s.Warnings)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestBodyOnly(t *testing.T) {
	text := "Headline of the day. The standfirst says a little. The body says one thing. The body says another thing. The body ends."
	doc := &article.Document{Text: text, Language: "en"}
	roles := []article.Role{article.RoleHeadline, article.RoleStandfirst, article.RoleBody, article.RoleBody, article.RoleBody}
	at := 0
	for i, s := range strings.SplitAfter(text, ". ") {
		end := at + len(strings.TrimSpace(s))
		doc.Sentences = append(doc.Sentences, article.Sentence{Span: article.Span{Begin: at, End: end}, Paragraph: i, Role: roles[i]})
		at += len(s)
	}
	for _, got := range texts(summarize(t, doc, &summarizer.SummaryTask{MaxSentences: 2})) {
		if !strings.HasPrefix(got, "The body") {
			t.Errorf("sentence %q", got)
		}
	}
	for i := range doc.Sentences {
		doc.Sentences[i].Role = article.RoleStandfirst
	}
	if s := summarize(t, doc, &summarizer.SummaryTask{MaxSentences: 2}); len(s.Sentences) != 2 {
		t.Errorf("without a body: %q", texts(s))
	}
}

// TestLimitsAlwaysHold asks for random summaries and topics of random parts of
// articles, and checks what must hold of each answer.
func TestLimitsAlwaysHold(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	e := local.New()
	for range 2_000 {
		text := pactArticle + "\n\n" + pactArticle
		from := random.IntN(len(text) / 2)
		to := from + random.IntN(len(text)-from)
		doc := english(strings.ToValidUTF8(text[from:to], ""))
		task := summarizer.SummaryTask{
			Format:       summarizer.SummaryFormat(random.IntN(3)),
			MaxSentences: 1 + random.IntN(summarizer.MaxSentences),
		}
		if random.IntN(2) == 0 {
			task.MaxCharacters = summarizer.MinCharacters + random.IntN(500)
		}
		if task.Format == summarizer.FormatHeadline {
			task.MaxSentences = 1
		}
		check(t, doc, e.Analyze(t.Context(), &summarizer.Task{Document: doc, Summary: &task, Topics: allTopics()}), &task)
	}
}

// check checks what holds of every answer.
func check(t *testing.T, doc *article.Document, reply *summarizer.Reply, task *summarizer.SummaryTask) {
	t.Helper()
	s := reply.Summary
	if len(s.Sentences) > task.MaxSentences || doc.HasLetters() && len(s.Sentences) == 0 {
		t.Errorf("%d sentences of at most %d for %q", len(s.Sentences), task.MaxSentences, doc.Text)
	}
	if got := render(s, task.Format); len(s.Sentences) > 0 && task.MaxCharacters > 0 && utf8.RuneCountInString(got) > task.MaxCharacters && doc.Language == "en" {
		t.Errorf("more than %d code points: %q", task.MaxCharacters, got)
	}
	for _, sentence := range s.Sentences {
		if sentence.Text == "" || !utf8.ValidString(sentence.Text) {
			t.Errorf("sentence %q", sentence.Text)
		}
		if task.Format == summarizer.FormatHeadline {
			if strings.Contains(sentence.Text, "\n") {
				t.Errorf("a headline of two lines: %q", sentence.Text)
			}
			continue // A title need not be in the text.
		}
		kept := strings.TrimSuffix(sentence.Text, "…")
		if len(sentence.Evidence) != 1 || doc.Slice(sentence.Evidence[0]) != kept && doc.Slice(sentence.Evidence[0]) != sentence.Text {
			t.Errorf("sentence %q, evidence %v", sentence.Text, sentence.Evidence)
		}
	}
	a := reply.Topics
	if len(a.Topics) > summarizer.MaxTopics || a.Threshold <= 0 || a.Threshold > 1 {
		t.Errorf("%d topics, threshold %v", len(a.Topics), a.Threshold)
	}
	for i, topic := range a.Topics {
		if !(topic.Confidence > 0 && topic.Confidence <= 1) {
			t.Errorf("%s: confidence %v", topic.ID, topic.Confidence)
		}
		if i > 0 && (a.Topics[i-1].Confidence < topic.Confidence ||
			a.Topics[i-1].Confidence == topic.Confidence && a.Topics[i-1].ID > topic.ID) {
			t.Errorf("%s after %s", topic.ID, a.Topics[i-1].ID)
		}
		if len(topic.Evidence) > 3 {
			t.Errorf("%s: %d spans", topic.ID, len(topic.Evidence))
		}
		last := 0
		for _, span := range topic.Evidence {
			if span.Begin < last || span.End <= span.Begin || span.End > len(doc.Text) || !utf8.ValidString(doc.Slice(span)) {
				t.Errorf("%s: span %v", topic.ID, span)
			}
			last = span.Begin
		}
	}
}

func TestDeterministicAndConcurrent(t *testing.T) {
	task := func() *summarizer.Task {
		return &summarizer.Task{Document: english(pactArticle), Summary: &summarizer.SummaryTask{MaxSentences: 3}, Topics: allTopics()}
	}
	want := local.New().Analyze(t.Context(), task())
	shared := local.New()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 50 {
				if (i+k)%3 == 0 { // Something else in between, in the same memory.
					shared.Analyze(context.Background(), &summarizer.Task{Document: english("Rain fell. " + strings.Repeat("Snow fell. ", k)), Topics: allTopics()})
				}
				if diff := cmp.Diff(want, shared.Analyze(context.Background(), task())); diff != "" {
					t.Errorf("answers differ (-want +got):\n%s", diff)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestAnswersAfterCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	reply := local.New().Analyze(ctx, &summarizer.Task{Document: english(pactArticle), Summary: &summarizer.SummaryTask{MaxSentences: 3}, Topics: allTopics()})
	if len(reply.Summary.Sentences) != 3 || len(reply.Topics.Topics) == 0 {
		t.Errorf("reply %+v", reply)
	}
}

func TestLanguages(t *testing.T) {
	languages := local.Languages(taxonomy.Default())
	if len(languages) != 15 || languages[0] != (local.LanguageSupport{Code: "en", Topics: true}) {
		t.Errorf("languages %+v", languages)
	}
	for _, language := range languages {
		if !language.Topics {
			t.Errorf("no topics in %s", language.Code)
		}
	}
	mine := loadOwn(t, map[string]string{
		"topics.yaml":    "topics: [{id: bees, display_name: Bees}]",
		"topics.sw.yaml": "topics: [{id: bees, display_name: Nyuki}]",
	})
	for _, language := range local.Languages(mine) {
		if want := language.Code == "en" || language.Code == "sw"; language.Topics != want {
			t.Errorf("own topics in %s: %t", language.Code, language.Topics)
		}
	}
}

// TestSampleArticle runs on an agency article that is not part of this
// repository.
func TestSampleArticle(t *testing.T) {
	data, err := os.ReadFile("../../../shared/quality/sample-article.txt")
	if err != nil {
		t.Skip("no sample article beside the checkout")
	}
	doc := article.Clean(article.Raw{Text: string(data)})
	got := delivered(classify(t, doc, allTopics()))
	if len(got) < 4 || got[0] != "defence-cooperation" || !slices.Contains(got, "peacekeeping") ||
		!slices.Contains(got, "treaty") || !slices.Contains(got, "military-aid") && !slices.Contains(got, "organised-crime") {
		t.Errorf("topics %v", got)
	}
	for _, id := range got {
		if topic, _ := taxonomy.Default().Lookup(id); topic.Group == "general" {
			t.Errorf("topics %v: %s is general", got, id)
		}
	}
	if s := summarize(t, doc, &summarizer.SummaryTask{MaxSentences: 3}); len(s.Sentences) != 3 || !strings.Contains(s.Sentences[0].Text, "signed") {
		t.Errorf("summary %q", texts(s))
	}
}

func FuzzEngine(f *testing.F) {
	f.Add(pactArticle, "", "en", uint8(0), uint8(3), uint16(0))
	f.Add("一。二。三。", "標題", "zh", uint8(1), uint8(2), uint16(50))
	f.Add("\"Open quote (and bracket, and", "t\nt", "", uint8(2), uint8(1), uint16(60))
	f.Add("A"+strings.Repeat("é", 400)+".", "", "und", uint8(0), uint8(1), uint16(50))
	f.Add("U.S. U.N. A.B.C. 1,000.5 d’état’s ''' ’s", "THE WHO IS IN TOWN TODAY", "en", uint8(1), uint8(9), uint16(70))
	e := local.New()
	f.Fuzz(func(t *testing.T, text, title, language string, format, sentences uint8, characters uint16) {
		if !utf8.ValidString(text) || !utf8.ValidString(title) {
			t.Skip()
		}
		doc := article.Clean(article.Raw{Text: text, Title: title, LanguageCode: language})
		task := &summarizer.SummaryTask{
			Format:       summarizer.SummaryFormat(format % 3),
			MaxSentences: 1 + int(sentences)%summarizer.MaxSentences,
			Language:     language,
		}
		if characters > 0 {
			task.MaxCharacters = summarizer.MinCharacters + int(characters)%(summarizer.MaxCharacters-summarizer.MinCharacters)
		}
		candidates := []taxonomy.Topic{{ID: "fuzz", DisplayName: title, Definition: text[:min(len(text), 500)], Candidate: true}}
		topics := &summarizer.TopicTask{Topics: append(slices.Clone(taxonomy.Default().Topics()), candidates...), Taxonomy: taxonomy.Default()}
		check(t, doc, e.Analyze(t.Context(), &summarizer.Task{Document: doc, Summary: task, Topics: topics}), task)
	})
}
