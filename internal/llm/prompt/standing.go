package prompt

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/grounding"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// standing returns the sentences that the article supports and that read on their own.
func (q *Question) standing(sentences []summarizer.AnswerSentence) []summarizer.AnswerSentence {
	return standingOf(sentences, q.task.Summary, func(i int) bool {
		s := sentences[i]
		found := q.source.Check([]grounding.Statement{{Text: s.Text, Evidence: s.Evidence}}, q.task.Summary.Language)
		return found.Unsupported == grounding.None && !found.WrongLanguage
	})
}

// standingOf returns the sentences that are supported, where the first is and the rest
// reads on its own; nil where it does not. Each point of a list reads on its own.
func standingOf(sentences []summarizer.AnswerSentence, task *summarizer.SummaryTask, supported func(i int) bool) []summarizer.AnswerSentence {
	var kept []summarizer.AnswerSentence
	apart := task.Format == summarizer.FormatBullets
	gap := false // a sentence was dropped, to which any later one may refer
	for i, s := range sentences {
		switch {
		case supported(i) && (!gap || apart || standsAlone(s.Text, task.Language, kept)):
			kept = append(kept, s)
		case i == 0 && !apart:
			return nil
		default:
			gap = true
		}
	}
	return kept
}

// sentencesDropped is the warning of a summary that lost so many sentences.
func sentencesDropped(n int) summarizer.Warning {
	return summarizer.Warning{
		Reason:   summarizer.WarnSentencesDropped,
		Message:  "sentences that the article does not support were left out of the summary",
		Metadata: map[string]string{"dropped": strconv.Itoa(n)},
	}
}

// withDropped returns the warnings of a summary that lost n further sentences.
func withDropped(warnings []summarizer.Warning, n int) []summarizer.Warning {
	kept := make([]summarizer.Warning, 0, len(warnings)+1)
	for _, w := range warnings {
		if w.Reason != summarizer.WarnSentencesDropped {
			kept = append(kept, w)
			continue
		}
		before, _ := strconv.Atoi(w.Metadata["dropped"])
		n += before
	}
	return append(kept, sentencesDropped(n))
}

// linkingWords tie a sentence to the one before, as pronouns do, by language. In a language
// without a list no sentence is kept behind one that was dropped.
var linkingWords = map[string]map[string]bool{
	"en": set("however also too but meanwhile instead moreover still yet he she it they him them his her its their this that these those both such then there"),
	"de": set("dagegen hingegen aber jedoch auch zudem außerdem er sie es ihr ihre sein seine dies diese dieser dieses dabei damit doch"),
	"fr": set("cependant toutefois mais aussi pourtant il elle ils elles son sa ses leur leurs ce cette ces celui celle en"),
	"es": set("pero también además él ella ellos ellas su sus este esta estos estas ese esa eso esto"),
	"it": set("però ma anche inoltre tuttavia invece lui lei loro suo sua suoi questo questa questi"),
	"pt": set("porém mas também ele ela eles elas seu sua seus este esta isso"),
	"nl": set("echter maar ook hij zij ze hun zijn haar dit deze dat"),
	"pl": set("jednak ale także również on ona oni jego jej ich ten ta to"),
	"ru": set("однако но также он она они оно его её ее их этот эта это эти при"),
	"uk": set("однак але також він вона вони його її їх цей ця це ці"),
	"tr": set("ancak ama ayrıca o bu onlar onun"),
}

// opening is the number of words at the beginning of a sentence that tell whether it refers back.
const opening = 8

// standsAlone reports whether text reads without the sentences before it that were dropped: it
// opens with a name, alone only where one of kept has it, and nothing near its beginning refers
// back, by a pronoun or by a noun for somebody or something that no sentence of kept has.
func standsAlone(text, language string, kept []summarizer.AnswerSentence) bool {
	base := article.BaseLanguage(language)
	linking := linkingWords[base]
	words := strings.Fields(text)
	if linking == nil || len(words) < 2 || !isCapital(words[0]) {
		return false
	}
	for i, word := range words[:min(len(words), opening)] {
		word = strings.ToLower(strings.TrimFunc(word, isMark))
		called := i+1 < len(words) && isCapital(words[i+1]) && base != "de" // "minister Lind"
		if linking[word] || roleNouns[base][word] && !called && !isKept(kept, func(other string) bool { return strings.EqualFold(other, word) }) {
			return false
		}
	}
	if openers[strings.ToLower(words[0])] {
		return base != "de" && isCapital(words[1]) // "The Hague court", but not "Der Konzern"
	}
	return isCapital(words[1]) || isKept(kept, func(other string) bool { return sameName(other, words[0]) })
}

// isKept reports whether a word of kept is one.
func isKept(kept []summarizer.AnswerSentence, is func(word string) bool) bool {
	return slices.ContainsFunc(kept, func(s summarizer.AnswerSentence) bool {
		return slices.ContainsFunc(strings.Fields(s.Text), func(word string) bool { return is(strings.TrimFunc(word, isMark)) })
	})
}

// roleNouns name somebody or something that was named before, by language.
var roleNouns = map[string]map[string]bool{
	"en": set("company firm group union minister president team club court government agency bank party ministry police spokesman spokeswoman officials chief director manager author scientist researchers victim victims suspect man woman couple airline manufacturer deal plan attack accident"),
	"de": set("konzern unternehmen firma gruppe gewerkschaft minister ministerin präsident präsidentin verein klub gericht regierung behörde bank partei ministerium sprecher sprecherin chef mann frau verdächtige opfer hersteller verband polizei vorhaben plan angriff unfall"),
	"fr": set("groupe entreprise société syndicat ministre président présidente équipe club tribunal gouvernement agence banque parti ministère porte-parole directeur homme femme suspect accord projet attaque"),
	"es": set("empresa grupo compañía sindicato ministro ministra presidente presidenta equipo club tribunal gobierno agencia banco partido ministerio portavoz director hombre mujer sospechoso acuerdo plan ataque"),
	"it": set("azienda gruppo società sindacato ministro ministra presidente squadra club tribunale governo agenzia banca partito ministero portavoce direttore uomo donna accordo piano attacco"),
	"pt": set("empresa grupo companhia sindicato ministro ministra presidente equipa equipe clube tribunal governo agência banco partido ministério porta-voz diretor homem mulher acordo plano ataque"),
	"nl": set("bedrijf concern groep vakbond minister president team club rechtbank regering bank partij ministerie woordvoerder directeur man vrouw akkoord plan aanval"),
	"pl": set("firma spółka koncern grupa związek minister prezydent prezes klub sąd rząd agencja bank partia resort rzecznik mężczyzna kobieta umowa plan atak"),
	"ru": set("компания группа концерн профсоюз министр президент клуб суд правительство агентство банк партия ведомство мужчина женщина соглашение план атака"),
	"uk": set("компанія група концерн профспілка міністр президент клуб суд уряд агентство банк партія відомство чоловік жінка угода план атака"),
	"tr": set("şirket grup sendika bakan başkan kulüp mahkeme hükümet banka parti bakanlık sözcü adam kadın anlaşma plan saldırı"),
}

// openers are articles and small words that open sentences in many languages, and are no names.
var openers = set("the a an der die das ein eine le la les un une el los las una il lo gli o a os as um uma de het een den det " +
	"am im in bei nach seit vor zum zur auf aus mit für von laut zwischen gegen wegen nur schon on at by for since after before under last en dans depuis selon après desde según para por da dal nel secondo op naar volgens w na po od z в на по с за з")

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}
	return m
}

// sameName reports whether two words are one name, marks and possessives aside.
func sameName(a, b string) bool {
	clean := func(word string) string {
		word = strings.TrimFunc(word, isMark)
		return strings.TrimSuffix(strings.TrimSuffix(word, "'s"), "’s")
	}
	return isCapital(a) && clean(a) == clean(b)
}

func isMark(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

func isCapital(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(r)
}

// maxWordsShown is the maximum length of the words of a claim that are named to the model,
// in characters.
const maxWordsShown = 60

// shownWords returns the words of a claim in a form that can hold no instruction of its
// own: on one line, without marks that might end a quotation, and short.
func shownWords(words string) string {
	var b strings.Builder
	for i, r := range []rune(words) {
		if i == maxWordsShown {
			break
		}
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,:%$€£¥-’'", r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
