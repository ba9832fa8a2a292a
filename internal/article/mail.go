package article

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
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
		|delivered-to:|in-reply-to:|references:|importance:|priority:|attachments:|anlagen:|list-id:|list-unsubscribe:|sender:|user-agent:|dkim-signature:|authentication-results:|received-spf:|thread-topic:
		|anhang:|anhänge:|anlage:|pièces jointes:|pièces jointes :|pièce jointe:|pièce jointe :|pj:|pj :|adjunto:|adjuntos:|datos adjuntos:|archivos adjuntos:|anexo:|anexos:|allegato:|allegati:|bijlage:|bijlagen:|załącznik:|załączniki:|вложение:|вложения:|вкладення:|ek:|ekler:
		|附件:|附件：|添付:|添付：|添付ファイル:|添付ファイル：|첨부:|첨부파일:|المرفقات:|مرفقات:|bilaga:|bilagor:|bifogade filer:|vedlegg:|vedhæftet:|vedhæftede filer:|liite:|liitteet:|příloha:|přílohy:|príloha:|prílohy:|melléklet:|mellékletek:|csatolmány:|atașament:|atașamente:|prilog:|prilozi:|priloge:|συνημμένα:|прикачен файл:|прикачени файлове:|קבצים מצורפים:|lampiran:|tệp đính kèm:|पीजे:|संलग्नक:
		|dw:|do wiadomości:|копия:|копія:|bilgi:|抄送:|抄送：|副本:|副本：|참조:|نسخة:|attachment:`,
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
		|уважаемые|уважаемый|уважаемая|добрый день|здравствуйте|привет|шановні|добрий день|вітаю|sayın|merhaba|各位|尊敬的|您好|大家好|お世話に|各位様|안녕하세요|السادة|تحية طيبة|hej|hei|नमस्ते|halo|yth|moi|terve|kära|god dag|goddag|sziasztok|kedves|tisztelt|ahoj|dobrý den|dobrý deň|vážen|pozdrav|poštovan|bună|dragă|stimat|γεια|αγαπητ|καλημέρα|здравейте|уважаеми|chào|kính gửi|bon dia|benvolgut|tere|labas|laba diena|labdien|שלום|سلام|با سلام|habari
		|mesdames|messieurs|madame|monsieur|chers tous|signore e signori|egregio|egregi|spettabile|spett.le|señoras|señores|compañeros|colegas|damen und herren|verehrte|werte|liebes|grüß gott|servus|ladies and gentlemen|to whom|colleagues|all,|geacht|drodzy|drogi|droga|panie i panowie|дорогие|господа|коллеги|панове|değerli|報道各位|報道関係|編集部|敬启|حضرة|سعادة`,
})

// closings begin the line above the signature of a letter.
var closings = newPrefixTable(map[bool]string{
	true: `best regards|kind regards|warm regards|regards|best wishes|best,|best|cheers|thanks|many thanks|thank you,|sincerely|yours|all the best|ta,
		|mit freundlichen grüßen|freundliche grüße|viele grüße|beste grüße|liebe grüße|herzliche grüße|schöne grüße|mfg|vg|lg|gruß|grüße
		|cordialement|bien cordialement|bien à vous|cdlt|merci|amicalement|saludos|un saludo|atentamente|cordialmente|un abrazo|gracias|cumprimentos|melhores cumprimentos|atenciosamente|abraços|abraço|obrigado|obrigada
		|cordiali saluti|distinti saluti|saluti|un saluto|grazie|met vriendelijke groet|vriendelijke groet|groet|groeten|pozdrawiam|z poważaniem|с уважением|всего доброго|спасибо|з повагою|saygılarımla|selamlar|iyi çalışmalar
		|此致|祝好|谢谢|敬具|よろしくお願い|감사합니다|مع التحية|مع أطيب|med vänlig hälsning|med vänliga hälsningar|vänliga hälsningar|vänligen|hälsningar|hälsning|ystävällisin terveisin|terveisin|terv.|üdvözlettel|üdv|tisztelettel|s pozdravem|s pozdravom|zdravím|lijep pozdrav|srdačan pozdrav|lep pozdrav|cu stimă|cu respect|με εκτίμηση|φιλικά|поздрави|с уважение|trân trọng|salutacions|cordialment|lugupidamisega|pagarbiai|ar cieņu|בברכה|با احترام|با تشکر|hormat kami|salam hormat|wasalaam|saygılarımızla|saygılar|iyi yayınlar|مع تحيات|مع تحياتي|وتفضلوا|un cordial saludo|cordial saludo|reciban un|muchas gracias|salutations|sincères salutations|meilleures salutations|respectueusement|com os melhores|att.|un caro saluto|hartelijke groet|hartelijke groeten|met hartelijke|serdeczne pozdrowienia|z wyrazami|с наилучшими|наилучшие|искренне ваш|щиро ваш|з найкращими|bedste hilsner|de bedste hilsner|parhain terveisin|s úctou|köszönettel|mulțumim|s poštovanjem|z lepimi|с поздрав|με τιμή|terima kasih|以上|敬礼|顺颂|med venlig hilsen|mvh|hilsen|salam|धन्यवाद`,
})

// sendingWords begin, behind a greeting, what a letter says of the article that follows, by
// language. Other text begins so too.
var sendingWords = newPrefixTable(map[bool]string{
	true: `hope you|hope this|i hope|i trust|i am sending|i'm sending|i’m sending|i wanted to|i am pleased|we are sending|we are pleased|we send|kindly find|enclosed|sharing|thought you|thought this|in case|just in case|this might|for your
		|wir senden|wir übersenden|wir bitten|wir freuen uns|mit der bitte|ich sende|ich schicke|gerne|hiermit|zu ihrer|merci de|nous vous|nous avons|vous trouverez|je me permets|j'ai le plaisir|j’ai le plaisir
		|le remitimos|les remitimos|remitimos|rogamos|con el ruego|con ruego|enviamos|tengo el gusto|vimos por este|junto enviamos|junto envio|remetemos|com pedido|con preghiera|con cortese|si trasmette|si invia|inviamo|trasmettiamo|in riferimento
		|wij sturen|met het verzoek|graag|uprzejmie|z prośbą|przekazujemy|zapraszamy|просим|прошу|прилагаем|предлагаем|надаємо|просимо|пропонуємо|sizlere|sizinle|bilgilerinize|vi skickar|vi sender|skickar|sender|lähetämme|posíláme|zasíláme|posielame|küldjük|vă trimitem|šaljemo|dostavljamo|pošiljamo|изпращаме|σας στέλνουμε|dengan ini|yüksek bilgilerinize|نرسل|يسرنا|نرفق|谨此|现将|兹将|送付|下記|平素|いつも|標記|表題|ご案内|보내드립니다`,
})

// devices begin the line that a telephone adds to an e-mail.
var devices = newPrefixTable(map[bool]string{
	true: `sent from my|sent from outlook|sent from mail|get outlook|von meinem|gesendet von|gesendet mit|envoyé de mon|envoyé depuis|enviado desde|enviado do meu|enviado a partir|inviato da|verstuurd vanaf|verzonden vanaf
		|wysłane z|отправлено с|отправлено из|надіслано з|gönderildi|发自我的|從我的|iphoneから|나의 iphone|أرسلت من|skickat från|sendt fra|dikirim dari`,
})

// disclaimers begin what the lawyers add to an e-mail.
var disclaimers = newPrefixTable(map[bool]string{
	true: `disclaimer|confidentiality notice|this e-mail and any|this email and any|this message and any|this e-mail is|this email is intended|this message is intended|this communication is|this email may contain|this e-mail may contain|this email contains|this e-mail contains|this message contains|this message may contain|this transmission is|this transmission may|the contents of this email|the contents of this e-mail|the contents of this message|the information contained in this|the information in this e
		|please consider the environment|diese e-mail enthält|diese e-mail und|diese nachricht enthält|diese nachricht ist|diese e-mail ist|bitte denken sie an die umwelt
		|ce message et|ce message est|ce courriel|cet e-mail|ce mail|este mensaje|este correo|esta mensagem|este e-mail|este email|questo messaggio|questa e-mail|questa email|le informazioni contenute
		|dit bericht|deze e-mail|dit e-mailbericht|niniejsza wiadomość|ta wiadomość|la información contenida|a informação contida|as informações contidas|de informatie in|de inhoud van dit|informacje zawarte|treść tej|информация в этом|информация, содержащаяся|інформація в цьому|інформація, що|bu e-postadaki|informationen in dieser|die informationen in dieser|der inhalt dieser|les informations contenues|l'information contenue|l’information contenue|informace obsažené|tato zpráva|táto správa|ez az üzenet|ez az e-mail|acest mesaj|acest e-mail|ova poruka|ovaj e-mail|това съобщение|αυτό το μήνυμα|το παρόν μήνυμα
		|detta meddelande|detta e-postmeddelande|detta mejl|denne e-mail|denne e-post|dette e-post|denne meddelelse|tämä viesti|tämä sähköposti|pesan ini|email ini|настоящее сообщение|это сообщение|данное сообщение|це повідомлення|bu e-posta|bu mesaj|本邮件|本電子郵件|このメール|本メール|본 메일|هذه الرسالة|هذا البريد
		|` + disclaimerTitles + `|` + shortDisclaimers,
})

// disclaimerTitles head disclaimers, by language. Nothing, or a colon or a dash, follows.
const disclaimerTitles = `avviso di riservatezza|nota di riservatezza|informativa privacy|aviso de confidencialidad|aviso legal|avis de confidentialité|clause de confidentialité|aviso de confidencialidade|vertraulichkeitshinweis|rechtlicher hinweis|haftungsausschluss
		|vertrouwelijkheidsverklaring|vertrouwelijkheidsclausule|klauzula poufności|informacja o poufności|zastrzeżenie poufności|уведомление о конфиденциальности|конфиденциальность|повідомлення про конфіденційність|gizlilik bildirimi|gizlilik uyarısı|gizlilik notu|yasal uyarı|إشعار السرية|إشعار بالسرية|إخلاء مسؤولية
		|免责声明|免責聲明|保密声明|保密聲明|机密声明|機密保持|守秘義務|기밀 유지|비밀유지|konfidentialitet|sekretess|luottamuksellisuus|důvěrnost|adatvédelmi nyilatkozat|confidențialitate|povjerljivost|поверителност|εμπιστευτικότητα|privacy notice|email disclaimer|e-mail disclaimer|confidentiality|privileged and confidential`

// shortDisclaimers begin the line that asks not to print an e-mail, or calls it confidential, by
// language.
const shortDisclaimers = `please think before|do you really need to print|bitte prüfen sie, ob diese|bitte denken sie vor|denken sie an die umwelt|informationen zum datenschutz|hinweise zum datenschutz|information about how we|this email is confidential|this e-mail is confidential|this message is confidential|before printing|think before you print|save paper|save a tree|bevor sie diese|vor dem ausdrucken|prima di stampare|pensa all'ambiente|avant d'imprimer|avant d’imprimer|pensez à l'environnement|pensez à l’environnement|n'imprimez ce|antes de imprimir|denk aan het milieu|denk aan ons milieu|print deze
		|przed wydrukowaniem|przed wydrukiem|pomyśl o środowisku|перед тем как распечатать|прежде чем распечатать|перш ніж друкувати|bu e-postayı yazdırmadan|lütfen çevreyi|tänk på miljön|tenk på miljøet|tænk på miljøet|ajattele ympäristöä|myslete na životní|myslite na životné|gondoljon a környezet|protejați mediul|razmislite prije|打印前|打印本邮件|列印前|印刷する前に|인쇄하기 전에|قبل طباعة`

// confidingWords stand in disclaimers.
var confidingWords = []string{
	"confidential", "intended", "addressee", "recipient", "vertraulich", "adressat", "empfänger", "confidentiel", "destinataire", "confidencial", "destinatari",
	"riservat", "ambiente", "vertrouwelijk", "geadresseerde", "poufn", "adresat", "конфиденц", "конфіденц", "адресат", "gizli", "alıcı", "机密", "保密", "機密", "기밀", "سري", "fortrolig", "konfident", "luottamuksel", "důvěrn", "dôvern", "bizalmas", "confidenț", "povjerljiv", "poverljiv", "поверител", "εμπιστευτ", "rahasia", "adresát", "címzett", "mottag", "modtager", "mottaker", "vastaanottaj", "environment", "umwelt", "disclaimer",
}

// mailings begin the lines around a newsletter, by language: how to see it in another way,
// why it came, how to end it. False: the line must be short, or hold an address.
var mailings = newPrefixTable(map[bool]string{
	true: `you are receiving this|you're receiving this|you’re receiving this|you received this e|you received this message because|this email was sent to|this e-mail was sent to|this newsletter was sent to|was this email forwarded|was this newsletter forwarded
		|if you no longer wish to receive|if you no longer want to receive|to unsubscribe from|view this email in|view this e-mail in|view this newsletter in|having trouble viewing
		|sie erhalten diese e-mail|sie erhalten diesen newsletter|sie bekommen diese|wenn sie diesen newsletter nicht|vous recevez ce|vous recevez cet e|si vous ne souhaitez plus recevoir
		|recibe este correo|recibes este correo|ha recibido este|has recibido este correo|si no desea recibir|recebeu este e-mail|você recebeu este|está a receber este|hai ricevuto questa|ricevi questa|se non vuoi più ricevere
		|u ontvangt deze|je ontvangt deze|otrzymujesz tę wiadomość|otrzymujesz ten newsletter|вы получили это письмо|вы получаете это письмо|ви отримали цей лист|bu e-postayı|この電子メールは|このメールは配信|您收到此邮件
		|please do not reply to this|do not reply to this|this is an automated message|this is an automated e-mail|this is an automated email|this is an automated notification|this is an automatically generated|this mailbox is not|bitte antworten sie nicht auf|diese e-mail wurde automatisch|dies ist eine automatisch generierte|dies ist eine automatisch erzeugte|dies ist eine automatisch erstellte|merci de ne pas répondre|ne pas répondre à ce message|ne pas répondre à ce mail|ne pas répondre à ce courriel|prière de ne pas répondre|ceci est un message automatique
		|por favor no responda|no responda a este correo|no responda a este mensaje|no responda a este email|este es un mensaje automático|por favor não responda|por favor, não responda|favor não responder|não responda a este e-mail|não responda a este email|esta é uma mensagem automática|si prega di non rispondere|non rispondere a questa mail|non rispondere a questa e-mail|non rispondere a questa email|messaggio generato automaticamente
		|gelieve niet te antwoorden|dit is een automatisch gegenereerd|beantwoord deze e-mail niet|beantwoord deze mail niet|prosimy nie odpowiadać|prosimy o nieodpowiadanie|wiadomość wygenerowana automatycznie|пожалуйста, не отвечайте|просим не отвечать|это письмо сформировано автоматически|будь ласка, не відповідайте|lütfen bu e-postayı yanıtlama|bu e-posta otomatik
		|svara inte på detta mejl|svara inte på detta mail|svara inte på detta meddelande|ikke svar på denne e-post|ikke svar på denne mail|svar ikke på denne|vennligst ikke svar|älä vastaa tähän|neodpovídejte na tento|neodpovedajte na tento|ne válaszoljon erre|nu răspundeți la acest|ne odgovarajte na|请勿回复本邮件|请勿直接回复|此邮件为系统|請勿回覆|このメールは送信専用|このメールに返信|발신 전용|회신하지 마|الرجاء عدم الرد|يرجى عدم الرد|mohon tidak membalas|vui lòng không trả lời`,
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

// disclaimerForm says what must follow the beginning of a disclaimer.
type disclaimerForm uint8

const (
	disclaimerText  disclaimerForm = iota // one of confidingWords
	disclaimerTitle                       // nothing, or a colon or a dash
	shortDisclaimer                       // a short line
)

// disclaimerForms are the beginnings of disclaimers that are no disclaimerText.
var disclaimerForms = func() map[string]disclaimerForm {
	forms := map[string]disclaimerForm{"disclaimer": disclaimerTitle, "confidentiality notice": disclaimerTitle}
	for form, list := range map[disclaimerForm]string{disclaimerTitle: disclaimerTitles, shortDisclaimer: shortDisclaimers} {
		for text := range strings.SplitSeq(list, "|") {
			forms[strings.TrimSpace(text)] = form
		}
	}
	return forms
}()

// isDisclaimer reports whether s begins a disclaimer.
func isDisclaimer(s string) bool {
	start, rest, ok := disclaimers.find(strings.TrimLeft(s, "([*-_ "))
	if !ok {
		return false
	}
	switch disclaimerForms[start.text] {
	case disclaimerTitle:
		return rest == "" || hasAnyPrefix(rest, ":", "：", " :", " -", " –", " —")
	case shortDisclaimer:
		return countWords(s, 30) < 30
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
	p.letter = true
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
		case strings.HasPrefix(s, ">"), len(s) < 80 && devices.has(s), text == 0 && isCoverNote(s):
			p.lines[i].rule = RuleMail
		case text == 0 && isGreeting(s):
			p.lines[i].rule = RuleMail
			p.dropLines(i+1, p.coverEnd(i+1))
		default:
			text++
		}
	}
	p.dropLines(end, len(p.lines))
	p.dropSignature(begin, end)
}

// dropSignature labels the signature that ends a letter, which stands between the lines begin and
// end, with the words above it.
func (p *rawPage) dropSignature(begin, end int) {
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

// coverEnd returns the index of the line after a covering letter, the block at line i below a
// greeting; i where the block is none. A covering letter begins as most do, or in a small letter,
// names its enclosure, and has more text below it.
func (p *rawPage) coverEnd(i int) int {
	const longest = 70 // words
	if i == len(p.lines) {
		return i
	}
	first := p.slice(p.lines[i])
	covers := coverNotes.has(first)
	if !covers && !sendingWords.has(first) && !unicode.IsLower(firstRune(first)) {
		return i
	}
	words := 0
	for end := i; end < len(p.lines); end++ {
		s := p.slice(p.lines[end])
		if end > i && p.lines[end].gap {
			if covers {
				return end
			}
			break
		}
		covers = covers || namesWhatIsSent(s)
		if words += countWords(s, longest); words >= longest || speaksOfOthers(s) {
			break
		}
	}
	return i
}

// namesWhatIsSent reports whether s names a release, a picture or another thing that letters cover.
func namesWhatIsSent(s string) bool {
	if IsUnspaced(firstRune(s)) {
		return hasAnyOf(s, "送り", "査収", "原稿", "リリース", "添付", "資料", "查收", "稿件", "新闻稿", "新聞稿", "附件", "刊发", "刊登")
	}
	return slices.ContainsFunc(strings.FieldsFunc(s, partsWords), sentWords.has)
}

// sentWords are words for what letters to newsrooms cover, and for publication, by language.
var sentWords = words(`release releases story article piece copy draft attached attachment below enclosed picture pictures photo photos photographs statement announcement embargo publication publish coverage
	mitteilung pressemitteilung presseinformation meldung artikel beitrag anhang veröffentlichung anbei bericht pressetext bild bilder fotos
	communiqué article texte jointe ci-dessous ci-joint ci-jointe photos publier diffusion nota comunicado artículo noticia adjunto adjunta difusión publicación fotos imágenes
	nota comunicado artigo notícia anexo divulgação publicação comunicato testo articolo allegato allegati pubblicazione diffusione foto persbericht bijlage tekst publicatie plaatsing foto's
	informację informacja materiał tekst artykuł załączeniu załączniku publikację zdjęcia релиз пресс-релиз новость материал материалы вложении публикации опубликовать фотографии реліз новину матеріал вкладенні публікації опублікувати
	bülteni bülten haber haberi ekte fotoğraflar pressmeddelande pressmeddelandet artikel bilder pressemeddelelse pressemelding billeder tiedote tiedotteen kuvat zprávu zpráva příloze správu prílohe közlemény közleményt mellékletben comunicat comunicatul priopćenje saopštenje sporočilo съобщение δελτίο
	بيان البيان خبر الخبر صور مرفق विज्ञप्ति rilis siaran berita foto 보도자료 첨부 자료`)

// isClosing reports whether s stands above the signature of a letter.
func isClosing(s string) bool {
	return closings.has(s) && countWords(s, 6) < 6 && !EndsSentence(s)
}
