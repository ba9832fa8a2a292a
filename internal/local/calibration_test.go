package local

import (
	"slices"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
)

// signalsOf returns the signals of the default topics with the ids in text.
func signalsOf(t *testing.T, text string, ids ...string) []signals {
	t.Helper()
	group := defaultTopics()
	var s workspace
	s.read(article.Clean(article.Raw{Text: text, LanguageCode: "en"}))
	s.search(group.trie)
	rivals := s.finding.rivals()
	var out []signals
	for _, id := range ids {
		out = append(out, s.finding.signals(slices.Index(group.ids, id), &rivals, int64(len(s.tokens))))
	}
	return out
}

const (
	signalEarly   = 9
	signalBroader = 10
)

func TestNarrowerTopicsKnowTheBroader(t *testing.T) {
	got := signalsOf(t, "A court jailed five men on Friday over a plot of terrorists to bomb a ferry. Police arrested the terrorists in May.",
		"terrorism", "crime-justice")
	if got[0][signalBroader] == 0 || got[1][signalBroader] != 0 {
		t.Errorf("terrorism %d, crime %d", got[0][signalBroader], got[1][signalBroader])
	}
}

func TestWhatStandsEarlyCountsMore(t *testing.T) {
	const (
		peace = "Rebels signed a ceasefire with the government in Lumeau on Friday."
		other = "The talks were held behind closed doors in a lodge by the lake."
		trade = "Exports of timber rose after the tariffs were cut."
	)
	first := signalsOf(t, peace+" "+other+" "+trade, "peace-process", "trade")
	last := signalsOf(t, trade+" "+other+" "+peace, "peace-process", "trade")
	if first[0][signalEarly] <= last[0][signalEarly] || first[1][signalEarly] >= last[1][signalEarly] {
		t.Errorf("peace first: %d and %d, trade first: %d and %d", first[0][signalEarly], first[1][signalEarly], last[0][signalEarly], last[1][signalEarly])
	}
}
