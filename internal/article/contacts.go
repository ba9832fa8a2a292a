package article

import (
	"slices"
	"strings"
)

// contactHeads begin the line that heads a list of whom to call, by language.
var contactHeads = newPrefixTable(map[bool]string{
	true: `contact|contacts|media contact|media contacts|press contact|press contacts|media enquiries|media inquiries|media relations|press office|press officer|press enquiries
		|investor contact|investor contacts|investor relations|contact information|contact details|for further information|for more information|for additional information|for media enquiries|for media inquiries
		|for interviews|further information|more information|for media queries|for press queries|for queries|media queries|press queries|for press inquiries|for press enquiries|for editorial enquiries|for editorial inquiries|for editorial queries|editorial enquiries|editorial queries|for subscribers|for clients|for the media|for media|newsroom|news desk|newsdesk|duty editor|duty press officer|out of hours
		|further details|more details|for details|für rückfragen|bei rückfragen|rückfragen von|rückfragen bitte|für presserückfragen|für weitere informationen|nähere informationen|nähere auskünfte|auskünfte erteilt|auskunft erteilt|plus d'informations|plus d’informations|pour en savoir plus|pour toute information|pour toute question|renseignements complémentaires
		|para obtener más información|para consultas|para entrevistas|información adicional|para informações|informações adicionais|per info|info e contatti|referente stampa|meer informatie|nadere informatie|dodatkowych informacji|szczegółowych informacji|informacji udziela|další informace|bližší informace|bližšie informácie|bővebb információ|mai multe informații
		|дополнительная информация|дополнительную информацию|справки по телефону|додаткова інформація|за довідками|повече информация|περισσότερες πληροφορίες|ayrıntılı bilgi için|detaylı bilgi için|bilgi için|更多信息|更多資訊|媒体咨询|媒體查詢|取材申し込み|取材の申し込み|취재 문의|لمزيد من التفاصيل|للتفاصيل|info lebih lanjut
		|für redaktionen|redaktion|chef vom dienst|newsdesk|permanence presse|permanence|la rédaction|rédaction|desk|redacción|la redacción|redazione|redakcja|dyżurny|dyżurny redaktor|телефон выпуска|выпускающий|дежурный редактор|haber merkezi|غرفة الأخبار|编辑部|编辑部电话|值班编辑|編集局|編集部|편집국
		|för mer information|för ytterligare information|för frågor|presskontakt|presskontakter|kontaktperson|kontaktpersoner|for mere information|for yderligere information|yderligere oplysninger|pressekontakt|for mer informasjon|for ytterligere informasjon|kontaktinformasjon|lisätietoja|lisätiedot|yhteyshenkilö|yhteystiedot
		|pro více informací|více informací|kontakt pro média|kontakt pro novináře|viac informácií|kontakt pre médiá|további információ|sajtókapcsolat|pentru mai multe informații|informații suplimentare|persoană de contact|za više informacija|za dodatne informacije|kontakt za medije|več informacij|kontakt za novinarje
		|за повече информация|за контакти|за контакт|για περισσότερες πληροφορίες|επικοινωνία|πληροφορίες|daugiau informacijos|plačiau|papildu informācija|lisainfo|lisateave|thông tin liên hệ|liên hệ|hubungi|untuk maklumat lanjut|untuk informasi lebih lanjut|per a més informació|kwa maelezo zaidi|اطلاعات بیشتر|تماس با
		|rückfragehinweis|rückfragen|rückfragen & kontakt|rückfragen und kontakt|pressekontakt|pressekontakte|kontakt|kontakte|ansprechpartner|ansprechpartnerin|ansprechpartner für|medienkontakt|pressestelle|weitere informationen
		|contact presse|contacts presse|contact médias|contacts médias|service de presse|relations presse|pour plus d'informations|pour plus d’informations|pour tout renseignement|renseignements
		|contacto|contactos|contacto de prensa|contacto para medios|contacto para la prensa|gabinete de prensa|oficina de prensa|para más información|más información
		|contato|contatos|contato para a imprensa|contacto para a imprensa|contactos para a imprensa|assessoria de imprensa|gabinete de imprensa|para mais informações|mais informações
		|contatti|contatti stampa|contatto|ufficio stampa|per informazioni|per maggiori informazioni|per ulteriori informazioni
		|perscontact|contact voor de pers|voor meer informatie|persdienst|noot voor de redactie|kontakt dla mediów|kontakt dla prasy|biuro prasowe|więcej informacji|dodatkowe informacje
		|контакт|контакты|контакты для сми|контакт для сми|контактная информация|контактное лицо|пресс-служба|контакт для редакций|контакти|контакти для змі|прес-служба
		|notiz an die redaktion|notiz an redaktionen|hinweis an die redaktion|hinweis an die redaktionen|redaktioneller hinweis|note à la rédaction|note à l'attention des rédactions|nota a la redacción|nota para la redacción|nota à redação|nota aos editores|nota alla redazione|nota per le redazioni|nota dla redakcji|к сведению редакций|до уваги редакцій
		|联系人|媒体联系|媒体联系人|新闻联系人|联系方式|媒體聯絡|聯絡人|お問い合わせ|お問合せ|お問い合わせ先|問い合わせ先|連絡先|本件に関する|報道関係|문의|문의처|보도자료 문의|담당자
		|iletişim|basın iletişim|irtibat|basın danışmanı|للتواصل|جهة الاتصال|للاستفسار|للاستفسارات|للمزيد من المعلومات|لمزيد من المعلومات|संपर्क|मीडिया संपर्क|narahubung|kontak|kontak media`,
})

// contactKeys begin lines with a number or an address, by language.
var contactKeys = newPrefixTable(map[bool]string{
	true: `tel|tel.|tel:|phone|phone:|telephone|mobile|mobile:|mob.|cell|cell:|fax|fax:|e-mail|email|mail:|mailto:|web:|website:|t:|m:|e:|t.|skype|whatsapp|telefon|mobil|handy|tél|tél.|portable
		|teléfono|móvil|correo|telefone|telemóvel|telefono|cellulare|gsm|telefoon|komórka|тел|тел.|телефон|моб|моб.|电话|手机|邮箱|電話|電郵|メール|전화|휴대폰|이메일|هاتف|جوال|بريد|फोन|ईमेल|telepon|surel`,
})

// hasContact reports whether there is a line i, and it holds a contact.
func (p *rawPage) hasContact(i int) bool {
	return i < len(p.lines) && hasContact(p.slice(p.lines[i]))
}

// isContactHead reports whether line i heads a list of whom to call, or is one.
func (p *rawPage) isContactHead(i int) bool {
	s := p.slice(p.lines[i])
	if !startsWithWord(s) {
		s = strings.TrimLeft(s, "#*=-–—+_~>•【■▼◆ ")
	}
	_, rest, ok := contactHeads.find(s)
	if !ok {
		return isContactNote(s)
	}
	if hasContact(s) && !(isProse(s) && p.proseBelow(i+1)) || isBareNumber(rest) {
		return true
	}
	rest = strings.TrimSpace(rest)
	if strings.Trim(rest, ":：】)*") != "" && !(strings.HasPrefix(rest, ": ") && isNames(firstPart(rest[2:]))) && !(hasAnySuffix(rest, ":", "：", "】") && countWords(rest, 9) < 9) {
		return false
	}
	for j := i + 1; j < min(len(p.lines), i+7); j++ {
		if hasContact(p.slice(p.lines[j])) {
			return true
		}
		if isProse(p.slice(p.lines[j])) {
			return false
		}
	}
	return false
}

// isBareNumber reports whether s is a colon and a number of seven digits or more.
func isBareNumber(s string) bool {
	number := strings.TrimLeft(strings.TrimPrefix(s, "："), ": ")
	return hasAnyPrefix(s, ":", "：", " :") && len(number) >= 7 && isNumber(number)
}

// isContactNote reports whether s is a note with a contact: "Note to editors: Kim Bell, 555-0147".
func isContactNote(s string) bool {
	phrase, rest, ok := sections.find(s)
	return ok && phrase.value && hasContact(s) && (hasAnyPrefix(rest, ":", "：") || !isProse(s))
}

// proseBelow reports whether prose without contacts stands at line i or below.
func (p *rawPage) proseBelow(i int) bool {
	for end := min(len(p.lines), i+nearby); i < end; i++ {
		if p.lines[i].rule == 0 && p.resumes(i) {
			return true
		}
	}
	return false
}

// contactEnd returns the index of the line after the contacts that line i heads: the
// block it stands in, and blocks below that hold contacts.
func (p *rawPage) contactEnd(i int) int {
	end := i + 1
	for end < len(p.lines) {
		stop, contacts := end, false
		for stop < len(p.lines) && (stop == end || !p.lines[stop].gap) {
			s := p.slice(p.lines[stop])
			if isProse(s) && !hasContact(s) || signedDateline(s, true) > 0 {
				break
			}
			contacts = contacts || hasContact(s)
			stop++
		}
		if stop == end || p.lines[end].gap && !contacts {
			return end
		}
		end = stop
	}
	return end
}

// hasContact reports whether s holds a telephone number or the address of a mailbox, or
// begins as a line with one does.
func hasContact(s string) bool {
	return hasMailbox(s) || hasPhone(s) || contactKeys.has(strings.TrimLeft(s, "-*•· ")) && digitGroups(s) > 0
}

// isSureContact reports whether s, which holds a contact, can be no row of a table.
func isSureContact(s string) bool {
	return hasMailbox(s) || contactKeys.has(s) || strings.IndexByte(s, '+') >= 0
}

// hasMailbox reports whether s holds an e-mail address.
func hasMailbox(s string) bool {
	for at := 1; at < len(s); at++ {
		i := strings.IndexByte(s[at:], '@')
		if i < 0 {
			return false
		}
		at += i
		if !isAddressByte(s[at-1]) {
			continue
		}
		end := at + 1
		for end < len(s) && isAddressByte(s[end]) {
			end++
		}
		if strings.IndexByte(strings.TrimRight(s[at+1:end], "."), '.') > 0 {
			return true
		}
	}
	return false
}

func isAddressByte(c byte) bool {
	return isASCIILetter(c) || isDigit(c) || c == '.' || c == '-' || c == '_' || c == '+'
}

// hasPhone reports whether s holds a telephone number: at least seven digits in two groups
// or more that only spaces, brackets, dots, dashes and slashes part, and that begin as a
// telephone number does.
func hasPhone(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if !isDigit(c) && c != '+' && c != '(' {
			i++
			continue
		}
		end := i
		for n := 1; n > 0 && end < len(s); end += n {
			n = phoneByte(s[end:])
		}
		if isPhone(s[:i], s[i:end]) {
			return true
		}
		i = max(end, i+1)
	}
	return false
}

// phoneByte returns the length of the digit, or of what parts the digits of a telephone number, that
// begins s; 0 if there is none.
func phoneByte(s string) int {
	switch c := s[0]; {
	case isDigit(c), strings.IndexByte("+() .-/", c) >= 0:
		return 1
	case c == "（"[0] && hasAnyPrefix(s, "（", "）", "－"):
		return len("（")
	}
	return 0
}

// isPhone reports whether number, digits and what parts them, is a telephone number where
// it stands behind before.
func isPhone(before, number string) bool {
	var buf [maxDigitGroups]int
	groups, digits := groupSizes(buf[:0], number), 0
	for _, size := range groups {
		digits += size
	}
	if digits < 7 || digits > 16 {
		return false
	}
	if n := len(before); n > 0 && (isASCIILetter(before[n-1]) || before[n-1] == ',' || before[n-1] == ':') {
		return false
	}
	date := looksLikeDate(strings.Trim(number, " .-/"))
	switch first := number[0]; {
	case first == '+', first == '(' && len(groups) > 1, first == '0' && len(groups) > 1 && !date:
		return true
	case len(groups) > 1 && !date && isDialed(groups, strings.Contains(strings.TrimRight(number, ". "), ".")):
		return true
	}
	return precededByTel(before)
}

// maxDigitGroups is more than a telephone number has.
const maxDigitGroups = 17

// groupSizes appends the sizes of the runs of digits in s to sizes, as far as they fit.
func groupSizes(sizes []int, s string) []int {
	run := 0
	for i := 0; i <= len(s) && len(sizes) < cap(sizes); i++ {
		if i < len(s) && isDigit(s[i]) {
			run++
			continue
		}
		if run > 0 {
			sizes = append(sizes, run)
		}
		run = 0
	}
	return sizes
}

// isDialed reports whether groups are the sizes of the groups of a number of North America,
// 212-555-0147, or a few of two to four digits that no dot parts, as in most of Europe.
func isDialed(groups []int, dotted bool) bool {
	if slices.Equal(groups, []int{3, 3, 4}) || len(groups) == 4 && groups[0] == 1 && groups[3] == 4 {
		return true
	}
	if len(groups) < 3 || len(groups) > 6 || dotted || groups[0] == 4 {
		return false
	}
	return !slices.ContainsFunc(groups, func(n int) bool { return n < 2 || n > 4 })
}

// looksLikeDate reports whether number is a date, such as 2031-05-06 or 06.05.2031.
func looksLikeDate(number string) bool {
	if len(number) >= 10 {
		return isISODate(number[:10]) || number[2] == number[5] && (number[2] == '.' || number[2] == '/' || number[2] == '-') && isDigit(number[9])
	}
	return false
}

// precededByTel reports whether s ends as what stands before a telephone number does.
func precededByTel(s string) bool {
	s = strings.TrimRight(s, " :.：(+")
	word := s[strings.LastIndexAny(s, " (,;|/")+1:]
	return telWords.has(word) || hasAnySuffix(s, "电话", "電話", "手机", "전화", "هاتف")
}

var telWords = words(`tel phone telephone mobile cell call telefon mobil tél téléphone teléfono telefone telemóvel telefono telefoon тел телефон моб fax
	handy gsm telepon फोन`)
