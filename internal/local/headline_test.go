package local

import (
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
)

// TestHeadlineOfSentence checks what is left of a long sentence as a headline.
func TestHeadlineOfSentence(t *testing.T) {
	tests := map[string]struct{ sentence, want string }{
		"an opening phrase": {
			"In her first speech since the flood destroyed half of the old town of Lorn, Mayor Nora Dahl on Monday promised new dykes along the whole river.",
			"Mayor Nora Dahl on Monday promised new dykes along the whole river.",
		},
		"an opening phrase that the rest needs": {
			"When the flood destroyed half of the old town of Lorn in the first week of May, she promised new dykes along the whole river.",
			"When the flood destroyed half of the old town of Lorn in the first week of May, she promised new dykes along the whole river.",
		},
		"a second thing that somebody did": {
			"Mayor Nora Dahl on Monday called the new dykes along the river Ost \"a disgrace\" and walked out of the meeting with the builders.",
			"Mayor Nora Dahl on Monday called the new dykes along the river Ost \"a disgrace\"",
		},
		"the object of two verbs": {
			"A few weeks before the election both candidates for mayor of the old harbour town of Lorn embraced and promised a quiet campaign.",
			"A few weeks before the election both candidates for mayor of the old harbour town of Lorn embraced and promised a quiet campaign.",
		},
		"deaths": {
			"A judge who had ruled against the miners of the valley of Ost died on Tuesday after he was shot at the door of his court in Lorn.",
			"A judge who had ruled against the miners of the valley of Ost died after he was shot at the door of his court in Lorn.",
		},
		"a verb behind the name of its subject": {
			"The long foray of the builders of Lorn into tall ships has finally arrived as the largest of all of their new ships, the Dahl, was launched.",
			"The long foray of the builders of Lorn into tall ships has finally arrived as the largest of all of their new ships, the Dahl, was launched.",
		},
		"what stands between dashes": {
			"Three old trawlers of the harbour of Lorn -- like the one that the mayor had bought in May -- were sold to the navy of Ostland.",
			"Three old trawlers of the harbour of Lorn were sold to the navy of Ostland.",
		},
		"deaths between dashes": {
			"Three old trawlers of the harbour of Lorn -- on which four pilots were killed in the storm -- were sold to the navy of Ostland.",
			"Three old trawlers of the harbour of Lorn -- on which four pilots were killed in the storm -- were sold to the navy of Ostland.",
		},
		"of which kind something is": {
			"Engineers of the museum of the old harbour of Lorn are mending a small wooden rowing boat that drifted on to a beach of the islands.",
			"Engineers of the museum of the old harbour of Lorn are mending a small wooden rowing boat",
		},
		"of which kind the subject is": {
			"The best of all boats in the museum of the old harbour town of Lorn is a small wooden rowing boat that drifted on to a beach.",
			"The best of all boats in the museum of the old harbour town of Lorn is a small wooden rowing boat that drifted on to a beach.",
		},
		"a kind that is denied": {
			"Engineers of the museum of the old harbour of Lorn are looking for a small wooden rowing boat that never came back to the islands.",
			"Engineers of the museum of the old harbour of Lorn are looking for a small wooden rowing boat that never came back to the islands.",
		},
		"the week": {
			"The highest court of the islands last week ordered the builders of the new bridge over the Ost to give back their fees.",
			"The highest court of the islands ordered the builders of the new bridge over the Ost to give back their fees.",
		},
		"an opening that is most of the sentence": {
			"After weeks of quarrels in the council and the loss of three of the five old ferries, the harbour is to close.",
			"After weeks of quarrels in the council and the loss of three of the five old ferries, the harbour is to close.",
		},
		"an opening source": {
			"According to the survey of the Guild of Engineers of Ostland, half of the bridges over the river Ost are not safe.",
			"According to the survey of the Guild of Engineers of Ostland, half of the bridges over the river Ost are not safe.",
		},
		"a title at the end of who somebody is": {
			"Dame Ilse Varga, whose sharp pen has most of the best lines of the weekly play \"Harbour Lights,\" caused a stir with a letter to the owner of the theatre.",
			"Dame Ilse Varga caused a stir with a letter to the owner of the theatre.",
		},
		"as what something was described": {
			"The mayor of the old harbour town of Lorn on the coast described the win of the rowing club in the cup as he had once described the new town hall.",
			"The mayor of the old harbour town of Lorn on the coast described the win of the rowing club in the cup as he had once described the new town hall.",
		},
		"who says so": {
			"Two harbour pilots have been hurt in a collision of three trawlers off the coast of Ostland, the navy said in a statement on Wednesday.",
			"Two harbour pilots have been hurt in a collision of three trawlers off the coast of Ostland, the navy said",
		},
		"the authority that says so": {
			"Two harbour pilots have been hurt in a collision of three old trawlers off the coast of Ostland near Lorn, officials of the harbour said on Wednesday.",
			"Two harbour pilots have been hurt in a collision of three old trawlers off the coast of Ostland near Lorn",
		},
		"the authority that only thinks so": {
			"Two harbour pilots may have been hurt in a collision of three old trawlers off the coast of Ostland near Lorn, officials of the harbour said.",
			"Two harbour pilots may have been hurt in a collision of three old trawlers off the coast of Ostland near Lorn, officials of the harbour said.",
		},
		"the authority that says who did it": {
			"Two harbour pilots of the old town stole the ballot papers from a van on the coast road of Ostland near Lorn, police said on Wednesday.",
			"Two harbour pilots of the old town stole the ballot papers from a van on the coast road of Ostland near Lorn, police said",
		},
		"an opening participle": {
			"Calling the fees of the builders of the new bridge over the river Ost a disgrace, Mayor Nora Dahl walked out of the meeting of the council.",
			"Mayor Nora Dahl walked out of the meeting of the council.",
		},
		"who a claim is of": {
			"A judge of the old harbour town of Lorn ruled that Jonas Berg, the heir of the Dahl fleet charged with the theft of a ship, has to stay in prison.",
			"A judge of the old harbour town of Lorn ruled that Jonas Berg, the heir of the Dahl fleet charged with the theft of a ship, has to stay in prison.",
		},
		"who the subject is": {
			"Jonas Arne Berg, a captain of the Dahl fleet wanted for the theft of two ships in the harbour of Lorn, was arrested by the navy of Ostland on an island.",
			"Jonas Arne Berg was arrested by the navy of Ostland on an island.",
		},
		"the day": {
			"The highest court of the islands on Monday ordered the builders of the new bridge over the river Ost to give back their fees.",
			"The highest court of the islands ordered the builders of the new bridge over the river Ost to give back their fees.",
		},
		"a day to come": {
			"The highest court of the islands will on Monday order the builders of the new bridge over the river Ost to give back their fees.",
			"The highest court of the islands will on Monday order the builders of the new bridge over the river Ost to give back their fees.",
		},
		"a day in a quotation": {
			"The highest court of the islands told the builders of the bridge over the river Ost \"to bring on Monday all of the fees\" in gold.",
			"The highest court of the islands told the builders of the bridge over the river Ost \"to bring on Monday all of the fees\" in gold.",
		},
		"who says so, with a pronoun": {
			"Two harbour pilots have been hurt in a collision of three trawlers off the coast of Ostland, the navy, its chief of staff says.",
			"Two harbour pilots have been hurt in a collision of three trawlers off the coast of Ostland, the navy, its chief of staff says.",
		},
		"who somebody is": {
			"Nora Dahl, a nurse at the children's hospital of Lorn, filed a complaint on Monday against the owner of the hospital, the Dahl Trust.",
			"Nora Dahl filed a complaint on Monday against the owner of the hospital, the Dahl Trust.",
		},
		"who somebody is, in a clause": {
			"Ilse Varga, who built the old bridge and the new town hall of Lorn, has won a lawsuit over the rights to the plans of the harbour.",
			"Ilse Varga has won a lawsuit over the rights to the plans of the harbour.",
		},
		"what somebody feels": {
			"A group of harbour pilots, alarmed that the council is closing both of the lighthouses of Lorn, is urging the navy to pay for a new one.",
			"A group of harbour pilots is urging the navy to pay for a new one.",
		},
		"of what somebody died": {
			"Ilse Varga, who was shot and killed at the old bridge behind the town hall, had won a lawsuit over the rights to the plans of the harbour.",
			"Ilse Varga, who was shot and killed at the old bridge behind the town hall, had won a lawsuit over the rights to the plans of the harbour.",
		},
		"what it is for": {
			"The harbour company of Lorn will close two of the five piers along the river Ost as part of a plan to bring its debts down within a year.",
			"The harbour company of Lorn will close two of the five piers along the river Ost",
		},
		"brackets": {
			"The Guild of Engineers (GE) has called on the council of Lorn to keep the old bridge as it is.",
			"The Guild of Engineers has called on the council of Lorn to keep the old bridge as it is.",
		},
		"a verb that is yet to come": {
			"A veteran of the navy of Ostland who tried to board a ship to the rebels but was sent back before he reached the islands has pleaded not guilty to all charges.",
			"A veteran of the navy of Ostland who tried to board a ship to the rebels but was sent back before he reached the islands has pleaded not guilty to all charges.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			doc := article.Clean(article.Raw{Text: test.sentence, LanguageCode: "en"})
			if got := joined(doc, headlineOfSentence(doc, doc.Sentences[0].Span)); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// TestHeadlineReports checks that a sentence which tells what happened goes before one
// that only speaks to the reader.
func TestHeadlineReports(t *testing.T) {
	for text, want := range map[string]string{
		"If you have not yet heard of the bridge of Lorn, you soon will. The bridge of Lorn has won the first prize of the Guild of Engineers. The bridge took four years.":                                       "The bridge of Lorn has won the first prize of the Guild of Engineers.",
		"The bridge of Lorn is to be sold to the Guild of Engineers in May. The Guild of Engineers, which owns a bridge, said the bridge of Lorn was the oldest bridge of the river. The bridge took four years.": "The bridge of Lorn is to be sold to the Guild of Engineers in May.",
		"Bridges are bridges. The bridge of Lorn has won the first prize of the Guild of Engineers. The bridge took four years.":                                                                                  "The bridge of Lorn has won the first prize of the Guild of Engineers.",
		"In her youth she built boats in the harbour, all of wood. Nora Dahl has won the first prize of the Guild of Engineers for a boat. The boat took four years.":                                             "Nora Dahl has won the first prize of the Guild of Engineers for a boat.",
		"The bridge of Lorn had a better week than you. The bridge of Lorn has won the first prize of the Guild of Engineers. The bridge took four years.":                                                        "The bridge of Lorn has won the first prize of the Guild of Engineers.",
		"The bridge of Lorn has won a prize. You can see it from the harbour. The bridge took four years.":                                                                                                        "The bridge of Lorn has won a prize.",
	} {
		s := new(workspace)
		s.read(article.Clean(article.Raw{Text: text, LanguageCode: "en"}))
		s.findEligible()
		s.measureAll()
		if got, _ := s.headlineOfText(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
