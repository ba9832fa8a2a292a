package article

import (
	"strings"
	"unicode"
)

// This file knows who wrote an article, as far as a line of its own says so.

// bylineKind says what must follow the beginning of a byline.
type bylineKind uint8

const (
	byNames bylineKind = iota + 1 // names
	byLabel                       // anything short: the beginning says enough
	byWord                        // names; the beginning is a word that begins sentences, too
)

// bylineBeginnings begin bylines, by language.
var bylineBeginnings = newPrefixTable(map[bylineKind]string{
	byWord: `by|por|par|von|di|door|av|af|oleh|od|od |от|від`,
	byNames: `written by|por:|por :|von:|door:|di:|par :|par:|story by|text by|words by|by:|by :|reporting by|*writing by|*reporting by|texto:|texte :|texte:|text:|tekst:|testo di
		|reportage de|reportage|von unserem korrespondenten|von unserer korrespondentin|textos:|reportaje de|foto e testo di`,
	byLabel: `by xinhua writer|by xinhua writers|by our|by a staff|von unserem|von unserer|par notre|par nos|por nuestro|por nuestra|dal nostro|dalla nostra|author:|authors:|autor:|autora:|autores:|autorka:|autorzy:|auteur:|auteur :|autore:|autrice:|автор:|авторы:|автори:|авторка:
		|autor/in:|autorin:|autoren:|muhabir:|haber:|yazan:|kaynak:|pewarta:|penulis:|reporter:|reporters:|текст:
		|bewerkt door:|geschreven door:|toimittaja:|skrevet av:|skrevet af:|skriven av:|szerző:|írta:|autorė:|autors:|autore :|συντάκτης:|συντάκτρια:|novinar:|novinarka:|redactor:|tác giả:|gazetar:|nga:
		|作者：|作者:|作者 |文/|文／|文＝|撰文|撰文：|记者：|記者：|记者 |記者 |本报记者|新华社记者|中新社记者|बाय |लेखक:|लेखक :
		|بقلم|بقلم:|كتب:|كتبت:|كتب -|كتبت -|إعداد:|إعداد :|تحرير:|نوشته:|گزارش از`,
})

// longestByline bounds a byline, in bytes.
const longestByline = 200

// isByline reports whether s is a byline such as "By Jane Doe, Reuters". In the head of an
// article, between headline and body, it may begin in lower case.
func isByline(s string, inHead bool) bool {
	start, names, ok := bylineBeginnings.find(s)
	names = strings.TrimLeft(names, " ")
	small := unicode.IsLower(firstRune(s))
	switch {
	case !ok:
		return isReporterLine(s)
	case len(s) > longestByline:
		return false
	case start.value == byLabel:
		return (!small || strings.HasPrefix(s, "by ")) && isLabelled(names)
	case start.value == byWord && (s[len(s)-len(names)-1] != ' ' || small && !(inHead && isNameList(names))):
		return false
	}
	return areNamesOf(strings.TrimPrefix(names, "the "), s)
}

// areNamesOf reports whether names, the end of a byline s, is an agency, or names of persons,
// perhaps with an office or a date behind them.
func areNamesOf(names, s string) bool {
	if isAgency(names) && !EndsSentence(s) {
		return true
	}
	first := firstPart(names)
	_, date, dated := strings.Cut(names[len(first):], "| ")
	return isNames(first) && (!endsClause(s) || dated && isDate(date, 0)) && countWords(s, 21) < 21
}

// isDatedByline reports whether s is a byline with a date behind it: "By Ana Cruz May 6, 2031, 4:12 pm".
func isDatedByline(s string) bool {
	if len(s) > longestByline || digitGroups(s) == 0 || !bylineBeginnings.has(s) {
		return false
	}
	for at := 0; at < len(s); {
		word := firstField(s[at:])
		if bare := strings.Trim(word, ".,|"); at > 0 && (months.has(bare) || isDigit(firstByte(bare))) {
			return isByline(strings.TrimRight(s[:at], " ,|-–—•·"), true) && isDate(s[at:], 0)
		}
		at += len(word) + 1
	}
	return false
}

// isLabelled reports whether s can follow the label of a byline: it is short and no
// sentence.
func isLabelled(s string) bool {
	return countWords(s, 13) < 13 && !strings.ContainsAny(s, "。，!?؟।") && !endsClause(s)
}

// isNameList reports whether s is nothing but names, with commas or conjunctions between
// them.
func isNameList(s string) bool {
	return !EndsSentence(s) && isNames(strings.ReplaceAll(s, ",", " and"))
}

// namesSender reports whether line i is a label such as "From:" right above the name of who issued
// the text, or that name.
func (p *rawPage) namesSender(i int) bool {
	s := p.slice(p.lines[i])
	switch {
	case i+1 < len(p.lines) && !p.lines[i+1].gap && senderLabels.has(s):
		return true
	case i == 0 || p.lines[i].gap:
		return false
	}
	return senderLabels.has(p.slice(p.lines[i-1])) && countWords(s, 9) < 9 && !EndsSentence(s)
}

// senderLabels are lines of their own above who issued a text.
var senderLabels = phrases(`from:|by:|author:|authors:|issued by:|published by:|news provided by|de:|de :|von:|da:|od:|от:|від:|kimden:|من:`)

// isReporterLine reports whether s is the name of a Korean reporter with the title.
func isReporterLine(s string) bool {
	return len(s) < 80 && hasAnySuffix(s, " 기자", "기자", "특파원") && countWords(s, 7) < 7
}

// endsClause reports whether s ends with a stop that does not follow an initial.
func endsClause(s string) bool { return EndsSentence(s) && countWords(s, 7) > 6 }

// isAuthor reports whether s, which stands between the headline and the body, names who
// wrote it or where: "Jane Doe in Nairobi", "Jane Doe, Reuters", "AP Sports Writer".
func isAuthor(s string) bool {
	if len(s) > 100 || EndsSentence(s) || hasAnySuffix(s, ":", "：") || endsLinked(s) {
		return false
	}
	names := firstPart(s)
	return isAgency(s) || isNames(names) && countWords(s[len(names):], 7) < 7 && (countNames(names) <= 3 || len(names) < len(s) || strings.Contains(s, " in ")) ||
		strings.IndexByte(s, '|') >= 0 && isNames(names)
}

// firstPart returns s up to the first comma, bar, bullet or detached dash.
func firstPart(s string) string {
	for i := range len(s) {
		switch s[i] {
		case ',', '|', ';', '<', '(':
		case ' ':
			if !hasAnyPrefix(s[i+1:], "- ", "– ", "— ", "/", "=", "@") {
				continue
			}
		case "•"[0], "·"[0]:
			if !hasAnyPrefix(s[i:], "•", "·") {
				continue
			}
		default:
			continue
		}
		s = s[:i]
		break
	}
	return strings.TrimRight(strings.TrimSpace(s), "=:")
}

// nameParticles stand between the parts of names, or between names.
var nameParticles = words(`and & af av de da di do dos das du van von der den ter ten te zu zur zum vom bin bint ibn al el la le les los las wa ole arap y e et und
	en in for with of at des del dello della degli dal d' de' ben abu och og i и і та a og és ile ve dan фон ван де дер ди да оглы`)

// isNames reports whether s is made of names of persons or places, at least one of them
// of two words.
func isNames(s string) bool {
	upper := isUpperWord(s)
	run, longest, count := 0, 0, 0
	for word := range strings.FieldsSeq(s) {
		switch partOf(word, count > 0, upper) {
		case notOfName:
			return false
		case ofName:
			run++
			longest = max(longest, run)
		case particle: // "Ursula von der Leyen" is one name
			if count == 0 {
				return false
			}
		case betweenNames:
			if count == 0 {
				return false
			}
			run = 0
		}
		count++
	}
	return longest >= 2 && count <= 16
}

// namePart says what a word is in a list of names.
type namePart uint8

const (
	notOfName namePart = iota
	ofName
	particle
	betweenNames
)

// partOf tells what word is in a list of names, in which others stand before it (inside) or
// that is all in capitals (upper). A particle may have a capital: "Yann Le Bihan".
func partOf(word string, inside, upper bool) namePart {
	r := firstRune(word)
	upper = upper && inside
	particles := upper || unicode.IsLower(r) || word == "&"
	switch {
	case strings.IndexByte(word, ':') >= 0, weekdays.has(strings.Trim(word, ",")):
		return notOfName
	case particles && joinsNames.has(word):
		return betweenNames
	case (particles || inside && !joinsNames.has(word)) && nameParticles.has(word), upper && starters.has(word):
		return particle
	case isElided(word), unicode.Is(unicode.Lo, r), unicode.IsUpper(r) && (!starters.has(word) || isUpperWord(word)):
		return ofName
	}
	return notOfName
}

// weekdays are never part of a name.
var weekdays = words(`monday tuesday wednesday thursday friday saturday sunday lunes martes miércoles jueves viernes sábado
	lundi mardi mercredi jeudi vendredi samedi montag dienstag mittwoch donnerstag freitag samstag`)

// countNames counts the words of s but for small ones.
func countNames(s string) int {
	n := 0
	for word := range strings.FieldsSeq(s) {
		if !unicode.IsLower(firstRune(word)) {
			n++
		}
	}
	return n
}

// joinsNames are the particles that stand between two names.
var joinsNames = words(`and & y e et und en in for with of at och og i и і та és ile ve dan`)

// isElided reports whether word is a name after a short particle, as in "d'AUBIGNÉ".
func isElided(word string) bool {
	particle, name, ok := strings.Cut(word, "'")
	if !ok {
		particle, name, ok = strings.Cut(word, "’")
	}
	return ok && len(particle) <= 2 && unicode.IsUpper(firstRune(name))
}
