package grounding

import "testing"

// TestSupportsInOtherForms looks up what a source has in another form: ordinals, days, shares
// and rounded numbers, in words and digits, and the same with another value.
func TestSupportsInOtherForms(t *testing.T) {
	for _, test := range []struct{ language, source, supported, not string }{
		// Ordinals.
		{"en", "Ferry traffic fell in the second half, Tarn said.", "Traffic fell in the 2nd half.", "Traffic fell in the 3rd half."},
		{"en", "It was the 21st eruption, Tarn said.", "It was the twenty-first eruption.", "It was the twenty-second eruption."},
		{"de", "Im zweiten Quartal sank der Absatz, sagte Tarn.", "Im 2. Quartal sank der Absatz.", "Im 3. Quartal sank der Absatz."},
		{"de", "Es ist der 23. Ausbruch, sagte Tarn.", "Es ist der dreiundzwanzigste Ausbruch.", "Es ist der vierundzwanzigste Ausbruch."},
		{"fr", "C'est le vingt et unième festival, selon Tarn.", "C'est le 21e festival.", "C'est le 22e festival."},
		{"fr", "C'est le 4e festival, selon Tarn.", "C'est le quatrième festival.", "C'est le cinquième festival."},
		{"es", "Es el tercer eclipse, dijo Tarn.", "Es el 3.º eclipse.", "Es el 4.º eclipse."},
		{"es", "Es la 17.ª edición, dijo Tarn.", "Es la decimoséptima edición.", "Es la decimoctava edición."},
		{"it", "È la ventitreesima edizione, dice Tarn.", "È la 23ª edizione.", "È la 24ª edizione."},
		{"pt", "É a vigésima terceira edição, disse Tarn.", "É a 23ª edição.", "É a 24ª edição."},
		{"nl", "Het is de 2e uitgave, zegt Tarn.", "Het is de tweede uitgave.", "Het is de vierde uitgave."},
		{"pl", "To dwudziesta trzecia edycja, mówi Tarn.", "To 23. edycja.", "To 24. edycja."},
		{"pl", "W III kwartale sprzedaż spadła, mówi Tarn.", "W trzecim kwartale sprzedaż spadła.", "W czwartym kwartale sprzedaż spadła."},
		{"ru", "Это пятнадцатый матч, сказал Тарн.", "Это 15-й матч.", "Это 16-й матч."},
		{"ru", "В III квартале продажи упали, сказал Тарн.", "В третьем квартале продажи упали.", "В четвертом квартале продажи упали."},
		{"uk", "Це двадцять третій матч, сказав Тарн.", "Це 23-й матч.", "Це 24-й матч."},
		{"tr", "Bu üçüncü maç, dedi Tarn.", "Bu 3. maç.", "Bu 4. maç."},
		{"ar", "قال تارن إنها المباراة الثالثة والعشرون.", "إنها المباراة 23.", "إنها المباراة 24."},
		{"zh", "塔恩说公司在第三季度亏损。", "公司在第3季度亏损。", "公司在第4季度亏损。"},

		// Days.
		{"en", "Tarn spoke on the third of May.", "Tarn spoke on May 3.", "Tarn spoke on May 4."},
		{"de", "Tarn sprach am ersten Mai.", "Tarn sprach am 1. Mai.", "Tarn sprach am 2. Mai."},
		{"fr", "Tarn a parlé le 1er mai.", "Tarn a parlé le premier mai.", "Tarn a parlé le deux mai."},
		{"fr", "Tarn a parlé le dix-sept mai.", "Tarn a parlé le 17 mai.", "Tarn a parlé le 18 mai."},
		{"es", "Tarn habló el diecisiete de mayo.", "Tarn habló el 17 de mayo.", "Tarn habló el 18 de mayo."},
		{"it", "Tarn ha parlato il primo maggio.", "Tarn ha parlato l'1 maggio.", "Tarn ha parlato il 2 maggio."},
		{"pt", "Tarn falou em 1º de maio.", "Tarn falou no primeiro de maio.", "Tarn falou no dois de maio."},
		{"nl", "Tarn sprak op drie mei.", "Tarn sprak op 3 mei.", "Tarn sprak op 4 mei."},
		{"pl", "Tarn mówił dwudziestego trzeciego maja.", "Tarn mówił 23 maja.", "Tarn mówił 24 maja."},
		{"ru", "Тарн выступил двадцать третьего мая.", "Тарн выступил 23 мая.", "Тарн выступил 24 мая."},
		{"uk", "Тарн виступив третього травня.", "Тарн виступив 3 травня.", "Тарн виступив 4 травня."},
		{"tr", "Tarn on yedi ağustosta konuştu.", "Tarn 17 ağustosta konuştu.", "Tarn 18 ağustosta konuştu."},
		{"ar", "تحدث تارن في الثالث من مايو.", "تحدث تارن في 3 مايو.", "تحدث تارن في 4 مايو."},

		// Shares.
		{"en", "One in eight jobs will go, Tarn said.", "Tarn said 12.5% of jobs will go.", "Tarn said 25% of jobs will go."},
		{"en", "Tarn said 40% of jobs will go.", "Two in five jobs will go.", "Two in six jobs will go."},
		{"de", "Jede achte Stelle fällt weg, sagte Tarn.", "Tarn streicht 12,5 Prozent der Stellen.", "Tarn streicht 15 Prozent der Stellen."},
		{"fr", "Un emploi sur huit disparaît, dit Tarn, soit un sur huit.", "Tarn supprime 12,5 % des emplois.", "Tarn supprime 15 % des emplois."},
		{"es", "Uno de cada cuatro empleos desaparece, dijo Tarn.", "Tarn suprime el 25 % de los empleos.", "Tarn suprime el 20 % de los empleos."},
		{"ru", "Треть жителей уехала, сказал Тарн.", "Уехали 33% жителей.", "Уехали 43% жителей."},
		{"ru", "Уехали 33% жителей, сказал Тарн.", "Треть жителей уехала.", "Половина жителей уехала."},
		{"pl", "Połowa mieszkańców wyjechała, mówi Tarn.", "Wyjechało 50 procent mieszkańców.", "Wyjechało 40 procent mieszkańców."},
		{"tr", "Halkın üçte biri gitti, dedi Tarn.", "Halkın yüzde 33'ü gitti.", "Halkın yüzde 43'ü gitti."},
		{"ar", "قال تارن إن ثلث السكان غادروا.", "غادر 33 في المئة من السكان.", "غادر 43 في المئة من السكان."},
		{"ar", "قال تارن إن 33% من السكان غادروا.", "غادر ثلث السكان.", "غادر ربع السكان."},
		{"zh", "塔恩说三分之一的居民离开。", "33%的居民离开。", "43%的居民离开。"},
		{"ja", "住民の8人に1人が避難した。", "住民の12.5%が避難した。", "住民の15%が避難した。"},

		// Rounded.
		{"en", "Tarn lost 2,310 jobs.", "Tarn lost more than 2,000 jobs.", "Tarn lost more than 3,000 jobs."},
		{"es", "El 60 por ciento del acero falló, dijo Tarn.", "Más de la mitad del acero falló.", "Más de tres cuartos del acero falló."},
		{"pl", "Tarn stracił 2,3 tys. ton.", "Tarn stracił ponad 2 tys. ton.", "Tarn stracił ponad 3 tys. ton."},
		{"ja", "被害額は3億2千万円だった。", "被害額は約3億円だった。", "被害額は約4億円だった。"},
		{"zh", "塔恩说有312人获救。", "三百多人获救。", "四百多人获救。"},
	} {
		s := NewSource("", test.source, test.language, nil)
		if found := s.Check([]Statement{{Text: test.supported}}, test.language); found != (Finding{}) {
			t.Errorf("%s: %q does not support %q: %s %q", test.language, test.source, test.supported, found.Unsupported, found.Words)
		}
		if found := s.Check([]Statement{{Text: test.not}}, test.language); found == (Finding{}) {
			t.Errorf("%s: %q supports %q", test.language, test.source, test.not)
		}
	}
}
