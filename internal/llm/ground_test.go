package llm

import "testing"

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
		want claim
	}{
		// Numbers.
		{"Ruritania lends 6 patrol boats.", claimNone},
		{"Ruritania lends seven patrol boats.", claimNumber},
		{"A thousand sailors will be trained.", claimNone},
		{"Some 1000 sailors will be trained.", claimNone},
		{"Some 10,000 sailors will be trained.", claimNumber},
		{"Sailors from fourteen ports will be trained.", claimNone},
		{"Two boats are about 25 years old.", claimNone},
		{"Two boats are about 52 years old, the minister of 25 said, in 41 ports.", claimNumber},
		{"It is the 3rd such deal.", claimNone},
		{"It is the fourth such deal.", claimNumber},
		{"The two countries are neighbours.", claimNone},
		{"One of the critics wants a vote.", claimNone},
		{"Arrieta is 52-years-old.", claimNone},
		{"There were thousands of attacks.", claimNone}, // 1,000 and more is in the source
		{"There were dozens of attacks.", claimNone},    // 37
		{"The pact runs for 5 years.", claimNone},
		{"The pact runs for fifteen years.", claimNumber},
		{"The boats were built in the 1990s.", claimNone},
		{"The boats were built in the 1980s.", claimNumber},

		// Amounts and percentages.
		{"The pact is worth $100 million.", claimNone},
		{"The pact is worth 100 million dollars.", claimNone},
		{"The pact is worth US$100m.", claimNone},
		{"The 100-million-dollar pact was signed.", claimNone},
		{"The pact is worth $100 billion.", claimAmount},
		{"The pact is worth 100 million euros.", claimAmount},
		{"The pact is worth $1,000.", claimAmount},
		{"A fund gives €2.5m.", claimNone},
		{"A fund gives 25 million euros.", claimAmount},
		{"Piracy fell by 12%.", claimNone},
		{"Piracy fell by twelve percent.", claimNone},
		{"Piracy fell by 37%.", claimAmount},
		{"Piracy fell by 12 percentage points.", claimNone},

		// Dates.
		{"The pact was announced on 26 September.", claimNone},
		{"The pact was announced on September 26th.", claimNone},
		{"The pact was announced on the 26th of September.", claimNone},
		{"The pact was announced on 27 September.", claimDate},
		{"The pact was announced on 26 August.", claimDate},
		{"Training ends in June 2027.", claimNone},
		{"Training ends in June 2026.", claimDate},
		{"Training ends in July.", claimDate},
		{"Training ends on 2027-06-30.", claimNone},
		{"Critics want a vote by October 4.", claimNone},
		{"Critics want a vote by 5 October.", claimDate},
		{"Ruritania may lend boats.", claimNone},
		{"The minister spoke on Monday.", claimNone},
		{"The minister spoke on Tuesday.", claimName},

		// Names.
		{"Lena Kovar signed the pact.", claimNone},
		{"Kovář's visit ended with a pact.", claimNone},
		{"Marta Kovář signed the pact.", claimName},
		{"Lena Arrieta signed the pact.", claimName},
		{"The Ruritanian minister met Tomas Arrieta.", claimNone},
		{"The Sylvanian minister met Arrieta.", claimName},
		{"O’Dowd leads the critics.", claimNone},
		{"The OCS backs the plan.", claimNone},
		{"The IMF gives money.", claimNone},
		{"The OAS backs the plan.", claimName},
		{"The U.S. backs the plan.", claimName},
		{"Officials praised the pact.", claimNone},
		{"Karlsson praised the pact.", claimName},
		{"Flights of F-16s were paid for.", claimNone},
		{"Flights of F-35s were paid for.", claimName},
		{"Skarholm, a Norse firm, built the boats.", claimNone},
		{"Ruritania Lends Boats in Five-Year Pact", claimNone},
		{"Borduria Lends Boats in Five-Year Pact", claimName},

		// Quotations.
		{`Arrieta spoke of “a quiet revolution”.`, claimNone},
		{`Arrieta spoke of 'a quiet revolution.'`, claimNone},
		{`Arrieta spoke of "a loud revolution".`, claimQuotation},
		{`Kovář said: "Our neighbours asked for help … we are glad to give it."`, claimNone},
		{`Kovář said neighbours' fleets matter and Belmonte's boats too.`, claimNone},
		{`Kovář said they were 'sorry to give it'.`, claimQuotation},
	}
	facts := newFacts("en", groundTitle, groundText)
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			if got := facts.unsupported(tt.text, tokenize(tt.text), "en", false); got != tt.want {
				t.Errorf("found %s unsupported, want %s", got, tt.want)
			}
		})
	}
}

// TestGroundingTranslations looks up what survives a translation.
func TestGroundingTranslations(t *testing.T) {
	tests := []struct {
		language, text string
		want           claim
	}{
		{"de", "Ruritanien verleiht sechs Boote an Belmonte, der Vertrag ist 100 Millionen Dollar wert.", claimNone},
		{"de", "Der Vertrag ist 100 Milliarden Dollar wert.", claimAmount},
		{"de", "Bis zum 30. Juni 2027 werden 1.000 Seeleute ausgebildet.", claimNone},
		{"de", "Bis zum 30. Juli 2027 werden Seeleute ausgebildet.", claimDate},
		{"de", "Die Piraterie ging um 12 Prozent zurück.", claimNone},
		{"de", "Die Piraterie ging um 13 Prozent zurück.", claimAmount},
		{"fr", "Un fonds donne 2,5 millions d'euros, dit la ministre Lena Kovář.", claimNone},
		{"fr", "Un fonds donne 3,5 millions d'euros.", claimAmount},
		{"es", "El acuerdo forma a 1.000 soldados, dijo la ministra el 26 de septiembre.", claimNone},
		{"es", "El acuerdo forma a 1.000 soldados, dijo ayer Carmen Iglesias.", claimName},
		{"ru", "Соглашение на 100 млн долларов подписано 26 сентября.", claimNone},
		{"ru", "Соглашение подписано 27 сентября.", claimDate},
	}
	facts := newFacts("en", groundTitle, groundText)
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			if got := facts.unsupported(tt.text, tokenize(tt.text), tt.language, true); got != tt.want {
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
		want                   claim
	}{
		{"de", "Am 3. Mai zahlte Ruritanien 1.500 Euro für fünf Boote, sagte Ministerin Lena Novak.", "Ruritanien zahlte am 3. Mai 1500 Euro für 5 Boote.", claimNone},
		{"de", "Am 3. Mai zahlte Ruritanien 1.500 Euro für fünf Boote, sagte Ministerin Lena Novak.", "Ruritanien zahlte 2.500 Euro.", claimAmount},
		{"fr", "Le 3 mai, la Ruritanie a payé 1 500 euros pour cinq bateaux à l'Oréanie.", "La Ruritanie a payé 1500 euros à l’Oréanie le 3 mai.", claimNone},
		{"fr", "Le 3 mai, la Ruritanie a payé 1 500 euros pour cinq bateaux à l'Oréanie.", "La Ruritanie a payé les bateaux le 4 mai.", claimDate},
		{"ja", "ルリタニアは3月5日、船6隻に100万円を支払った。", "ルリタニアは船に100万円を支払った。", claimNone},
		{"ja", "ルリタニアは3月5日、船6隻に100万円を支払った。", "ルリタニアは船に200万円を支払った。", claimAmount},
		{"ar", "دفعت الدولة ٥٠ مليون دولار مقابل ٦ قوارب.", "دفعت الدولة 50 مليون دولار.", claimNone},
		{"ar", "دفعت الدولة ٥٠ مليون دولار مقابل ٦ قوارب.", "دفعت الدولة 80 مليون دولار.", claimNumber},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			facts := newFacts(tt.language, tt.source)
			if got := facts.unsupported(tt.text, tokenize(tt.text), tt.language, false); got != tt.want {
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
			if facts.unsupported(s, tokenize(s), "en", false) != claimNone {
				b.Fatal("unsupported")
			}
		}
	}
}
