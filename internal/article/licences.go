package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// rightsWords are words of licence notices of agencies, by language, in the forms of such notices.
var rightsWords = words(`redistribution redistribute redistributed exclusively reproduction reproduce reproduced republish republished republication rebroadcast retransmission licence license licensed licensing copyright copyrighted permission consent prohibited authorisation authorization syndication
	weiterverbreitung verbreitung vervielfältigung nachdruck weitergabe veröffentlichung zustimmung genehmigung urheberrechtlich urheberrecht untersagt lizenz nutzungsrechte verbreitet weiterverbreitet vervielfältigt ausschließlich quellenangabe
	rediffusion reproduire diffusion autorisation interdite interdites interdit soumise réservé réservée exclusivement accord préalable réservés droits licence
	reproducción redistribución redifusión distribución difusión autorización consentimiento prohibida prohibido licencia derechos exclusivo exclusivamente
	reprodução redistribuição distribuição difusão autorização permitida permitido proibida proibido citada licença direitos exclusivo exclusivamente
	riproduzione ridistribuzione redistribuzione diffusione autorizzazione vietata vietato consentita consenso licenza riservato esclusivamente soli
	verveelvoudiging verspreiding herpublicatie overname toestemming verboden auteursrecht auteursrechtelijk licentie toegestaan uitsluitend bronvermelding
	kopiowanie rozpowszechnianie przedruk zgody zgodą zabronione zabroniony autorskim autorskich licencji chronione chroniony wyłącznie
	перепечатка перепечатке ссылка обязательна исключительно копирование распространение воспроизведение разрешения разрешением согласия запрещено запрещается запрещена авторским авторскими лицензии
	передрук копіювання розповсюдження відтворення дозволу згоди заборонено забороняється
	kopyalanamaz çoğaltılamaz yayınlanamaz yayımlanamaz kullanılamaz izin izni izinsiz telif dağıtılamaz
	återgivning eftertryck spridning tillstånd förbjuden upphovsrätt upphovsrättslagen gjengivelse videreformidling samtykke tillatelse tilladelse forbudt ophavsret opphavsrett ophavsretligt jälkipainos kielletty tekijänoikeus
	šíření kopírování souhlasu zakázáno autorským rozširovanie súhlasu zakázané terjesztése felhasználása engedély engedélyével tilos reproducerea preluarea acordul interzisă drepturi prenošenje dozvole zabranjeno
	αναδημοσίευση αναπαραγωγή άδεια απαγορεύεται препечатване разрешение забранено
	إعادة نشر توزيع إذن يحظر يمنع ترخيص حقوق बिना अनुमति प्रतिबंधित menyalin menyebarkan izin dilarang penerbitan`)

// copyNouns are the works and the users that stand beside rightsWords.
var copyNouns = words(`material materials content contents service services text texts copy stories subscribers subscriber clients customers source newswire
	agentur abonnenten quellenangabe inhalte inhalt meldung meldungen texte dienst dienste kunden abonnenten quelle contenu contenus dépêches service abonnés clients source texte agence
	contenido servicio abonados agencia agência agenzia notiziario contenidos servicio clientes abonados fuente noticia noticias conteúdo conteúdos conteúdo clientes assinantes fonte serviço contenuti contenuto notizie servizio abbonati clienti fonte testi
	inhoud berichten dienst abonnees klanten bron bericht bronvermelding agencji abonentów materiał materiały materiałów treści treść serwis serwisu źródła материалы материалов материала сообщений информации абонентов источник источника матеріалів матеріали джерело
	агентство агентства агентству ajansı içerik içerikler içeriklerin haberler haberlerin abonelerine kaynak kaynağı innehåll materialet nyheter abonnenter kunder kilde kilden innhold indhold sisältö obsah obsahu zdroje tartalom tartalmak conținut conținutul sadržaj sadržaja izvora περιεχόμενο περιεχομένου πηγή съдържание съдържанието
	المواد المحتوى محتوى الأخبار المشتركين المصدر सामग्री konten isi berita pelanggan sumber`)

// wideRights are the same in Chinese, Japanese and Korean.
var wideRights = [...]string{"转载", "轉載", "转发", "复制", "授权", "授權", "版权", "版權", "許可", "许可", "転載", "複製", "無断", "著作権", "禁止", "무단", "전재", "재배포", "저작권", "금지"}

// isLicence reports whether s, below the body, is the licence notice of an agency: it is short,
// quotes nobody, and holds two of rightsWords and one of copyNouns or an agency. Apart from the
// body by other lines, one of rightsWords and two of the others are enough.
func isLicence(s string, apart bool) bool {
	const longest = 60 // words
	if len(s) > longestLabel || countWords(s, longest) == longest || speaksOfOthers(s) {
		return false
	}
	if r := firstRune(s); IsUnspaced(r) || unicode.Is(unicode.Hangul, r) {
		return isWideLicence(s)
	}
	rights, nouns := 0, 0
	for word := range strings.FieldsFuncSeq(s, partsWords) {
		if rightsWords.has(word) {
			rights++
		}
		if copyNouns.has(word) || isUpperWord(word) && agencyNamed(word) != 0 {
			nouns++
		}
	}
	return rights > 1 && nouns > 0 || apart && rights > 0 && nouns > 1
}

// isWideLicence reports whether s, of Chinese, Japanese or Korean, holds two of wideRights.
func isWideLicence(s string) bool {
	n := 0
	for _, word := range wideRights {
		if strings.Contains(s, word) {
			n++
		}
	}
	return n > 1 && utf8.RuneCountInString(s) < 80
}

// partsWords reports whether r stands between words.
func partsWords(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '-' }
