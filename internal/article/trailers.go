package article

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file knows what agencies write below the last sentence: end marks, credits,
// initials, stamps, copyright, and sections that are no part of the news.

// endMarks end copy, on a line of their own or behind the last sentence, by agency and
// language.
var endMarks = []string{
	/* Xinhua */ "Enditem", "enditem", "Fin", "(Fin)", "(FIN)", "Fim",
	/* EFE */ "EFECOM", "EFEAGRO", "EFE",
	/* Xinhua, CNS, KCNA, IRNA */ "（完）", "(完)", "（终）", "（了）", "(了)", "（終わり）", "(끝)", "（끝）", "-0-", "انتهای پیام",
	/* Yonhap, KUNA, releases */ "(END)", "(End)", "(end)", "(ENDS)", "(Ends)", "(ends)", "-ENDS-", "-Ends-", "-ends-", "- ENDS -", "- ends -", "[END]", "=END=", "-END-", "- END -",
	/* SPA, Kyodo, Bernama */ "--SPA", "-- SPA", "==Kyodo", "==KYODO", "--BERNAMA", "-- BERNAMA", "// انتهى //", "//انتهى//",
	/* APA, Lusa, Belga */ "(Schluss)", "(Forts.)", "Lusa/Fim", "Lusa/fim", "./.",
	/* Xinhua and magazines */ "■", "□", "◆", "●", "▪", "∎",
	"###", "# # #", "-30-",
}

// ends are the lines that end copy, whatever their decoration.
var ends = newPrefixTable(map[bool]string{
	true: `end|ends|enditem|item|fin|fim|fine|ende|schluss|forts.|fortsetzung folgt|konec|koniec|einde|son|vége|конец|кінець|reuter|mena|bernama|spa|kyodo|完|终|終|了|以上|끝|انتهى|انتهى الخبر|النهاية|पूरा|समाप्त|tamat|kraj|slut|loppu|τέλος|край|sfârșit|pabaiga|beigas|lõpp|hết|انتهای پیام|پایان پیام|پایان
		|end it|end of report|end of text|end of transcript|nnnn|nnn|stop|lusa/fim|aapa|mtv|foto|fotos|vídeo|video|audio|efe`,
})

// continuations are the lines and brackets that say that copy goes on in another take, by language.
var continuations = newPrefixTable(map[bool]string{
	true: `more|more to come|more follows|more to follow|mf|mfl|mtf|mtc|to be continued|segue|seguirá|sigue|seguirà|suit|suite|à suivre|a suivre|suivra|folgt|fortsetzung folgt|mehr folgt|weitere meldung folgt|forts. folgt|wordt vervolgd|meer volgt|c.d.n|c.d.n.|cdn|ciąg dalszy nastąpi|продолжение следует|далее|продолження буде|далі буде
		|sürecek|devamı var|devam edecek|devamı gelecek|يتبع|ادامه دارد|待续|待續|未完待续|未完待續|続く|つづく|계속|다음 계속|bersambung|lanjut|pokračování|pokračovanie|folytatjuk|va urma|nastavlja se|se nadaljuje|следва|συνέχεια|συνεχίζεται|fortsättning följer|mer följer|fortsætter|fortsettes|jatkuu|järgneb|bus daugiau|turpinājums sekos|continua|continúa|continuará|continua...
		|to be updated|will be updated|more details soon|more details to follow|details to follow|a picture will follow|pictures will follow|picture to follow|pictures to follow|updates to follow|full story to follow|full report to follow|wird aktualisiert|wird ergänzt|weiterer bericht folgt|bild folgt|foto folgt|développement suit|développement à suivre|plus d'informations à suivre
		|habrá ampliación|en ampliación|ampliaremos|se ampliará|em atualização|notícia em atualização|in aggiornamento|notizia in aggiornamento|servizio in arrivo|wkrótce więcej informacji|więcej informacji wkrótce|depesza będzie uzupełniona|новость дополняется|материал дополняется|подробности позже|подробности следуют|деталі згодом|ayrıntılar geliyor|ayrıntılar gelecek|التفاصيل لاحقا|详情稍后|続報します`,
})

// isContinuation reports whether s is nothing but one of continuations, perhaps with initials:
// "(SEGUE)", "MORE dm/ft".
func isContinuation(s string) bool {
	plain := strings.TrimRight(undecorated(s), ".!… ")
	if len(plain) > 60 {
		return false
	}
	_, rest, ok := continuations.find(plain)
	return ok && (!hasWord(rest) || strings.IndexByte(rest, '/') > 0 && isInitials(strings.TrimLeft(rest, " )")))
}

// creditStarts begin the lines that say who worked on copy or whose it is. They may be
// sentences: they count below the last sentence of the body only.
var creditStarts = newPrefixTable(map[bool]string{
	true: `some information for this report came from|some information in this report|some of the information in this|information from:|with information from|(with information from
		|click on|click here|for a graphic|for graphic|graphic-|graphic:|graphics:|graphic on|to see|for related|for more stories|for latest|keywords|keyword|subjects:|tags:|topics:|hashtags
		|tass is the source of|reproduction in whole or in part|anadolu website contains|anadolu agency website contains|bernama provides up-to-date|anadolu ajansı web sitesinde|follow ap|more ap|ap's|ap’s|the associated press receives|the associated press’ |the associated press' |associated press coverage
		|this is a breaking news|this is a developing story|ap's earlier story|ap’s earlier story|pap - nauka w polsce|associated press writer|associated press writers|associated press reporter|associated press religion|el periodista de the associated press|la periodista de the associated press|los periodistas de the associated press|las periodistas de the associated press|periodistas de the associated press|el periodista de ap|la periodista de ap|ap writer|ap writers|ap sports writer|ap business writer|aptn contributor|aptn|ap reporter|ap journalist|ap journalists
		|this material may not be published|all contents ©|our standards|-- dow jones newswires|source text|while citing|when citing|when quoting|any use of|use of materials|isin|wkn|further company coverage|for the full|full story|[id:|this report by|news provided by|this information was brought|this information is subject to|this information is information that|this is information that|this announcement is distributed|el texto original en el idioma|le texte du communiqué|die ausgangssprache|il testo originale|-- bloomberg news|this story has been|this story corrects|this story was|this article was|this report was|this version|the story has been|an earlier version|this item
		|view original content|view source version|source:|source |logo -|logo -|photo -|photo:|video -|multimedia|a photo accompanying|photos accompanying|the following files are available|attachment|attachments|forward-looking|forward looking|cautionary note|cautionary statement|safe harbor
		|for information media|not an official record|à l'intention des organes d'information|à l’intention des organes d’information|document non officiel|para uso de los medios de información|para uso de la prensa|к сведению средств массовой информации
		|for further information|for more information|for additional information|learn more|visit us on|connect with us|follow us|email us|contact us|the photo is also available|legal disclaimer|the meeting began at|the meeting rose at|the meeting ended at|the council will meet again|the assembly will meet again|the committee will meet again|the general assembly will meet again|the general assembly will reconvene|the security council will reconvene|the council will reconvene|the economic and social council will reconvene|the security council will meet again|the council will meet|the committee will reconvene|the assembly will reconvene
		|reporting by|additional reporting|writing by|editing by|edited by|compiled by|translated by|with reporting by|*writing by|*reporting by|reported by|by our
		|(reporting|(additional|(writing|(editing|(edited|(compiled|(translated|(reportage|(reporte|(reportado|(bericht|(escrito|(editado|(redactado|(traducido|(rédigé|(édité|(avec|(version|(par |(por |(von |(geschrieben|(redigiert|(zusammengestellt|(übersetzt|(adaptação|(tradução|(reportagem|(scritto|(tradotto|(in redazione|(a cura
		|reportage de|reportage |version française|édité par|bericht von|redigiert von|bearbeitet von|reporte de|editado por|editado en|traducido por|redacción de|reportagem de|reportagem:|edição de|edição:|edición:|redacción:|redação:|edizione:|rédaction :|texte :|tradução de|tradotto da|a cura di|in redazione|bron:|quelle:|quellen:|fuente:|fuentes:|fonte:|źródło:|источник:|джерело:|kaynak:|المصدر:|منبع:|来源:|来源：|來源：|出典：|स्रोत:|sumber:
		|copyright|© |©|(c) |(c)|&copy;|all rights reserved|alle rechte vorbehalten|alle auteursrechten|alle rechten voorbehouden|tous droits|tous les droits|todos los derechos|todos os direitos|tutti i diritti|diritti riservati|wszelkie prawa|všechna práva|все права|усі права|всі права|tüm hakları|minden jog|toate drepturile|कॉपीराइट|hak cipta|جميع الحقوق|حقوق النشر
		|版权|版權|著作権|無断転載|禁无断|未经授权|<저작권자|저작권자|저작권|무단 전재|무단전재|reproduction interdite|prohibida la reproducción|está expresamente prohibida|reprodução proibida|riproduzione riservata|rozpowszechnianie|использование материалов|при использовании|при цитировании|перепечатка|використання будь-яких|при цитуванні|передрук
		|original-content von|originalcontent|digitale pressemappe|ots-originaltext|*** ots|*** ots-originaltext|pressemeldung|herausgeber:|verantwortlich:|verantwortlich für den inhalt|v.i.s.d.p|impressum:
		|служба финансово-экономической|служба новостей|служба экономической|служба деловой|служба международной|отдел новостей|в новость внесены|в материал внесены|в текст внесены|в сообщение внесены|новость дополнена|материал дополнен|сообщение дополнено|у новину внесено|новину доповнено|теги:|ключевые слова:|ключові слова:|schlagworte:|schlagwörter:|stichworte:|stichwörter:|palabras clave:|etiquetas:|mots-clés :|mots-clés:|mots clés :|mots clés:|parole chiave:|palavras-chave:|słowa kluczowe:|tagi:|etiketler:|anahtar kelimeler:|trefwoorden:|关键词：|关键词:|関連キーワード|関連タグ|関連ワード|關鍵詞：|キーワード：|キーワード:|키워드:|الكلمات المفتاحية:|редакция|ранее по теме|по теме|читайте также|читайте також|вижте още|прочетете|citește și|čtěte také|čítajte aj|olvassa el|διαβάστε|čitajte i|підписуйтесь|усі новини|більше новин|все новости|больше новостей|подписывайтесь|читайте нас|фото:|фото |відео:|видео:|иллюстрация
		|redacció:|translator:|penterjemah:|penerjemah:|traducción:|traduction :|traduction:|tradução:|traduzione:|übersetzung:|çeviri:|překlad:|fordítás:|toimittaja:|toimittaja :|toimitti:
		|autorė:|autorius:|autors:|autore:|autoare:|szerző:|szerkesztő:|novinar:|novinarka:|urednik:|urednica:|συντάκτης:|συντάκτρια:|επιμέλεια:|redactor:|redaktor:|redaktorė:|redaktors:|toimetaja:|skribent:|tác giả:|biên tập:
		|pewarta|editor:|editor :|uploader|reporter:|penulis|muhabir|editör|yayıncı|kameraman|haber:|foto:|foto |fotos:|autor|autorka|autorzy|autores|autora|автор|редактор|корреспондент|authors|redaktion
		|签发：|签发:|撰稿：|撰稿:|摄影：|摄影:|終審：|终审：|终审:|策划：|策划:|责任编辑|責任編輯|【责任编辑|【編輯|【编辑|编辑：|编辑:|編輯：|（編輯|（责任|责编|校对|审核|审校|参与记者|参与采写|总编辑|监制|翻訳|*翻訳|※翻訳|編集|（記者|（记者|（ｃ）時事|（ｃ）共同|（ｃ）|（c）|【時事通信社】|【共同通信】|時事通信社|共同通信社|记者：|記者：
		|제보는|◎공감언론|공감언론|ⓒ|©|▶|☞|#|기사제보|기자 |영상
		|recursos de archivo|más información en|ampliación en|más información|(recursos de archivo|nota:|leia também|veja também|lire aussi|lea también|lesen sie auch|read more|read also|see also|related|ver también|leggi anche|lees ook|czytaj też
		|reporters without|bur-|bur/|(bur|photographs by|pictures by|graphic by|illustration`,
})

// sections head what follows the news to the end: notes, background on a company, links
// to more, by language.
var sections = newPrefixTable(map[bool]string{
	true: `notes to editors|note to editors|notes to the editor|editors' notes|editor's notes|notes for editors|background information for editors|background for editors|notizblock|dpa-notizblock|dpa notizblock|dpa-kontakte|dpa notebook|notebook|notepad|redaktionelle hinweise|hinweise an die redaktion
		|forward-looking statements|forward looking statements|cautionary statement|cautionary note|safe harbor statement|zukunftsgerichtete aussagen|disclaimer|legal disclaimer|attachment|attachments|anlagen
		|notes aux rédactions|note aux rédactions|note aux rédacteurs|notas para los editores|notas a los editores|nota a los editores|notas para editores|notas aos editores|note per le redazioni|note per i redattori|noten voor de redactie|noot voor de redactie|informacje dla redakcji|информация для редакций|примечания для редакторов
		|related news|related stories|related articles|related links|related:|more on this|関連ニュース|関連記事|【関連記事】|【関連ニュース】|【関連】|相关新闻|相关阅读|相关报道|延伸阅读|관련기사|관련 기사|<관련기사>|ранее по теме|читайте также|читайте також|по теме:|материалы по теме|ilgili haberler|أخبار ذات صلة|اقرأ أيضا|संबंधित खबरें|berita terkait`,
	false: `o spółce|o fundacji|o projekcie|o organizacji|o grupie|о группе|о проекте|об организации|about|über|zu|à propos de|a propos de|à propos d|acerca de|sobre|quiénes somos|informazioni su|chi è|over|o firmie|о компании|про компанію|om|o společnosti|o spoločnosti|o tvrtki|o podjetju|tietoa|despre|σχετικά με|apie|关于|關於|会社概要|【会社概要】|회사소개|hakkında|عن|نبذة عن|के बारे में|tentang`,
})

// isEndMark reports whether s is one of endMarks.
func isEndMark(s string) bool {
	const longest = 24 // bytes
	return len(s) <= longest && slices.Contains(endMarks, s)
}

// isEnd reports whether s is nothing but an end mark.
func isEnd(s string) bool {
	if isEndMark(s) {
		return true
	}
	if initials, ok := strings.CutPrefix(s, "-0-"); ok && isInitials(initials) {
		return true // of TASS
	}
	plain := undecorated(s)
	if len(plain) > 40 || EndsSentence(s) && !hasAnySuffix(s, ".M.", ".m.", "/Fim.", "/fim.") {
		return false
	}
	_, rest, ok := ends.find(plain)
	return ok && (!hasWord(rest) || strings.IndexByte(")]/-", rest[0]) >= 0 && isInitials(rest[1:]) || isDate(rest, 0)) // "(Schluss) hin/ker", "END 11:20 A.M. EDT"
}

// isTrailer reports whether s, a line below the last sentence of the body, is no part of
// it. In agency copy (wire) initials and codes count as well.
func isTrailer(s string, wire bool) bool {
	switch {
	case isDisclaimer(s), isSectionNote(s), isHashtags(s), isPublished(s), isCreditLine(s), areEndBrackets(s), countWords(s, 13) < 13 && isSignedOff(s):
		return true
	case !wire:
		return false
	case isInitials(s), isStamp(s), isServiceLine(s), isField(s), isEditorsNote(s), isByline(s, true), isBracketedNote(s), isTranslator(s), isAgency(strings.Trim(s, "-=*/.( )|")):
		return true
	case !isProse(s) && endMark(s) == 0 && hasAnyOf(s, "http://", "https://", "www."):
		return countWords(s, 16) < 16
	}
	agency, credit, ok := strings.Cut(s, "/")
	return ok && isAgency(agency) && countWords(credit, 4) < 4 && !EndsSentence(s) || isSignedInitial(s) // "WAM/Hazem Salem"
}

// isSignedOff reports whether s, a short line, is an end mark or names the agency or its writers.
func isSignedOff(s string) bool {
	return isEnd(s) || isContinuation(s) || networks.has(s) || isAgencySigned(s) || isBracketSigned(s) || isSlashedCredit(s) || isWriterOf(s) || strings.Count(s, "/") > 1 && isInitials(s)
}

// isSlashedCredit reports whether s is an agency and a writer with a slash between them:
// "Anna Ek/TT".
func isSlashedCredit(s string) bool {
	before, after, _ := strings.Cut(s, "/")
	return isSlashed(s) && (isAgency(before) || isAgency(after))
}

// isWriterOf reports whether s is a name and an agency behind a comma: "Dee Roe, The Canadian
// Press".
func isWriterOf(s string) bool {
	name, agency, ok := strings.Cut(s, ", ")
	return ok && isNames(name) && countWords(name, 6) < 6 && isAgency(strings.TrimPrefix(agency, "The ")) && !EndsSentence(s)
}

// isTranslator reports whether s says by initials who translated the copy: "tr. RL".
func isTranslator(s string) bool {
	word, initials, ok := strings.Cut(s, " ")
	return ok && translators.has(word) && isInitials(initials)
}

// translators are abbreviations of "translated by".
var translators = words(`tr. trans. transl. tłum. trad. übers. пер. перев. перекл. çev. vert. övers. överst. přel. prekl. ford.`)

// isSignedInitial reports whether s is one short word with a full stop, as the police of
// Germany sign ("Ri."), or is the mark of an archive ("arch.").
func isSignedInitial(s string) bool {
	word, ok := strings.CutSuffix(s, ".")
	return ok && (len(word) <= 3 || len(word) == 4 && strings.ToLower(word) == word) && hasLetter(word) && strings.IndexByte(word, ' ') < 0
}

// isBracketedNote reports whether s is a note in brackets below agency copy.
func isBracketedNote(s string) bool {
	if !isBracketed(s) {
		return false
	}
	return noteBeginnings.has(undecorated(s)) || speaksOfCopy(undecorated(s)) || containsAnyFold(s, " contributed to this report", " contributed to this story", " contributed to the report", " contributed to the story", " contributed reporting") || !strings.HasSuffix(strings.TrimRight(s, ")]）】"), ".") && countWords(s, 25) < 25
}

// speaksOfCopy reports whether s begins with a demonstrative or an article and a word for copy:
// "This story".
func speaksOfCopy(s string) bool {
	word := firstWord(s)
	return demonstratives.has(word) && copyWords.has(firstWord(strings.TrimLeft(s[len(word):], " ")))
}

var (
	demonstratives = words(`this the these dieser diese dieses der die das cet cette ce le la les este esta esse essa el o a questo questa il lo deze dit het de ten ta этот эта данный данная цей ця дана bu هذا هذه`)
	copyWords      = words(`story article report item copy text version dispatch content material interview translation text beitrag artikel bericht meldung übersetzung
		article dépêche texte contenu artículo texto contenido nota noticia artigo conteúdo notícia articolo testo contenuto artykuł tekst depesza статья материал текст новость стаття матеріал haber metin`)
)

// isAddress reports whether s is the address of a site.
func isAddress(s string) bool {
	return strings.IndexByte(s, ' ') < 0 && (hasPrefixFold(s, "www.") || hasPrefixFold(s, "http"))
}

// isEditors reports whether s, behind the bracket of an agency, is nothing or the codes of
// editors: "xmbr ygrb".
func isEditors(s string) bool {
	if s == "" || isInitials(s) {
		return true
	}
	for word := range strings.FieldsSeq(s) {
		if len(word) > 5 || !isUpperWord(word) && strings.ContainsFunc(word, unicode.IsUpper) || hasDigit(word) {
			return false
		}
	}
	return countWords(s, 4) < 4 && !EndsSentence(s)
}

// isAgencySigned reports whether s is the name of an agency in capitals, perhaps with the
// initials of an editor: "AAP RTV ar".
func isAgencySigned(s string) bool {
	name, initials, ok := strings.Cut(s, " ")
	switch {
	case !isAgency(name):
		return false
	case !isCasedWord(name) && unicode.Is(unicode.Lo, firstRune(name)) && !IsUnspaced(firstRune(name)):
		return countWords(s, 5) < 5 && !EndsSentence(s)
	}
	return isUpperWord(name) && (!ok || isEditors(initials) && len(initials) < 12 || countWords(initials, 4) < 4 && isNames(initials) && !EndsSentence(s))
}

// isBracketSigned reports whether s is the name of an agency between marks, "/ritzau/", or
// in a bracket, perhaps with the initials of an editor behind it: "(Hina) xmbr ygrb",
// "(spravodajca TASR Ján Blaho) bla ov".
func isBracketSigned(s string) bool {
	if name := strings.Trim(s, "-=*/.( )[]|©（）［］【】〔〕"); len(name) < len(s) && agencyNamed(name) != 0 && !EndsSentence(strings.TrimRight(s, "./)")) {
		return true
	}
	inside, rest, ok := strings.Cut(s, ")")
	inside, opened := strings.CutPrefix(inside, "(")
	if !ok || !opened || countWords(inside, 7) == 7 || !isEditors(strings.TrimLeft(rest, " ")) {
		return false
	}
	for word := range strings.FieldsFuncSeq(inside, func(r rune) bool { return r == ' ' || r == ',' || r == '-' || r == '/' }) {
		if isUpperWord(word) && agencyNamed(word) != 0 {
			return true
		}
	}
	return isAgency(inside)
}

// isCreditLine reports whether s begins as credits do and goes on like one.
func isCreditLine(s string) bool {
	start, rest, ok := creditStarts.find(s)
	if !ok && !startsWithWord(s) {
		start, rest, ok = creditStarts.find(strings.TrimLeft(s, "*-–—_=+[「 "))
	}
	if !ok {
		return false
	}
	switch trailerForms[start.text] {
	case namesForm:
		return isSignature(rest) || strings.Contains(rest, ";") || isAgency(rest)
	case yearForm:
		return isCopyright(rest)
	case keyForm:
		return strings.HasPrefix(strings.TrimLeft(rest, " "), ":") || hasAnyPrefix(rest, "：", "/")
	case shortForm:
		return !isProse(s) || strings.Contains(rest, "http")
	}
	return true
}

// isCopyright reports whether s goes on from "Copyright" as a line about it does.
func isCopyright(s string) bool {
	return strings.Contains(s, "©") || strings.HasPrefix(s, ":") || hasPrefixFold(strings.TrimLeft(s, ": "), "(c)") || isDigit(firstByte(strings.TrimLeft(s, " ")))
}

// trailerForm says what must follow the beginning of a credit.
type trailerForm uint8

const (
	anyForm   trailerForm = iota // anything: the beginning says enough
	namesForm                    // names
	yearForm                     // the sign of a copyright, a year or a colon
	keyForm                      // a colon or a slash
	shortForm                    // no sentence, or an address
)

// trailerForms are the beginnings of creditStarts that sentences have, too.
var trailerForms = func() map[string]trailerForm {
	forms := map[string]trailerForm{}
	for form, list := range map[trailerForm]string{
		namesForm: `source |reportage |foto |фото |기자 |reporting by|additional reporting|writing by|editing by|edited by|compiled by|translated by|reported by|by our`,
		yearForm:  `copyright`,
		keyForm:   `autor|автор|autores|authors|autora|autorka|autorzy|penulis|muhabir|editör|yayıncı|kameraman|pewarta|uploader|редактор|корреспондент|редакция|redaktion|编辑|編集|監製|监制|审核|审校|校对|keywords|keyword`,
		shortForm: `усі новини|більше новин|все новости|больше новостей|related|multimedia|attachment|attachments|click on|to see|ap's|ap’s|this item|по теме|영상|hashtags|graphic on|for latest|forward looking|forward-looking`,
	} {
		for text := range strings.SplitSeq(list, "|") {
			forms[text] = form
		}
	}
	return forms
}()

// isHashtags reports whether all words of s are hashtags.
func isHashtags(s string) bool {
	if s[0] != '#' || len(s) > 300 {
		return false
	}
	for word := range strings.FieldsSeq(s) {
		if word[0] != '#' || len(word) < 2 {
			return false
		}
	}
	return true
}

// isInitials reports whether s is the initials of writers and editors of the copy, as
// in "str-es/jdo", "SDV (JLG) // MLM", "ip id vs", "م ح م/ س ع د".
func isInitials(s string) bool {
	if arePairOfInitials(s) {
		return true
	}
	if bare, ok := strings.CutSuffix(s, "."); ok && strings.IndexByte(bare, '/') > 0 {
		s = bare // "PVJ // VM."
	}
	w, ok := initialLetters(s)
	switch {
	case !ok, isLongerThanInitials(s), w.letters == 0, w.longest > 5:
		return false
	case w.marked && strings.IndexByte(s, ' ') >= 0 && !isUniform(s):
		return false
	case w.marked:
		return w.longest <= 4 || w.words > 1
	case w.words == 1:
		return w.longest <= 4 && len(s) <= 8
	}
	return w.longest <= 4 && w.words <= 5 && w.letters <= 3*w.words && isUniform(s)
}

// isLongerThanInitials reports whether s is a sentence, several, or a long line.
func isLongerThanInitials(s string) bool {
	return len(s) > 48 || strings.Contains(s, ". ") || EndsSentence(s)
}

// arePairOfInitials reports whether s is like "R.F. / L.A.".
func arePairOfInitials(s string) bool {
	first, second, ok := strings.Cut(s, " / ")
	return ok && shapeOf(strings.TrimSuffix(first, ".")) == shapeDotted && shapeOf(strings.TrimSuffix(second, ".")) == shapeDotted
}

// letterRuns are the runs of letters of a line of initials.
type letterRuns struct {
	letters, words, longest int
	marked                  bool // with slashes or brackets
}

// initialLetters counts the letters of s. It reports false where s has characters that no line of
// initials has.
func initialLetters(s string) (w letterRuns, ok bool) {
	run := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) && !IsUnspaced(r):
			if run++; run == 1 {
				w.words++
			}
			w.letters++
			w.longest = max(w.longest, run)
		case unicode.IsMark(r):
		case strings.ContainsRune("/-()&.=+*,_| ", r), unicode.IsDigit(r):
			w.marked = w.marked || r == '/' || r == '('
			run = 0
		default:
			return w, false
		}
	}
	return w, true
}

// isUniform reports whether the letters of s are all capitals, or none is, or each of its
// fields has a slash.
func isUniform(s string) bool {
	if isUpperWord(s) || !strings.ContainsFunc(s, unicode.IsUpper) {
		return true
	}
	for field := range strings.FieldsSeq(s) {
		if strings.IndexByte(field, '/') < 0 {
			return false
		}
	}
	return true
}

// isStamp reports whether s is made of dates, times, numbers and codes: "061137 GMT May
// 31", "APA0098 2031-05-06/11:02", "14:02 LOCAL TIME 11:02 GMT".
func isStamp(s string) bool {
	if len(s) > 80 || digitGroups(s) == 0 && !hasDigit(s) {
		return false
	}
	digits := 0
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" /-.:,|()[]_", r) }) {
		plain := strings.TrimFunc(word, unicode.IsDigit)
		digits += len(word) - len(plain)
		switch {
		case plain == "", months.has(plain), dateWords.has(plain), agencies[strings.ToLower(plain)] != 0:
		case isUpperWord(plain) && utf8.RuneCountInString(plain) <= 5 && isCasedWord(plain):
		case !isCasedWord(plain) && !strings.ContainsFunc(plain, unicode.IsLower) && utf8.RuneCountInString(plain) <= 2:
		default:
			return false
		}
	}
	return digits >= 4
}

// endMark returns the length of the end mark behind the last sentence of s, with the space
// before it, or 0.
func endMark(s string) int {
	switch c := s[len(s)-1]; {
	case c == '.' && strings.HasSuffix(s, "/."), c == '.' && strings.HasSuffix(s, ")."):
	case c == '.':
		return stoppedMark(s)
	case c == '"', c == '?', c == '!':
		return 0 // nearly always
	}
	for _, length := range [...]func(string) int{knownMark, endBracket, gluedMark, endNumber, endTail} {
		if n := length(s); n > 0 {
			return n
		}
	}
	return 0
}

// stoppedMark returns the length of the name of an agency, with a full stop of its own, behind
// the sentence that ends s: "on Friday.- EFE."; else 0.
func stoppedMark(s string) int {
	s, n := s[:len(s)-1], len(s)
	if s == "" || !isASCIIUpper(s[len(s)-1]) {
		return 0 // nearly always
	}
	at := strings.LastIndexAny(s, " -") + 1
	before := strings.TrimRight(s[:at], " -")
	if !isEndWord(s[at:]) || !EndsSentence(before) {
		return 0
	}
	return n - len(before)
}

// knownMark returns the length of one of endMarks behind a sentence that ends s, or 0.
func knownMark(s string) int {
	if strings.HasSuffix(s, "./.") && len(s) > len("./.") && s[len(s)-len("./.")-1] != ' ' {
		return len("/.") // behind the stop, as of VNA
	}
	for _, mark := range endMarks {
		if mark[len(mark)-1] != s[len(s)-1] {
			continue
		}
		if before, ok := strings.CutSuffix(s, mark); ok && before != "" {
			before = strings.TrimRight(before, " ")
			if EndsSentence(before) || endBracket(before) > 0 {
				return len(s) - len(before)
			}
		}
	}
	return 0
}

// endNumber returns the length of the number of a story behind a bracket that ends s, as of
// CNA, or 0.
func endNumber(s string) int {
	text := strings.TrimRight(s, "0123456789")
	if n := len(s) - len(text); n >= 6 && hasAnySuffix(text, "）", ")") {
		return n
	}
	return 0
}

// endTail returns the length of what follows the last stop of s, or 0 where that is no end
// mark: "EFE jgh/rrm", "-- AFP", "1200506", "(end) mt.mb".
func endTail(s string) int {
	at := lastStop(s)
	tail := strings.TrimSpace(s[at:])
	if at == 0 || len(s)-at > longestCredit || !hasWord(tail) || !isEndTail(tail) {
		return 0
	}
	return len(s) - at
}

// longestCredit bounds what stands behind the last sentence on its line, in bytes.
const longestCredit = 160

// isEndTail reports whether s, behind the last stop, is an agency, a number, or an end mark
// with initials.
func isEndTail(s string) bool {
	if inside, rest, ok := strings.Cut(s[1:], ")"); ok && s[0] == '(' && isEndBracket(inside) && (!hasWord(rest) || isInitials(rest)) {
		return true // "(Belga) EMD/VIM/"
	}
	word, rest, _ := strings.Cut(strings.TrimLeft(s, "-–—=/ "), " ")
	if credit := strings.Index(word, "/("); credit > 0 { // "AGERPRES/(AS - author: Ana Rusu)"
		word, rest = word[:credit], ""
	}
	switch {
	case isNumber(s):
		return len(s) >= 7
	case isEndWord(word) && isBehindAgency(rest):
		return true
	}
	return (s[0] == '-' || s[0] == '=' || !strings.Contains(s, " ")) && isAgency(strings.Trim(s, "-–—=/ ."))
}

// isBehindAgency reports whether s, behind the agency that ends copy, is nothing, initials or the
// number of the story.
func isBehindAgency(s string) bool {
	return s == "" || isInitials(s) || isNumber(s) && len(s) >= 5
}

// areEndBrackets reports whether s is nothing but two brackets or more as they stand behind the last
// sentence: "〔時事〕（2031/05/06-17:40）".
func areEndBrackets(s string) bool {
	n := 0
	for s != "" {
		open, size := utf8.DecodeRuneInString(s)
		inside, after, ok := strings.Cut(s[size:], closerOf(open))
		if !ok || size == len(s) || closerOf(open) == "" || !isEndBracket(inside) {
			return false
		}
		s = strings.TrimLeft(after, " ")
		n++
	}
	return n > 1
}

// endBracket returns the length of the bracket that ends s with the name of an agency, a
// stamp or a credit, with the space before it; else 0.
func endBracket(s string) int {
	for _, pair := range [...][2]string{{"(", ")"}, {"（", "）"}, {"[", "]"}, {"【", "】"}, {"〔", "〕"}} {
		inside, closed := strings.CutSuffix(strings.TrimSuffix(s, "."), pair[1])
		if !closed {
			continue
		}
		open := strings.LastIndex(inside, pair[0])
		if open <= 0 {
			continue
		}
		inside = inside[open+len(pair[0]):]
		before := strings.TrimRight(s[:open], " ")
		if before != "" && (EndsSentence(before) || endBracket(before) > 0) && len(inside) < 160 && isEndBracket(inside) {
			return len(s) - len(before)
		}
	}
	return 0
}

// gluedMark returns the length of an agency or of initials that end s without a space after
// the stop, as in "on Friday.-VNA" and "on Friday./eke/DP/zb"; else 0.
func gluedMark(s string) int {
	at := strings.LastIndexAny(s, ".!?") + 1
	if at <= 0 || at == len(s) || s[at] != '-' && s[at] != '/' {
		return 0
	}
	if mark := s[at+1:]; isEndWord(strings.Trim(mark, "-/")) || strings.IndexByte(mark, '/') > 0 && strings.IndexByte(mark, ' ') < 0 && isInitials(mark) {
		return len(s) - at
	}
	return 0
}

// isEndWord reports whether s is an end mark or the name of an agency in capitals.
func isEndWord(s string) bool { return isEndMark(s) || isUpperWord(s) && isAgency(s) }

// isEndBracket reports whether s stands in brackets behind the last sentence of agency
// copy: the agency, a stamp, who reported.
func isEndBracket(s string) bool {
	return isAgency(s) || isAddress(s) || isEditorList(s) || isStamp(s) || isDate(s, 0) || isEnd(s) || isContinuation(s) || strings.Contains(s, "/") && isInitials(s) || isCreditLine(s) || startsCredit(s) ||
		hasAnySuffix(s, "共同", "時事", "记者") && utf8.RuneCountInString(s) <= 16 || isByline(s, true) && countWords(s, 5) < 5
}

// startsCredit reports whether s begins a credit once it stands in brackets.
func startsCredit(s string) bool {
	return creditStarts.has("("+s) || creditStarts.has("（"+s) && IsUnspaced(firstRune(s))
}

// isEditorList reports whether s is codes of editors with commas between them: "KAV, nl, pr".
func isEditorList(s string) bool {
	if n := strings.Count(s, ", "); n == 0 || n > 3 || EndsSentence(s) {
		return false
	}
	small := false
	for code := range strings.SplitSeq(s, ", ") {
		if len(code) > 4 || !isUpperWord(code) && strings.ContainsFunc(code, unicode.IsUpper) || !hasLetter(code) {
			return false
		}
		small = small || !isUpperWord(code)
	}
	return small
}

// lastStop returns the index behind the last stop of s that ends a sentence, with quotes
// and brackets after it.
func lastStop(s string) int {
	for i := len(s); i > 0 && len(s)-i < longestCredit; {
		_, n := utf8.DecodeLastRuneInString(s[:i])
		i -= n
		if mark, m := stopMark(s[i:]); mark != noStop {
			end := i + m
			quoted := true
			if end < len(s) && s[end] != ' ' {
				end = closers(s, end, &quoted)
			}
			if end == len(s) || s[end] == ' ' || mark == definite {
				if mark == period && isAbbreviated(s[:i]) {
					continue
				}
				return end
			}
		}
	}
	return 0
}

// endsWithForm reports whether s ends with the legal form of a company: "About Weir Works Inc.".
func endsWithForm(s string) bool { return legalForms.has(s[strings.LastIndexByte(s, ' ')+1:]) }

// wholeSections are headings of the issuer's boilerplate without the issuer's name, by language.
var wholeSections = phrases(`about us|about the company|über uns|über das unternehmen|à propos|a propos|sobre nosotros|quiénes somos|sobre nós|quem somos|sobre a empresa|chi siamo|l'azienda|over ons|o nas|o firmie|o spółce|o fundacji|o projekcie|o organizatorze|о компании|о нас|о фонде|об организации|справка о компании
	|про нас|про компанію|om oss|om os|om företaget|om selskapet|tietoa meistä|tietoa yrityksestä|o nás|o společnosti|o spoločnosti|rólunk|a cégről|despre noi|despre companie|o nama|o tvrtki|o podjetju|o nas|за нас|за компанията|σχετικά με εμάς|σχετικά με την εταιρεία|hakkımızda|şirket hakkında|apie mus|apie įmonę|par uzņēmumu|meist|ettevõttest
	|من نحن|نبذة عن الشركة|عن الشركة|关于我们|关于公司|公司简介|公司介绍|關於我們|会社概要|【会社概要】|企業情報|会社情報|회사소개|회사 소개|기업 소개|tentang kami|tentang perusahaan|về chúng tôi`)

// isEditorsNote reports whether s is a sentence to editors, below the body: "EDS: Pictures to follow.".
func isEditorsNote(s string) bool {
	found, _, ok := noteBeginnings.find(s)
	return ok && isLabelledNote(s) && (sureNotes.has(found.text) || strings.HasPrefix(found.text, "ed"))
}

// isSectionNote reports whether s is one of sections, a colon, and what it heads: "Notes to editors:
// Pictures can be had from the museum.".
func isSectionNote(s string) bool {
	found, rest, ok := sections.find(s)
	return ok && found.value && hasAnyPrefix(rest, ":", "：")
}

// isSectionHead reports whether s heads what follows the news to the end of the text. The
// name of a company may follow in a press release.
func isSectionHead(s string, release bool) bool {
	plain := s
	if !startsWithWord(s) {
		plain = strings.TrimLeft(s, "#*=-–—+_~|>•■▼◆●<【「(（ ")
	}
	if plain == "" || !release && !sections.mayBegin(plain) {
		return false
	}
	if len(s) > 120 {
		return false
	}
	found, rest, ok := sections.find(strings.TrimRight(plain, "#*=-–—+_~|>•■▼◆●】」)）: ："))
	switch {
	case release && wholeSections.has(strings.TrimRight(plain, ": 】")):
		return true
	case !ok:
		return false
	case !found.value:
		return release && headsAbout(plain, rest)
	}
	return !hasWord(rest) || strings.HasSuffix(s, ":") && countWords(rest, 4) < 4 || strings.HasPrefix(rest, ":") && found.text == "ранее по теме"
}

// headsAbout reports whether s, with the name of a company behind "about", is a heading.
func headsAbout(s, name string) bool {
	return countWords(s, 10) < 10 && (!EndsSentence(s) || endsWithForm(s)) && hasWord(name)
}
