package local

import (
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
