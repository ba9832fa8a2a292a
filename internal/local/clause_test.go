package local

import (
	"strings"
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
)

func TestClause(t *testing.T) {
	for _, tt := range []struct{ name, language, text, want string }{
		{
			"a statement", "en",
			"The harbour of Lorn was closed on Monday after a tanker ran aground at its mouth, the port said, and it will stay so until divers have seen the hull.",
			"The harbour of Lorn was closed on Monday after a tanker ran aground at its mouth, the port said",
		},
		{
			"a name with what it is", "en",
			"Ilse Varga, a nurse at the university hospital of Lorn, Ostland, sued the hospital on Monday for having hidden that she had caught marsh fever there.",
			"",
		},
		{
			"a clause that depends", "en",
			"If you thought that the last cup final was close and full of goals, the match between Lorn City and Harrow on Saturday may well surprise you once more.",
			"",
		},
		{
			"a clause that depends and a statement", "en",
			"On Monday, the coast guard of Ostland freed the ferry, which had run aground with 240 passengers, and towed it to the port of Lorn for repairs that will last weeks.",
			"On Monday, the coast guard of Ostland freed the ferry, which had run aground with 240 passengers",
		},
		{
			"a time that waits for what came then", "en",
			"Almost two weeks after the mayor of Lorn had been found asleep in the mint, the council of the town said on Monday that it would ask nobody to resign.",
			"",
		},
		{
			"a time that is what is spoken of", "en",
			"The weeks after the flood in the valley of Orm were marked by long queues at all wells, as the council had no pumps left and few lorries to bring water in.",
			"The weeks after the flood in the valley of Orm were marked by long queues at all wells",
		},
		{
			"an unfinished report", "en",
			"A judge in Lorn ruled on Monday that Ilse Varga, the heiress to a chain of bakeries and the owner of two lakes, has to give back the bells of the old abbey.",
			"",
		},
		{
			"that day", "en",
			"Seven firemen of Lorn died of the smoke that they had breathed in the tunnel that day, a report found, although all of them had worn the new masks of the city.",
			"Seven firemen of Lorn died of the smoke that they had breathed in the tunnel that day, a report found",
		},
		{
			"what follows a colon", "en",
			"The news was hard to hear at the mill: The owner, 48-year-old Jonas Berg of Harrow, was arrested in the night, and nobody knew who would now pay the wages.",
			"The news was hard to hear at the mill: The owner, 48-year-old Jonas Berg of Harrow, was arrested in the night",
		},
		{
			"adjectives", "en",
			"Keepers at the sea museum of Lorn have nursed a rare, two-headed turtle that a fisherman found last week under his boat and took for two animals at first.",
			"",
		},
		{
			"a noun", "en",
			"Keepers at the sea museum of Lorn have nursed a turtle, police said on Monday, that a fisherman had found last week under his boat and took for two animals.",
			"Keepers at the sea museum of Lorn have nursed a turtle, police said on Monday",
		},
		{
			"a list of names", "en",
			"A storm from the sun sent green curtains over the night sky of parts of Ostland, Tavria, Quillane and the Marena islands on Monday, which few were awake to see.",
			"",
		},
		{
			"a verb of somebody else", "en",
			"The quarrel over a film of students at the University of Lorn, who were members of an old boat club, has ended the career of its dean and of two of its tutors.",
			"",
		},
		{
			"inside dashes", "en",
			"The show of early photographs was brought to Lorn -- for the first time, anywhere in the south -- by the three towns that own its paintings and its large hall of mirrors.",
			"The show of early photographs was brought to Lorn",
		},
		{
			"another language", "es",
			"Un transbordador con 240 pasajeros encalló el lunes frente a la isla de Marena tras perder el timón, informó la guardia costera de la isla, que envió remolcadores.",
			"Un transbordador con 240 pasajeros encalló el lunes frente a la isla de Marena tras perder el timón",
		},
	} {
		doc := &article.Document{Text: tt.text, Language: tt.language}
		if tt.want == "" {
			tt.want = tt.text
		}
		if got := doc.Slice(clause(doc, article.Span{End: len(tt.text)}, maxHeadline)); got != tt.want {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

func TestWithSource(t *testing.T) {
	long := strings.Repeat("x", 90)
	for _, tt := range []struct{ kept, rest, language, want string }{
		{"The boats sank", ", police said.", "en", "The boats sank, police said."},
		{"The boats sank", ", police said, and the port was shut.", "en", "The boats sank, police said"},
		{"The boats sank", ", according to Jonas Berg, who saw it.", "en", "The boats sank, according to Jonas Berg"},
		{"The boats sank", ", the Ministry of Ports of Ostland told us.", "en", "The boats sank, the Ministry of Ports of Ostland told us."},
		{"The boats sank", ", police said.", "es", "The boats sank"},
		{"The boats sank", ", and the port was shut.", "en", "The boats sank"},
		{"The boats sank", ", which said nothing.", "en", "The boats sank"},
		{"The boats sank", ", but police said so.", "en", "The boats sank"},
		{"The boats sank", ", as police said.", "en", "The boats sank"},
		{"The boats sank", " -- police said.", "en", "The boats sank"},
		{"The boats sank", ", a man who had seen them from the tower of the old mill of Lorn on Monday said.", "en", "The boats sank"},
		{"The boats sank", ", " + long + " said.", "en", "The boats sank"},
		{"The boats sank.", "", "en", "The boats sank."},
	} {
		text := tt.kept + tt.rest
		doc := &article.Document{Text: text, Language: tt.language}
		kept := withSource(doc, article.Span{End: len(text)}, article.Span{End: len(tt.kept)}, 100)
		if got := doc.Slice(kept); got != tt.want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestIsStatement(t *testing.T) {
	for text, want := range map[string]bool{
		"The port was closed on Monday":                                       true,
		"When the bell rang, the mayor was asleep":                            true,
		"At least nine men were saved":                                        true,
		"As many as nine men were saved":                                      true,
		"Up to nine men were saved":                                           true,
		"More than nine men were saved":                                       true,
		"The seconds after the bell were quiet":                               true,
		"If you (or, more likely, your crew) row out at night, you will sink": true,
		"When the bell rang":                                                  false,
		"Just when the bell had rung, a shout":                                false,
		"Even after the bell was sold":                                        false,
		"Only once the bell was sold":                                         false,
		"But when the bell was sold":                                          false,
		"But at noon he was asked about the bell":                             false,
		"At noon he was asked about the bell":                                 false,
		"Seconds after being saved by a boat that was passing":                false,
		"Two years before the bell was sold, a fire":                          false,
		"A little over two years since the bell was sold":                     false,
		"If you (or, more likely, your crew) are rowing out":                  false,
		"Jonas Berg, who was a member":                                        false,
	} {
		if got := isStatement(text); got != want {
			t.Errorf("%q: statement %t", text, got)
		}
	}
}

func TestIsOpen(t *testing.T) {
	for _, tt := range []struct {
		text, rest string
		want       bool
	}{
		{"The port was closed on Monday", ", police said.", false},
		{"The court ruled that the owner of the mill", ", Jonas Berg, has to pay.", true},
		{"The court asked whether the owner of the mill", ", Jonas Berg, had paid.", true},
		{"The letter said the owner of mills", ", a man of 70, had paid.", true},
		{"The letter said the owner had paid", ", a man of 70 told us.", false},
		{"Two boats sank that day", ", the port said.", false},
		{"There is one rule: the owner of the mill", ", Jonas Berg, pays.", true},
		{"He thanked his son, 11", ", for his help.", true},
		{"He thanked Jonas Berg", ", 48, for his help.", true},
		{"The bells rang in 1911", ", which few recall.", false},
		{"They may row at noon", ", or later.", true},
		{"It was very", ", very late.", true},
		{"It was very", ", very, very late.", true},
		{"They may row at noon", ", or, if it is hot, later.", true},
		{"There is one rule", ": the owner pays.", true},
		{"He has never liked boats", ", but Jonas Berg rowed out.", true},
		{"It’s not the sea", " -- but Jonas Berg rowed out.", true},
		{"The boats may be slow", ", but they are safe.", true},
		{"The boats might be slow", ", yet they are safe.", true},
		{"The boats are slow", ", but they are safe.", false},
		{"He was held by the Lorn, Ostland", ", Police Department.", true},
		{"He was held in Lorn, Ostland", ", on Monday.", false},
		{"It was a dark day, not just for Lorn", ", but for Harrow.", true},
		{"It was a dark day not only for Lorn", ", but for Harrow.", true},
		{"Monday was a dark day for Lorn", ", but Harrow won.", false},
		{"Not only did the mill burn", ", the barn was lost.", true},
		{"Not only did the mill burn but the barn was lost", ", too.", false},
		{"He sailed to the north of Tavria", ", Quillane, Ostland and Lorn.", true},
		{"He sailed to Harrow", ", Ostland, on Monday.", true},
		{"He sailed to Harrow", ", Great Northern Sea Isles, on Monday.", false},
		{"He thanked the owner", ", Jonas Berg, on Monday.", false},
		{"He sells oil", ", Jonas Berg and others say.", true},
		{"He sells boats", ", sails and ropes to the clubs.", true},
		{"He sells boats, long sails", ", and ropes to the clubs.", true},
		{"He sells boats, long sails", ", and left the clubs.", false},
		{"He sells boats", ", sails and ropes that were used.", true},
		{"He sells boats", ", a friend and neighbour, to the clubs.", false},
		{"He sells boats", ", and ropes and sails.", false},
		{"He sells boats", ", carrying ropes and sails at night.", false},
		{"He sells boats", ", built by day and night.", false},
		{"He sells boats", ", friends and neighbours said.", false},
		{"He nursed a rare", ", two-headed turtle.", true},
		{"He nursed a turtle", ", two-headed and old.", true},
		{"He nursed the turtle", ", which lives.", false},
		{"He was unarmed, but in the report on it", ", police say he shot.", true},
		{"He was unarmed, and when it came to oars, sails", ", he had none.", true},
		{"He was unarmed, but in May he was arrested", ", police say.", false},
		{"He was unarmed, but after he was arrested", ", police say.", true},
		{"He was unarmed, but when the men came, he fled", ", police say.", false},
		{"He was unarmed, but police shot him", ", a report says.", false},
	} {
		if got := isOpen(tt.text, tt.rest); got != tt.want {
			t.Errorf("%q|%q: open %t", tt.text, tt.rest, got)
		}
	}
}
