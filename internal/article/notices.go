package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file knows what newsrooms and web pages put around an article: each
// function recognizes one kind of line, from its words alone.

// Metadata.

// metadataKeys name the fields of header lines.
var metadataKeys = words(`date published updated author authors byline section category categories tag tags
	keywords topics id lang location dateline slug permalink copyright
	slugline priority urgency wordcount words desk service version edition ednote storyid`)

// isMetadata reports whether s is a field such as "Tags: ports, trade" or
// " date 2024-05-01 ASIA", or nothing but an address.
func isMetadata(s string) bool {
	if strings.IndexByte(s, ' ') < 0 {
		return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") ||
			strings.HasPrefix(s, "www.") || strings.HasPrefix(s, "pic.twitter.com/") ||
			strings.IndexByte(s, '@') > 0 && strings.IndexByte(s, '.') > 0
	}
	key := firstWord(s)
	if !metadataKeys.has(key) {
		return false
	}
	value := s[len(key):]
	if strings.HasPrefix(value, ":") {
		return countWords(value, 16) < 16 && !EndsSentence(s)
	}
	value = strings.TrimLeft(value, " ")
	return len(value) >= 10 && isISODate(value[:10]) && countWords(value, 8) < 8
}

// paperSections are the names of a newspaper's parts, which stand above a headline.
var paperSections = words(`world africa asia europe americas americas mideast politics business economy markets
	sport sports football cricket tech technology science health culture entertainment opinion analysis
	news breaking local national international exclusive video live updated environment climate travel`)

// isSection reports whether s is the name of a section.
func isSection(s string) bool {
	if countWords(s, 4) > 3 {
		return false
	}
	for word := range strings.FieldsSeq(s) {
		if !paperSections.has(strings.Trim(word, "|/>:-&")) && !hasNoWord(word) {
			return false
		}
	}
	return true
}

func hasNoWord(s string) bool { return !hasWord(s) || strings.EqualFold(s, "and") }

// Captions and credits.

// captionBeginnings begin captions and credits, in lower case.
var captionBeginnings = byFirst(
	"photo:", "photo by ", "photos:", "photos by ", "photo credit", "photograph:",
	"photograph by ", "photographs:", "picture:", "pictures:", "picture credit", "image:", "images:", "image credit",
	"image copyright", "image caption", "image source", "media caption", "caption:", "credit:", "credits:", "pic:",
	"file photo", "file picture", "file image", "file - ", "file – ", "file — ", "file:", "illustration:", "graphic:",
	"[photo", "(photo", "foto:", "fotos:", "bild:", "crédit photo", "imagen:", "фото:", "© getty", "getty images",
	"fotoğraf:", "fotoğraflar:", "fotograf:", "fotografía:", "fotografia:", "fotos de ", "kép:", "kuva:", "zdjęcie:", "fot. ", "fot.:", "crédito:", "créditos:", "créditos da imagem", "crédit :", "crédits :",
	"photo :", "photos :", "legenda:", "symbolfoto", "symbolbild", "archivfoto", "archivbild", "bildquelle:", "foto ©", "beeld:", "beeld ©", "bild ©", "photo ©", "Фото:", "Фото ©", "Иллюстрация:", "Снимка:", "写真：", "写真:", "写真＝", "（写真", "図：", "图：", "图片来源", "图源：", "资料图", "사진=", "사진 =", "사진:", "사진 제공", "صورة:",
	"photo via ", "ap photo", "afp photo", "reuters/", "afp/", "screenshot:", "screengrab:",
)

// creditMarks stand in the credit that ends a caption, in lower case.
var creditMarks = byFirst(
	"photo:", "photo by ", "photograph:", "photo credit:", "picture:", "pic:", "image:",
	"credit:", "reuters/", "afp/", "ap photo", "epa/", "epa-efe/", "xinhua/", "/afp", "/reuters", "/getty", "/epa",
	"/shutterstock", "getty images", "| photo", "via reuters", "via afp", "via ap", "file photo", "file picture",
	"(file)", "[file", "foto:", "фото:", "© ", "crédito:", "créditos:", "crédit :", "photo :", "fotoğraf:", "fotografía:", "fotografia:", "zdjęcie:", "fot. ", "Фото:", "| foto", "| bild", "kép:", "kuva:",
)

// byFirst holds phrases by their first byte.
func byFirst(phrases ...string) (table [256][]string) {
	for _, phrase := range phrases {
		table[phrase[0]] = append(table[phrase[0]], phrase)
	}
	return table
}

// creditWords stand in a credit in brackets, in lower case.
var creditWords = words(`photo photos photograph photographer image images getty shutterstock file handout
	courtesy screenshot screengrab picture credit epa epa-efe archive archives istock istockphoto pixabay
	unsplash wikimedia flickr foto`)

// isCaption reports whether s is the caption of a picture, told by its credit,
// or a credit alone.
func isCaption(s string) bool {
	if beginsAsCaption(s) {
		return true
	}
	last, tail := s[len(s)-1], s[len(s)-min(len(s), captionTail):]
	slashed := strings.IndexByte(tail, '/') >= 0
	switch {
	case last == '.' && !slashed:
		return hasSuffixFold(s, "file photo.") || endsWithInitials(s, tail)
	case last == ')':
		return endsWithCredit(s, '(')
	case last == ']':
		return endsWithCredit(s, '[')
	}
	if slashed {
		if at := strings.LastIndexByte(tail, '/'); at > 0 && strings.HasPrefix(tail[at-1:], " / ") && isSigner(tail[at+2:]) {
			return true
		}
	}
	if EndsSentence(s) {
		return hasSuffixFold(s, "file photo.") || hasSuffixFold(s, "file photo")
	}
	_, credit, ok := cutLast(tail, ". ")
	return ok && isSlashed(credit) || holdsCreditMark(tail)
}

// endsWithInitials reports whether a credit with initials ends s, a line of which tail is the end:
// "The town hall on Monday. Photo A. B.".
func endsWithInitials(s, tail string) bool {
	if len(s) < 3 || !isASCIIUpper(s[len(s)-2]) || isASCIILetter(s[len(s)-3]) {
		return false // nearly always
	}
	for _, mark := range [...]string{"Photo ", "Photos ", "Photo: ", "Foto ", "Foto: ", "Fot. ", "Bild: ", "Picture: ", "Credit: ", "Фото "} {
		if before, names, ok := cutLast(tail, mark); ok && countWords(names, 5) < 5 && isSignature(names) && (before == "" && len(tail) == len(s) || hasAnySuffix(before, ". ", "| ", "– ", "- ")) {
			return true
		}
	}
	return false
}

// isWideCaption reports whether s is a caption in Chinese or Japanese, told by who took or gave the
// picture behind the last sign: "町の養殖場＝町役場提供".
func isWideCaption(s string) bool {
	const longest = 20 // characters of the credit
	if s[len(s)-1] < utf8.RuneSelf || !hasAnySuffix(s, "提供", "撮影", "摄", "攝", "供图", "供圖", "摄影", "作成") {
		return false
	}
	at := max(strings.LastIndex(s, "＝"), strings.LastIndex(s, "。"))
	return at > 0 && utf8.RuneCountInString(s[at:]) <= longest
}

// beginsAsCaption reports whether s begins as captions do, and does not go on as a sentence.
func beginsAsCaption(s string) bool {
	for _, beginning := range captionBeginnings[lowerASCII(s[0])] {
		if hasPrefixFold(s, beginning) && !(isProse(s) && goesOnInWords(s[len(beginning):])) {
			return true
		}
	}
	return false
}

// endsWithCredit reports whether the bracket that opens last in s, and that ends s, holds
// the credit of a picture.
func endsWithCredit(s string, bracket byte) bool {
	open := strings.LastIndexByte(s, bracket)
	if open < 0 || len(s)-open > 80 {
		return false
	}
	inside, square := s[open+1:len(s)-1], bracket == '['
	return isCredit(inside) || square && isAgency(inside) || (square || EndsSentence(s[:open])) && isSlashed(inside)
}

// holdsCreditMark reports whether a credit with a few words ends s.
func holdsCreditMark(s string) bool {
	for i := range max(len(s)-1, 0) {
		second := lowerASCII(s[i+1])
		for _, mark := range creditMarks[lowerASCII(s[i])] {
			if mark[1] == second && hasPrefixFold(s[i:], mark) && countWords(s[i+len(mark):], 7) < 7 {
				return true
			}
		}
	}
	return false
}

// goesOnInWords reports whether s, behind words that begin a caption, goes on as a sentence
// does: "Photo credit stays with the divers".
func goesOnInWords(s string) bool {
	return len(s) > 1 && s[0] == ' ' && isASCIILower(s[1])
}

func lowerASCII(c byte) byte {
	if isASCIIUpper(c) {
		c += 'a' - 'A'
	}
	return c
}

// captionTail is where in a caption its credit is looked for, in bytes from the
// end.
const captionTail = 70

// isCredit reports whether s, which stands in brackets, is the credit of a
// picture: it has a word of pictures, or an agency with a photographer.
func isCredit(s string) bool {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ' ' || r == '/' || r == ':' || r == ',' }) {
		if creditWords.has(word) {
			return countWords(s, 10) < 10
		}
	}
	before, after, ok := strings.Cut(s, "/")
	return ok && (isAgency(before) && !unicode.IsLower(firstRune(after)) || isAgency(strings.TrimSpace(after)))
}

// isSlashed reports whether s names a photographer and an agency with a slash
// between them.
func isSlashed(s string) bool {
	before, after, ok := strings.Cut(s, "/")
	return ok && isSigner(before) && isSigner(after) && isSignature(s)
}

// isSigner reports whether s, beside a slash, is who took a picture.
func isSigner(s string) bool {
	return s != "" && countWords(s, 5) < 5 && unicode.IsUpper(firstRune(s)) && !EndsSentence(s)
}

// hasAgencyCredit reports whether s ends with the name of an agency in
// brackets.
func hasAgencyCredit(s string) bool {
	open := strings.LastIndexByte(s, '(')
	return s[len(s)-1] == ')' && open > 0 && isAgency(s[open+1:len(s)-1])
}

// tellsPlaces reports whether s says where in a picture somebody stands.
func tellsPlaces(s string) bool {
	for _, mark := range [...]string{
		"(L)", "(R)", "(C)", "(left)", "(right)", "(centre)", "(center)", "(pictured)",
		"(2nd", "(second from", ", left,", ", right,",
	} {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}

// Notices: trailers, links, advertisements.

// noticeForm says what must follow the beginning of a notice.
type noticeForm uint8

const (
	alone   noticeForm = iota // nothing
	phrase                    // at most a sentence of 30 words
	briefly                   // at most 12 words, and no full stop
	signed                    // names
	open                      // anything but the end of a sentence
)

// notice is how a notice begins, in lower case.
type notice struct {
	begins string
	form   noticeForm
}

// notices holds the known ones by their first byte.
var notices = func() (table [256][]notice) {
	for form, list := range map[noticeForm]string{
		alone: `advertisement|advertisements|advertising|advert|sponsored|sponsored content|promoted|share|tweet
			|print|email|comment|comments|related|related content|loading|loading...|read more|read next|see also|more
			|media playback is not supported on this device|story continues below|article continues below
			|this video cannot be played|show more|view comments|load more|save|copy link|listen|agencies|home|menu|search
			|with agencies|end|ends|-ends-|(ends)|(end)|publicidad|publicité|anzeige|werbung|реклама|back to top|top stories
			|most read|most popular|trending|newsletter|subscribe|log in|sign in|follow us|share this|link copied`,
		phrase: `read more:|read more -|read also|also read|also see:|see also:|related:|related story|related stories
			|related articles|related article|related news|related topics|related coverage|more on this story|more:
			|you may also like|you might also like|recommended for you|recommended:|don't miss:|follow us on|follow us @|follow us:|follow us for|like us on|join us on
			|join our whatsapp|join our telegram|join our newsletter|join our channel|join our mailing|subscribe to|subscribe now
			|subscribe for|sign up for|sign up to|sign up here|share this article|share this story|share this post
			|share this page|share this on|share this with|share this:|share on|share via
			|click here|tap here|download our app|download the app|get our app|watch:|watch video|listen:|must read
			|all rights reserved|(c) 19|(c) 20|© |©19|©20|copyright ©|copyright (c)|copyright 19|copyright 20
			|this article was originally published|this story was originally published|this article originally appeared
			|this article first appeared|this story first appeared|this article was first published
			|our standards:|article continues after|story continues after|continue reading
			|advertisement - |enjoyed this article|have a story?|got a tip?|send us your|send your story|support our journalism
			|lea también|lee también|leer más|lire aussi|à lire aussi|lesen sie auch|mehr zum thema|leia também|leia mais
			|saiba mais|читайте также|подробнее:|اقرأ أيضا|اقرأ المزيد|延伸阅读|更多:
		|baca juga|baca selengkapnya|más en andina|te puede interesar:|también lee:|lees ook:|leggi anche:|ver também:|veja também|čtěte také|přečtěte si také|čítajte aj|prečítajte si aj|czytaj też|czytaj także|zobacz też|zobacz także
		|olvassa el|kapcsolódó:|citește și|citiți și|vezi și|pročitajte i|pročitajte još|čitajte i|прочетете още|вижте още|διαβάστε επίσης|διαβάστε ακόμη|läs även|läs också|läs mer:|læs også|les også|lue myös|lue lisää|читайте також|читайте ещё|skaitykite taip pat|lasi arī|loe ka|loe lisaks
		|xem thêm|đọc thêm|tin liên quan|ilgili haber:|bunu da oku|ayrıca oku|관련기사:|यह भी पढ़ें|ये भी पढ़ें|بیشتر بخوانید|همچنین بخوانید|اقرأ أيضًا|اقرأ ايضا|soma pia|soma zaidi`,
		briefly: `source:|sources:|source :|fuente:|fuentes:|quelle:|quellen:|fonte:|источник:|المصدر:|来源:|来源：|via:|topics:
			|filed under|originally published|video:|twitter:|facebook:|instagram:|email:|e-mail:|contact:|writer:
			|editor:|reporter:`,
		signed: `reporting by|additional reporting by|additional reporting|writing by|edited by|editing by|compiled by
			|translated by|produced by|with reporting by|with additional reporting by|with inputs from|with input from
			|with agency inputs|with files from|graphic by|graphics by|video by|research by|source`,
		open: `more on|more from|find out more|read more|read our|read the full|watch the|watch more|watch live|see more
			|listen to the|for more|see the full|explore more|profile:|blog:|africa live:|in pictures:|live updates:`,
	} {
		for begins := range strings.SplitSeq(list, "|") {
			begins = strings.TrimSpace(begins)
			table[begins[0]] = append(table[begins[0]], notice{begins, form})
		}
	}
	return table
}()

// noticeStarts tells the lines that begin as a notice may.
var noticeStarts = func() *prefixTable[bool] {
	var list []string
	for _, known := range notices {
		for _, n := range known {
			list = append(list, n.begins)
		}
	}
	return newPrefixTable(map[bool]string{true: strings.Join(list, "|")})
}()

func isStopOrSpace(r rune) bool { return r == '.' || r == ' ' }

// isNotice reports whether s is a notice around the article: a source line, a
// link to more, a call to subscribe, an advertisement, a copyright line. The
// first line of a text is rather a headline that looks like one.
func isNotice(s string, first bool) bool {
	if !isASCIILetter(s[0]) && !hasPrefixFold(s, "(c)") {
		s = strings.TrimLeft(s, "([*>-–—•»▶►→| ")
	}
	if s == "" {
		return false
	}
	known := notices[lowerASCII(s[0])]
	if !noticeStarts.mayBegin(s) {
		known = nil
	}
	for _, n := range known {
		if hasPrefixFold(s, n.begins) && n.fits(s[len(n.begins):]) &&
			!(first && (n.form == open || n.form == briefly && countWords(s, 5) > 4)) {
			return true
		}
	}
	return len(s) < 200 && (isRate(s) || hasSuffixFold(strings.TrimRightFunc(s, isStopOrSpace), "all rights reserved") || isFollow(s))
}

// isRate reports whether s is a note on exchange rates: "($1 = 0.87 euros)". Its
// bracket is open here.
func isRate(s string) bool {
	return strings.HasSuffix(s, ")") && len(s) < 80 && strings.Contains(s, " = ") && digitGroups(s) > 1
}

// fits reports whether rest can follow the beginning of n.
func (n notice) fits(rest string) bool {
	last := n.begins[len(n.begins)-1]
	if rest != "" && isASCIILower(last) && (isASCIILetter(rest[0]) || isDigit(rest[0])) {
		return false // another word
	}
	switch n.form {
	case alone:
		return !hasWord(rest)
	case phrase:
		return countWords(rest, 31) <= 30 && !strings.Contains(strings.TrimRight(rest, " "), ". ") && !goesOnAsProse(rest)
	case briefly:
		return countWords(rest, 13) <= 12 && !(EndsSentence(rest) && countWords(rest, 6) > 5)
	case signed:
		return isSignature(rest)
	}
	return countWords(rest, 16) <= 15 && !EndsSentence(rest)
}

// goesOnAsProse reports whether s, behind words that begin a notice, is the rest of a
// sentence of an article: it says who said something, or is long and names neither the
// reader nor the newspaper.
func goesOnAsProse(s string) bool {
	const long = 12 // words
	if !EndsSentence(s) {
		return false
	}
	return tellsWho(s) || countWords(s, long) == long && !addressWords.hasAny(s) && !containsAnyFold(s, "reserved", "http", ".com", "@")
}

// addressWords name the reader and the newspaper.
var addressWords = words(`you your our us we my me i here this`)

// isSignature reports whether nearly all words of s are capitalised.
func isSignature(s string) bool {
	names, others := 0, 0
	for word := range strings.FieldsSeq(s) {
		r := firstRune(strings.TrimLeft(word, "("))
		switch {
		case unicode.IsUpper(r):
			names++
		case unicode.IsLetter(r) && !nameParticles.has(word) && !signatureWords.has(strings.TrimRight(word, ";,")):
			others++
		}
	}
	return names > 0 && others*4 <= names
}

var signatureWords = words(`by editing reporting writing additional from agencies the on staff our`)

// isFollow reports whether s asks to follow somebody on a social network.
func isFollow(s string) bool {
	if !hasPrefixFold(s, "follow ") || countWords(s, 20) > 19 {
		return false
	}
	at := indexFold(s, " on ")
	if at < 0 {
		return strings.HasPrefix(s[7:], "@")
	}
	return networks.has(firstWord(s[at+4:]))
}

var networks = words(`twitter facebook instagram x whatsapp telegram tiktok youtube linkedin threads google bluesky mastodon`)

// opensLinks reports whether the notice s stands above a list of links.
func opensLinks(s string) bool {
	return strings.HasSuffix(s, ":") || linkLists.has(s)
}

var linkLists = phrases(`read more|related|related content|related stories|related articles|related news|related topics|see also|read next|read also
	|also read|more on this story|you may also like|most read|most popular|top stories|trending`)

// linkWords never end a heading.
var linkWords = words(`it they he she we you a an and as at but by for from in into of on or than that the to with his her its their is are was
	were has have had will de la el und der die das`)

// isSignOff reports whether s, the last sentence of a text, says who worked on
// it or who owns it.
func isSignOff(s string) bool {
	if len(s) > 400 {
		return false
	}
	if at := indexFold(s, "contributed "); at >= 0 {
		return containsAnyFold(s[at:], "to this report", "to this story", "to this article", "to the report", "reporting")
	}
	if strings.HasSuffix(s, " contributed.") {
		return true
	}
	return isNotice(s, false) && (strings.HasPrefix(s, "©") || containsAnyFold(s, "rights reserved") ||
		hasPrefixFold(s, "copyright") || hasPrefixFold(s, "follow "))
}

// isCredited reports whether s, above a sign-off, says who reported what from
// where.
func isCredited(s string) bool {
	return len(s) < 200 && containsAnyFold(s, " reported from ", " wrote from ", " wrote this story ", " wrote the story ",
		" reported and wrote ", " wrote and reported ", " reported this story ")
}

func containsAnyFold(s string, marks ...string) bool {
	for _, mark := range marks {
		if indexFold(s, mark) >= 0 {
			return true
		}
	}
	return false
}

// hasPrefixFold reports whether s begins with prefix, which is in lower case,
// whatever the case of its ASCII letters.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if lowerASCII(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

// hasSuffixFold reports whether s ends with suffix, as hasPrefixFold does.
func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && hasPrefixFold(s[len(s)-len(suffix):], suffix)
}

// indexFold returns the index of the first sub in s, as hasPrefixFold compares
// them, or -1.
func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i]|0x20 == sub[0]|0x20 && hasPrefixFold(s[i:], sub) {
			return i
		}
	}
	return -1
}
