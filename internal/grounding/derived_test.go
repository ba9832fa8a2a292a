package grounding

import (
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
)

// TestDerivedFigures checks numbers and dates that follow from those of the source, and others
// near them that do not.
func TestDerivedFigures(t *testing.T) {
	for _, test := range []struct{ language, text, supported, unsupported string }{
		{"en", "The force will cost 64 million crowns in its first year.", "It costs 64 million crowns over twelve months.", "It costs 64 million crowns over fourteen months."},
		{"en", "The strike lasted 48 hours.", "They went on strike for two days.", "They went on strike for three days."},
		{"en", "The trip takes 90 minutes.", "The trip takes an hour and a half.", "The trip takes two and a half hours."},
		{"de", "Das Mandat läuft zunächst ein halbes Jahr.", "Der Einsatz dauert sechs Monate.", "Der Einsatz dauert sieben Monate."},
		{"de", "Gefordert waren zweieinhalb Jahre Haft.", "Er sollte zwei Jahre und sechs Monate in Haft.", "Er sollte zwei Jahre und acht Monate in Haft."},
		{"pl", "Po pół roku komandora zastąpi zastępca.", "Po sześciu miesiącach obejmie go zastępca.", "Po ośmiu miesiącach obejmie go zastępca."},
		{"ru", "Работы займут полтора года.", "Работы продлятся восемнадцать месяцев.", "Работы продлятся шестнадцать месяцев."},
		{"zh", "首期为半年，费用由市政府承担。", "首期为6个月。", "首期为8个月。"},
		{"es", "La fuerza costará 64 millones de dólares, de los que Norlandia aportará la mitad.", "Norlandia pondrá 32 de los 64 millones.", "Norlandia pondrá 34 de los 64 millones."},
		{"tr", "Okul 72 milyon dolara mal olacak. Giderlerin üçte ikisini Norlanda karşılayacak.", "72 milyonun 48 milyonunu Norlanda üstlenecek.", "72 milyonun 42 milyonunu Norlanda üstlenecek."},
		{"en", "Rations were halved for want of money.", "Rations were cut by 50 percent.", "Rations were cut by 40 percent."},
		{"fr", "Les prises ont été divisées par trois en dix ans.", "Les prises ont chuté des deux tiers.", "Les prises ont chuté des trois quarts."},
		{"ru", "Товарооборот упал с 58 до 19 миллионов крон.", "Торговля сократилась с 58 млн до 19 млн крон.", "Торговля сократилась с 58 млн до 29 млн крон."},
		{"en", "ELMO, Feb. 18 - The harbor was closed last month.", "The harbor was closed in January.", "The harbor was closed in March."},
		{"de", "OSTRAU, 5. Mai 2025 - Im vergangenen Jahr fuhren 40 Schiffe.", "2024 fuhren 40 Schiffe.", "2023 fuhren 40 Schiffe."},
		{"ar", "الرباط 30 تشرين الأول - يبدأ تنفيذه في الأول من كانون الثاني.", "يبدأ التنفيذ في 1 يناير.", "يبدأ التنفيذ في 1 فبراير."},
		{"de", "Die Waffenruhe gilt seit dem 30. Jänner.", "Seit dem 30. Januar gilt die Waffenruhe.", "Seit dem 30. Juni gilt die Waffenruhe."},
		{"vi", "Sáng 12/5 có 9 người chết.", "Chín người chết sáng 12/5.", "Chín người chết sáng 22/5."},
		{"id", "Perbaikan menelan biaya Rp75 miliar.", "Dana perbaikan mencapai 75 miliar rupiah.", "Dana perbaikan mencapai 95 miliar rupiah."},
		{"ko", "전기차 2만3천 대를 리콜한다.", "전기차 23,000대를 리콜한다.", "전기차 33,000대를 리콜한다."},
		{"en", "The board voted 6-3 to scrap the tunnel.", "Nine members voted.", "Eleven members voted."},
		{"de", "Der Rat stimmte mit 23 zu 18 Stimmen zu.", "Die Mehrheit betrug fünf Stimmen.", "Die Mehrheit betrug sieben Stimmen."},
		{"de", "Der Damm brach gegen 4.30 Uhr.", "Um halb fünf brach der Damm.", "Um halb sechs brach der Damm."},
		{"es", "El tren salió a las 16:30.", "El tren salió a las cuatro y media.", "El tren salió a las cinco y media."},
		{"en", "In 2024 ships sank at twice the rate of a year earlier.", "Ships sank at half the rate in 2023.", "Ships sank at half the rate in 2022."},
		{"pl", "Badanie prowadzono w Polsce, Rumunii i Grecji.", "Badanie objęło trzy kraje.", "Badanie objęło cztery kraje."},
		{"fr", "Il est condamné à quatre ans de prison, dont deux avec sursis.", "Il écope de quatre ans de prison, dont la moitié avec sursis.", "Il écope de quatre ans de prison, dont un tiers avec sursis."},
		{"fr", "Le conflit a déplacé un habitant sur dix.", "Le conflit a déplacé 10 % de la population.", "Le conflit a déplacé 20 % de la population."},
		{"es", "La Unión aporta cuatro quintas partes.", "La Unión aporta el 80 %.", "La Unión aporta el 60 %."},
		{"tr", "Aileye 100'er bin lira ödenecek.", "Aileye 100.000 lira ödenecek.", "Aileye 300.000 lira ödenecek."},
		{"ja", "施設は2027年に完成する。", "施設は27年に完成する。", "施設は29年に完成する。"},
		{"sv", "Priset steg 4,7 procent.", "Priset steg nästan 5 procent.", "Priset steg nästan 7 procent."},
		{"de", "Er sprach von einem \"teuren Abenteuer\".", "Er nannte es ein \"teures Abenteuer\".", "Er nannte es ein \"teures Vergnügen\"."},
	} {
		s := NewSource("", test.text, test.language, article.Clean(article.Raw{Text: test.text}).Sentences)
		if found := s.Check([]Statement{{Text: test.supported}}, test.language); found != (Finding{}) {
			t.Errorf("%q is refused for %s, %q: %s", test.supported, found.Unsupported, found.Words, test.text)
		}
		if found := s.Check([]Statement{{Text: test.unsupported}}, test.language); found == (Finding{}) {
			t.Errorf("%q passes: %s", test.unsupported, test.text)
		}
	}
}

// TestPlacesByTheirBeginning checks adjectives and peoples of states, capitals for their states, and
// ranks in short.
func TestPlacesByTheirBeginning(t *testing.T) {
	for _, test := range []struct{ language, text, supported, unsupported string }{
		{"de", "Es führt der portugiesische General Falk.", "General Falk kommt aus Portugal.", "General Falk kommt aus Norwegen."},
		{"tr", "Katar okul kuracak.", "Okulu Doha kuracak.", "Okulu Muskat kuracak."},
		{"de", "Der Bund zahlt die Hilfe.", "Berlin zahlt die Hilfe.", "Wien zahlt die Hilfe."},
		{"pl", "Zastąpi go Anna z Polski.", "Zastąpi go Polka Anna.", "Zastąpi go Czeszka Anna."},
		{"fr", "La route mène à la frontière algérienne.", "La route mène en Algérie.", "La route mène à la frontière libyenne."},
		{"ja", "装置はタバ島に置かれ、石田ゆかり教授とサントス国防相が見た。", "タバ島の装置をサントス国防相が見た。", "マヌ島の装置を見た。"},
		{"ja", "装置はタバ島に置かれ、石田ゆかり教授とサントス国防相が見た。", "石田ゆかり教授が見た。", "福島ゆかり教授が見た。"},
		{"ja", "装置はタバ島に置かれ、石田ゆかり教授とサントス国防相が見た。", "サントス国防相が見た。", "ラモス国防相が見た。"},
		{"zh", "大使方立群出席了仪式。", "方立群大使出席仪式。", "大使方立民出席了仪式。"},
		{"ar", "أصلحت المحطة قرب درعا.", "المحطة قرب درعا.", "أصلحت المحطة قرب حمص."},
		{"en", "General Otieno of Kenya will lead.", "Gen. Otieno, a Kenyan, will lead.", "Gen. Otieno, a Ghanaian, will lead."},
	} {
		s := NewSource("", test.text, test.language, article.Clean(article.Raw{Text: test.text}).Sentences)
		if found := s.Check([]Statement{{Text: test.supported}}, test.language); found != (Finding{}) {
			t.Errorf("%q is refused for %s, %q: %s", test.supported, found.Unsupported, found.Words, test.text)
		}
		if found := s.Check([]Statement{{Text: test.unsupported}}, test.language); found == (Finding{}) {
			t.Errorf("%q passes: %s", test.unsupported, test.text)
		}
	}
}

// TestOppositesAreWords checks that the comment of the list of opposites is not read as a pair.
func TestOppositesAreWords(t *testing.T) {
	for _, word := range []string{"the", "of", "a", "pairs"} {
		if pairs := opposites()[word]; len(pairs) > 0 {
			t.Errorf("%q is opposed to %q", word, pairs[0].other)
		}
	}
	if len(opposites()["rose"]) == 0 {
		t.Error("\"rose\" has no opposite")
	}
}
