package archive

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// legacyTexts are about one ferry, each in the languages of its encoding.
var legacyTexts = []struct{ encoding, text string }{
	{"windows-1251", "Паром снова вышел в море. Городской совет одобрил ремонт причала в понедельник, и рейсы на остров возобновились."},
	{"windows-1251", "Пором знову вийшов у море. Міська рада схвалила ремонт причалу в понеділок, і рейси на острів відновилися, їх чекали."},
	{"windows-1251", "Фериботът отново плава. Общинският съвет одобри в понеделник ремонта на кея и рейсовете до острова бяха подновени."},
	{"koi8-r", "Паром снова вышел в море. Городской совет одобрил ремонт причала в понедельник, и рейсы на остров возобновились."},
	{"windows-1253", "Άγονη γραμμή: το πλοίο απέπλευσε ξανά. Το δημοτικό συμβούλιο ενέκρινε την επισκευή της αποβάθρας τη Δευτέρα."},
	{"iso-8859-7", "Άγονη γραμμή: το πλοίο απέπλευσε ξανά. Το δημοτικό συμβούλιο ενέκρινε την επισκευή της αποβάθρας τη Δευτέρα."},
	{"shift_jis", "フェリーの運航が再開した。市議会は月曜日に桟橋の修理を承認し、島への便が戻った。住民は喜んでいる。"},
	{"iso-2022-jp", "フェリーの運航が再開した。市議会は月曜日に桟橋の修理を承認し、島への便が戻った。住民は喜んでいる。"},
	{"euc-jp", "フェリーの運航が再開した。市議会は月曜日に桟橋の修理を承認し、島への便が戻った。住民は喜んでいる。"},
	{"gb18030", "渡轮恢复运营。市议会周一批准了码头的维修,前往岛屿的航班已经恢复。居民对此表示欢迎,并希望票价不会上涨。"},
	{"big5", "渡輪恢復營運。市議會週一批准了碼頭的維修,前往島嶼的航班已經恢復。居民對此表示歡迎,並希望票價不會上漲。"},
	{"euc-kr", "여객선 운항이 재개되었다. 시의회는 월요일에 부두 수리를 승인했고 섬으로 가는 배편이 다시 시작되었다."},
	{"iso-8859-2", "Prom znów wypłynął w morze. Rada miasta zatwierdziła w poniedziałek remont nabrzeża, a rejsy na wyspę zostały wznowione."},
	{"iso-8859-2", "Přívoz znovu jezdí. Městská rada v pondělí schválila opravu mola a lodě na ostrov opět vyplouvají. Cestující jsou spokojení."},
	{"iso-8859-2", "A komp újra közlekedik. A városi tanács hétfőn jóváhagyta a móló javítását, és a járatok a szigetre újraindultak."},
	{"windows-1250", "Rada miasta zatwierdziła w poniedziałek remont nabrzeża w Świnoujściu, a rejsy na wyspę zostały wznowione. Żegluga działa."},
	{"windows-1254", "Feribot yeniden sefere çıktı. Belediye meclisi pazartesi günü iskelenin onarımını onayladı ve adaya seferler yeniden başladı."},
	{"windows-1255", "המעבורת חזרה להפליג. מועצת העיר אישרה ביום שני את תיקון הרציף, וההפלגות אל האי התחדשו."},
	{"windows-1256", "عادت العبارة إلى الإبحار. وافق مجلس المدينة يوم الاثنين على إصلاح الرصيف، واستؤنفت الرحلات إلى الجزيرة."},
	{"windows-1252", "Le bac a repris la mer. Le conseil municipal a approuvé lundi la réparation du quai, et les traversées vers l’île ont repris."},
	{"windows-1252", "Die Fähre fährt wieder. Der Stadtrat hat am Montag die Ausbesserung der Brücke genehmigt, und die Überfahrten beginnen erneut."},
	{"windows-1252", "Färjan går igen. Kommunfullmäktige godkände på måndagen reparationen av kajen, och turerna till ön har återupptagits."},
	{"windows-1252", "Lautta kulkee jälleen. Kaupunginvaltuusto hyväksyi maanantaina laiturin korjauksen, ja yhteydet saarelle käynnistyivät."},
	{"windows-1252", "“It’s about time,” the mayor of Skerry Point said on Monday – crossings to the island resume tomorrow."},
}

// encode returns text in an encoding of the web.
func encode(t *testing.T, label, text string) []byte {
	t.Helper()
	e, _ := charset.Lookup(label)
	raw, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", label, err)
	}
	return raw
}

// The encoding of pages and texts that declare none is guessed, with a warning. Menus and
// scripts in English do not mislead the guess, and a declaration is believed.
func TestGuessedEncodings(t *testing.T) {
	const around = "<html><head><style>body { margin: 0 }</style><script>window.data = {\"the\": \"and of the\"}</script></head>" +
		"<body><nav><a href=/news>All the news</a> <a href=/about>About us and others</a></nav><p>"
	for _, tt := range legacyTexts {
		t.Run(tt.encoding+" "+strings.Fields(tt.text)[0], func(t *testing.T) {
			page, fault := decodePage(encode(t, tt.encoding, around+tt.text+"</p></body></html>"), "text/html")
			if fault != "" || page.guessed != tt.encoding || !strings.Contains(page.text, tt.text) {
				t.Errorf("page: guessed %q, %q:\n%s", page.guessed, fault, page.text)
			}
			text, fault := plainText(encode(t, tt.encoding, tt.text))
			if fault != "" || text.guessed != tt.encoding || text.text != tt.text {
				t.Errorf("text: guessed %q, %q:\n%s", text.guessed, fault, text.text)
			}
			false8, fault := decodePage(encode(t, tt.encoding, `<meta charset="utf-8"><p>`+tt.text), "")
			if fault != "" || false8.guessed != tt.encoding || !strings.HasSuffix(false8.text, tt.text) {
				t.Errorf("declared UTF-8: guessed %q, %q:\n%s", false8.guessed, fault, false8.text)
			}
			declared, fault := decodePage(encode(t, tt.encoding, `<meta charset="`+tt.encoding+`"><p>`+tt.text), "")
			if fault != "" || declared.guessed != "" || !strings.HasSuffix(declared.text, tt.text) {
				t.Errorf("declared: guessed %q, %q:\n%s", declared.guessed, fault, declared.text)
			}
		})
	}
}

// What no guess fits is refused, and broken UTF-8 is no other encoding.
func TestNoGuess(t *testing.T) {
	for _, raw := range []string{
		string(encode(t, "windows-874", "เรือข้ามฟากกลับมาแล่นอีกครั้ง สภาเมืองอนุมัติการซ่อมท่าเรือเมื่อวันจันทร์ และเที่ยวเรือไปเกาะเริ่มใหม่")),
		"\x80\x81\x82\x83\x84\x85\x86\x87",
		strings.Repeat("Паром снова\xff\xfe ", 20),
		"Die F\x8ahre f\x8ahrt wieder f\x9fr alle, auch \x9fber Nacht.",
		"El alcalde abri\x97 m\x87s muelles y habl\x97 en la tribuna.",
		"\x1b$)CThe ferry \x0e?)0E\x0f sails again.",
	} {
		if got, fault := plainText([]byte(raw)); fault == "" {
			t.Errorf("%q was read as %q: %s", raw, got.guessed, got.text)
		}
	}
	got, fault := plainText([]byte("Паром снова вышел\xff в море."))
	if want := "Паром снова вышел\uFFFD в море."; fault != "" || got.guessed != "" || got.text != want {
		t.Errorf("%+v %s, want %q", got, fault, want)
	}
}

// Rows, items and members say that their encoding is a guess, and cells of a row share one.
func TestGuessedEncodingOfEntries(t *testing.T) {
	russian := legacyTexts[0].text
	for name, content := range map[string]string{
		"story.txt":   russian,
		"story.md":    "# Паром\n\n" + russian,
		"story.html":  "<p>" + russian,
		"story":       "<!doctype html><html><body><p>" + russian + "</body></html>",
		"rows.jsonl":  `{"title":"Паром","text":"` + russian + `"}` + "\n",
		"rows.csv":    "title,text\n\"Паром\",\"" + russian + "\"\n",
		"feed.xml":    rssOf("", "Паром", russian),
		"page.html":   `<meta charset="utf-8"><p>` + russian,
		"headers.htm": "<html><head><title>Паром</title></head><body><p>" + russian + "</p></body></html>",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, encode(t, "windows-1251", content), 0o600); err != nil {
			t.Fatal(err)
		}
		entries := 0
		for entry, err := range Files([]string{path}, Options{}) {
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			entries++
			if !strings.Contains(entry.Text+entry.HTML, russian) {
				t.Errorf("%s: %s", name, entry.Text+entry.HTML)
			}
			warnings := entry.Warnings()
			if n := len(warnings); n == 0 || warnings[n-1].Reason != "ENCODING_GUESSED" || warnings[n-1].Metadata["encoding"] != "windows-1251" {
				t.Errorf("%s: warnings %v", name, warnings)
			}
		}
		if entries != 1 {
			t.Errorf("%s: %d entries", name, entries)
		}
	}
}

// A guess names an encoding that the web knows, and its decoding is text.
func FuzzGuessEncoding(f *testing.F) {
	for _, tt := range legacyTexts {
		e, _ := charset.Lookup(tt.encoding)
		raw, err := e.NewEncoder().Bytes([]byte("<p>" + tt.text))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		to, fault := plainText(raw)
		if e, _ := charset.Lookup(to.guessed); to.guessed != "" && e == nil {
			t.Errorf("guessed %q", to.guessed)
		}
		if fault == "" && !utf8.ValidString(to.text) {
			t.Errorf("%q is not valid UTF-8", to.text)
		}
		if fault != "" && to != (decodedText{}) {
			t.Errorf("a fault, and %+v", to)
		}
	})
}
