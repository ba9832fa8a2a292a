package article

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file knows what an agency tells the editors who take its copy: service lines and
// slugs, priorities, notes on updates and corrections, embargoes. All of it stands above
// the body.

// priorities are the lines that say how urgent copy is, or which version of it this is, by
// agency and language.
var priorities = newPrefixTable(map[bool]string{
	true: `urgent|urgente|flash|alert|alerte|alerta|bulletin|newsalert|apnewsalert|snap|advisory|kill|killed|withdrawn|withdrawal|correction|corrected|rectificatif|rectification|corrección|rettifica|berichtigung|korrektur
		|lead|1st lead|2nd lead|3rd lead|4th lead|5th lead|leadall|1st ld|2nd ld|3rd ld|1st net|2nd net|3rd net|4th net|refile|repeat|rpt|recast|update|updated|writethru|wrap|upd|roundup
		|papier d'angle|papier d’angle|papier général|papier-general|encadré|reportage|portrait|présentation|avant-papier|analyse|magazine|fiche technique|repères|chronologie|verbatim
		|eil|eilmeldung|eilt|blitz|blitzmeldung|vorrang|zusammenfassung|ergänzung|wiederholung|tageszusammenfassung|hintergrund|vorausmeldung|neufassung|korr-bericht
		|avance|ampliación|actualización|última hora|ultima hora|crónica|resumen|entrevista|reportaje|previa|lampo|urgentissimo|rpt|punto|scheda|ripetizione|ripetizione corretta|errata corrige
		|spoed|vervolg|correctie|pilne|z ostatniej chwili|skrót|uaktualnienie|aktualizacja|срочно|молния|экспресс|дополнено|повтор|терміново|доповнено|оновлено|acil|flaş|son dakika
		|عاجل|速報|【速報】|快讯|快訊|急电|속보|긴급|종합|tin khẩn|breaking|breaking news|exclusive|embargoed|embargo|news provided by|transcript|rush transcript|unofficial transcript|remarks as delivered|as delivered|remarks as prepared|wortprotokoll|transkript|transkription|transcription|transcripción|transcrição|trascrizione|transcriptie|uitgeschreven|стенограмма|расшифровка|стенограма|deşifre|文字实录|녹취록|تفريغ|pełny zapis|stenogram|` + releaseNames,
})

// releaseNames are what press releases call themselves, by language.
const releaseNames = `for immediate release|immediate release|press release|news release|media release|media advisory|statement
		|pressemitteilung|presseinformation|presseaussendung|medienmitteilung|communiqué de presse|communiqué|comunicado de prensa|nota de prensa|comunicado|comunicado de imprensa|nota à imprensa|comunicato stampa|persbericht
		|informacja prasowa|komunikat prasowy|пресс-релиз|прес-реліз|basın bülteni|بيان صحفي|بيان صحافي|新闻稿|新聞稿|プレスリリース|報道資料|보도자료|प्रेस विज्ञप्ति|siaran pers|siaran akhbar|siaran media|release no|release number|press release no|news release no|pressmeddelande|pressemeddelelse|pressemelding|lehdistötiedote|tiedote|tisková zpráva|tlačová správa
		|sajtóközlemény|comunicat de presă|priopćenje za javnost|priopćenje|saopštenje za javnost|saopštenje|sporočilo za javnost|δελτίο τύπου|прессъобщение|прес съобщение|pranešimas spaudai|pranešimas žiniasklaidai|preses relīze|pressiteade|thông cáo báo chí|thông cáo|nota de premsa|nota a la prensa|boletín de prensa`

// releaseLabels are the lines that call copy a press release.
var releaseLabels = newPrefixTable(map[bool]string{true: releaseNames})

// noteBeginnings begin notes to editors, by language. Anything may follow.
var noteBeginnings = newPrefixTable(map[bool]string{
	true: `attention -|attention –|attention :|attention:|attention editors|attention users|attn:|attn editors|attn -|eds:|eds note|eds.:|ed:|ed.:|ed note|editors:|editors'|editor's note|editor’s note|editors note|note to editors
		|adds |adds:|updates with|updates:|updating:|recasts|clarifies|corrects|corrected:|correction:|rewrites|minor edits|with ap photos|with photos|with video|with graphic|with audio|ap photo|ap photos|ap graphic|ap video|photo available
		|eds|ndlr|n.d.l.r|attention - ajoute|ajoute|actualise|actualisé avec|corrige|précise|répète
		|atención -|atención –|atención:|atención editores|atención redacciones|aviso a los editores|nota a los editores|nota del editor|actualiza|añade|amplía|corrige|reitera|recuerda
		|atenção -|atenção –|atenção:|atenção editores|nota do editor|nota aos editores|atualiza|acrescenta|corrige
		|attenzione -|attenzione:|nota per le redazioni|nota alle redazioni|aggiorna|aggiunge|corregge
		|achtung -|achtung –|achtung:|achtung redaktionen|redaktioneller hinweis|redaktionelle hinweise|hinweis an die redaktion|hinweis für die redaktion|anmerkung der redaktion|anm. d. red|neu:|neu -|berichtigung:|korrektur:|zusammenfassung:|wiederholung:|mit bild|mit foto|(mit bild
		|n i e u w|nieuw bericht|let op:|let op -|noot voor de redactie|noot redactie|vervangt|correctie:
		|für den inhalt der mitteilung|der emittent ist|the issuer is solely responsible
		|depesza uzupełniona|depesza poprawiona|depesza anulowana|uwaga redakcje|uwaga:|do redakcji|uaktualnienie:|внимание редакц|внимание:|вниманию редакц|к сведению редакц|увага редакц|увага:|дополнено|уточнен|добавлен
		|dikkat:|editörlerin dikkatine|notu:|ملاحظة للمحررين|إلى المحررين|تنبيه:|تنبيه للمحررين|编者按|编者注|編集者注|※|편집자 주|संपादक ध्यान दें`,
})

// restrictions begin the lines, in capitals, that say where a press release must not be
// spread.
var restrictions = newPrefixTable(map[bool]string{true: `not for distribution|not for release, publication|not for release or distribution|not for publication, release|not for publication, distribution|nicht zur verbreitung|nicht zur weitergabe`})

// isRestriction reports whether s says where a press release must not be spread.
func isRestriction(s string) bool {
	_, rest, ok := restrictions.find(s)
	return ok && isUpperWord(s[:len(s)-len(rest)])
}

// embargoes begin lines that keep copy back until a time.
var embargoes = newPrefixTable(map[bool]string{
	true: `embargoed|embargo|strictly embargoed|under embargo|hold for release|for release at|for release on|not for publication before|not for publication until|not for release before|not for release until
		|sperrfrist|frei für|gesperrt bis|veröffentlichung nicht vor|sous embargo|embargo jusqu|ne pas publier avant|embargado|bajo embargo|no publicar antes|no difundir antes|sob embargo|não publicar antes|em embargo
		|sotto embargo|non pubblicare prima|onder embargo|niet publiceren voor|embargo do|nie publikować przed|эмбарго|под эмбарго|не публиковать до|під ембарго|ембарго|ambargo|ambargolu|محظور النشر حتى|حظر النشر حتى|禁发|禁運|解禁|엠바고|पूर्व प्रतिबंधित`,
})

// clockWords stand in embargoes beside the time.
var clockWords = words(`gmt utc bst cet cest est edt et pst pdt ist jst hours hrs uhr heures horas ore uur hora hour saat godz час годин time
	noon midnight midday mittag mitternacht midi minuit mediodía medianoche`)

// isEmbargo reports whether s, without decoration, keeps copy back until a time: it has a
// clock or a date.
func isEmbargo(s string) bool {
	if len(s) > 200 {
		return false
	}
	start, rest, ok := embargoes.find(s)
	if !ok || countWords(rest, 20) == 20 {
		return false
	}
	word := s[:len(s)-len(rest)]
	if strings.HasPrefix(strings.TrimLeft(rest, " "), ":") || isUpperWord(word) && isCasedWord(word) && (rest == "" || digitGroups(rest) > 0) {
		return true
	}
	if strings.Contains(start.text, " ") && digitGroups(rest) > 0 {
		return true
	}
	return tellsTime(rest) && !isProse(rest)
}

// tellsTime reports whether s holds a time of day.
func tellsTime(s string) bool {
	for i := 1; i+2 < len(s); i++ {
		if (s[i] == ':' || s[i] == '.' || s[i]|0x20 == 'h') && isDigit(s[i-1]) && isDigit(s[i+1]) && isDigit(s[i+2]) {
			return true
		}
	}
	for word := range strings.FieldsSeq(s) {
		word = strings.Trim(word, ".,;()=")
		if clockWords.has(word) || isDigit(firstByte(word)) && (hasSuffixFold(word, "h") || hasSuffixFold(word, "h00") || hasSuffixFold(word, "am") || hasSuffixFold(word, "pm")) {
			return true
		}
	}
	return hasAnySuffix(s, "时", "時", "點", "点", "解禁", "시")
}

// undecorated returns s without the marks and brackets around it.
func undecorated(s string) string {
	return strings.Trim(s, "()[]{}（）【】［］<>*#=-–—+_~/|^¥!: ")
}

// isNote reports whether s, a line above the body, speaks to editors.
func isNote(s string) bool {
	plain := s
	if !startsWithWord(s) || !endsWithWord(s) {
		plain = undecorated(s)
	}
	switch {
	case plain == "", labelledHeadline(plain) > 0:
		return false
	case isEmbargo(plain), isRestriction(plain), isPriority(plain) && !EndsSentence(s), isBracketed(s), isFlanked(s, "***"), isSlashNote(s), hasAnyPrefix(s, "///"), hasAnySuffix(s, "///"):
		return true
	}
	framed := len(s) > 4 && strings.IndexByte("=*+", s[0]) >= 0 && s[len(s)-1] == s[0]
	if framed && countWords(plain, 7) < 7 {
		return true
	}
	found, rest, ok := noteBeginnings.find(plain)
	if !ok || unicode.IsLower(firstRune(plain)) || headlineMark(s, 0) > 0 {
		return false
	}
	return framed || sureNotes.has(found.text) || isNoteMark(plain[:len(plain)-len(rest)], found.text, strings.TrimLeft(rest, " "))
}

// isLabelledNote reports whether s begins with the name of a note and a colon: "Eds: ".
func isLabelledNote(s string) bool {
	found, rest, ok := noteBeginnings.find(s)
	return ok && (strings.HasSuffix(found.text, ":") || rest != "" && rest[0] == ':') && !unicode.IsLower(firstRune(s))
}

// isPriority reports whether s is one of priorities, perhaps with a version.
func isPriority(s string) bool {
	_, rest, ok := priorities.find(s)
	return ok && (!hasWord(rest) || isVersion(rest) || isReleaseNumber(rest) || hasDigit(rest) && isDate(rest, 0))
}

// isReleaseNumber reports whether s, behind the name of a press release, numbers it: "Nr. 84/2026",
// "No. 20261118-02".
func isReleaseNumber(s string) bool {
	sign, number, ok := strings.Cut(strings.TrimLeft(s, " :"), " ")
	if !ok {
		sign, number = "", sign
	}
	return len(sign) <= 4 && strings.IndexByte(number, ' ') < 0 && hasDigit(number) && strings.Trim(number, "0123456789/-.") == ""
}

// isNoteMark reports whether word, one of noteBeginnings in whatever case, marks a note by
// how it is written or by what follows it.
func isNoteMark(word, lower, rest string) bool {
	if !endsWithWord(strings.TrimRight(lower, " ")) || rest == "" || hasAnyPrefix(rest, ":", "-", "/", "–", "—", "：") {
		return true
	}
	return isUpperWord(word) && isCasedWord(word) && utf8.RuneCountInString(word) > 3
}

// isSlashNote reports whether s is a note of two words or more between slashes, as of TASS.
func isSlashNote(s string) bool {
	return s[0] == '/' && isFlanked(s, "/") && countWords(s, 2) == 2 && strings.Count(s, "/") == 2
}

// isFlanked reports whether s begins and ends with mark.
func isFlanked(s, mark string) bool {
	return strings.HasPrefix(s, mark) && strings.HasSuffix(s, mark)
}

// sureNotes are the beginnings of noteBeginnings that no headline has.
var sureNotes = phrases(`attention editors|attention users|attn editors|ap photo|ap photos|with ap photos|ap graphic|ap video|eds note|editors note|note to editors|minor edits
	|atención editores|atención redacciones|aviso a los editores|nota a los editores|atenção editores|nota aos editores|nota per le redazioni|nota alle redazioni
	|achtung redaktionen|redaktioneller hinweis|redaktionelle hinweise|hinweis an die redaktion|hinweis für die redaktion|anmerkung der redaktion|noot voor de redactie|n i e u w
	|für den inhalt der mitteilung|the issuer is solely responsible
	|depesza uzupełniona|depesza poprawiona|depesza anulowana|uwaga redakcje|внимание редакц|вниманию редакц|к сведению редакц|увага редакц|ملاحظة للمحررين|编者按|编者注|編集者注|※|편집자 주|संपादक ध्यान दें`)

// isVersion reports whether s, after a priority, counts versions or names a time.
func isVersion(s string) bool {
	return countWords(s, 4) < 4 && len(s) < 24 && digitGroups(s) > 0 && !strings.ContainsFunc(strings.TrimLeft(s, " 0123456789"), unicode.IsLower)
}

// Service lines and slugs.

// isServiceLine reports whether s is a line for machines: the header of IPTC 7901 or ANPA
// 1312, a number, codes of an agency.
func isServiceLine(s string) bool {
	switch {
	case len(s) > 140:
		return false
	case isWireMark(s):
		return true
	}
	if first := firstField(s); len(first) > 1 && len(first) < len(s) && first != "AFP" && !hasDigit(first) {
		return isNumbered(s, first) // nearly never
	}
	var tokens [6]string
	n := 0
	for token := range strings.FieldsSeq(s) {
		if n < len(tokens) {
			tokens[n] = token
		}
		n++
	}
	switch {
	case isStoryCode(tokens[:]), n == 5 && isListCode(tokens[:]):
		return true
	case n < 3, n > 20:
		return isDocumentSymbol(s) || n == 1 && isCode(s)
	}
	return isHeader(tokens[:])
}

// hasTimeGroup reports whether six figures in s, such as "041512", can be the day and the time.
func hasTimeGroup(s string) bool {
	run := 0
	for i := range len(s) {
		switch {
		case isDigit(s[i]):
			run++
		case run == 6:
			return true
		default:
			run = 0
		}
	}
	return run == 6
}

// isNumbered reports whether s is the name of an agency, its first word, and other short words
// of which three or more are numbers: "dpa EN 0233 2 i 190".
func isNumbered(s, first string) bool {
	if !isDigit(s[len(s)-1]) {
		number, unit, _ := cutLast(s, " ")
		if number == "" || !wordUnits.has(unit) || !isDigit(number[len(number)-1]) {
			return false
		}
		s = number
	}
	if agencyNamed(first) == 0 {
		return false
	}
	numbers := 0
	for word := range strings.FieldsSeq(s) {
		if len(word) > 5 {
			return false
		}
		if isNumber(word) {
			numbers++
		}
	}
	return numbers >= 3
}

// wordUnits stand behind the number of the words of copy, by language.
var wordUnits = words(`w word words wds woord woorden wörter worte mot mots palabra palabras palavras parola parole słów słowa слов слова слів kelime ord sanaa slov slova szó cuvinte cuvânt riječi λέξεις думи kata 字 문자 كلمة`)

// isWireMark reports whether s has a mark that only wires have.
func isWireMark(s string) bool {
	switch {
	case hasAnyPrefix(s, "ZCZC", "NNNN"), s == "NNN", isDatedCode(s):
		return true
	case strings.IndexByte(s, '-') < 0:
		return strings.IndexByte(s, '_') >= 0 && strings.Contains(s, "Ld_Writethru")
	}
	return strings.Contains(s, "Ld-Writethru") || strings.HasPrefix(s, "BC-") && isASCIIUpper(firstByte(s[3:])) || isKeywordLine(s)
}

// isDatedCode reports whether s is capitals, a month and a day, and a number of words, as the
// tapes of Reuters and UPI named stories: "FERRY STRIKE 10-19 0150".
func isDatedCode(s string) bool {
	if !isDigit(s[len(s)-1]) {
		return false
	}
	head, length, _ := cutLast(s, " ")
	name, date, ok := cutLast(head, " ")
	return ok && len(length) == 4 && isNumber(length) && !hasAnyPrefix(length, "19", "20") && len(date) == 5 && date[2] == '-' && isNumber(date[:2]) && isNumber(date[3:]) && isUpperWord(name)
}

// isKeywordLine reports whether s is the keyword line of AP: a region, two hyphens, and words
// with a hyphen or a comma between them, as in "AM-US--Bridge Collapse-Ohio, 2nd Ld,0402".
func isKeywordLine(s string) bool {
	region, words, ok := strings.Cut(s, "--")
	return ok && len(region) <= 8 && isUpperWord(region) && strings.IndexByte(region, ' ') < 0 &&
		isASCIIUpper(firstByte(words)) && strings.ContainsAny(words, "-,") && !strings.Contains(words, "--") && countWords(words, 7) < 7 && !EndsSentence(s)
}

// isStoryCode reports whether tokens begin the header of ANPA 1312, as in "a BC-Rhine".
func isStoryCode(tokens []string) bool {
	return len(tokens[0]) == 1 && slices.ContainsFunc(tokens[1:4], func(token string) bool { return strings.HasPrefix(token, "BC-") })
}

// isWideDesk reports whether s, perhaps behind an ornament, is a Japanese or Chinese agency in
// brackets with the code of a desk: "◎【共同通信】社会515S".
func isWideDesk(s string) bool {
	s = strings.TrimLeft(s, "◎●○◇◆■□★☆▽▼ ")
	open, size := utf8.DecodeRuneInString(s)
	closer := closerOf(open)
	if closer == "" || open < utf8.RuneSelf {
		return false
	}
	inside, desk, ok := strings.Cut(s[size:], closer)
	return ok && isAgency(inside) && utf8.RuneCountInString(desk) <= 12 && !strings.ContainsAny(desk, "。、，") && (desk == "" || hasDigit(desk) || strings.HasSuffix(desk, "部"))
}

// isListCode reports whether tokens are five such as "r e AP-Top-Headlines 02-09 0121".
func isListCode(tokens []string) bool {
	return len(tokens[0]) == 1 && strings.IndexByte(tokens[2], '-') > 0 && len(tokens[3]) == 5 && tokens[3][2] == '-' && isNumber(tokens[4])
}

// isHeader reports whether tokens begin the header of IPTC 7901: a code, a priority, a
// category and a number of words, as in "eca0188 4 a 66".
func isHeader(tokens []string) bool {
	code, priority, category, words := tokens[0], tokens[1], tokens[2], tokens[3]
	switch {
	case !hasLetter(code), code != "AFP" && !hasDigit(code):
		return false
	case len(priority) != 1, priority[0] < '1', priority[0] > '9':
		return false
	}
	return len(category) <= 4 && len(words) <= 5 && (isNumber(words) || isNumber(category))
}

func hasDigit(s string) bool  { return strings.ContainsFunc(s, unicode.IsDigit) }
func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// isCode reports whether s is one word of letters and digits, such as "XEF51234_SXA" or
// "W1177asian".
func isCode(s string) bool {
	longest := 24
	if strings.IndexByte(s, '_') > 0 {
		longest = 64 // parts with an underscore between them, as of Xinhua
	}
	switch {
	case isShortCode(s), hasAnyPrefix(s, "urn:newsml:", "tag:reuters.com"):
		return true
	case len(s) < 6, len(s) > longest, !hasLetter(s):
		return false
	}
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			digits++
		case !isASCIILetter(c) && c != '_' && c != '/' && c != '-':
			return false
		}
	}
	return digits >= 3
}

// isShortCode reports whether s is two to five capitals with two to four digits: "DEL14".
func isShortCode(s string) bool {
	letters := strings.TrimRight(s, "0123456789")
	n, digits := len(letters), len(s)-len(letters)
	return 2 <= n && n <= 5 && 2 <= digits && digits <= 4 && isUpperWord(letters) && isCasedWord(letters) && !strings.ContainsAny(letters, " -")
}

// isDocumentSymbol reports whether s is the symbol of a press release of the United
// Nations, such as SC/16071 or SG/SM/22345.
func isDocumentSymbol(s string) bool {
	if len(s) > 28 || strings.Count(s, "/") > 3 {
		return false
	}
	body, last, ok := cutLast(s, "/")
	number, _, _ := strings.Cut(last, "-")
	if !ok || !isNumber(number) || len(number) < 2 {
		return false
	}
	for part := range strings.SplitSeq(body, "/") {
		if len(part) < 1 || len(part) > 5 || !isUpperWord(part) || strings.Contains(part, " ") {
			return false
		}
	}
	return true
}

// cutLast is strings.Cut around the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	for i := len(s); ; {
		if i = strings.LastIndexByte(s[:i], sep[0]); i < 0 {
			return s, "", false
		}
		if after, ok := strings.CutPrefix(s[i:], sep); ok {
			return s[:i], after, true
		}
	}
}

// isSlug reports whether s has the form of a slug: a word of several parts without a
// space, a list with slashes, codes in capitals. A headline can have it, too.
func isSlug(s string) bool {
	s = strings.TrimRight(s, "=,+ ")
	if s == "" || len(s) > 120 {
		return false
	}
	n, slashes, hyphens := countWords(s, 17), strings.Count(s, "/"), strings.Count(s, "-")
	switch {
	case n > 3 && slashes == 0 && !isUpperWord(s), strings.ContainsAny(s, "\"“”«»?!;"):
		return false
	case n == 1:
		return slashes > 0 || isSlugWord(s, hyphens)
	case slashes > 0 && isSlugList(s, slashes, n), n <= 3 && hyphens > 1:
		return true
	}
	return n <= 6 && (isCodes(s) || isCoded(s))
}

// isCoded reports whether s is codes of desks and a slug with a slash, in capitals:
// "SOC FRA - MOBILITE/LIEGE".
func isCoded(s string) bool {
	desks, slug, ok := strings.Cut(s, " - ")
	return ok && isCodes(desks) && isUpperWord(slug) && strings.IndexByte(slug, '/') > 0
}

// isSlugWord reports whether a word with so many hyphens is a slug: "ferry-crash".
func isSlugWord(s string, hyphens int) bool {
	switch hyphens {
	case 0:
		return false
	case 1:
		return strings.Contains(s, ",") || strings.IndexByte(s, '-') > 1 && !hasDigit(s)
	}
	return true
}

// isSlugList reports whether s, of n words, is a list with slashes between short parts.
func isSlugList(s string, slashes, n int) bool {
	if n > 8 && n-slashes > 8 || strings.Contains(s, ": ") || slashes == 1 && s[0] != '/' && s[len(s)-1] != '/' {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if countWords(part, 4) == 4 {
			return false
		}
	}
	return true
}

// isCodes reports whether s is up to five short words of capitals and digits, of four
// letters where there are more than three.
func isCodes(s string) bool {
	n, longest := 0, 0
	for word := range strings.FieldsSeq(s) {
		n++
		longest = max(longest, len(word))
		if len(word) > 5 || n > 5 || !isUpperWord(word) && !isNumber(word) {
			return false
		}
	}
	return n > 1 && (n <= 3 || longest <= 4)
}

// isCatchline reports whether s is a number, a desk in capitals and a word, as PA names its
// stories: "1 SEA Trawler".
func isCatchline(s string) bool {
	number, rest, _ := strings.Cut(s, " ")
	desk, story, ok := strings.Cut(rest, " ")
	return ok && isNumber(number) && len(number) < 3 && len(desk) > 2 && isUpperWord(desk) && hasWord(story) && strings.IndexByte(story, ' ') < 0
}

// isKicker reports whether s is a few words in capitals, such as the slug of an agency
// that writes countries above the headline.
func isKicker(s string) bool {
	s, _, _ = strings.Cut(s, " (") // the kind of story
	return countWords(s, 5) < 5 && len(s) < 50 && isUpperWord(s) && !strings.ContainsAny(s, ".,:;?!\"")
}

// The United Nations.

// unBodies begin the lines in which a press release of the United Nations names the body
// and the session, and are all of such a line.
var unBodies = newPrefixTable(map[bool]string{
	true: `united nations|security council|general assembly|economic and social council|secretary-general|deputy secretary-general|human rights council|trusteeship council|international court of justice
		|first committee|second committee|third committee|fourth committee|fifth committee|sixth committee|special committee|commission on|committee on|meetings coverage|press releases|press release|press conference
		|meetings coverage and press releases|department of global communications|department of public information|news and media division|news coverage service|press section|information service|office of the spokesperson|office of the spokesperson for the secretary-general|new york|geneva|vienna|nairobi|un headquarters|un headquarters, new york|département de la communication globale|division de l'information et des médias|division de l’information et des médias|genève|nations unies, new york|departamento de comunicación global|nueva york|ginebra|general assembly plenary|round-up|statements and messages|secretary-general/statements and messages|biographical note|background release|note to correspondents
		|nations unies|conseil de sécurité|assemblée générale|conseil économique et social|secrétaire général|conseil des droits de l'homme|conseil des droits de l’homme|communiqués de presse|couverture des réunions|couverture des réunions & communiqués de presse|couverture des réunions et communiqués de presse
		|naciones unidas|consejo de seguridad|asamblea general|consejo económico y social|secretario general|consejo de derechos humanos|comunicados de prensa|cobertura de reuniones y comunicados de prensa`,
})

// isUNLine reports whether s, above the headline of a press release of the United
// Nations, is one of its header.
func isUNLine(s string) bool {
	if _, rest, ok := unBodies.find(s); ok && (!hasWord(rest) || countWords(rest, 3) < 3 && digitGroups(rest) > 0 || strings.HasPrefix(rest, "/")) {
		return true
	}
	if strings.HasSuffix(s, ":") && containsAnyFold(s, " following statement", " following message", " following remarks", " suivante ", " siguiente ") {
		return true // who issued the statement that is the body
	}
	if office, rest, ok := cutDashed(s); ok && isUNLine(office) && isUNLine(rest) {
		return true
	}
	t := strings.TrimRight(s, ", ")
	if hasAnyOf(t, "Meeting", "MEETING") && hasAnySuffix(t, "(AM)", "(PM)", "(AM & PM)", "(Night)", "(NIGHT)", "(Resumed)", "(RESUMED)") {
		return true
	}
	return countWords(s, 9) < 9 && isUNSession(s, t)
}

// isUNSession reports whether t, the line s without a comma at its end, is the symbol of a
// document or names a session or a meeting.
func isUNSession(s, t string) bool {
	return isDocumentSymbol(t) || isDigit(firstByte(t)) && hasAnyOf(t, " séance", " sesión") || hasAnySuffix(t, "ième session", "período de sesiones") || hasAnySuffix(t, "Session", "SESSION", "Meeting", "MEETING") &&
		(isDigit(firstByte(s)) || countWords(s, 6) < 6)
}
