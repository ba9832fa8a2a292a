package llm

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
func (q *question) standing(sentences []summarizer.AnswerSentence) []summarizer.AnswerSentence {
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
	gap := false // a sentence was dropped since the last that is kept
	for i, s := range sentences {
		switch {
		case supported(i) && (!gap || apart || standsAlone(s.Text, task.Language, kept)):
			kept, gap = append(kept, s), false
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

// standsAlone reports whether text reads without the sentence before it: it opens with a
// name, alone only where one of kept has it, and nothing near its beginning refers back.
func standsAlone(text, language string, kept []summarizer.AnswerSentence) bool {
	linking := linkingWords[article.BaseLanguage(language)]
	words := strings.Fields(text)
	for _, word := range words[:min(len(words), 5)] {
		if linking[strings.ToLower(strings.TrimFunc(word, isMark))] {
			return false
		}
	}
	if linking == nil || len(words) < 2 {
		return false
	}
	named := !articles[strings.ToLower(words[0])] && slices.ContainsFunc(kept, func(s summarizer.AnswerSentence) bool {
		return slices.ContainsFunc(strings.Fields(s.Text), func(word string) bool { return sameName(word, words[0]) })
	})
	return isCapital(words[0]) && (named || isCapital(words[1]))
}

// articles open sentences in many languages, and are no names.
var articles = set("the a an der die das ein eine le la les un une el los las una il lo gli o a os as um uma de het een den det")

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
