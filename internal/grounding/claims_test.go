package grounding

import (
	"testing"

	"github.com/seed-59202292/summarizer/internal/article"
)

// TestClaims looks up one claim each in a source of one or two sentences. Want is None for a true
// one.
func TestClaims(t *testing.T) {
	for _, c := range []struct {
		name     string
		language string // of the source
		source   string
		summary  string // its language; empty for that of the source
		text     string
		want     Claim
	}{
		{name: "a half behind a magnitude", language: "es", source: "El puente costará 2,5 millones de euros.", text: "El puente costará dos millones y medio de euros."},
		{name: "another half", language: "es", source: "El puente costará 2,5 millones de euros.", text: "El puente costará tres millones y medio de euros.", want: Amount},
		{name: "a half before a magnitude", language: "en", source: "The bridge will cost 2.5 million euros.", text: "The bridge will cost two and a half million euros."},
		{name: "a half in Russian", language: "ru", source: "Мост обойдется в 3,5 миллиона евро.", text: "Мост обойдется в три с половиной миллиона евро."},
		{name: "a half in Turkish", language: "tr", source: "Köprü 3,5 milyon avroya mal olacak.", text: "Köprü üç buçuk milyon avroya mal olacak."},
		{name: "another half in Turkish", language: "tr", source: "Köprü 3,5 milyon avroya mal olacak.", text: "Köprü dört buçuk milyon avroya mal olacak.", want: Amount},
		{name: "a half in Arabic", language: "ar", source: "سيكلف الجسر 4,5 مليار يورو.", text: "سيكلف الجسر أربعة مليارات ونصف المليار يورو."},
		{name: "a half of a dual in Arabic", language: "ar", source: "سيكلف الجسر 2,5 مليون يورو.", text: "سيكلف الجسر مليونين ونصف المليون يورو."},
		{name: "a half in one German word", language: "de", source: "Die Brücke kostet 2,5 Millionen Euro.", text: "Die Brücke kostet zweieinhalb Millionen Euro."},
		{name: "another half in one German word", language: "de", source: "Die Brücke kostet 2,5 Millionen Euro.", text: "Die Brücke kostet dreieinhalb Millionen Euro.", want: Amount},
		{name: "a half behind a noun", language: "es", source: "La guerra duró 3,5 años.", text: "La guerra duró tres años y medio."},
		{name: "a magnitude before its number", language: "sw", source: "Mradi utagharimu shilingi bilioni 48, alisema waziri.", summary: "en", text: "The project will cost 48 billion shillings, the minister said."},
		{name: "another number behind its magnitude", language: "sw", source: "Mradi utagharimu shilingi bilioni 48, alisema waziri.", text: "Mradi utagharimu shilingi bilioni 84, alisema waziri.", want: Amount},
		{name: "a teen in Swahili", language: "sw", source: "Ujenzi utachukua miezi kumi na minane.", text: "Ujenzi utachukua miezi 18."},
		{name: "a thousand with its sign", language: "pt", source: "A cidade tem 2.000 casas e 1 escola.", text: "A cidade tem 1.000 casas.", want: Number},
		{name: "money under its English name", language: "cs", source: "Kraj zaplatí 2,3 miliardy korun.", summary: "en", text: "The region will pay 2.3 billion crowns."},
		{name: "months of a half-year", language: "pt", source: "As vendas caíram no primeiro semestre.", text: "As vendas caíram nos primeiros seis meses."},
		{name: "a guarantee of so much", language: "de", source: "Das Land bietet eine Bürgschaft über 64 Millionen Euro an.", text: "Das Land bietet eine Bürgschaft über 60 Millionen Euro an.", want: Amount},

		{name: "two magnitudes", language: "ru", source: "Убыток составил 2,3 млрд рублей.", text: "Убыток составил 2 млрд 300 млн рублей."},
		{name: "two other magnitudes", language: "ru", source: "Убыток составил 2,3 млрд рублей.", text: "Убыток составил 2 млрд 400 млн рублей.", want: Amount},
		{name: "digits behind a word without a space", language: "ar", source: "سيكلف الجسر 5,3 مليار دولار.", text: "سيكلف الجسر خمسة مليارات و300 مليون دولار."},
		{name: "other digits behind a word without a space", language: "ar", source: "ذكر التقرير 78 توصية.", text: "ذكر التقرير ال53 توصية.", want: Number},
		{name: "nearly a half more", language: "pl", source: "Znaleziono 2,4 tony kokainy.", text: "Znaleziono prawie dwie i pół tony kokainy."},
		{name: "a day without its month", language: "fr", source: "La préfète reçoit les syndicats le 16 décembre.", text: "La préfète reçoit les syndicats à la mi-décembre, le 16."},
		{name: "initials written as a word", language: "it", source: "La Banca europea per gli investimenti presta metà della somma.", text: "La somma è prestata per metà dalla Bei."},

		{name: "a weekday in another case", language: "ru", source: "Министр выступил в пятницу в парламенте.", summary: "en", text: "The minister spoke in parliament on Friday."},
		{name: "another weekday in that case", language: "ru", source: "Министр выступил в пятницу в парламенте.", text: "Министр выступил в среду в парламенте.", want: Date},
		{name: "a word that may be a weekday", language: "ru", source: "Министр говорил об экологии.", text: "Министр говорил про окружающую среду."},
		{name: "a weekday with a hyphen", language: "pt", source: "O ministro falou esta sexta-feira.", summary: "en", text: "The minister spoke on Friday."},
		{name: "another weekday with a hyphen", language: "pt", source: "O ministro falou esta sexta-feira.", text: "O ministro falou esta segunda-feira.", want: Date},
		{name: "an ordinal like a weekday", language: "pt", source: "O ministro falou na sessão.", text: "O ministro falou na segunda sessão."},
		{name: "a weekday on a day in Hungarian", language: "hu", source: "A gyárat hétfőn nyitották meg.", summary: "en", text: "The plant opened on Monday."},
		{name: "an ordinal in Greek", language: "el", source: "Η χώρα είναι η 3η στην Ευρώπη.", text: "Η χώρα είναι η τρίτη στην Ευρώπη."},
		{name: "a weekday with a part of the day", language: "nl", source: "De minister sprak maandagavond.", text: "De minister sprak maandag."},

		{name: "not only", language: "de", source: "Das Schiff wurde nicht nur mehrfach umgebaut, sondern auch verlängert.", text: "Das Schiff ist im Lauf der Zeit nicht nur mehrfach umgebaut worden."},
		{name: "a contrast left out", language: "fr", source: "Elle voulait critiquer les banques, pas les ouvriers.", text: "Elle voulait critiquer les banques."},
		{name: "a second clause left out", language: "pl", source: "Protony są dodatnie, elektrony są ujemne, a neutrony nie mają żadnego ładunku.", text: "Protony są dodatnie, elektrony są ujemne."},
		{name: "a word with and without a negation", language: "en", source: "He said the north cable was broken in a clean break, but the southern one was not a clean break.", text: "He said the north cable was broken in a clean break."},
		{name: "a denied clause", language: "fr", source: "Les ouvriers du port n'ont pas accepté le plan de la ville.", text: "Les ouvriers du port ont accepté le plan de la ville.", want: Opposite},
		{name: "passed for rejected", language: "en", source: "The Senate rejected the harbour bill on Tuesday after two days of debate.", text: "The Senate passed the harbour bill after two days of debate.", want: Opposite},
		{name: "accepted for rejected in Turkish", language: "tr", source: "Meclis liman yasasını iki günlük görüşmeden sonra reddetti.", text: "Meclis liman yasasını iki günlük görüşmeden sonra kabul etti.", want: Opposite},
		{name: "not accepted in Turkish", language: "tr", source: "Meclis liman yasasını iki günlük görüşmeden sonra reddetti.", text: "Meclis liman yasasını iki günlük görüşmeden sonra kabul etmedi."},
		{name: "only by an exception", language: "ar", source: "قال رئيس الاتحاد إن المبلغ لا يغطي سوى نصف الخسائر.", text: "قال رئيس الاتحاد إن المبلغ يغطي نصف الخسائر فقط."},

		{name: "a foreign name with points", language: "zh", source: "教练拉尔斯·林德说，球队赢了。", text: "教练亚当·库尔登说，球队赢了。", want: Name},
		{name: "the same name with points", language: "zh", source: "教练拉尔斯·林德说，球队赢了。林德很高兴。", text: "拉尔斯·林德说，球队赢了。"},
		{name: "another given name", language: "ja", source: "宮城県の佐々木浩二知事は歓迎した。", text: "宮城県の佐々木健太知事は歓迎した。", want: Name},
		{name: "an office behind a surname", language: "ja", source: "田中氏は名誉教授だ。", text: "田中名誉教授は歓迎した。"},
		{name: "a town of the list", language: "ar", source: "وصل الوفد إلى بغداد مساء أمس.", text: "وصل الوفد إلى أنقرة مساء أمس.", want: Name},
		{name: "foreign letters in an ideographic text", language: "zh", source: "歌手 Raju Khandelwal 陪同他。", text: "歌手 Raju Khandelwal 陪同他。"},
	} {
		summary := c.summary
		if summary == "" {
			summary = c.language
		}
		s := NewSource("", c.source, c.language, nil)
		if found := s.Check([]Statement{{Text: c.text}}, summary); found.Unsupported != c.want || found.WrongLanguage {
			t.Errorf("%s: found %s (%+v), want %s", c.name, found.Unsupported, found, c.want)
		}
	}
}

// The dateline is no part of the text, and supports where and when.
func TestDateline(t *testing.T) {
	d := article.Clean(article.Raw{Text: "LAGOS, Oct. 9 (Reuters) - Regulators fined the ferry operator Castellan Lines 4.6 million pounds on Thursday.", LanguageCode: "en"})
	s := SourceOf(d, d.Text, d.Sentences)
	for text, want := range map[string]Claim{
		"Regulators in Lagos fined Castellan Lines 4.6 million pounds on Oct. 9.": None,
		"Regulators in Accra fined Castellan Lines 4.6 million pounds.":           Name,
		"Regulators fined Castellan Lines 4.6 million pounds on Oct. 8.":          Date,
	} {
		if found := s.Check([]Statement{{Text: text}}, "en"); found.Unsupported != want {
			t.Errorf("%q: %s, want %s", text, found.Unsupported, want)
		}
	}
}
