package article

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file cuts the name of the site off the title of a page.

// siteBar is what stands between a title and the name of a site.
type siteBar struct {
	text   string
	strong bool // it stands in few headlines, and more than once in a title
}

var siteBars = [...]siteBar{
	{" | ", true},
	{" :: ", true},
	{"｜", true},
	{"_", true},
	{"|", true},
	{" • ", true},
	{" « ", true},
	{" ‹ ", true},
	{" - ", false},
	{" – ", false},
	{" — ", false},
	{" · ", false},
	{" / ", false},
	{" : ", false},
	{"：", false},
	{"-", false},
}

// maxParts bounds the parts that are cut off a title.
const maxParts = 4

// withoutSite returns the title of a page without the name of the site, and without the
// section that stands before it.
func (t *pageTitles) withoutSite(title string) string {
	if at := strings.LastIndex(title, " » "); at > 0 { // a path
		if last := title[at+len(" » "):]; isLongTitle(last) && !t.isSite(last) {
			return last
		}
	}
	if head, rest, bar := t.frontOf(title); bar != "" && (t.isSite(head) || isHost(head)) {
		title = rest
	}
	cut := false
	if head := t.beforeSite(title); head != "" {
		title, cut = head, true
	}
	for range maxParts {
		head, tail, bar := lastPart(title)
		if bar.text == "" || !t.isTail(head, tail, bar, cut) {
			break
		}
		title, cut = head, true
	}
	return title
}

// beforeSite returns what of a title stands before the name of the site between bars, with a
// slogan or more behind it; empty if there is none.
func (t *pageTitles) beforeSite(title string) string {
	for _, b := range siteBars {
		if !b.strong || !strings.Contains(title, b.text) {
			continue
		}
		parts := strings.Split(title, b.text)
		for i, part := range parts {
			if i > 0 && t.names(part) && isLongTitle(parts[0]) {
				return strings.TrimSpace(strings.Join(parts[:i], b.text))
			}
		}
	}
	return ""
}

// frontOf parts the first part of a title from the rest.
func (t *pageTitles) frontOf(title string) (head, rest, bar string) {
	first := len(title)
	if at := strings.Index(title, ": "); at > 0 {
		first, bar = at, ": "
	}
	for _, b := range siteBars {
		if at := strings.Index(title, b.text); at > 0 && at < first && len(b.text) > 1 {
			first, bar = at, b.text
		}
	}
	if bar == "" || !hasLetters(title[first:]) {
		return "", "", ""
	}
	return title[:first], strings.TrimSpace(title[first+len(bar):]), bar
}

// lastPart parts the last part of a title from the rest, at the bar that stands last.
func lastPart(title string) (head, tail string, bar siteBar) {
	last := -1
	for _, b := range siteBars {
		at := strings.LastIndex(title, b.text)
		if at > last && (len(b.text) > 1 || b.strong || IsUnspaced(firstRune(title[at+1:]))) {
			last, bar = at, b
		}
	}
	if last <= 0 {
		return title, "", siteBar{}
	}
	return strings.TrimSpace(title[:last]), strings.TrimSpace(title[last+len(bar.text):]), bar
}

// isTail reports whether the last part of a title is no part of the headline. Cut says that
// another was found behind it.
func (t *pageTitles) isTail(head, tail string, bar siteBar, cut bool) bool {
	switch {
	case !hasLetters(tail) || !hasLetters(head) || t.isSite(head):
		return false
	case t.isSite(tail), isHost(tail):
		return true
	case !isSiteLike(tail) || !isLongTitle(head) && !holdsSiteWord(tail):
		return false
	case isSection(tail):
		return cut || bar.strong
	case bar.text == "-":
		return holdsSiteWord(tail)
	case bar.strong:
		return t.isTailBehindBar(tail, cut)
	}
	return isTitled(tail) && (!t.named || holdsSiteWord(tail))
}

// isTailBehindBar reports whether what follows a strong bar is no part of the headline. Cut
// says that another was found behind it.
func (t *pageTitles) isTailBehindBar(tail string, cut bool) bool {
	if cut {
		return countWords(tail, 4) < 4 && !beginsSmall(tail)
	}
	return !t.named || isTitled(tail)
}

// isTitled reports whether the last part of a title is written as the name of a site is.
func isTitled(s string) bool {
	const short = 3 // words, in scripts without capital letters
	first := firstRune(s)
	switch {
	case beginsSmall(s), headlineTails.has(s), headlineTails.has(firstWord(s)):
		return false
	case holdsSiteWord(s):
		return true
	case unicode.IsUpper(first) || unicode.IsDigit(first):
		return countWords(s, 6) < 6 && isSignature(s) && !hasNumber(s)
	}
	return countWords(s, short+1) <= short && utf8.RuneCountInString(s) <= 20
}

// hasNumber reports whether a word of s is a number.
func hasNumber(s string) bool {
	for word := range strings.FieldsSeq(s) {
		if strings.Trim(word, "0123456789.,") == "" {
			return true
		}
	}
	return false
}

func beginsSmall(s string) bool { return unicode.IsLower(firstRune(s)) }

// headlineTails end headlines, and words begin the last part of one.
var headlineTails = phrases(`live|live updates|live blog|in pictures|in photos|video|videos|photos|pictures|analysis|opinion|review|report|reports|sources|poll|police
	|and|but|or|how|why|what|when|where|who|which|if|as|with|without|here|here's|this|that|these|is|are|was|will|can|should|not|no|yes
	|in|on|at|from|for|to|after|before|und|aber|oder|wie|warum|was|wer|wo|mit|et|mais|ou|comment|pourquoi|y|pero|cómo|por|qué|e|ma|come|perché|что|как|почему|и|но`)

// siteWords stand in the names of newspapers, stations and news sites.
var siteWords = words(`news newspaper times post herald tribune gazette journal magazine chronicle telegraph observer press examiner
	enquirer inquirer sentinel courier advertiser weekly daily online tv radio fm network media
	zeitung anzeiger nachrichten tageblatt rundschau kurier merkur allgemeine
	journaux quotidien gazette diario periódico noticias prensa jornal notícias giornale corriere gazzetta quotidiano notizie
	krant dagblad nieuws courant tidning tidningen dagbladet avis avisen nyheter gazeta dziennik kurier wiadomości noviny zprávy
	газета новости вести известия ведомости правда новини صحيفة جريدة أخبار اخبار نت haber haberleri gazetesi`)

// siteEndings end the names of news sites in scripts that write no spaces.
var siteEndings = [...]string{
	"网", "網", "新闻", "新聞", "日报", "日報", "晚报", "晚報", "时报", "時報", "周刊", "在线", "頻道", "频道", "电视台",
	"ニュース", "デジタル", "オンライン", "テレビ", "放送", "通信", "일보", "신문", "뉴스", "방송", "겨레",
}

// holdsSiteWord reports whether s holds a word that stands in the names of news sites.
func holdsSiteWord(s string) bool {
	for word := range titleWords(s) {
		if siteWords.has(word) {
			return true
		}
	}
	return hasAnySuffix(s, siteEndings[:]...) && utf8.RuneCountInString(s) <= 12
}

// learnSites takes note of the names of the site that the titles of the page give together:
// the part of <title> that another title is without, and an og:title that is that part.
func (t *pageTitles) learnSites() {
	const longest, titles = 10, 4 // words of a name, and of one that may be a title
	t.sites = slices.DeleteFunc(t.sites, func(name string) bool {
		return letters(name) == "" || countWords(name, longest) == longest ||
			countWords(name, titles) == titles && letters(name) == letters(t.graph)
	})
	t.named = len(t.sites) > 0
	if address, err := url.Parse(t.address); err == nil {
		t.host = hostName(address.Host)
	}
	element := t.titleElement()
	if head, rest, bar := t.frontOf(element); bar != "" && len(head) < len(rest) && isSiteLike(head) && letters(rest) == letters(t.graph) {
		t.sites = append(t.sites, head)
	}
	head, tail, bar := lastPart(element)
	for range maxParts {
		if bar.text == "" {
			return
		}
		if t.isRepeated(head, tail) || !t.named && t.isTitleOfSite(head, tail) {
			t.sites, t.named = append(t.sites, tail), true
			return
		}
		head, tail, bar = lastPart(head)
	}
}

// isRepeated reports whether another title of the page is the head of <title> without its
// tail.
func (t *pageTitles) isRepeated(head, tail string) bool {
	name := letters(head)
	return name != "" && (letters(t.graph) == name || letters(t.linked) == name) && isSiteLike(tail) && !beginsSmall(tail)
}

// isTitleOfSite reports whether og:title is the tail of <title>, which is no headline.
func (t *pageTitles) isTitleOfSite(head, tail string) bool {
	return letters(t.graph) == letters(tail) && isLongTitle(head) && isTitled(tail) && isName(tail)
}

// names reports whether s is nothing but the name of the site.
func (t *pageTitles) names(s string) bool {
	name := letters(s)
	for _, site := range t.sites {
		if letters(site) == name {
			return true
		}
	}
	return name == t.host && name != "" || isHost(s)
}

// isSite reports whether part of a title is a name of the site.
func (t *pageTitles) isSite(part string) bool {
	if t.names(part) {
		return true
	}
	name := letters(part)
	if countWords(part, 6) == 6 {
		return false
	}
	for _, site := range t.sites {
		if isAlike(name, letters(site)) {
			return true
		}
	}
	return isAlike(name, t.host) || t.host != "" && strings.HasPrefix(name, t.host) && holdsSiteWord(part)
}

// isAlike reports whether one of two names holds the other, and is no more than twice as
// long.
func isAlike(a, b string) bool {
	const least = 4 // bytes
	if len(a) > len(b) {
		a, b = b, a
	}
	return len(a) >= least && len(b) <= 2*len(a) && strings.Contains(b, a)
}

// hostName returns the name in a host: "example" of "www.example.co.uk".
func hostName(host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	labels := strings.Split(host, ".")
	if n := len(labels); n > 1 {
		labels = labels[:n-1]
	}
	name := ""
	for _, label := range labels {
		if len(label) > len(name) && label != "www" {
			name = label
		}
	}
	return letters(name)
}

// isHost reports whether s is the name of a host: "Example.com".
func isHost(s string) bool {
	at := strings.LastIndexByte(s, '.')
	return at > 0 && at < len(s)-2 && len(s)-at <= 5 && !strings.ContainsAny(s, " !?…") && !strings.Contains(s, "..") &&
		strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0 && isASCIILower(lowerASCII(s[at+1])) && hasLetters(s[:at])
}

// isSiteLike reports whether the last part of a title is as short as the name of a site.
func isSiteLike(part string) bool {
	const words, runes = 7, 60
	return countWords(part, words) < words && utf8.RuneCountInString(part) <= runes
}

// isName reports whether s is rather the name of a news site than a headline.
func isName(s string) bool {
	return !isLongTitle(s) || holdsSiteWord(s) && countWords(s, 6) < 6 && isTitled(s) && isSignature(s)
}

// isLongTitle reports whether s is as long as a headline rather than a name.
func isLongTitle(s string) bool {
	const words, runes = 3, 6 // of scripts that write no spaces
	return countWords(s, words) == words || strings.IndexFunc(s, IsUnspaced) >= 0 && utf8.RuneCountInString(s) >= runes
}
