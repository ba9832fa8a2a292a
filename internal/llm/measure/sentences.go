package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/grounding"
)

// judgedArticle is an article with sentences about it.
type judgedArticle struct {
	ID, Lang, Article string
	Faithful          []judgedSentence
	Unfaithful        []judgedSentence
}

type judgedSentence struct {
	Lang, Kind, Text string
}

// source returns the article as grounding sees it.
func source(title, text, language string) *grounding.Source {
	d := article.Clean(article.Raw{Title: title, Text: text, LanguageCode: language})
	return grounding.SourceOf(d, d.Text, d.Sentences)
}

// check looks up text, which cites nothing.
func check(s *grounding.Source, text, language string) grounding.Finding {
	var statements []grounding.Statement
	for _, sentence := range article.SplitSentences(text) {
		statements = append(statements, grounding.Statement{Text: sentence})
	}
	return s.Check(statements, language)
}

// describe tells what a finding is.
func describe(f grounding.Finding) string {
	switch {
	case f.Repeats:
		return "repeats itself"
	case f.WrongLanguage:
		return "wrong language"
	}
	if f.Words == "" {
		return f.Unsupported.String()
	}
	return fmt.Sprintf("%s, %q", f.Unsupported, f.Words)
}

// withoutCapitals are languages whose scripts have no capital letters, counted apart for
// names.
var withoutCapitals = []string{"ar", "fa", "he", "hi", "ja", "ko", "th", "ur", "zh"}

// measureSentences counts single sentences, each of which is true or false in one thing.
func measureSentences(paths []string, out *report) error {
	articles, err := readRows[judgedArticle](paths)
	if err != nil {
		return err
	}
	out.printf("single sentences, %d articles\n", len(articles))
	passed, caught := &ratio{}, &ratio{}
	passedIn, caughtIn, caughtOf, caughtAt := ratios{}, ratios{}, ratios{}, ratios{}
	for _, a := range articles {
		s := source("", a.Article, a.Lang)
		for _, sentence := range a.Faithful {
			f := check(s, sentence.Text, sentence.Lang)
			passed.add(f == (grounding.Finding{}))
			passedIn.add(a.Lang, f == (grounding.Finding{}))
			if f != (grounding.Finding{}) {
				out.detail("%s true, refused for %s: %s", a.ID, describe(f), sentence.Text)
			}
		}
		for _, sentence := range a.Unfaithful {
			f := check(s, sentence.Text, sentence.Lang)
			hit := f != (grounding.Finding{})
			kind := sentence.Kind
			if kind == "name" || kind == "place" {
				if slices.Contains(withoutCapitals, a.Lang) {
					kind += " without capitals"
				}
			}
			caughtOf.add(kind, hit)
			if kind != "relation" {
				caught.add(hit)
				caughtIn.add(a.Lang, hit)
				where := whereValueStands(a.Article, sentence.Kind, sentence.Text)
				caughtAt.add(where, hit)
				out.detail("%s false %s, its value stands %s: %s", a.ID, sentence.Kind, where, sentence.Text)
			}
			if !hit {
				out.detail("%s false %s, passed: %s", a.ID, sentence.Kind, sentence.Text)
			} else {
				out.detail("%s caught %s for %s: %s", a.ID, sentence.Kind, describe(f), sentence.Text)
			}
		}
	}
	out.printf("  true, passed:   %s\n    by language: %s\n", passed, passedIn.line())
	out.printf("  false, caught:  %s without relations\n    by kind: %s\n    by language: %s\n    by where the false value stands: %s\n", caught, caughtOf.line(), caughtIn.line(), caughtAt.line())
	return nil
}

// judgedSummary is an article, or a summary of one.
type judgedSummary struct {
	ArticleID string   `json:"article_id"`
	Article   string   `json:"article"`
	Set       string   `json:"set"`
	Summary   string   `json:"summary"`
	Faithful  bool     `json:"faithful"`
	Faults    []string `json:"faults"`
}

// measureSummaries counts whole summaries, by set, with rates as means over articles.
func measureSummaries(paths []string, out *report) error {
	rows, err := readRows[judgedSummary](paths)
	if err != nil {
		return err
	}
	sources := make(map[string]*grounding.Source)
	sets := make(map[string]map[string]*rates) // by set and article
	order := []string{}
	faults := make(map[string]ratios)
	unquoted := ratios{}
	for _, row := range rows {
		if row.Article != "" {
			sources[row.ArticleID] = source("", row.Article, "en")
			continue
		}
		if sets[row.Set] == nil {
			sets[row.Set] = make(map[string]*rates)
			faults[row.Set] = ratios{}
			order = append(order, row.Set)
		}
		f := check(sources[row.ArticleID], row.Summary, "en")
		hit := f != (grounding.Finding{})
		if f.Unsupported == grounding.Quotation {
			// The labels of such a row say nothing of its quotation.
			unquoted.add(row.Set+map[bool]string{true: " true", false: " false"}[row.Faithful], hit)
			continue
		}
		if sets[row.Set][row.ArticleID] == nil {
			sets[row.Set][row.ArticleID] = &rates{}
		}
		sets[row.Set][row.ArticleID].add(row.Faithful, hit)
		if !row.Faithful {
			for _, fault := range row.Faults {
				faults[row.Set].add(fault, hit)
			}
			if len(row.Faults) == 0 {
				faults[row.Set].add("not said", hit)
			}
		}
		if hit == row.Faithful {
			out.detail("%s %s %s, %s: %s", row.Set, row.ArticleID, map[bool]string{true: "true, refused for " + describe(f), false: "false, passed"}[row.Faithful], strings.Join(row.Faults, "+"), row.Summary)
		}
	}
	slices.Sort(order)
	out.printf("whole summaries\n")
	for _, set := range order {
		var all rates
		var refused, caught float64
		withTrue, withFalse := 0, 0
		for _, r := range sets[set] {
			all.merge(r)
			if r.refused.of > 0 {
				withTrue++
				refused += float64(r.refused.hit) / float64(r.refused.of)
			}
			if r.caught.of > 0 {
				withFalse++
				caught += float64(r.caught.hit) / float64(r.caught.of)
			}
		}
		out.printf("  %s: true refused %s, false caught %s, %d articles\n", set, all.refused, all.caught, len(sets[set]))
		if withTrue > 0 && withFalse > 0 {
			refused, caught = refused/float64(withTrue), caught/float64(withFalse)
			out.printf("    mean over articles: refused %.1f %%, caught %.1f %%, balanced accuracy %.3f\n", 100*refused, 100*caught, (1-refused+caught)/2)
		}
		if line := faults[set].line(); line != "" {
			out.printf("    caught by kind: %s\n", line)
		}
	}
	if line := unquoted.line(); line != "" {
		out.printf("  refused for a quotation that the article lacks, not counted above: %s\n", line)
	}
	return nil
}

// rates counts the true summaries that are refused and the false ones that are caught.
type rates struct{ refused, caught ratio }

func (r *rates) add(faithful, hit bool) {
	if faithful {
		r.refused.add(hit)
	} else {
		r.caught.add(hit)
	}
}

func (r *rates) merge(other *rates) {
	r.refused.hit += other.refused.hit
	r.refused.of += other.refused.of
	r.caught.hit += other.caught.hit
	r.caught.of += other.caught.of
}
