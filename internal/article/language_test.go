package article

import (
	"strings"
	"testing"
)

func TestDetectLanguage(t *testing.T) {
	tests := []struct{ text, want string }{
		{"The harbour authority said on Tuesday that the new pier would open in spring, after two years of work and a dispute over its cost.", "en"},
		{"the harbour authority said on tuesday that the new pier would open in spring.", "en"},
		{"La autoridad portuaria anunció el martes que el nuevo muelle abrirá en primavera, tras dos años de obras y una disputa por su coste.", "es"},
		{"L'autorité portuaire a annoncé mardi que le nouveau quai ouvrira au printemps, après deux ans de travaux et un différend sur son coût.", "fr"},
		{"Die Hafenbehörde teilte am Dienstag mit, dass der neue Pier im Frühjahr eröffnet wird, nach zwei Jahren Bauzeit und einem Streit über die Kosten.", "de"},
		{"A autoridade portuária anunciou na terça-feira que o novo cais vai abrir na primavera, depois de dois anos de obras e de uma disputa sobre os custos.", "pt"},
		{"L'autorità portuale ha annunciato martedì che il nuovo molo aprirà in primavera, dopo due anni di lavori e una disputa sui costi della struttura.", "it"},
		{"De havenautoriteit maakte dinsdag bekend dat de nieuwe pier in het voorjaar opengaat, na twee jaar werk en een ruzie over de kosten.", "nl"},
		{"أعلنت هيئة الميناء يوم الثلاثاء أن الرصيف الجديد سيفتتح في الربيع بعد عامين من العمل وخلاف على التكلفة.", "ar"},
		{"اداره بندر روز سه‌شنبه اعلام کرد که اسکله جدید در بهار پس از دو سال کار و اختلاف بر سر هزینه‌ها افتتاح می‌شود.", "fa"},
		{"Управление порта сообщило во вторник, что новый причал откроется весной после двух лет работ и спора о его стоимости.", "ru"},
		{"Управління порту повідомило у вівторок, що новий причал відкриється навесні після двох років робіт і суперечки про його вартість.", "uk"},
		{"港务局周二表示，新码头将在春季启用，此前工程历时两年，并因费用问题引发争议。", "zh"},
		{"港湾局は火曜日、二年の工事と費用をめぐる対立の末、新しい桟橋が春に開くと発表した。", "ja"},
		{"항만청은 화요일 새 부두가 봄에 문을 연다고 밝혔다.", "ko"},
		{"Mamlaka ya bandari ilisema Jumanne kwamba gati mpya litafunguliwa katika msimu ujao, baada ya kazi ya miaka miwili na mgogoro kuhusu gharama zake.", "sw"},
		{"बंदरगाह प्राधिकरण ने मंगलवार को कहा कि नया घाट दो साल के काम के बाद वसंत में खुलेगा और इस पर खर्च बढ़ गया है।", "hi"},
		{"Liman idaresi salı günü yaptığı açıklamada yeni iskelenin iki yıllık çalışma ve maliyet tartışmasından sonra ilkbaharda açılacağını bildirdi.", "tr"},
		{"Otoritas pelabuhan mengatakan pada hari Selasa bahwa dermaga baru akan dibuka pada musim semi setelah dua tahun pengerjaan.", "id"},
		{"Η λιμενική αρχή ανακοίνωσε την Τρίτη ότι η νέα προβλήτα θα ανοίξει την άνοιξη.", "el"},
		// Short reports with few function words.
		{"Депутаты требуют контроля за прослушкой спецслужб. Комитет заслушал главу ведомства, сообщил представитель фракции Пётр Рыбин.", "ru"},
		{"Парламентська комісія заслухала керівника відомства. Прослуховування журналістів підтвердив її голова Євген Коваль.", "uk"},
		{"Senegal barışı koruma misyonuna polis gönderecek. Meclis 300 kişilik birliğin görevlendirilmesini onayladı.", "tr"},
		{"هجوم إلكتروني يشل مستشفى العاصمة. تأجيل عشرات العمليات الجراحية بعد تشفير أجهزة الحاسوب.", "ar"},
		{"Watafiti walishangazwa kila mara ndege hao walipotambua nyuso ambazo ziliwatisha. Kunguru huishi miaka mingi.", "sw"},
		{"", Undetermined},
		{"12:30 – 45%", Undetermined},
		{"Pier", Undetermined},
		{"Zürich Basel Bern", Undetermined},
		{"xq zzv brrt wplk mmgh ttrq zxcv qwrt plkm nbvc hgfd ytre wqas mnbv", Undetermined},
	}
	for _, tt := range tests {
		if got := DetectLanguage(tt.text); got != tt.want {
			t.Errorf("DetectLanguage(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestDetectLanguageReadsOn checks that few words at the beginning, such as names, do
// not settle the language of a text.
func TestDetectLanguageReadsOn(t *testing.T) {
	names := strings.Repeat("Ostrowskiholmshavn, Marenavelmarburg, Quillanetavria: ", 8)
	text := "The Harbour of Lorn and the Mill of Orm in The Hague. " + names +
		strings.Repeat("La ministre a dit que les bateaux de la ville ne sont pas dans le port et que le pont est ouvert pour tous. ", 6)
	if got := DetectLanguage(text); got != "fr" {
		t.Errorf("language %q, want fr", got)
	}
}

func TestHead(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abc", 2, "ab"}, {"aé", 2, "a"}, {"a港b", 3, "a"}, {"a港b", 4, "a港"}, {"", 0, ""},
	} {
		if got := head(tt.text, tt.n); got != tt.want {
			t.Errorf("the first %d bytes of %q are %q, want %q", tt.n, tt.text, got, tt.want)
		}
	}
}
