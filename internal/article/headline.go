package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file knows what agencies write before and behind the words of a headline.

// headlineMarks begin headlines, in capitals and before a hyphen, a colon or a dash, and
// are no part of them. True: before a slash.
var headlineMarks = newPrefixTable(map[bool]string{
	false: `update|roundup|gesamt-roundup|wrapup|wrap up|rpt|refile|corrected|correction|exclusive|analysis|insight|factbox|timeline|explainer|feature|interview|poll|brief|table|graphic|newsmaker|special report|breakingviews
		|column|text|scenarios|preview|instant view|snap analysis|investigation|witness|focus|advisory|updated|repeat|lead|dossier|actualisation|aktualisierung|aktualisiert|actualiza|actualización|amplía|aggiorna|recadrage|encadre|recap
		|urgent|korr|korrektur|berichtigung|1st ld-writethru|2nd ld-writethru|3rd ld-writethru|1st ld|2nd ld|3rd ld|1st lead|2nd lead|writethru|flash|alert|alerte|alerta|urgente|eil|eilmeldung|eilt|blitz|lampo|flaş|son dakika|acil
		|rtrs|срочно|молния|терміново|pilne|快讯|快訊|速報|속보|긴급|ताज़ा|breaking|breaking news|última hora|ultima hora`,
	true: `ansa|adnkronos|agi|عاجل|askanews`,
})

// trimHeadline returns what of s, a headline, stands between the marks of an agency.
func trimHeadline(s string, h habit) Span {
	begin, end := 0, len(s)
	for range 3 {
		n := headlineMark(s[begin:end], h)
		if n == 0 || n == end-begin {
			break
		}
		begin += n
	}
	for range 3 {
		n := headlineTail(s[begin:end], h)
		if n == 0 || n == end-begin {
			break
		}
		end -= n
	}
	return Span{begin, end}
}

// headlineMark returns the length of the mark that begins s, with the space after it.
func headlineMark(s string, h habit) int {
	if n := max(starMark(s), ornamentMark(s), columnMark(s, h)); n > 0 {
		return n
	}
	if rest := strings.TrimLeft(s, "^>"); len(rest) < len(s) {
		return len(s) - len(strings.TrimLeft(rest, " "))
	}
	if n := bracketMark(s, h); n > 0 {
		return n
	}
	if n := forceMark(s); n > 0 {
		return n
	}
	if n := max(headlineKey(s, h), labelledHeadline(s), regionMark(s, h)); n > 0 {
		return n
	}
	if mark, rest, ok := headlineMarks.find(s); ok {
		if h&proclaims != 0 && strings.HasPrefix(rest, ": ") {
			return len(s) - len(rest) + 2
		}
		if n := afterHeadlineMark(s, mark, rest); n > 0 {
			return n
		}
	}
	if topic, headline, ok := strings.Cut(s, ": "); ok && h&topical != 0 && isTopic(topic) && countWords(headline, 3) == 3 {
		return len(topic) + 2
	}
	return 0
}

// starMark returns the length of the signs that begin s, a headline, as in "+++ ", or of capitals
// between stars with three words or more behind them, "***CORREÇÃO*** "; 0 if there are none.
func starMark(s string) int {
	if strings.IndexByte("+=*", firstByte(s)) < 0 {
		return 0
	}
	signs := 0
	if hasAnyPrefix(s, "+++ ", "++ ", "= ", "*** ") {
		signs = strings.IndexByte(s, ' ') + 1
	}
	inside, headline, ok := strings.Cut(strings.TrimPrefix(s, "***"), "***")
	if !ok || !strings.HasPrefix(s, "***") || !isUpperWord(inside) || countWords(headline, 3) < 3 {
		return signs
	}
	return len(s) - len(strings.TrimLeft(headline, " "))
}

// ornamentMark returns the length of the ornament that begins s, a Japanese headline, such as
// "◎"; 0 if there is none.
func ornamentMark(s string) int {
	if s == "" || s[0] < utf8.RuneSelf {
		return 0
	}
	if rest := strings.TrimLeft(s, "◎●○◇◆■□★☆▽▼ "); len(rest) < len(s) && rest != "" && IsUnspaced(firstRune(rest)) {
		return len(s) - len(rest)
	}
	return 0
}

// columnMark returns the length of the name of the column that begins s, a headline of an
// agency: "FOREX-", "Xinhua Headlines: ", "新华全媒+|"; 0 if there is none.
func columnMark(s string, h habit) int {
	if h == 0 && !hasAnyPrefix(s, "新华", "中新") {
		return 0
	}
	if IsUnspaced(firstRune(s)) {
		for _, bar := range [...]string{"|", "｜", "丨"} {
			if column, _, ok := strings.Cut(s, bar); ok && utf8.RuneCountInString(column) <= 10 && strings.IndexByte(column, ' ') < 0 {
				return len(column) + len(bar)
			}
		}
		return 0
	}
	found, rest, ok := columnNames.find(s)
	switch {
	case !ok:
		return 0
	case found.value && strings.HasPrefix(rest, "-") && unicode.IsUpper(firstRune(rest[1:])):
		return len(s) - len(rest) + 1
	case !found.value && h&proclaims != 0 && strings.HasPrefix(rest, ": "):
		return len(s) - len(rest) + 2
	}
	return 0
}

// columnNames are the names of the columns of Reuters, before a hyphen (true), and of Xinhua.
var columnNames = newPrefixTable(map[bool]string{
	true: `forex|precious|metals|grains|softs|energy|oil|gold|money markets|bonds|treasuries|us stocks|european shares|global markets|emerging markets|asia markets|markets|stocks|stocks news|buzz|deals|dealtalk|ma|ipo|cocoa|coffee
		|soccer|tennis|cricket|rugby|golf|athletics|cycling|olympics|motor racing|basketball|swimming|boxing|baseball|nba|nfl|nhl|mlb|factbox|people|obituary|diary|reuters summit`,
	false: `xinhua headlines|xinhua commentary|xinhua insight|xinhua photo daily|china focus|economic watch|economic roundup|across china|world insights|globalink|letter from china|china news|asia-pacific in focus|album|spotlight`,
})

// forceMark returns the length of the code of a German police force or fire brigade, with the
// number of the release, that begins s: "POL-HH: 310304-2. ".
func forceMark(s string) int {
	code, rest, ok := strings.Cut(s, ": ")
	force, town, joined := strings.Cut(code, "-")
	if !ok || !joined || !germanForces.has(force) || !isUpperWord(code) || len(town) > 8 || strings.Contains(town, " ") {
		return 0
	}
	if text := strings.TrimLeft(rest, "0123456789-/"); len(text) < len(rest) && hasAnyPrefix(text, ". ", " ") {
		rest = strings.TrimLeft(text, ". ")
	}
	return len(s) - len(rest)
}

// germanForces are the services whose press releases begin with a code.
var germanForces = words(`pol fw bpol bpoli bpold hza zoll lpi lka kpi dlrg thw drk sta`)

// headlineKey returns the length of the name of the field of a headline, or of the desk of
// an agency, that begins s, with the space after it; else 0.
func headlineKey(s string, h habit) int {
	if _, rest, ok := headlineKeys.find(s); ok && strings.HasPrefix(rest, " ") {
		return len(s) - len(strings.TrimLeft(rest, " "))
	}
	if _, rest, ok := deckKeys.find(s); ok {
		return len(s) - len(strings.TrimLeft(rest, " "))
	}
	for _, sign := range [...]string{" / ", ": "} {
		if desk, rest, ok := strings.Cut(s, sign); ok && deskNames.has(desk) && (sign == " / " || h != 0) {
			return len(s) - len(rest)
		}
	}
	return 0
}

// labelledHeadline returns the length of the label that begins s, a headline or the subject of an
// e-mail: what a press release calls itself, or an embargo, as in "PRESS RELEASE - " and "EMBARGOED
// until 00.01 Wed 14 May: "; 0 if there is none.
func labelledHeadline(s string) int {
	if s == "" || !releaseLabels.mayBegin(s) && !embargoes.mayBegin(s) {
		return 0
	}
	if _, rest, ok := releaseLabels.find(s); ok {
		n := dashLength(s, strings.TrimLeft(rest, " "))
		if n == 0 {
			n = dashLength(s, rest)
		}
		if after, ok := strings.CutPrefix(rest, " | "); ok {
			n = len(s) - len(after)
		}
		if n > 0 && opensHeadline(s[n:]) {
			return n
		}
	}
	if !embargoes.has(s) {
		return 0
	}
	for i := range min(len(s), 100) {
		if n := dashLength(s, s[i:]); n > 0 && opensHeadline(s[n:]) && isEmbargo(strings.TrimRight(s[:i], " ")) {
			return n
		}
	}
	return 0
}

// opensHeadline reports whether s, behind a label, can be a headline: it has four words or more
// that are not all in capitals, and no time of day.
func opensHeadline(s string) bool {
	if IsUnspaced(firstRune(s)) {
		return !tellsTime(s)
	}
	return countWords(s, 4) == 4 && !unicode.IsLower(firstRune(s)) && !isUpperWord(s) && !tellsTime(s)
}

// regionMark returns the length of the region that begins s, a headline, with the space after it: a
// code of Europa Press, "AND.- ", or the name before a slash of PAP, "Lubelskie/ "; 0 if there is none.
func regionMark(s string, h habit) int {
	if region, rest, ok := strings.Cut(s, "/ "); ok && h&slugged != 0 && countWords(region, 3) < 3 && len(region) < 32 && opensHeadline(rest) && unicode.IsUpper(firstRune(region)) {
		return len(s) - len(rest)
	}
	code, rest, ok := strings.Cut(s, ".- ")
	if !ok || len(code) > 6 || !isUpperWord(code) || strings.IndexByte(code, ' ') >= 0 || countWords(rest, 3) < 3 {
		return 0
	}
	return len(s) - len(rest)
}

// isTopic reports whether s can be the topic before a headline: three words at most, and no
// quotation.
func isTopic(s string) bool {
	return countWords(s, 4) < 4 && !strings.ContainsAny(s, "\"“«")
}

// headlineKeys name the field of a headline.
var headlineKeys = newPrefixTable(map[bool]string{
	true: `headline:|hl:|title:|titel:|überschrift:|titre:|titre :|título:|titular:|titolo:|tytuł:|заголовок:|başlık:|العنوان:|标题：|标题:|見出し：|제목:`,
})

// deckKeys name the field of the deck below a headline.
var deckKeys = newPrefixTable(map[bool]string{
	true: `utl.:|untertitel:|unterzeile:|dachzeile:|subtitle:|subhead:|subheadline:|sub-headline:|deck:|standfirst:|sous-titre:|sous-titre :|surtitre:|surtitre :|chapô:|chapô :|subtítulo:|antetítulo:|sumario:|entradilla:|bajada:|linha fina:|sottotitolo:|occhiello:|catenaccio:|sommario:
		|onderkop:|ondertitel:|podtytuł:|nadtytuł:|подзаголовок:|підзаголовок:|alt başlık:|üst başlık:|underrubrik:|undertittel:|underrubrik:|ingress:|podtitulek:|podtitul:|alcím:|subtitlu:|podnaslov:|nadnaslov:|υπότιτλος:|подзаглавие:|副标题：|副标题:|副標題：|サブタイトル：|サブ見出し：|부제:|부제목:|العنوان الفرعي:|عنوان فرعي:|subjudul:`,
})

// takes count the parts of a story behind the headlines of SPA.
var takes = newPrefixTable(map[bool]string{true: `إضافة أولى|إضافة ثانية|إضافة ثالثة|إضافة رابعة|إضافة أخيرة|إضافة خامسة|first add|second add|third add|last add`})

// deskNames are the desks that SPA and others write before their headlines.
var deskNames = words(`عام ثقافي اقتصادي سياسي رياضي اجتماعي تقني دولي محلي علمي صحي بيئي سياحي
	general cultural economic political sports social technology international local scientific health environment tourism`)

// afterHeadlineMark returns the length of mark at the beginning of s with what parts it
// from the headline, or 0.
func afterHeadlineMark(s string, mark prefix[bool], rest string) int {
	word := s[:len(s)-len(rest)]
	small := strings.ContainsFunc(word, unicode.IsLower)
	loud := isUpperWord(word) || isDigit(word[0])
	counted := strings.TrimLeft(strings.TrimLeft(rest, " "), "0123456789") // "UPDATE 2-", "UPDATE1: "
	switch {
	case strings.HasPrefix(rest, " ¥"):
		return len(s) - len(strings.TrimLeft(rest, " ¥"))
	case mark.value && (loud || !small) && strings.HasPrefix(rest, "/"):
		return len(s) - len(strings.TrimLeft(rest, "/ "))
	case loud && strings.HasPrefix(counted, "-") && len(counted) > 1 && counted[1] != ' ':
		return len(s) - len(counted) + 1
	case small && !loud && !strings.HasSuffix(mark.text, "ld-writethru"):
		return 0
	}
	return max(dashLength(s, rest), dashLength(s, counted))
}

// headlineDashes part a mark from the headline.
var headlineDashes = [...]string{": ", "：", " - ", " – ", " — ", " /// ", "/ ", " +++ ", "! "}

// dashLength returns the length of s up to the headline that follows one of headlineDashes
// at the beginning of rest, the end of s; 0 if there is none.
func dashLength(s, rest string) int {
	for _, dash := range headlineDashes {
		if after, ok := strings.CutPrefix(rest, dash); ok && after != "" {
			return len(s) - len(strings.TrimLeft(after, " "))
		}
	}
	return 0
}

// bracketMark returns the length of the bracket that begins s, such as "(LEAD) " or
// "（经济）", with the space after it.
func bracketMark(s string, h habit) int {
	open, size := utf8.DecodeRuneInString(s)
	closer := closerOf(open)
	if closer == "" {
		return 0
	}
	at := strings.Index(s, closer)
	if at < 0 {
		return 0
	}
	inside, after := s[size:at], s[at+len(closer):]
	if after == "" {
		return 0
	}
	n := len(s) - len(strings.TrimLeft(after, " "))
	wide := IsUnspaced(firstRune(inside)) || unicode.Is(unicode.Hangul, firstRune(inside))
	switch {
	case h != 0 && after[0] == ' ' && yonhapColumns.has(inside):
		return n
	case wide && utf8.RuneCountInString(inside) <= 8:
		return n
	case after[0] != ' ' && open == '(':
		return 0 // "(Un)happy"
	case countWords(inside, 3) < 3 && len(inside) <= 24 && !strings.ContainsFunc(strings.TrimLeft(inside, "0123456789stndrh "), unicode.IsLower):
		return n // "(LEAD)", "(2nd LD)"
	}
	return 0
}

// yonhapColumns are the columns that Yonhap writes in brackets before its headlines.
var yonhapColumns = phrases(`news focus|news analysis|yonhap interview|yonhap feature|movie review|drama review|profile|feature|interview|exclusive|urgent|olympics|asiad|world cup`)

// versions are what stands in brackets behind a headline, by language.
var versions = newPrefixTable(map[bool]string{
	true: `update|updated|update 1|lead|correct|corrected|correction|rectificatif|rpt|repeat|refile|writethru|actualisé|actualisation|complété|précision|atualizada|atualizado|actualizada|actualizado|ampliación|corrige|corrigida|corrigido
		|aggiornata|aggiornamento|ripetizione|zusammenfassung|neu|korr|korrektur|berichtigung|eil|mit bild|foto|fotos|video|grafik|graphic|infographic|photo|photos
		|速報|続報|詳報|訂正|差し替え|repetição|repetida|repetido|repetición|repite|retransmissão|correção|corrección|alternativa|áudio|vídeo|avance|crónica|ampliado|rettifica|correzione|con foto|riepilogo|punto
		|avec photo|photo+video|papier d'angle|encadré|synthèse|lead-all|papier general|papier général|papier-general|papier-général|éclairage|factuel|amp.|ampl.|amp|rect.|actl.|act.|amplia|wdh|wiederholung|ergänzt|neuer inhalt|przegląd|korekta|powtórka|wideo|повтор|исправлено|подробнее|уточнение|виправлено
		|opis|krótka|aktl|aktualizacja|synteza|zapowiedź|dłuższa|uzup|дополнено|расширено|уточнено|видео|фото|оновлено|доповнено|відео|종합|속보|1보|2보|3보|영상|güncellendi|تحديث|更新|update`,
})

// headlineTail returns the length of the mark that ends s, with the space before it.
func headlineTail(s string, h habit) int {
	bare := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(s, " +++"), " ++"), "=<¥+ ")
	if len(bare) < len(s) {
		return len(s) - len(bare)
	}
	if n := max(sourceTail(s), takeTail(s)); n > 0 {
		return n
	}
	for _, pair := range [...][2]string{{"(", ")"}, {"（", "）"}, {"[", "]"}} {
		if !strings.HasSuffix(s, pair[1]) {
			continue
		}
		open := strings.LastIndex(s, pair[0])
		if open <= 0 {
			return 0
		}
		inside := s[open+len(pair[0]) : len(s)-len(pair[1])]
		plain := strings.Trim(inside, "0123456789 .:")
		if plain == "" && len(inside) <= 2 || isVersionOf(plain) || strings.HasPrefix(inside, "C/") || isOrdinalVersion(inside) || h != 0 && (isPart(inside) || noteBeginnings.has(inside) || isDeskMark(inside)) {
			return len(s) - len(strings.TrimRight(s[:open], " "))
		}
		return 0
	}
	return 0
}

// takeTail returns the length of one of takes behind a slash that ends s, a headline, with the
// space before it; 0 if there is none.
func takeTail(s string) int {
	if strings.IndexByte(s, '/') < 0 {
		return 0
	}
	headline, take, ok := cutLast(s, " / ")
	if !ok || !takes.has(take) {
		return 0
	}
	return len(s) - len(strings.TrimRight(headline, " "))
}

// sourceTail returns the length of the address of a page, or of an agency in brackets, that
// ends s, a headline of three words or more, with what stands before it; 0 if there is none.
func sourceTail(s string) int {
	at := strings.LastIndexByte(s, ' ')
	if at < 0 {
		return 0
	}
	last := s[at+1:]
	signed := len(last) > 2 && last[0] == '(' && last[len(last)-1] == ')' && isAgency(last[1:len(last)-1])
	if (signed || isLink(last)) && countWords(s[:at], 3) == 3 {
		return len(s) - len(strings.TrimRight(s[:at], " -–—|:"))
	}
	return 0
}

// isLink reports whether s is the address of a page.
func isLink(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "www.")
}

// isVersionOf reports whether s is nothing but one of versions, perhaps with a number.
func isVersionOf(s string) bool {
	found, rest, ok := versions.find(s)
	return ok && found.value && (!hasLetter(rest) || strings.Trim(rest, "0123456789") == "보")
}

// isDeskMark reports whether s, in brackets behind a headline, is the mark of a desk: one to
// three words without capitals or digits, such as "opis, aktl.".
func isDeskMark(s string) bool {
	return countWords(s, 4) < 4 && len(s) < 25 && hasLetter(s) && !isCasedWord(s) && !hasDigit(s)
}

// isPart reports whether s counts the parts of a story, as Interfax does: "Part 2".
func isPart(s string) bool {
	number, ok := cutFoldedPrefix(s, "part ")
	return ok && len(number) <= 2 && isNumber(number)
}

// isOrdinalVersion reports whether s counts versions: "3DER", "1LEAD", "2nd Ld".
func isOrdinalVersion(s string) bool {
	return s != "" && isDigit(s[0]) && len(s) <= 7 && countWords(s, 3) < 3 && (isUpperWord(s) || strings.HasSuffix(s, " Ld") || strings.HasSuffix(s, "보"))
}
