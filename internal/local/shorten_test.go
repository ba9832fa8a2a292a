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
