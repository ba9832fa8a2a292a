package prompt

import (
	"testing"

	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// TestStanding drops the second sentence and asks which of those behind it still read on their
// own.
func TestStanding(t *testing.T) {
	for _, test := range []struct {
		language, first, later string
		kept                   bool
	}{
		{"en", "Tarn Foods will close two mills.", "Tarn blamed the price of wheat.", true},
		{"en", "Tarn Foods will close two mills.", "Ada Lind welcomed that.", false},
		{"en", "Tarn Foods will close two mills.", "Ada Lind welcomed the news.", true},
		{"en", "Tarn Foods will close two mills.", "The union called for a strike.", false},
		{"en", "Tarn Foods will close two mills.", "He called for a strike.", false},
		{"en", "Tarn Foods will close two mills.", "On Monday the union met.", false},
		{"en", "A union and Tarn Foods are at odds.", "Tarn told the union so.", true},
		{"de", "Tarn schließt zwei Mühlen.", "Der Konzern nennt den Preis des Weizens.", false},
		{"de", "Tarn schließt zwei Mühlen.", "Am Montag tagt die Gewerkschaft.", false},
		{"de", "Tarn schließt zwei Mühlen.", "Tarn nennt den Preis des Weizens.", true},
		{"de", "Tarn schließt zwei Mühlen.", "Er nennt den Preis des Weizens.", false},
		{"fr", "Tarn ferme deux moulins.", "Le syndicat appelle à la grève.", false},
		{"fr", "Tarn ferme deux moulins.", "Tarn accuse le prix du blé.", true},
		{"es", "Tarn cierra dos molinos.", "El sindicato convoca una huelga.", false},
		{"it", "Tarn chiude due mulini.", "Il sindacato protesta.", false},
		{"pt", "Tarn fecha dois moinhos.", "O sindicato protesta.", false},
		{"nl", "Tarn sluit twee molens.", "De vakbond protesteert.", false},
		{"pl", "Tarn zamyka dwa młyny.", "Związek protestuje.", false},
		{"ru", "Тарн закрывает две мельницы.", "Профсоюз протестует.", false},
		{"uk", "Тарн закриває два млини.", "Вони протестують.", false},
		{"tr", "Tarn iki değirmeni kapatıyor.", "Sendika buna karşı.", false},
		{"zh", "塔恩关闭两家工厂。", "工会表示反对。", false},
	} {
		sentences := []summarizer.AnswerSentence{{Text: test.first}, {Text: "-"}, {Text: test.later}}
		got := standingOf(sentences, &summarizer.SummaryTask{Language: test.language}, func(i int) bool { return i != 1 })
		if kept := len(got) == 2; kept != test.kept {
			t.Errorf("%s: %q behind %q: kept %v, want %v", test.language, test.later, test.first, kept, test.kept)
		}
	}
}

// A sentence that stands does not make a later one safe that refers to what was dropped.
func TestStandingAfterAGap(t *testing.T) {
	sentences := []summarizer.AnswerSentence{{Text: "Tarn Foods will close two mills."}, {Text: "-"}, {Text: "Tarn Foods blamed the price of wheat."}, {Text: "He called for a strike."}}
	got := standingOf(sentences, &summarizer.SummaryTask{Language: "en"}, func(i int) bool { return i != 1 })
	if len(got) != 2 {
		t.Errorf("%d sentences are kept, want 2", len(got))
	}
	bullets := standingOf(sentences, &summarizer.SummaryTask{Language: "en", Format: summarizer.FormatBullets}, func(i int) bool { return i != 1 })
	if len(bullets) != 3 {
		t.Errorf("%d points are kept, want 3", len(bullets))
	}
}
