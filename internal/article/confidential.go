package article

import (
	"strings"
	"unicode/utf8"
)

// This file takes out passages that are not for publication: names, numbers and addresses
// that an agency gives its customers, and contacts (contacts.go). They go before anything
// else looks at the text, by lines as they stand in the source.

// secrecy says how sure the words are.
type secrecy uint8

const (
	secret  secrecy = iota + 1 // wherever they stand
	private                    // where they stand alone, in capitals or before a colon
)

// confidential holds the words that keep a passage from publication, by language.
var confidential = newPrefixTable(map[secrecy]string{
	secret: `not for publication|not for broadcast|not to be published|not intended for publication|do not publish|for editors only|for editors' use only
		|nicht zur veröffentlichung|nicht für die veröffentlichung|nicht zum abdruck|nicht veröffentlichen|nur für redaktionen
		|ne pas publier|pas pour publication|non destiné à la publication|non destinée à la publication|non destinés à la publication
		|non destinées à la publication|pas destiné à la publication|pas destinée à la publication|pas destinés à la publication
		|pas destinées à la publication|ne pas diffuser|réservé aux rédactions
		|no publicar|no para publicación|no para publicar|no para su publicación|no destinado a la publicación|no destinada a la publicación
		|no están destinados a la publicación|no está destinada a la publicación|no apto para publicación|sólo para editores|solo para editores
		|não publicar|não para publicação|não destinado a publicação|não destinada a publicação|não destinado à publicação|não destinada à publicação
		|não se destina a publicação|não se destinam a publicação|não se destina à publicação|não se destinam à publicação|só para editores|apenas para editores
		|non per la pubblicazione|non pubblicare|da non pubblicare|non destinato alla pubblicazione|non destinati alla pubblicazione
		|non destinate alla pubblicazione|non destinata alla pubblicazione|non pubblicabile|non pubblicabili|solo per le redazioni
		|niet voor publicatie|niet publiceren|niet bestemd voor publicatie|alleen voor redacties
		|nie do publikacji|nie do druku|nie publikować|tylko do wiadomości redakcji|wyłącznie do wiadomości redakcji|tylko dla redakcji
		|není určeno k publikaci|není určeno ke zveřejnění|neveřejné|nie je určené na zverejnenie|nem nyilvános|nem publikus|nu este pentru publicare|nu pentru publicare
		|не для публикации|не для печати|не публиковать|не подлежит публикации|не подлежат публикации|только для редакций|для служебного пользования
		|не для публікації|не для друку|не публікувати|не підлягає публікації|не підлягають публікації|лише для редакцій|для службового користування
		|yayımlanmaz|yayınlanmaz|yayın için değildir|yayımlanmak için değildir|yayımlanmamalıdır|yayınlanmamalıdır|yayınlamayınız|yayımlamayınız
		|ليس للنشر|ليست للنشر|غير للنشر|غير مخصص للنشر|غير مخصصة للنشر|غير معد للنشر|غير معدة للنشر|غير قابل للنشر|غير قابلة للنشر|للمحررين فقط|برای انتشار نیست|غیرقابل انتشار|غیر قابل انتشار
		|不得发表|不供发表|不得刊登|请勿发表|请勿刊发|请勿刊登|请勿公开|不公开发表|不予公开|仅供编辑参考|仅供编辑部|仅供内部|不得刊載|請勿刊登|請勿發表|不供刊登|僅供編輯
		|掲載不可|公開不可|報道不可|掲載しないで|公開しないで|非公開|部外秘|編集用
		|비보도|보도 금지|보도금지|게재 금지|게재금지|보도용이 아님|보도용 아님|공개 금지|편집자 전용|편집자용
		|प्रकाशन के लिए नहीं|प्रकाशनार्थ नहीं|केवल संपादकों के लिए|tidak untuk dipublikasikan|bukan untuk publikasi|tidak untuk publikasi|tidak untuk disiarkan
		|ej för publicering|inte för publicering|ikke til offentliggørelse|ikke for publisering|ei julkaistavaksi|si kwa kuchapishwa|si ya kuchapishwa`,
	private: `confidential|private and confidential|strictly confidential|private|for internal use|not for release|off the record|vertraulich|streng vertraulich|confidentiel
		|confidencial|riservato|uso interno|ad uso interno|vertrouwelijk|poufne|конфиденциально|конфіденційно|gizli|gizlidir|سري|محرمانه|机密|機密|内部|대외비|गोपनीय|rahasia`,
})

// heralds are words that announce what follows them, by language. A sentence that holds
// them beside the words of confidential heads a passage.
var heralds = newPrefixTable(map[bool]string{
	true: `following information|following details|following contact|following contacts|following names|following numbers|following is|following are|following lines|following passage
		|information below|details below|contact details|contact numbers|telephone numbers|phone numbers|contacts|editors
		|folgenden informationen|folgende informationen|folgenden angaben|folgende angaben|folgenden kontakte|nachfolgenden|nachstehenden|redaktionen
		|informations suivantes|éléments suivants|numéros suivants|informations ci-dessous|coordonnées|rédactions
		|siguiente información|siguientes datos|datos siguientes|información siguiente|datos de contacto|editores
		|informações seguintes|seguintes informações|dados seguintes|seguintes dados|dados de contacto|dados de contato
		|seguenti informazioni|informazioni seguenti|seguenti dati|dati di contatto|recapiti|redazioni
		|volgende informatie|volgende gegevens|onderstaande|contactgegevens|redacties|poniższe informacje|następujące informacje|dane kontaktowe|redakcji
		|следующая информация|следующие сведения|нижеследующая|контакты|контактные данные|редакций|наступна інформація|контактні дані|редакцій
		|aşağıdaki|iletişim bilgileri|editörler|المعلومات التالية|البيانات التالية|بيانات الاتصال|المحررين
		|以下信息|以下内容|下列信息|联系方式|以下の情報|以下は|連絡先|아래 내용|다음 내용|연락처|निम्नलिखित|नीचे दी गई|informasi berikut`,
})

// embargoEnds begin what follows "not for publication" in an embargo.
var embargoEnds = newPrefixTable(map[bool]string{
	true: `before|until|till|prior to|bis|vor|avant|jusqu|antes|hasta|até|prima|fino|voor|tot|przed|do |до|раньше|önce`,
})

// longestMark bounds a line that is looked through for words of confidential, in bytes.
const longestMark = 240

// heraldStarts begin the sentences that keep what follows them from publication, by
// language.
var heraldStarts = newPrefixTable(map[bool]string{
	true: `the following|following|background|press office|info|for information|zur info|anm|anmerkung|hintergrund|pressestelle|these|this information|information|contact|contacts|names|the names|telephone|phone|note|nb|n.b|attention|attn|editors|for editors
		|die folgenden|folgende|folgenden|nachfolgende|nachstehende|diese|hinweis|achtung|kontakt|les informations|ces informations|les éléments|les coordonnées|les numéros|ce qui suit|informations
		|la siguiente|los siguientes|las siguientes|esta información|estos datos|lo que sigue|atención|as seguintes|os seguintes|a seguinte|estas informações|esta informação|estes dados|atenção
		|le seguenti|i seguenti|queste informazioni|attenzione|recapiti|de volgende|volgende|onderstaande|deze|let op|poniższe|poniższa|następujące|uwaga|dane
		|следующая|следующие|нижеследующая|эта информация|данная информация|эти сведения|внимание|контакты|контактные|наступна|наступні|ця інформація|увага|контакти|контактні
		|aşağıdaki|bu bilgiler|dikkat|المعلومات|هذه|البيانات|تنبيه|ملاحظة|以下|下列|注意|联系方式|次の|下記|아래|다음|연락처|निम्न|नीचे|ये|informasi|berikut|následující|a következő|följande|følgende`,
})

// mayMark reports whether s may keep something from publication: it is short and no plain
// sentence.
func mayMark(s string) bool {
	switch {
	case len(s) > longestMark:
		return false
	case !EndsSentence(s), strings.IndexByte("([{*#-=_<>+|~/", s[0]) >= 0:
		return true
	}
	if colon := strings.IndexByte(s, ':'); colon > 0 && colon+3 < len(s) && s[colon+2] != '"' && s[colon+2] < utf8.RuneSelf {
		return true // unlike the end of a quotation
	}
	return confidential.has(s) || heraldStarts.has(s) || contactHeads.has(s) || endsConfidentially(s)
}

// endsConfidentially reports whether s, a sentence, may end with words of confidential, as in
// "Call Kim Bell on 555-0147 - NOT FOR PUBLICATION.".
func endsConfidentially(s string) bool {
	if n := len(s); n < 2 || s[n-1] != '.' || !isASCIILetter(s[n-2]) {
		s = strings.TrimRight(s, decoration+".!。")
	} else {
		s = s[:n-1] // nearly always
	}
	last := lastWord(s, len(s))
	if !confidentialEnds.has(last) && !IsUnspaced(lastRune(s)) {
		return false
	}
	const longest = 60 // bytes of the words
	begin := max(0, len(s)-longest)
	for begin < len(s) && !utf8.RuneStart(s[begin]) {
		begin++
	}
	return confidential.holds(s[begin:])
}

// confidentialEnds holds the last word of each of confidential.
var confidentialEnds = func() *wordSet {
	var set wordSet
	for _, p := range confidential.entries {
		set.put(lastWord(p.text, len(p.text)), struct{}{})
	}
	return &set
}()

// withhold takes confidential passages and contacts out of the page.
func (p *rawPage) withhold() {
	round, square := byteFinder{text: p.text, c: '('}, byteFinder{text: p.text, c: '['}
	for i := range p.lines {
		l := &p.lines[i]
		if l.rule != 0 {
			continue
		}
		s := p.slice(*l)
		if strings.HasPrefix(s, "((") {
			p.withholdLines(i, p.bracketEnd(i)+1)
			continue
		}
		if mayMark(s) {
			if reach := p.confidentialReach(i); reach != noReach {
				p.withholdLines(i, p.confidentialEnd(i, reach))
				continue
			}
			if p.plain && p.isContactHead(i) {
				p.contacts = true
				p.withholdLines(i, p.contactEnd(i))
				continue
			}
		}
		if min(round.from(l.Begin), square.from(l.Begin)) < l.End {
			p.readBrackets(i)
		}
	}
}

// byteFinder finds c in text, from ever higher offsets in time linear in text.
type byteFinder struct {
	text string
	c    byte
	at   int // where it was found last
}

// from returns the first offset from begin on at which c stands, or the end of the text.
func (f *byteFinder) from(begin int) int {
	if f.at < begin || f.at == 0 {
		f.at = len(f.text)
		if at := strings.IndexByte(f.text[begin:], f.c); at >= 0 {
			f.at = begin + at
		}
	}
	return f.at
}

// withholdLines labels the lines from begin to end.
func (p *rawPage) withholdLines(begin, end int) {
	for i := begin; i < end; i++ {
		if p.lines[i].rule == 0 {
			p.lines[i].rule = RuleConfidential
		}
	}
}

// withholdBlock labels the block of lines around line i, which holds contacts, up to the
// nearest prose.
func (p *rawPage) withholdBlock(i int, prose []bool) {
	begin, end := i, i+1
	for begin > 0 && !p.lines[begin].gap && !prose[begin-1] {
		begin--
	}
	for end < len(p.lines) && !p.lines[end].gap && !prose[end] {
		end++
	}
	p.withholdLines(begin, end)
}

// reach says what of a page a line keeps from publication.
type reach uint8

const (
	noReach   reach = iota
	ownLine         // what the line holds itself
	nextLines       // what follows it
)

// confidentialReach tells what line i keeps from publication.
func (p *rawPage) confidentialReach(i int) reach {
	s := p.slice(p.lines[i])
	found, at, rest, ok := confidential.search(s)
	if !ok || embargoEnds.has(strings.TrimLeft(rest, " ")) || followsBracket(s[:at], rest) {
		return noReach
	}
	m := secretMarkAt(s, at, rest)
	contact, herald := hasContact(s), heralds.holds(s)
	switch {
	case found.value == private:
		ok = m.labels()
	case m.before == "":
		ok = contact || m.heads()
	default:
		ok = herald || contact || m.titles || m.closes() || p.hasContact(i+1)
	}
	switch {
	case !ok:
		return noReach
	case contact, !herald && countWords(m.after, 3) == 3 && !hasAnySuffix(s, ":", "："):
		return ownLine
	}
	return nextLines
}

// followsBracket reports whether s, before words of confidential and rest, ends with a bracket
// behind words, which readBrackets cuts. It is not enough to cut one that labels a contact:
// "The spokesman (not for publication): 555-0147".
func followsBracket(s, rest string) bool {
	if hasAnyPrefix(rest, "):", "]:", ") :", "] :", "）：") && hasContact(rest) {
		return false
	}
	s = strings.TrimRight(s, " ")
	return hasAnySuffix(s, "(", "[") && hasWord(s)
}

// secretMark is how words of confidential stand on a line.
type secretMark struct {
	before, after string // without decoration
	rest          string // what follows the words
	ended         bool   // the line ends a sentence
	loud          bool   // the words are in capitals
	titles        bool   // a colon follows them, or ends the line
}

// secretMarkAt tells how words of confidential stand in s at the index at, before rest.
func secretMarkAt(s string, at int, rest string) secretMark {
	word := strings.TrimRight(s[at:len(s)-len(rest)], " ")
	return secretMark{
		before: strings.TrimLeft(s[:at], decoration),
		after:  strings.Trim(rest, decoration+".!。"),
		rest:   strings.TrimLeft(rest, " "),
		ended:  EndsSentence(s),
		loud:   isUpperWord(word) && isCasedWord(word),
		titles: hasAnyPrefix(strings.TrimLeft(rest, " )]*】"), ":", "：") || hasAnySuffix(s, ":", "："),
	}
}

// labels reports whether the words, of the less sure ones, label what follows.
func (m secretMark) labels() bool {
	return m.before == "" && (m.titles || m.loud || m.after == "" && !m.ended)
}

// heads reports whether the words, which begin the line, head a passage or a line.
func (m secretMark) heads() bool {
	if m.after == "" || m.titles || m.loud || strings.ContainsAny(firstField(m.rest), "-–—,;(") {
		return true
	}
	return !m.ended && countWords(m.rest, 8) < 8
}

// closes reports whether the words end the line in capitals: "Kim Bell - NOT FOR
// PUBLICATION".
func (m secretMark) closes() bool {
	return m.loud && m.after == "" && !m.ended && countWords(m.before, 9) < 9
}

// decoration is what may stand around the words of a line.
const decoration = "()[]{}<>*#=-–—+_~/|•【】（）［］:： "

// confidentialEnd returns the index of the line after the passage that line i begins.
func (p *rawPage) confidentialEnd(i int, reach reach) int {
	if end := p.bracketEnd(i); end > i || isBracketed(p.slice(p.lines[i])) && reach == ownLine {
		return end + 1
	}
	if reach == nextLines && p.proseAbove(i) {
		return p.closingEnd(i + 1)
	}
	return p.contactEnd(i)
}

// closingEnd returns the index of the line after a passage that runs from line i to the
// end of the text, or to a rule with prose below that holds no contacts.
func (p *rawPage) closingEnd(i int) int {
	for begin := i; i < len(p.lines); i++ {
		if i > begin && !hasWord(p.slice(p.lines[i])) && p.resumes(i+1) {
			return i
		}
	}
	return i
}

// resumes reports whether the line at i is prose that holds no contacts.
func (p *rawPage) resumes(i int) bool {
	return i < len(p.lines) && isProse(p.slice(p.lines[i])) && !hasContact(p.slice(p.lines[i]))
}

// nearby is how many lines above or below one are looked at for prose.
const nearby = 64

// proseAbove reports whether the body has begun above line i.
func (p *rawPage) proseAbove(i int) bool {
	for j := max(0, i-nearby); j < i; j++ {
		if l := p.lines[j]; l.rule == 0 && (isProse(p.slice(l)) || signedDateline(p.slice(l), true) > 0) {
			return true
		}
	}
	return false
}
