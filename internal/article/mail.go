package article

import (
	"cmp"
	"slices"
	"strings"
)

// This file knows e-mails: the header, forwarded and quoted parts, greetings, signatures
// and disclaimers, by lines as they stand in the source.

// mailKey is a field of the header of an e-mail.
type mailKey uint8

const (
	mailOther mailKey = iota + 1
	mailFrom
	mailTo
	mailSubject
)

// mailKeys are the names of the fields that mail programs write, by language.
var mailKeys = newPrefixTable(map[mailKey]string{
	mailFrom:    `from:|von:|de:|de :|da:|van:|od:|от:|від:|kimden:|gönderen:|发件人:|发件人：|寄件者：|差出人:|差出人：|보낸 사람:|보낸사람:|من:|fra:|från:|dari:|प्रेषक:|lähettäjä:|feladó:|de la:|od koga:|από:|מאת:|từ:|saatja:|nuo:|no:|kutoka:|از:`,
	mailTo:      `to:|an:|à:|à :|para:|a:|aan:|do:|кому:|kime:|alıcı:|收件人:|收件人：|收件者：|宛先:|宛先：|받는 사람:|받는사람:|إلى:|til:|till:|kepada:|प्रति:|vastaanottaja:|címzett:|komu:|către:|za:|prima:|προς:|до:|אל:|đến:|tới:|per a:|kellele:|saajale:|kam:|kwa:|به:`,
	mailSubject: `subject:|betreff:|objet:|objet :|asunto:|assunto:|oggetto:|onderwerp:|temat:|тема:|konu:|主题:|主题：|主旨：|件名:|件名：|제목:|الموضوع:|emne:|ämne:|perihal:|विषय:|subjek:|aihe:|tárgy:|předmět:|predmet:|subiect:|zadeva:|θέμα:|относно:|נושא:|chủ đề:|assumpte:|teema:|temats:|mada:|موضوع:`,
	mailOther: `cc:|bcc:|kopie:|date:|sent:|datum:|gesendet:|gesendet am:|envoyé:|envoyé :|date :|enviado:|enviado el:|fecha:|data:|inviato:|verzonden:|wysłano:|data:|отправлено:|дата:|надіслано:
		|skickat:|sendt:|lähetetty:|elküldve:|dátum:|másolat:|odesláno:|odoslané:|kopie:|kópia:|trimis:|dată:|poslano:|poslato:|kopija:|στάλθηκε:|ημερομηνία:|κοιν.:|изпратено:|копие:|נשלח:|תאריך:|gửi:|đã gửi:|ngày:|enviat:|saadetud:|kuupäev:|išsiųsta:|nosūtīts:|kopi:|kopia:|dikirim:|tanggal:|تاریخ:
		|tarih:|gönderildi:|日期:|日期：|发送时间:|发送时间：|日時:|送信日時:|날짜:|보낸 날짜:|التاريخ:|reply-to:|message-id:|mime-version:|content-type:|content-transfer-encoding:|x-|received:|return-path:
		|delivered-to:|in-reply-to:|references:|importance:|priority:|attachments:|anlagen:|list-id:|list-unsubscribe:|sender:|user-agent:|dkim-signature:|authentication-results:|received-spf:|thread-topic:`,
})

// subjectMarks begin subjects of e-mails that answer or forward others.
var subjectMarks = newPrefixTable(map[bool]string{
	false: `re:|aw:|sv:|antw:|odp:|res:|ynt:|回复:|回复：|答复:|返信:|ha:|отв:|rif:|ref:`,
	true:  `fwd:|fw:|wg:|tr:|rv:|enc:|i:|doorst:|pd:|ilt:|转发:|转发：|轉寄:|vb:|vs:`,
})

// forwardMarks stand, between dashes, above an e-mail that is forwarded.
var forwardMarks = newPrefixTable(map[bool]string{
	true: `forwarded message|begin forwarded message|weitergeleitete nachricht|anfang der weitergeleiteten|message transféré|message transmis|début du message|mensaje reenviado|inicio del mensaje reenviado
		|mensagem encaminhada|messaggio inoltrato|inizio messaggio inoltrato|doorgestuurd bericht|begin doorgestuurd|wiadomość przekazana|пересылаемое сообщение|переслане повідомлення
		|iletilen mesaj|iletilmiş mesaj|yönlendirilen|转发的邮件|轉寄郵件|転送メッセージ|전달된 메시지|رسالة معاد توجيهها|videresendt|vidarebefordrat`,
	false: `original message|ursprüngliche nachricht|originalnachricht|message d'origine|message d’origine|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|wiadomość oryginalna
		|исходное сообщение|оригінальне повідомлення|özgün mesaj|orijinal mesaj|原始邮件|原始郵件|元のメッセージ|원본 메일|원본 메시지|الرسالة الأصلية`,
})

// writes ends the line above what an e-mail quotes: "On Monday, Jo Park wrote:".
var writes = []string{
	"wrote:", "schrieb:", "a écrit :", "a écrit:", "escribió:", "escreveu:", "ha scritto:", "schreef:", "napisał:", "napisała:", "napisał(a):", "pisze:",
	"написал:", "написала:", "написал(а):", "пишет:", "пише:", "написав:", "şunu yazdı:", "yazdı:", "写道：", "写道:", "寫道：", "のメール:", "님이 작성:", "كتب:", "skrev:", "menulis:",
}

// greetings begin the first line of a letter.
var greetings = newPrefixTable(map[bool]string{
	true: `hi|hello|hey|dear|good morning|good afternoon|morning|hallo|liebe|lieber|guten tag|guten morgen|sehr geehrte|moin|bonjour|cher|chère|chers|chères|salut|hola|estimado|estimada|estimados
		|buenos días|buenas|olá|caro|cara|caros|prezado|prezada|bom dia|boa tarde|ciao|buongiorno|gentile|gentili|cari|beste|geachte|dag|szanowni|szanowna|szanowny|dzień dobry|cześć
		|уважаемые|уважаемый|уважаемая|добрый день|здравствуйте|привет|шановні|добрий день|вітаю|sayın|merhaba|各位|尊敬的|您好|大家好|お世話に|各位様|안녕하세요|السادة|تحية طيبة|hej|hei|नमस्ते|halo|yth|moi|terve|kära|god dag|goddag|sziasztok|kedves|tisztelt|ahoj|dobrý den|dobrý deň|vážen|pozdrav|poštovan|bună|dragă|stimat|γεια|αγαπητ|καλημέρα|здравейте|уважаеми|chào|kính gửi|bon dia|benvolgut|tere|labas|laba diena|labdien|שלום|سلام|با سلام|habari`,
})

// closings begin the line above the signature of a letter.
var closings = newPrefixTable(map[bool]string{
	true: `best regards|kind regards|warm regards|regards|best wishes|best,|best|cheers|thanks|many thanks|thank you,|sincerely|yours|all the best|ta,
		|mit freundlichen grüßen|freundliche grüße|viele grüße|beste grüße|liebe grüße|herzliche grüße|schöne grüße|mfg|vg|lg|gruß|grüße
		|cordialement|bien cordialement|bien à vous|cdlt|merci|amicalement|saludos|un saludo|atentamente|cordialmente|un abrazo|gracias|cumprimentos|melhores cumprimentos|atenciosamente|abraços|abraço|obrigado|obrigada
		|cordiali saluti|distinti saluti|saluti|un saluto|grazie|met vriendelijke groet|vriendelijke groet|groet|groeten|pozdrawiam|z poważaniem|с уважением|всего доброго|спасибо|з повагою|saygılarımla|selamlar|iyi çalışmalar
		|此致|祝好|谢谢|敬具|よろしくお願い|감사합니다|مع التحية|مع أطيب|med vänlig hälsning|med vänliga hälsningar|vänliga hälsningar|vänligen|hälsningar|hälsning|ystävällisin terveisin|terveisin|terv.|üdvözlettel|üdv|tisztelettel|s pozdravem|s pozdravom|zdravím|lijep pozdrav|srdačan pozdrav|lep pozdrav|cu stimă|cu respect|με εκτίμηση|φιλικά|поздрави|с уважение|trân trọng|salutacions|cordialment|lugupidamisega|pagarbiai|ar cieņu|בברכה|با احترام|با تشکر|hormat kami|wasalaam|med venlig hilsen|mvh|hilsen|salam|धन्यवाद`,
})

// devices begin the line that a telephone adds to an e-mail.
var devices = newPrefixTable(map[bool]string{
	true: `sent from my|sent from outlook|sent from mail|get outlook|von meinem|gesendet von|gesendet mit|envoyé de mon|envoyé depuis|enviado desde|enviado do meu|enviado a partir|inviato da|verstuurd vanaf|verzonden vanaf
		|wysłane z|отправлено с|отправлено из|надіслано з|gönderildi|发自我的|從我的|iphoneから|나의 iphone|أرسلت من|skickat från|sendt fra|dikirim dari`,
})

// disclaimers begin what the lawyers add to an e-mail.
var disclaimers = newPrefixTable(map[bool]string{
	true: `disclaimer|confidentiality notice|this e-mail and any|this email and any|this message and any|this e-mail is|this email is intended|this message is intended|this communication is|the information contained in this|the information in this e
		|please consider the environment|diese e-mail enthält|diese e-mail und|diese nachricht enthält|diese nachricht ist|diese e-mail ist|bitte denken sie an die umwelt
		|ce message et|ce message est|ce courriel|cet e-mail|ce mail|este mensaje|este correo|esta mensagem|este e-mail|este email|questo messaggio|questa e-mail|questa email|le informazioni contenute
		|dit bericht|deze e-mail|dit e-mailbericht|niniejsza wiadomość|ta wiadomość|настоящее сообщение|это сообщение|данное сообщение|це повідомлення|bu e-posta|bu mesaj|本邮件|本電子郵件|このメール|本メール|본 메일|هذه الرسالة|هذا البريد`,
})

// confidingWords stand in disclaimers.
var confidingWords = []string{
	"confidential", "intended", "addressee", "recipient", "vertraulich", "adressat", "empfänger", "confidentiel", "destinataire", "confidencial", "destinatari",
	"riservat", "vertrouwelijk", "geadresseerde", "poufn", "adresat", "конфиденц", "конфіденц", "адресат", "gizli", "alıcı", "机密", "保密", "機密", "기밀", "سري", "environment", "umwelt", "disclaimer",
}

// mailings begin the lines around a newsletter, by language: how to see it in another way,
// why it came, how to end it. False: the line must be short, or hold an address.
var mailings = newPrefixTable(map[bool]string{
	true: `you are receiving this|you're receiving this|you’re receiving this|you received this e|you received this message because|this email was sent to|this e-mail was sent to|this newsletter was sent to|was this email forwarded|was this newsletter forwarded
		|if you no longer wish to receive|if you no longer want to receive|to unsubscribe from|view this email in|view this e-mail in|view this newsletter in|having trouble viewing
		|sie erhalten diese e-mail|sie erhalten diesen newsletter|sie bekommen diese|wenn sie diesen newsletter nicht|vous recevez ce|vous recevez cet e|si vous ne souhaitez plus recevoir
		|recibe este correo|recibes este correo|ha recibido este|has recibido este correo|si no desea recibir|recebeu este e-mail|você recebeu este|está a receber este|hai ricevuto questa|ricevi questa|se non vuoi più ricevere
		|u ontvangt deze|je ontvangt deze|otrzymujesz tę wiadomość|otrzymujesz ten newsletter|вы получили это письмо|вы получаете это письмо|ви отримали цей лист|bu e-postayı|この電子メールは|このメールは配信|您收到此邮件`,
	false: `unsubscribe|view in browser|view in your browser|view online|view as web page|read online|open in browser|manage preferences|manage your preferences|manage subscription|manage your subscription|update your preferences|email preferences|privacy policy|forward to a friend
		|im browser ansehen|im browser öffnen|im browser anzeigen|onlineversion|newsletter abbestellen|newsletter abmelden|abbestellen|abmelden|datenschutz|impressum
		|voir dans le navigateur|voir la version en ligne|version en ligne|se désabonner|se désinscrire|désinscription|ver en el navegador|ver en navegador|darse de baja|cancelar suscripción|cancelar la suscripción
		|ver no navegador|cancelar subscrição|cancelar inscrição|cancelar a inscrição|visualizza nel browser|apri nel browser|annulla l'iscrizione|disiscriviti|cancellati|bekijk in browser|bekijk online|uitschrijven|afmelden
		|zobacz w przeglądarce|wypisz się|zrezygnuj z subskrypcji|открыть в браузере|отписаться|відкрити в браузері|відписатися|tarayıcıda görüntüle|abonelikten çık|ブラウザで見る|配信停止|在浏览器中查看|退订|구독 취소|수신거부|إلغاء الاشتراك`,
})

// longestNavigation bounds a line of links with bars between them, in bytes.
const longestNavigation = 100

// isMailing reports whether s is a line around a newsletter, or the address that a number in
// brackets stands for: "[1] https://…".
func isMailing(s string) bool {
	if s[0] == '[' {
		number, address, _ := strings.Cut(s[1:], "] ")
		return isNumber(number) && isAddress(address)
	}
	if len(s) < longestNavigation {
		if strings.IndexByte(s, '|') >= 0 {
			s = strings.TrimLeft(s[strings.LastIndexByte(s, '|')+1:], " ")
		}
	}
	found, rest, ok := mailings.find(s)
	if !ok {
		return false
	}
	return found.value || !EndsSentence(s) && countWords(rest, 3) < 3 || strings.Contains(rest, "://")
}

// isDisclaimer reports whether s begins a disclaimer.
func isDisclaimer(s string) bool {
	start, rest, ok := disclaimers.find(strings.TrimLeft(s, "([*-_ "))
	if !ok {
		return false
	}
	if start.text == "disclaimer" || start.text == "confidentiality notice" {
		return rest == "" || strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, " -") || strings.HasPrefix(rest, " –")
	}
	for _, word := range confidingWords {
		if indexFold(rest, word) >= 0 {
			return true
		}
	}
	return false
}

// readMail takes what only mail programs and the letter around an article say out of the
// page. The subject is its title where it has none.
func (p *rawPage) readMail() {
	header := p.mailHeader(0)
	begin := header.end
	if header.end == 0 {
		begin = p.forwarded(0)
		if begin == 0 && !p.message {
			p.dropQuotes(0)
			return
		}
	}
	subject, forwards := withoutMarks(cmp.Or(header.subject, p.title))
	p.dropLines(0, header.end)
	for i := header.end; i < len(p.lines); i++ {
		end := p.forwarded(i)
		if end == 0 && forwards && p.repliesAt(i) {
			end = i // a header without a line of dashes
		}
		if end == 0 {
			continue
		}
		inner := p.mailHeader(end)
		if inner.end == 0 {
			continue
		}
		p.dropLines(begin, inner.end)
		begin, i = inner.end, inner.end-1
		if s, _ := withoutMarks(inner.subject); s != "" {
			subject = s
		}
	}
	p.title = subject
	p.dropQuotes(begin)
	p.dropLetter(begin)
}

// dropLines labels the lines from begin to end as lines of a mail program.
func (p *rawPage) dropLines(begin, end int) {
	for i := begin; i < end; i++ {
		p.lines[i].rule = RuleMail
	}
}

// longestMailHeader bounds the header of an e-mail, in lines.
const longestMailHeader = 100

// mailHead is the header of an e-mail.
type mailHead struct {
	end     int // index of the line after it; 0 if there is none
	subject string
}

// mailHeader reads the header of an e-mail that begins at line i. It has a sender or an
// addressee, and another field.
func (p *rawPage) mailHeader(i int) (h mailHead) {
	fields, addressed, begin := 0, false, i
	for ; i < min(len(p.lines), begin+longestMailHeader) && !(i > begin && p.lines[i].gap); i++ {
		l := p.lines[i]
		s := strings.TrimLeft(p.slice(l), "*>")
		key, value, ok := mailKeys.find(s)
		if ok && (key.text != "x-" || strings.Contains(firstField(s), ":")) {
			fields++
			addressed = addressed || key.value == mailFrom || key.value == mailTo
			if key.value == mailSubject {
				h.subject = strings.Trim(value, " *")
			}
		} else if fields == 0 || !ok && l.indent == 0 {
			break // the field does not go on
		}
	}
	if fields >= 2 && addressed {
		h.end = i
	}
	return h
}

// repliesAt reports whether the header of another e-mail begins at line i, with its sender.
func (p *rawPage) repliesAt(i int) bool {
	key, _, ok := mailKeys.find(strings.TrimLeft(p.slice(p.lines[i]), "*>"))
	return ok && key.value == mailFrom && p.mailHeader(i).end > i
}

// firstField returns s up to the first space.
func firstField(s string) string {
	field, _, _ := strings.Cut(s, " ")
	return field
}

// withoutMarks returns a subject without "Re:" and "Fwd:", and whether it forwards.
func withoutMarks(subject string) (rest string, forwards bool) {
	for {
		mark, rest, ok := subjectMarks.find(subject)
		if !ok {
			return subject, forwards
		}
		subject, forwards = strings.TrimLeft(rest, " "), forwards || mark.value
	}
}

// forwarded returns the index of the line after line i where that says that an e-mail is
// forwarded, else 0.
func (p *rawPage) forwarded(i int) int {
	if i >= len(p.lines) {
		return 0
	}
	s := p.slice(p.lines[i])
	mark := strings.TrimLeft(s, "-_=*> ")
	if found, _, ok := forwardMarks.find(mark); ok && found.value && len(s) < 120 && (len(mark) < len(s) || strings.HasSuffix(s, ":")) {
		return i + 1
	}
	return 0
}

// dropQuotes labels what an e-mail quotes, from line begin on: lines that begin with ">"
// below one such as "On Monday, Jo Park wrote:".
func (p *rawPage) dropQuotes(begin int) {
	if !slices.ContainsFunc(p.lines[begin:], func(l line) bool { return p.text[l.Begin] == '>' }) {
		return
	}
	for i := begin; i < len(p.lines); i++ {
		quote := p.quoteBelow(i)
		end := quote
		for end < len(p.lines) && strings.HasPrefix(p.slice(p.lines[end]), ">") {
			end++
		}
		if end > quote {
			p.dropLines(i, end)
			i = end - 1
		}
	}
}

// quoteBelow returns the index of the line below a line such as "On Monday, Jo Park wrote:"
// that begins at line i and may be wrapped; the number of lines if none does.
func (p *rawPage) quoteBelow(i int) int {
	s := p.slice(p.lines[i])
	switch {
	case p.lines[i].rule != 0:
	case hasAnySuffix(s, writes...):
		return i + 1
	case i+1 < len(p.lines) && hasAnySuffix(p.slice(p.lines[i+1]), writes...) && !p.lines[i+1].gap && digitGroups(s) > 1:
		return i + 2
	}
	return len(p.lines)
}

// dropLetter labels the letter around an article that an e-mail carries: quoted mail,
// greeting, signature and disclaimer, from line begin on.
func (p *rawPage) dropLetter(begin int) {
	end := len(p.lines)
	text := 0 // lines of it so far
	for i := begin; i < end; i++ {
		s := p.slice(p.lines[i])
		switch {
		case p.lines[i].rule != 0:
		case text > 0 && (p.repliesAt(i) || endsLetter(s)):
			end = i
		case strings.HasPrefix(s, ">"), len(s) < 80 && devices.has(s), text == 0 && (isGreeting(s) || isCoverNote(s)):
			p.lines[i].rule = RuleMail
		default:
			text++
		}
	}
	p.dropLines(end, len(p.lines))
	for i := end - 1; i > begin && i > end-12; i-- {
		if l := p.lines[i]; l.rule == 0 && l.gap && isClosing(p.slice(l)) {
			p.dropLines(i, end)
			return
		}
	}
}

// endsLetter reports whether a letter has nothing of its own from the line s on: the mark of
// a signature, of the letter that it answers, or a disclaimer.
func endsLetter(s string) bool {
	if s == "--" || s == "-- " || isDisclaimer(s) {
		return true
	}
	found, _, ok := forwardMarks.find(strings.TrimLeft(s, "-_=* "))
	return ok && !found.value && s[0] == '-'
}

// isGreeting reports whether s is the first line of a letter.
func isGreeting(s string) bool {
	return len(s) < 80 && greetings.has(s) && hasAnySuffix(s, ",", "!", "，", "：", ":", "、", "،")
}

// coverNotes begin the line of a letter that says that the article follows, by language.
var coverNotes = newPrefixTable(map[bool]string{
	true: `please find|find below|find attached|see below|attached is|attached please|attached you|below is|below you|copy below|copy follows|copy attached|text below|story below|story follows|here is the|here's the|here’s the|here comes|here are the|sending the|as discussed|as promised|as agreed
		|anbei|im anhang|hier der|hier die|hier das|hier ist|hier kommt|wie besprochen|wie vereinbart|nachfolgend|untenstehend|voici le|voici la|voici les|voici l'|voici l’|ci-joint|ci-dessous|veuillez trouver|comme convenu|je vous envoie|je t'envoie
		|adjunto|te paso|os paso|les paso|te envío|le envío|les envío|aquí está|aquí va|a continuación|segue|seguem|em anexo|envio|aqui está|aqui vai|conforme combinado|in allegato|allego|ecco il|ecco la|di seguito|vi invio|ti mando
		|bijgaand|hierbij|in de bijlage|hieronder|zoals besproken|w załączniku|w załączeniu|przesyłam|poniżej|во вложении|направляю|высылаю|отправляю|ниже|надсилаю|у вкладенні|нижче|ekte|aşağıda|ekteki|iletiyorum
		|附件|以下是|请查收|請查收|添付|お送りします|첨부|아래는|مرفق|أدناه|تجدون|bifogat|bifogar|här kommer|här är|nedan|vedlagt|her er|her kommer|nedenfor|vedhæftet|liitteenä|ohessa|tässä|terlampir|berikut|v příloze|posílám|níže|mellékelten|csatoltan|küldöm|atașat|mai jos|u prilogu|šaljem`,
})

// isCoverNote reports whether s, the first line of a letter, says that the article follows.
func isCoverNote(s string) bool {
	const longest = 16 // words
	return coverNotes.has(s) && countWords(s, longest) < longest && !speaksOfOthers(s) && EndsSentence(strings.TrimRight(s, ":"))
}

// isClosing reports whether s stands above the signature of a letter.
func isClosing(s string) bool {
	return closings.has(s) && countWords(s, 6) < 6 && !EndsSentence(s)
}
