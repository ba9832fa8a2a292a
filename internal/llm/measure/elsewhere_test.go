package main

import "testing"

func TestWhereValueStands(t *testing.T) {
	const article = "Die Stadt Ostrau plant bis Ende März 45 Brücken. Das Gericht in Nordheim prüft 1,5 Millionen Euro, " +
		"sagte Ada Lind: \"Wir warten seit Jahren.\" ラーナの港は閉鎖された。"
	for _, test := range []struct{ kind, text, want string }{
		{"number", "Ostrau plant 1,5 Brücken.", elsewhere},
		{"number", "Ostrau plant 54 Brücken.", absent},
		{"number", "Ostrau plant 5 Brücken.", absent},
		{"number", "Ostrau plant vierzig Brücken.", untold},
		{"date", "Das Gericht prüft am 45. März.", elsewhere},
		{"date", "Das Gericht prüft am 4. März.", absent},
		{"date", "Das Gericht prüft Ende März.", untold},
		{"name", "Ostraus Gericht prüft.", elsewhere},
		{"name", "Ada Lund prüft in Ostrau.", absent},
		{"place", "Das Gericht in Ostrau.", elsewhere},
		{"place", "Das Gericht in Südheim.", absent},
		{"place", "港はラーナにある。", elsewhere},
		{"place", "港はラナンにある。", absent},
		{"place", "港在维也纳。", untold},
		{"quotation", "Lind sagte: «Wir warten seit Jahren.»", elsewhere},
		{"quotation", "Lind sagte: «Wir warten nicht.»", absent},
	} {
		if got := whereValueStands(article, test.kind, test.text); got != test.want {
			t.Errorf("the %s of %q stands %s, want %s", test.kind, test.text, got, test.want)
		}
	}
}
