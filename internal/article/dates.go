package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file knows dates and times of publication, and the names of months and days by
// language, as they stand in dates.

var months = words(
	/* en */ `january february march april may june july august september october november december
		jan feb mar apr jun jul aug sep sept oct nov dec`,
	/* es */ `enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre ene abr ago dic`,
	/* fr */ `janvier février mars avril mai juin juillet août septembre octobre novembre décembre janv févr fév avr juil déc`,
	/* de */ `januar jänner februar feber märz mai juni juli oktober dezember jän mär mrz okt dez`,
	/* pt */ `janeiro fevereiro março maio junho julho setembro outubro novembro dezembro fev set out`,
	/* it */ `gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag giu lug ott`,
	/* nl */ `januari februari maart mei augustus mrt`,
	/* pl */ `stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia`,
	/* cs, sk */ `ledna února března dubna května června července srpna září října listopadu prosince
		januára februára apríla mája júna júla augusta októbra novembra decembra`,
	/* lt, lv, et */ `sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio
		janvāris janvārī februāris februārī marts martā aprīlis aprīlī maijs maijā jūnijs jūnijā jūlijs jūlijā augusts augustā septembris septembrī
		oktobris oktobrī novembris novembrī decembris decembrī jaanuar jaanuaril veebruar veebruaril märts märtsil aprill aprillil mail juuni juunil juuli juulil
		augustil septembril oktoobril novembril detsember detsembril oktoober`,
	/* is, sq, ca, eu */ `janúar febrúar apríl maí júní júlí ágúst október nóvember janari shkurt prill qershor korrik gusht shtator tetor nëntor dhjetor
		gener febrer març maig juny juliol agost setembre novembre desembre`,
	/* hu */ `január február március április május június július augusztus szeptember október`,
	/* ro */ `ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie decembrie`,
	/* sv, da, no, fi */ `mars maj augusti marts desember tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta
		heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta`,
	/* tr */ `ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık`,
	/* ru */ `января февраля марта апреля мая июня июля августа сентября октября ноября декабря
		янв фев мар апр июн июл авг сен сент окт ноя дек`,
	/* uk */ `січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня`,
	/* be, bg, sr, hr, sl */ `мая студзеня май юни юли януари февруари март април септември октомври ноември декември
		jануара јануара фебруара марта априла маја јуна јула januara februara marta aprila maja juna jula avgusta septembra oktobra
		siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna studenoga prosinca januarja februarja junija julija`,
	/* el */ `ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου`,
	/* ar */ `يناير فبراير مارس أبريل ابريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر آذار نيسان أيار حزيران تموز آب
		أيلول شباط محرم صفر رجب شعبان رمضان شوال`,
	/* fa */ `فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند ژانویه فوریه آوریل ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر`,
	/* hi */ `जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर`,
	/* id, ms, sw */ `januari februari maret mei agustus desember ogos disember machi aprili juni julai agosti septemba oktoba novemba desemba`,
)

// dateWords stand in date lines beside months and numbers.
var dateWords = words(
	`monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
	lunes martes miércoles jueves viernes sábado domingo lundi mardi mercredi jeudi vendredi samedi dimanche
	montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
	lunedì martedì mercoledì giovedì venerdì sabato domenica segunda-feira terça-feira quarta-feira quinta-feira sexta-feira
	maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
	poniedziałek wtorek środa czwartek piątek sobota niedziela pazartesi salı çarşamba perşembe cuma cumartesi pazar
	понедельник вторник среда четверг пятница суббота воскресенье понеділок вівторок середа четвер п'ятниця субота неділя
	kedd hétfő szerda csütörtök péntek szombat vasárnap
	الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد senin selasa rabu kamis jumat sabtu minggu`,
	`published issued released filed updated update posted modified created date time last first on at of the by und et de del le les um uhr
	à publié veröffentlicht aktualisiert stand publicado actualizado atualizado pubblicato aggiornato il alle mis jour
	vandaag gisteren heute gestern hoje ontem hoy ayer oggi ieri today yesterday dziś wczoraj сегодня вчера bugün dün modifié modifiée mise há horas dias minutos atrás vor stunden geleden hace heures jours опубликовано обновлено güncelleme oluşturulma tarih الموافق هـ م في ت`,
	`am pm a m p h hrs hours hour minutes minute min mins days day weeks week ago read reading
	r г р rok roku года року gmt utc est edt et ct cst cdt pt pst pdt mt bst cet cest eet eat wat cat sast ist jst hkt msk z
	eastern central pacific mountain daylight standard local kst wib wita wit
	kl klo kell klokken hod óra óráig perc plkst ura saat час год lúc giờ ngày tháng thứ pukul jam d`)

// dateMarks are the characters and words of Chinese, Japanese and Korean dates.
var dateMarks = newPrefixTable(map[bool]string{
	true: `时间|時間|发布时间|發布時間|发表时间|更新时间|年|月|日|时|時|分|点|秒|号|星期一|星期二|星期三|星期四|星期五|星期六|星期日|上午|下午|午前|午後|発|配信|更新|公開|掲載|送稿|发布|发表|发稿
		|년|월|일|시|분|초|오전|오후|입력|수정|송고|등록|승인|기사입력|최종|작성`,
})

// isDate reports whether s tells when an article was published and nothing else, but for
// up to places words of a place.
func isDate(s string, places int) bool {
	if len(s) > 140 {
		return false
	}
	d := dateLine{places: places}
	for s != "" {
		n := d.take(s)
		if n == 0 {
			return d.numbers > 2 && isSourceBehindDate(s)
		}
		s = s[n:]
	}
	return 0 < d.numbers && d.numbers <= 10 && (d.month || d.ago || d.clock || d.year && d.numbers >= 3)
}

// dateLine is what a line has told of a date.
type dateLine struct {
	month, year, clock bool
	ago                bool // a word such as "published"
	numbers            int
	places             int // words of a place that may still come
}

// take takes note of the number, word or character that begins s, and returns its length,
// or 0 if no date has it.
func (d *dateLine) take(s string) int {
	switch r, n := utf8.DecodeRuneInString(s); {
	case isDigit(s[0]):
		return d.takeNumber(s)
	case unicode.IsDigit(r): // of another script
		d.numbers++
		return len(s) - len(strings.TrimLeftFunc(s, unicode.IsDigit))
	case r >= 0x2e80 && unicode.IsLetter(r):
		mark, _, ok := dateMarks.find(s)
		d.month = d.month || ok
		return len(mark.text)
	case unicode.IsLetter(r):
		return d.takeWord(firstWord(s))
	case strings.ContainsRune("$€£¥%", r):
		return 0
	default:
		return n
	}
}

// takeNumber takes note of the number that begins s, and returns its length.
func (d *dateLine) takeNumber(s string) int {
	number, rest := cutNumber(s)
	d.numbers++
	d.year = d.year || len(number) == 4 && hasAnyPrefix(number, "19", "20")
	d.clock = d.clock || len(number) <= 2 && beginsMinutes(rest)
	for _, suffix := range [...]string{"st", "nd", "rd", "th", "er", "am", "pm", "h"} {
		if hasPrefixFold(rest, suffix) {
			return len(number) + len(suffix)
		}
	}
	return len(number)
}

// takeWord takes note of word, and returns its length, or 0 if no date has it.
func (d *dateLine) takeWord(word string) int {
	switch {
	case months.has(word):
		d.month = true
	case dateWords.has(word):
		d.ago = d.ago || publishingWords.has(word)
	case d.places > 0 && unicode.IsUpper(firstRune(word)):
		d.places--
	default:
		return 0
	}
	return len(word)
}

// publishingWords are dateWords that make a date of a number beside them.
var publishingWords = words(`ago read published publié publicado update updated gmt`)

// beginsMinutes reports whether s, behind an hour, begins with minutes: ":30", "h15".
func beginsMinutes(s string) bool {
	return len(s) > 2 && strings.IndexByte(":.hH", s[0]) >= 0 && isDigit(s[1]) && isDigit(s[2]) && (len(s) == 3 || !isDigit(s[3]))
}

// publishedStarts begin a line that says when an article was published and by whom, by
// language.
var publishedStarts = newPrefixTable(map[bool]string{
	true: `this article is from|this story is from|güncelleme tarihi:|oluşturulma tarihi:|yayınlanma tarihi:|giriş tarihi:|son güncelleme:|créé:|créé :|published|published:|updated|updated:|last updated|posted|posted on|publié le|publié :|mis à jour le|veröffentlicht am|veröffentlicht:|aktualisiert am|stand:|publicado|publicado em|publicado el|publicada em|atualizado em|actualizado el|pubblicato il|pubblicato:
		|aggiornato il|gepubliceerd|gepubliceerd op|bijgewerkt|opublikowano|aktualizacja:|опубликовано|обновлено|опубліковано|оновлено|yayınlanma|güncelleme|giriş:|发布时间：|发布时间:|更新时间：|入力：|입력|수정|송고`,
})

// isPublished reports whether s begins with when the article was published: "Publicado em
// 06/05/2031 - 10:12 Por Ana de Sousa".
func isPublished(s string) bool {
	_, rest, ok := publishedStarts.find(s)
	return ok && len(s) < 160 && !EndsSentence(s) && digitGroups(rest[:min(len(rest), 32)]) >= 3
}

// isDatedSource reports whether s is a date and, behind a bar, the source: "May 06, 2031 07:00 ET |
// Source: Weir Works Inc.".
func isDatedSource(s string) bool {
	if len(s) > longestByline || digitGroups(s) == 0 {
		return false
	}
	date, source, ok := strings.Cut(s, " | ")
	return ok && isDigit(firstByte(strings.TrimLeft(date, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz., "))) && countWords(source, 12) < 12 && creditStarts.has(source) && isDate(date, 0)
}

// isDatedAgency reports whether s is an agency with a date: "KYODO NEWS - May 6, 2031", "TASS
// 06.05.2031 12:18".
func isDatedAgency(s string) bool {
	if len(s) > 80 || digitGroups(s) == 0 {
		return false
	}
	for _, mark := range [...]string{" - ", " | ", ", ", " "} {
		if name, date, ok := strings.Cut(s, mark); ok && isAgency(name) && isDate(date, 0) {
			return true
		}
	}
	if found, date, ok := longAgencies.find(s); ok && found.value != 0 && isDate(date, 0) {
		return true
	}
	date, agency, ok := cutLast(s, " ")
	return ok && isAgency(agency) && isDate(date, 0)
}

// datedSources begin the name of a source that follows a date in Chinese.
var datedSources = newPrefixTable(map[bool]string{true: `来源|來源|出处|稿源|共同通信|時事通信|新华社|新華社`})

// isSourceBehindDate reports whether s, behind a date, is the name of a source in Chinese or Japanese.
func isSourceBehindDate(s string) bool {
	const label, name = 20, 8 // characters
	n := utf8.RuneCountInString(s)
	return n <= label && datedSources.has(s) || n <= name && IsUnspaced(firstRune(s)) && hasAnySuffix(s, "报", "報", "网", "網", "社", "新闻", "新聞", "通信")
}

// isFiled reports whether s is the line of a Japanese agency that says which desk sent
// the copy when: "時事通信 社会部2025年09月18日21時14分配信".
func isFiled(s string) bool {
	return len(s) < 120 && digitGroups(s) >= 3 && hasAnySuffix(s, "配信", "更新", "掲載", "送稿", "公開") && !strings.ContainsAny(s, "。、")
}

// beginsWithDay reports whether s begins with a day in Chinese or Japanese: "2031年05月06日".
func beginsWithDay(s string) bool {
	day, _, ok := strings.Cut(s, "日")
	return ok && len(day) <= len("2031年05月06") && strings.Contains(day, "年") && strings.Contains(day, "月") && isDate(day+"日", 0)
}

// isISODate reports whether s is a date such as 2031-05-06 or 2031/05/06.
func isISODate(s string) bool {
	for i := range len(s) {
		if c := s[i]; (i == 4 || i == 7) != (c == '-' || c == '/') || i != 4 && i != 7 && !isDigit(c) {
			return false
		}
	}
	return len(s) == 10
}

// digitGroups counts the runs of digits in s.
func digitGroups(s string) int {
	n := 0
	for i := range len(s) {
		if isDigit(s[i]) && (i == 0 || !isDigit(s[i-1])) {
			n++
		}
	}
	return n
}
