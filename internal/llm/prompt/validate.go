package prompt

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-59202292/summarizer/internal/article"
	"github.com/seed-59202292/summarizer/internal/grounding"
	"github.com/seed-59202292/summarizer/internal/injection"
	"github.com/seed-59202292/summarizer/internal/summarizer"
)

// TopicThreshold is the confidence from which on a reported topic is delivered.
const TopicThreshold = 0.5

// AnswerFault is something that a model did wrong and might do right when told so.
// The message is one of a fixed set, parametrised by figures only: it is sent
// to the model and shown to callers.
type AnswerFault struct {
	reason  summarizer.Reason
	message string
	claim   grounding.Claim // that is not grounded; else none

	repair string // the instruction to the model, beyond the message
	words  string // of the answer, which are at fault; only the model is shown them, beside its answer
}

func invalid(message string, repair ...string) *AnswerFault {
	return &AnswerFault{reason: summarizer.ReasonLLMOutputInvalid, message: message, repair: strings.Join(repair, "")}
}

// ungrounded is the fault of a sentence that makes a claim which the article lacks.
func ungrounded(found grounding.Finding) *AnswerFault {
	n := strconv.Itoa(found.Sentence)
	return &AnswerFault{
		reason:  summarizer.ReasonLLMUngrounded,
		claim:   found.Unsupported,
		message: "sentence " + n + " of the summary holds " + found.Unsupported.String() + " that the article does not have",
		repair:  ": write sentence " + n + " anew with what the article says, or leave it out, and keep the others as they are",
		words:   shownWords(found.Words),
	}
}

func (f *AnswerFault) err() *summarizer.Error {
	return &summarizer.Error{Reason: f.reason, Message: "the language model's answer cannot be used: " + f.message}
}

// The faults. The exported ones are of an answer as a whole.
var (
	FaultTruncated     = invalid("it was cut off because it was too long", ": write shorter sentences, and quote a few words only")
	FaultToolCall      = invalid("it calls a tool instead of answering")
	FaultEmpty         = invalid("it is empty")
	FaultTooLarge      = invalid("it is far too long")
	FaultNotJSON       = invalid("it is not one JSON object with nothing around it")
	faultFragment      = invalid("a sentence of the summary is none", ": write whole sentences, each with a verb and a full stop")
	faultSummarySchema = invalid(`"summary" is missing or not valid against the schema`)
	faultTopicsSchema  = invalid(`"topics" is missing or not valid against the schema`)
	faultNoSentence    = invalid(`"summary" holds no sentence`)
	faultConfidence    = invalid(`a confidence is not between 0 and 1`)
	faultTooLong       = invalid("the first sentence of the summary alone has more characters than are allowed")
	faultStump         = invalid("the limits would leave a few words of the summary, or a part of a sentence", ": write one whole sentence an item, the most important first")
	faultLanguage      = invalid("the summary is not in the language that was asked for")
	faultRepeats       = invalid("the summary repeats itself")
	faultInstruction   = invalid("the summary speaks of instructions, labels or itself instead of the news")
	faultMarkup        = invalid("the summary holds markup or a link that the article does not have")
)

// Judgment is what is left of an answer after validation: of each feature asked
// either the answer or its fault.
type Judgment struct {
	Summary *summarizer.SummaryAnswer // nil when it has a fault, or was not asked for
	Topics  *summarizer.TopicAnswer   // likewise

	summaryFault *AnswerFault
	topicsFault  *AnswerFault

	// The answer that was judged.
	content string
	fault   *AnswerFault

	// Rest is what the article supports of a summary that it does not support whole, where
	// that reads on its own; else nil.
	Rest *summarizer.SummaryAnswer
}

// OK reports whether the answer has no fault.
func (j *Judgment) OK() bool { return j.summaryFault == nil && j.topicsFault == nil }

// Outcome is the label of the call's metric.
func (j *Judgment) Outcome() string {
	for _, f := range []*AnswerFault{j.summaryFault, j.topicsFault} {
		if f != nil {
			return string(f.reason)
		}
	}
	return "ok"
}

// IgnoresSchema reports whether the answer was in another form than a schema that
// is enforced allows.
func (j *Judgment) IgnoresSchema() bool {
	for _, f := range []*AnswerFault{j.summaryFault, j.topicsFault} {
		switch f {
		case FaultNotJSON, FaultEmpty, FaultToolCall, faultSummarySchema, faultTopicsSchema:
			return true
		}
	}
	return false
}

// Describe names the faults to the model, with what to do.
func (j *Judgment) Describe() string {
	return j.faults(func(f *AnswerFault) string { return f.message + f.repair })
}

// Explain names the faults to people.
func (j *Judgment) Explain() string {
	return j.faults(func(f *AnswerFault) string { return f.message })
}

func (j *Judgment) faults(text func(*AnswerFault) string) string {
	var messages []string
	for _, f := range []*AnswerFault{j.summaryFault, j.topicsFault} {
		if f != nil && !slices.Contains(messages, text(f)) {
			messages = append(messages, text(f))
		}
	}
	return strings.Join(messages, "; ")
}

// Unsupported returns the kind of the claim that the article does not support, for which
// the summary is not delivered; else none.
func (j *Judgment) Unsupported() grounding.Claim {
	if j.summaryFault == nil {
		return grounding.None
	}
	return j.summaryFault.claim
}

// Fill puts j into reply, over an earlier Judgment.
func (j *Judgment) Fill(reply *summarizer.Reply) {
	switch {
	case j.Summary != nil:
		reply.Summary, reply.SummaryErr = j.Summary, nil
	case j.summaryFault != nil:
		reply.SummaryErr = j.summaryFault.err()
	}
	switch {
	case j.Topics != nil:
		reply.Topics, reply.TopicsErr = j.Topics, nil
	case j.topicsFault != nil:
		reply.TopicsErr = j.topicsFault.err()
	}
}

// Judge validates an answer, each feature on its own. Fault is set when the model ended
// without a usable answer.
func (q *Question) Judge(content string, fault *AnswerFault) *Judgment {
	wantSummary, wantTopics := q.task.Summary != nil, q.task.Topics != nil
	j := &Judgment{content: content, fault: fault}
	d := decoded{summaryFault: fault, topicsFault: fault}
	if fault == nil {
		d = decodeAnswer(content, wantSummary, wantTopics)
	}
	if wantSummary {
		if j.summaryFault = d.summaryFault; j.summaryFault == nil {
			j.Summary, j.summaryFault = q.judgeSummary(d.summary)
		}
		if j.Summary != nil {
			j.Summary.Warnings = slices.Concat(q.excerpt.Warnings, j.Summary.Warnings)
		}
		if j.summaryFault != nil {
			j.Summary, j.Rest = nil, j.Summary
		}
	}
	if wantTopics {
		if j.topicsFault = d.topicsFault; j.topicsFault == nil {
			j.Topics, j.topicsFault = q.judgeTopics(d.topics)
		}
		if j.Topics != nil {
			j.Topics.Warnings = slices.Concat(q.excerpt.Warnings, j.Topics.Warnings)
		}
	}
	return j
}

// sentences returns the sentences of a summary, each with its evidence. It stops reading
// once there are more than an answer may have.
func (q *Question) sentences(given []sentenceAnswer) ([]summarizer.AnswerSentence, *AnswerFault) {
	var sentences []summarizer.AnswerSentence
	for _, s := range given {
		if len(sentences) > summarizer.MaxSentences {
			break
		}
		if utf8.RuneCountInString(*s.Text) > summarizer.MaxCharacters {
			return nil, FaultTooLarge
		}
		spans := q.locate(s.Quotes)
		texts := []string{tidy(*s.Text)}
		if q.task.Summary.Format != summarizer.FormatHeadline { // A headline is one, whatever stops stand in it.
			texts = article.SplitSentences(texts[0])
		}
		for _, text := range texts {
			if !strings.ContainsFunc(text, unicode.IsLetter) {
				continue
			}
			evidence := spans
			if len(evidence) == 0 {
				evidence = q.locate([]string{text}) // it may be copied whole
			}
			sentences = append(sentences, summarizer.AnswerSentence{Text: text, Evidence: evidence})
		}
	}
	if len(sentences) == 0 {
		return nil, faultNoSentence
	}
	return sentences, nil
}

// judgeSummary checks a summary and cuts it to the limits. A sentence that is cut off
// need not be right. Beside the fault of a sentence that the article does not support it
// returns the rest of the summary without such sentences.
func (q *Question) judgeSummary(given []sentenceAnswer) (*summarizer.SummaryAnswer, *AnswerFault) {
	task := q.task.Summary
	sentences, f := q.sentences(given)
	if f != nil {
		return nil, f
	}
	kept, f := shorten(task, sentences)
	if f != nil {
		return nil, f
	}
	if len(kept) < len(sentences) && isStump(kept, sentences[len(kept)], task.Language) {
		return nil, faultStump
	}
	if task.Format == summarizer.FormatParagraph && slices.ContainsFunc(kept, func(s summarizer.AnswerSentence) bool { return article.IsFragment(s.Text, task.Language) }) {
		return nil, faultFragment
	}
	fault := q.checkText(kept)
	var warnings []summarizer.Warning
	if fault != nil {
		if fault.claim == grounding.None {
			return nil, fault
		}
		all := len(kept)
		if kept = q.standing(kept); len(kept) == 0 {
			return nil, fault
		}
		warnings = []summarizer.Warning{sentencesDropped(all - len(kept))}
		sentences = kept
	}
	answer := &summarizer.SummaryAnswer{Sentences: kept, Method: summarizer.MethodAbstractive, Language: task.Language, Warnings: warnings}
	if len(kept) < len(sentences) {
		answer.Warnings = append(answer.Warnings, summarizer.Warning{
			Reason:  summarizer.WarnSummaryShortened,
			Message: "the summary was cut at a sentence end to keep its limits",
		})
	}
	if unchecked := q.source.Unchecked(statementsOf(kept), task.Language); len(unchecked) > 0 {
		answer.Warnings = append(answer.Warnings, groundingPartial(unchecked))
	}
	return answer, fault
}

// groundingPartial says which kinds of claims were not all looked up.
func groundingPartial(unchecked []grounding.Claim) summarizer.Warning {
	names := make([]string, len(unchecked))
	for i, claim := range unchecked {
		names[i] = claim.Label()
	}
	return summarizer.Warning{
		Reason:   summarizer.WarnGroundingPartial,
		Message:  "not all claims of these kinds could be looked up in the article, for its language or that of the summary: " + strings.Join(names, ", "),
		Metadata: map[string]string{"claims": strings.Join(names, ",")},
	}
}

// checkText checks markup, language and grounding.
func (q *Question) checkText(sentences []summarizer.AnswerSentence) *AnswerFault {
	for _, s := range sentences {
		if hasForeignMarkup(s.Text, q.source) {
			return faultMarkup
		}
		if injection.IsInstruction(s.Text) {
			return faultInstruction
		}
	}
	switch found := q.source.Check(statementsOf(sentences), q.task.Summary.Language); {
	case found.Repeats:
		return faultRepeats
	case found.WrongLanguage:
		return faultLanguage
	case found.Unsupported != grounding.None:
		return ungrounded(found)
	}
	return nil
}

// statementsOf returns sentences as grounding reads them.
func statementsOf(sentences []summarizer.AnswerSentence) []grounding.Statement {
	statements := make([]grounding.Statement, len(sentences))
	for i, s := range sentences {
		statements[i] = grounding.Statement{Text: s.Text, Evidence: s.Evidence}
	}
	return statements
}

// markup matches text that no plain summary holds: code, tags, entities,
// Markdown, marks of citations, links and addresses.
var markup = regexp.MustCompile("`|[{}\\\\]|~~|=>|==|&&|\\|\\|" +
	`|</?[a-zA-Z][^<>]*>|&#?[a-zA-Z0-9]+;` +
	`|\*\*|\*\S[^*]*\*|__|\b_\S[^_]*_\b|^#+ |^> |\]\(|!?\[[^\[\]]*\]:|\[\^?\d+\]|【` +
	`|(?i:\b[a-z][a-z0-9+.-]*://\S*|\bhttps?:\S*|\b(?:mailto|tel|javascript|data):\S+|\bwww\.\S*)` +
	`|(?i:\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/\S*)` +
	`|(?i:\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:` + topLevels + `)\b)` +
	`|\b[\w.+-]+@[\w-]+\.\w+|\x{fffd}`)

// topLevels are the ends of names of hosts that are no words: "said.it" may lack
// its space.
const topLevels = `com|org|net|info|biz|io|app|dev|gov|edu|mil|int|co|ru|cn|xyz|site|online|shop|link|click|club|live|store|ly|gg|cc|tv|tk|pw|icu|vip|` +
	`eu|uk|de|fr|nl|pl|cz|jp|kr|br|ca|au|ch|se|dk|fi|pt|gr|hu|ro|ua|tr|za|mx|ar|ir|il|ke|ng|example`

// hasForeignMarkup reports whether text holds markup that source lacks.
func hasForeignMarkup(text string, source *grounding.Source) bool {
	if !mayHoldMarkup(text) {
		return false
	}
	for _, match := range markup.FindAllString(text, -1) {
		match = strings.TrimRight(match, ".,;:!?)\"'”’")
		if !source.Contains(match) {
			return true
		}
	}
	return false
}

// mayHoldMarkup reports whether text has a mark that some branch of markup begins
// or ends with. Plain prose has none, and is spared the search, which takes sixty times
// as long (BenchmarkMarkup). TestPlainProseHasNoMarkup holds it to the search.
func mayHoldMarkup(text string) bool {
	for i := range len(text) {
		switch c := text[i]; c {
		case '`', '{', '}', '\\', '~', '=', '&', '|', '<', '>', '*', '_', '#', '[', ']', '@', ':', '/':
			return true
		case '.': // of a host
			if i+2 < len(text) && isASCIILetter(text[i+1]) && (isASCIILetter(text[i+2]) || text[i+2] == '-') || i >= 3 && strings.EqualFold(text[i-3:i], "www") {
				return true
			}
		}
	}
	return strings.ContainsAny(text, "【\ufffd")
}

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// shorten drops sentences from the end until the limits hold.
func shorten(task *summarizer.SummaryTask, sentences []summarizer.AnswerSentence) ([]summarizer.AnswerSentence, *AnswerFault) {
	if task.MaxSentences > 0 && len(sentences) > task.MaxSentences {
		sentences = sentences[:task.MaxSentences]
	}
	if task.MaxCharacters <= 0 {
		return sentences, nil
	}
	characters := 0
	for i, s := range sentences {
		characters += utf8.RuneCountInString(s.Text)
		if task.Format == summarizer.FormatBullets {
			characters += len("- ")
		}
		if i > 0 {
			characters++ // the space or line end between two sentences
		}
		if characters > task.MaxCharacters {
			if i == 0 {
				return nil, faultTooLong
			}
			return sentences[:i], nil
		}
	}
	return sentences, nil
}

// minWords is the minimum length of what a cut leaves of a summary. In scripts without
// spaces two letters count as a word.
const minWords = 3

// isStump reports whether kept, what is left of a summary of which next was cut off, is
// not worth giving: it has hardly a word, or next goes on with its last sentence.
func isStump(kept []summarizer.AnswerSentence, next summarizer.AnswerSentence, language string) bool {
	words := 0
	for _, s := range kept {
		if article.IsUnspacedLanguage(language) {
			words += utf8.RuneCountInString(s.Text) / 2
		} else {
			words += len(strings.Fields(s.Text))
		}
	}
	first, _ := utf8.DecodeRuneInString(next.Text)
	return words < minWords || unicode.IsLower(first) && !article.EndsSentence(kept[len(kept)-1].Text)
}

// tidy makes one line of plain characters of what a model wrote: no controls,
// no invisible characters, no mark of a list.
func tidy(text string) string {
	text = article.OneLine(plainRunes(text))
	for _, mark := range []string{"- ", "* ", "• ", "– "} {
		text = strings.TrimPrefix(text, mark)
	}
	return text
}

// plainRunes makes spaces of all white space and takes out invisible characters.
func plainRunes(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '\u200c' || r == '\u200d':
			return r // joiners that Persian and Indic scripts need
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
}

// judgeTopics checks topics. Ids that were not offered are dropped.
func (q *Question) judgeTopics(given []topicAnswer) (*summarizer.TopicAnswer, *AnswerFault) {
	task := q.task.Topics
	offered := make(map[string]bool, len(task.Topics))
	for _, topic := range task.Topics {
		offered[topic.ID] = true
	}
	best := make(map[string]summarizer.TopicScore)
	dropped := 0
	for _, t := range given {
		id, confidence := *t.ID, float64(*t.Confidence)
		if confidence < 0 || confidence > 1 {
			return nil, faultConfidence
		}
		if !offered[id] {
			dropped++
			continue
		}
		if before, ok := best[id]; ok && before.Confidence >= confidence {
			continue
		}
		best[id] = summarizer.TopicScore{
			ID:         id,
			Confidence: confidence,
			Basis:      summarizer.BasisModelReported,
			Evidence:   q.locate(t.Quotes),
		}
	}
	answer := &summarizer.TopicAnswer{Threshold: TopicThreshold}
	for _, score := range best {
		answer.Topics = append(answer.Topics, score)
	}
	slices.SortFunc(answer.Topics, func(a, b summarizer.TopicScore) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.ID, b.ID))
	})
	answer.Topics = answer.Topics[:min(len(answer.Topics), summarizer.MaxTopics)]
	if dropped > 0 {
		answer.Warnings = append(answer.Warnings, summarizer.Warning{
			Reason:   summarizer.WarnTopicDropped,
			Message:  "the language model named topics that were not offered",
			Metadata: map[string]string{"count": strconv.Itoa(dropped)},
		})
	}
	return answer, nil
}
