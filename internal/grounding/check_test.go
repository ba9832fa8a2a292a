package grounding

import (
	"testing"
)

const (
	groundTitle = "Ruritania to lend patrol boats to Belmonte"
	groundText  = `PORT SELWYN, Sept 26 - Ruritania will lend six patrol boats to Belmonte under a five-year pact worth $100m, Defence Minister Lena Kovář said on Monday.

Kovář signed the agreement with Belmonte's foreign minister, Tomás Arrieta, in Port Selwyn. "Our neighbours asked for help, and we are glad to give it," she said.

About 1,000 sailors from 14 ports will be trained by 30 June 2027. The Organisation of Coastal States (OCS) backs the plan, and the International Maritime Fund gives a further 2.5 million euros. Piracy fell by 12 per cent last year, to 37 attacks, after a record 1.2 billion rials were spent on F-16 surveillance flights.

Arrieta, 52, called the third such deal since 1998 "a quiet revolution". Critics such as Mr O'Dowd, who leads the opposition, want a vote before 5 p.m. on October 3 and 4. Two of the boats are nearly twenty-five years old. The Anglo-Norse firm Skarholm built them in the 1990s.`
)

func TestGrounding(t *testing.T) {
	tests := []struct {
		text string
		want Claim
	}{
		// Numbers.
		{"Ruritania lends 6 patrol boats.", None},
		{"Ruritania lends seven patrol boats.", Number},
		{"A thousand sailors will be trained.", None},
		{"Some 1000 sailors will be trained.", None},
		{"Some 10,000 sailors will be trained.", Number},
		{"Sailors from fourteen ports will be trained.", None},
		{"Two boats are about 25 years old.", None},
		{"Two boats are about 52 years old, the minister of 25 said, in 41 ports.", Number},
		{"It is the 3rd such deal.", None},
		{"It is the fourth such deal.", Number},
		{"The two countries are neighbours.", None},
		{"One of the critics wants a vote.", None},
		{"Arrieta is 52-years-old.", None},
		{"There were thousands of attacks.", None}, // 1,000 and more is in the source
		{"There were dozens of attacks.", None},    // 37
		{"The pact runs for 5 years.", None},
		{"The pact runs for fifteen years.", Number},
		{"The boats were built in the 1990s.", None},
		{"The boats were built in the 1980s.", Number},

		// Amounts and percentages.
		{"The pact is worth $100 million.", None},
		{"The pact is worth 100 million dollars.", None},
		{"The pact is worth US$100m.", None},
		{"The 100-million-dollar pact was signed.", None},
		{"The pact is worth $100 billion.", Amount},
		{"The pact is worth 100 million euros.", Amount},
		{"The pact is worth $1,000.", Amount},
		{"A fund gives €2.5m.", None},
		{"A fund gives 25 million euros.", Amount},
		{"Piracy fell by 12%.", None},
		{"Piracy fell by twelve percent.", None},
		{"Piracy fell by 37%.", Amount},
		{"Piracy fell by 12 percentage points.", None},

		// Dates.
		{"The pact was announced on 26 September.", None},
		{"The pact was announced on September 26th.", None},
		{"The pact was announced on the 26th of September.", None},
		{"The pact was announced on 27 September.", Date},
		{"The pact was announced on 26 August.", Date},
		{"Training ends in June 2027.", None},
		{"Training ends in June 2026.", Date},
		{"Training ends in July.", Date},
		{"Training ends on 2027-06-30.", None},
		{"Critics want a vote by October 4.", None},
		{"Critics want a vote by 5 October.", Date},
		{"Ruritania may lend boats.", None},
		{"The minister spoke on Monday.", None},
		{"The minister spoke on Tuesday.", Date},

		// Names.
		{"Lena Kovar signed the pact.", None},
		{"Kovář's visit ended with a pact.", None},
		{"Marta Kovář signed the pact.", Name},
		{"Lena Arrieta signed the pact.", Name},
		{"The Ruritanian minister met Tomas Arrieta.", None},
		{"The Sylvanian minister met Arrieta.", Name},
		{"O’Dowd leads the critics.", None},
		{"The OCS backs the plan.", None},
		{"The IMF gives money.", None},
		{"The OAS backs the plan.", Name},
		{"The U.S. backs the plan.", Name},
		{"Officials praised the pact.", None},
		{"Karlsson praised the pact.", Name},
		{"Flights of F-16s were paid for.", None},
		{"Flights of F-35s were paid for.", Name},
		{"Skarholm, a Norse firm, built the boats.", None},
		{"Ruritania Lends Boats in Five-Year Pact", None},
		{"Borduria Lends Boats in Five-Year Pact", Name},

		// Quotations.
		{`Arrieta spoke of “a quiet revolution”.`, None},
		{`Arrieta spoke of 'a quiet revolution.'`, None},
		{`Arrieta spoke of "a loud revolution".`, Quotation},
		{`Kovář said: "Our neighbours asked for help … we are glad to give it."`, None},
		{`Kovář said neighbours' fleets matter and Belmonte's boats too.`, None},
		{`Kovář said they were 'sorry to give it'.`, Quotation},
	}
	facts := newFacts("en", groundTitle, groundText)
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			if got := facts.unsupported(tt.text, lexemesOf(tt.text), "en", false); got != tt.want {
				t.Errorf("found %s unsupported, want %s", got, tt.want)
			}
		})
	}
}

// TestGroundingTranslations looks up what survives a translation.
func TestGroundingTranslations(t *testing.T) {
	tests := []struct {
		language, text string
		want           Claim
	}{
		{"de", "Ruritanien verleiht sechs Boote an Belmonte, der Vertrag ist 100 Millionen Dollar wert.", None},
		{"de", "Der Vertrag ist 100 Milliarden Dollar wert.", Amount},
		{"de", "Bis zum 30. Juni 2027 werden 1.000 Seeleute ausgebildet.", None},
		{"de", "Bis zum 30. Juli 2027 werden Seeleute ausgebildet.", Date},
		{"de", "Die Piraterie ging um 12 Prozent zurück.", None},
		{"de", "Die Piraterie ging um 13 Prozent zurück.", Amount},
		{"fr", "Un fonds donne 2,5 millions d'euros, dit la ministre Lena Kovář.", None},
		{"fr", "Un fonds donne 3,5 millions d'euros.", Amount},
		{"es", "El acuerdo forma a 1.000 soldados, dijo la ministra el 26 de septiembre.", None},
		{"es", "El acuerdo forma a 1.000 soldados, dijo ayer Carmen Iglesias.", Name},
		{"ru", "Соглашение на 100 млн долларов подписано 26 сентября.", None},
		{"ru", "Соглашение подписано 27 сентября.", Date},
	}
	facts := newFacts("en", groundTitle, groundText)
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			if got := facts.unsupported(tt.text, lexemesOf(tt.text), tt.language, true); got != tt.want {
				t.Errorf("found %s unsupported, want %s", got, tt.want)
			}
		})
	}
}

// TestGroundingOtherLanguages checks summaries in the article's own language
// where that is not English.
func TestGroundingOtherLanguages(t *testing.T) {
	tests := []struct {
		language, source, text string
		want                   Claim
	}{
		{"de", "Am 3. Mai zahlte Ruritanien 1.500 Euro für fünf Boote, sagte Ministerin Lena Novak.", "Ruritanien zahlte am 3. Mai 1500 Euro für 5 Boote.", None},
		{"de", "Am 3. Mai zahlte Ruritanien 1.500 Euro für fünf Boote, sagte Ministerin Lena Novak.", "Ruritanien zahlte 2.500 Euro.", Amount},
		{"fr", "Le 3 mai, la Ruritanie a payé 1 500 euros pour cinq bateaux à l'Oréanie.", "La Ruritanie a payé 1500 euros à l’Oréanie le 3 mai.", None},
		{"fr", "Le 3 mai, la Ruritanie a payé 1 500 euros pour cinq bateaux à l'Oréanie.", "La Ruritanie a payé les bateaux le 4 mai.", Date},
		{"ja", "ルリタニアは3月5日、船6隻に100万円を支払った。", "ルリタニアは船に100万円を支払った。", None},
		{"ja", "ルリタニアは3月5日、船6隻に100万円を支払った。", "ルリタニアは船に200万円を支払った。", Amount},
		{"ar", "دفعت الدولة ٥٠ مليون دولار مقابل ٦ قوارب.", "دفعت الدولة 50 مليون دولار.", None},
		{"ar", "دفعت الدولة ٥٠ مليون دولار مقابل ٦ قوارب.", "دفعت الدولة 80 مليون دولار.", Amount},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			facts := newFacts(tt.language, tt.source)
			if got := facts.unsupported(tt.text, lexemesOf(tt.text), tt.language, false); got != tt.want {
				t.Errorf("found %s unsupported, want %s", got, tt.want)
			}
		})
	}
}

func BenchmarkGrounding(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		facts := newFacts("en", groundTitle, groundText)
		for _, s := range []string{"Ruritania will lend six patrol boats to Belmonte under a five-year pact.", "Arrieta spoke of “a quiet revolution”."} {
			if facts.unsupported(s, lexemesOf(s), "en", false) != None {
				b.Fatal("unsupported")
			}
		}
	}
}
