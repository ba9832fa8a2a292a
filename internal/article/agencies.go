package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// habit is a set of ways in which an agency lays out its copy.
type habit uint16

const (
	signs     habit = 1 << iota // it is an agency at all
	unfenced                    // it signs datelines without brackets: "TOKYO, May 6, Kyodo - "
	releases                    // it spreads press releases
	topical                     // its headlines begin with a topic and a colon
	slugged                     // a line of capitals above the headline is its slug
	proclaims                   // the marks of its headlines are in small letters: "Urgent: "
	quiet                       // no dash follows its name in brackets: "Zernez (ats) Un ours"
)

// agencies holds the names under which agencies, services and broadcasters sign, in lower
// case, by what is to be known of them.
var agencies = func() map[string]habit {
	table := map[string]habit{}
	for _, row := range []struct {
		habits habit
		names  string
	}{
		{0, `afp|agence france-presse|ap|associated press|the associated press|reuters health|upi|pa|pa media|press association
			|cp|canadian press|the canadian press|la presse canadienne|aap|australian associated press|bloomberg|cnbc
			|dow jones|dpa|dpa-afx|lni|lsw|lby|lhe|lnw|tca|apa|sid|kna|epd
			|anp|belga|bns|elta|leta|ntb|ritzau|tt|stt|ap|np|adnkronos|agi|askanews|lapresse|ansamed|efe-epa|europa press|ep|ansur
			|abr|agência brasil|estadão conteúdo|folhapress|télam|telam|notimex|andina|avn|abi|prensa latina
			|mia|миа|srna|срна|onasa|makfax|moldpres|atsh|agenzia nova|montsame|acn|kazinform
			|pap|čtk|ctk|tasr|sita|mti|agerpres|бта|bta|tanjug|танјуг|hina|sta|beta|fena|απε-μπε|αθηνα
			|укрінформ|ukrinform|укринформ|уніан|унн|unian|белта|корр. белта|belta
			|арменпресс|armenpress|азертадж|azertac|прайм|кабар|kabar|тасс|tass|корр. тасс|tass correspondent|корреспондент тасс|спецкорр. тасс|корр. итар-тасс|итар-тасс|itar-tass|sputnik
			|新华社|新华网|中新社|中新网|中国新闻社|中央社|法新社|路透社|路透|美联社|共同社|共同|共同通信|共同通信社|時事|時事通信|時事通信社|ロイター|ａｆｐ時事|聯合ニュース
			|kyodo news|jiji|jiji press|yonhap|yonhap news|연합뉴스|newsis|뉴시스|news1|뉴스1|kcna|조선중앙통신|bernama|antara
			|pti|भाषा|ians|आईएएनएस|वार्ता|uni|ani|एएनआई|एजेंसी|app|bss|unb|vna|vnanet|ttxvn|tna|pna|ians/inep
			|anadolu|anadolu agency|aa|dha|i̇ha|iha|anka|mena|qna|wam|kuna|petra|sana|ina|wafa|bna|ona|saba|suna|map|tap|aps|lana|una
			|أ ف ب|أ.ف.ب|ا ف ب|فرانس برس|رويترز|أ ب|الأناضول|وكالة الأناضول|أ ش أ|أ.ش.أ|د ب أ|قنا|وام|كونا|بترا|سانا|واع|وفا|بنا|العمانية|سبأ|سونا|ومع|و م ع|وات|وأج|وال
			|irna|isna|fars|fna|fars news agency|tasnim|tasnim news agency|mehr|mehr news agency|فارس|مهر|panapress|ips|nan|gna|ana|aim|angop|inforpress|africanews|swissinfo|rfe/rl
			|cnn|bbc|bbc news|cnn business|cbs|nbc|abc|npr|trt|trtworld|trt world|aljazeera|al jazeera|euronews|rfi|dw|voa|thomson reuters
			|agencies|news agencies|newswire|our correspondent|staff reporter|staff writer|getty images`},
		{unfenced, `reuters|reuter|kyodo|aap|afp|pti|ani|ians|bernama|app|nan|gna|وفا|بترا|قنا|وام|كونا|بنا|أ ش أ|واع|سبأ|sana|унн|уніан|укрінформ|interfax|интерфакс|интерфакс-украина|інтерфакс-україна|interfax-ukraine|риа новости|риа|ria novosti|spa|واس|ایرنا|ایسنا|irna|سانا
			|trend|казинформ|kazinform|рбк|росбалт|regnum|akipress`},
		{quiet, `sda|ats|awp|keystone-sda|keystone-ats|keystone`},
		{topical, `lusa`},
		{proclaims, `xinhua`},
		{slugged, `efe|efecom|efeagro|ansa|pap|ap`},
		{releases, `prnewswire|pr newswire|pr-newswire|business wire|businesswire|globenewswire|globe newswire|ots|accesswire|newsfile
			|newsfile corp|cision|europawire|einpresswire|einpresswire.com|ein presswire|asianet|prnewswire-asianet|kyodo jbn|eqs-news|eqs news|dgap-news|marketwire|aktuell|ad hoc news|presseportal`},
	} {
		for name := range strings.SplitSeq(row.names, "|") {
			table[strings.TrimSpace(name)] |= signs | row.habits
		}
	}
	return table
}()

// longAgencies are the names of several words, which may have more after them.
var longAgencies = func() *prefixTable[habit] {
	lists := map[habit]string{}
	for name, h := range agencies {
		if strings.Contains(name, " ") {
			lists[h] += "|" + name
		}
	}
	return newPrefixTable(lists)
}()

// isAgency reports whether s names an agency, or several: "AFP", "AP/Reuters", "CNN
// Business", "Associated Press", "TRT World and agencies".
func isAgency(s string) bool { return agencyOf(s) != 0 }

// agencyOf returns the habits of the agency that s names, or 0.
func agencyOf(s string) habit {
	s = strings.TrimSpace(s)
	if len(s) > longestAgency || s == "" {
		return 0
	}
	if h := agencyNamed(s); h != 0 {
		return h
	}
	if strings.IndexByte(s, ' ') >= 0 {
		if found, _, ok := longAgencies.find(s); ok {
			return found.value
		}
	}
	if countWords(s, 5) == 5 {
		return 0
	}
	spaced := false
	for s != "" {
		end := strings.IndexAny(s, " /,.|-+&=")
		if end < 0 {
			end = len(s)
		}
		if h := agencyNamed(s[:end]); h != 0 {
			return h
		}
		if spaced = spaced || end < len(s) && strings.IndexByte("/-+&", s[end]) < 0; spaced {
			return 0 // not the first name
		}
		s = s[min(len(s), end+1):]
	}
	return 0
}

// isMasthead reports whether s, a line above a headline, is nothing but an agency and its full
// name, its desk or its legal form: "LUSA - Agência de Notícias de Portugal, S.A.", "AAP
// NEWSWIRE", "وكالة أنباء الإمارات - وام".
func isMasthead(s string) bool {
	const longest = 12 // words
	if len(s) > 120 {
		return false
	}
	if name, rest, parted := cutDashed(s); parted {
		return countWords(s, longest) < longest && (isOfAgency(name, rest) || isOfAgency(rest, name))
	}
	return namesKindOfAgency(s) && !EndsSentence(s)
}

// cutDashed cuts s at the first dash, bar or bullet between spaces.
func cutDashed(s string) (before, after string, found bool) {
	for i := 1; i+2 < len(s); i++ {
		if c := s[i+1]; s[i] != ' ' || c < utf8.RuneSelf && c != '-' && c != '|' && c != '/' {
			continue
		}
		for _, mark := range [...]string{" - ", " – ", " — ", " | ", " • ", " · ", " / "} {
			if after, ok := strings.CutPrefix(s[i:], mark); ok {
				return s[:i], after, true
			}
		}
	}
	return s, "", false
}

// isOfAgency reports whether name is an agency and rest its kind, desk or office.
func isOfAgency(name, rest string) bool {
	if countWords(name, 5) == 5 || countWords(name, 2) > 1 && !isAgency(name) || countWords(name, 2) == 1 && agencyNamed(name) == 0 {
		return false
	}
	return countWords(rest, 2) == 1 && (unicode.IsUpper(firstRune(rest)) || !isCasedWord(rest)) && !hasDigit(rest) || namesKindOfAgency(rest) || countWords(rest, 6) < 6 && !EndsSentence(rest) && newsAgencies.hasAny(rest)
}

// namesKindOfAgency reports whether s says that it is an agency, with its first or its last word, in
// few words that have capitals: "Agência de Notícias de Portugal, S.A.".
func namesKindOfAgency(s string) bool {
	name, _, _ := strings.Cut(s, ", ")
	first, last := firstField(name), name[strings.LastIndexByte(name, ' ')+1:]
	switch {
	case !newsAgencies.has(first) && !newsAgencies.has(last) && !newswires.has(last):
		return false
	case len(first) == len(name), countWords(name, 8) == 8, strings.ContainsAny(name, ":;\"?!"):
		return false
	case newsAgencies.has(first), newsAgencies.has(last), countWords(name, 5) < 5:
		return isSignature(name) || !isCasedWord(name)
	}
	return false
}

// newswires end the names of agencies in English.
var newswires = words(`agency newswire wire`)

// newsAgencies begin or end the names of agencies, by language.
var newsAgencies = words(`agence agencia agência agenzia agentur nachrichtenagentur presseagentur persbureau agencja agentura agentúra ügynökség agenția agencija агенция presse prensa новини новости wiadomości nachrichten haberler notícias noticias notizie nyheter nyheder uutiset zprávy správy hírek știri vijesti vesti ειδήσεις أنباء أخبار
	агентство агенція ajansı ajansi وكالة خبرگزاری 通讯社 通訊社 通信社 통신사 uutistoimisto nyhetsbyrå nyhetsbyrån nyhedsbureau`)

// longestAgency bounds the name of an agency, in bytes.
const longestAgency = 60

// agencyNamed returns the habits of the agency whose name s is. Names of three letters
// that could be words have to be acronyms.
func agencyNamed(s string) habit {
	var buf [longestAgency]byte
	lower, ok := lowered(buf[:0], s)
	if !ok {
		return 0
	}
	h := agencies[string(lower)]
	if h != 0 && len(s) <= 3 && unicode.IsUpper(firstRune(s)) && !isUpperWord(s) && !titled.has(s) {
		return 0
	}
	return h
}

// titled are the acronyms of agencies that newspapers write like names.
var titled = words(`afp efe dpa apa upi`)

// cutFoldedPrefix returns s without prefix, which is in lower case, whatever the case of
// its letters.
func cutFoldedPrefix(s, prefix string) (rest string, ok bool) {
	for i := 0; ; i++ {
		if i == len(prefix) || i == len(s) || s[i] >= utf8.RuneSelf || prefix[i] >= utf8.RuneSelf {
			s, prefix = s[i:], prefix[i:]
			break
		}
		if lowerASCII(s[i]) != prefix[i] {
			return "", false
		}
	}
	for prefix != "" {
		if s == "" {
			return "", false
		}
		r, n := utf8.DecodeRuneInString(s)
		q, m := utf8.DecodeRuneInString(prefix)
		if r != q && unicode.ToLower(r) != q {
			return "", false
		}
		s, prefix = s[n:], prefix[m:]
	}
	return s, true
}

// startsWithWord reports whether s begins with a letter or digit of a script that writes
// spaces between words.
func startsWithWord(s string) bool {
	if s == "" {
		return false
	}
	if c := s[0]; c < utf8.RuneSelf {
		return isASCIILetter(c) || isDigit(c)
	}
	r := firstRune(s)
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)) && !IsUnspaced(r) && !unicode.Is(unicode.Hangul, r)
}
