package article

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file knows transcripts: who speaks, and what the stenographer notes.

// turns are what takes turns in an interview, and roles that are no persons, by language.
var turns = words(`q a question answer questions reporter reporters journalist interviewer moderator host anchor operator speaker translator interpreter
	frage antwort moderation moderator moderatorin journalist journalistin p r question réponse journaliste pregunta respuesta periodista pergunta resposta jornalista
	domanda risposta giornalista vraag antwoord pytanie odpowiedź вопрос ответ ведущий ведущая корреспондент питання відповідь ведучий soru cevap سؤال جواب س ج
	问 答 記者 记者 主持人 問 司会 질문 답변 사회자 기자 प्रश्न उत्तर सवाल जवाब`)

// stageWords stand in brackets in a transcript, by language.
var stageWords = words(`applause laughter laughs crosstalk inaudible unintelligible cheers cheering booing silence pause music audible unidentified interruption
	begin end video clip videotape audio commercial break through translator via interpreter speaks speaking foreign language phonetic off-mike off-mic technical difficulty
	beifall heiterkeit gelächter lachen zwischenruf unverständlich applaudissements rires inaudible brouhaha aplausos risas inaudible aplauso risos inaudível applausi risate
	applaus gelach oklaski śmiech аплодисменты смех неразборчиво оплески сміх alkışlar gülüşmeler تصفيق ضحك 掌声 笑声 笑 拍手 박수 웃음 तालियां तालियाँ`)

// runningNotes begin the lines that say what a transcript is.
var runningNotes = newPrefixTable(map[bool]string{
	true: `this is a rush transcript|this transcript|end of transcript|rush transcript|begin transcript|transcript provided|transcript:|full transcript|following is a transcript|the following is a transcript
		|(begin transcript)|end transcript|ende des transkripts|fin de la transcription|fin de la transcripción|конец стенограммы`,
})

// isRunningNote reports whether s says what a transcript is. A title behind "Transcript: " does
// not.
func isRunningNote(s string) bool {
	found, rest, ok := runningNotes.find(s)
	return ok && (found.text != "transcript:" || EndsSentence(s) || countWords(rest, 4) < 4)
}

// longestLabel bounds the name of a speaker, in bytes.
const longestSpeaker = 60

// speaker returns the length of the label that begins s and the name in it: "Q: ",
// "MINISTER ROE: ", "Ada Roe: ".
func speaker(s string) (n int, name string) {
	head := s[:min(len(s), longestSpeaker)]
	at, size := strings.IndexByte(head, ':'), 1
	if wide := strings.Index(head, "："); wide >= 0 && (at < 0 || wide < at) {
		at, size = wide, len("：")
	}
	end := at + size
	switch {
	case at <= 0 && hasAnyPrefix(s, "Q. ", "A. ", "Q "):
		return 2, s[:1]
	case at <= 0, size == 1 && end < len(s) && s[end] != ' ':
		return 0, ""
	}
	name, _, _ = strings.Cut(s[:at], " (")
	name = strings.Trim(name, " *[]")
	if name == "" || countWords(name, 6) == 6 || strings.ContainsAny(name, "\"“”«»?!,;") || digitGroups(name) > 0 {
		return 0, ""
	}
	return end + len(s[end:]) - len(strings.TrimLeft(s[end:], " ")), name
}

// readTranscript takes speakers and stage directions out of a transcript. The names stay
// where several persons speak, since nothing else says who says what.
func (p *rawPage) readTranscript() {
	if !p.maySpeak() {
		return
	}
	c := p.cast()
	if c.turns < 3 || !c.repeated || 3*c.turns < p.kept() {
		return
	}
	for i := range p.lines {
		l := &p.lines[i]
		if l.rule != 0 {
			continue
		}
		s := p.slice(*l)
		n, name := speaker(s)
		p.cutNotes(i)
		switch {
		case isRunningNote(s):
			l.rule = RuleTranscript
		case n > 0 && c.isCut(name):
			p.cut(i, Span{l.Begin, l.Begin + n}, RuleTranscript)
		}
	}
	p.spoken = true
}

// cast is who speaks in a transcript.
type cast struct {
	turns    int // lines that begin with a speaker
	asked    int // of them with a role or "Q"
	persons  map[string]int
	repeated bool // somebody speaks twice

	principals int // persons who speak more than once; all persons where there are no questions
}

// cast counts the speakers of the page.
func (p *rawPage) cast() cast {
	c := cast{persons: map[string]int{}}
	for _, l := range p.lines {
		if l.rule != 0 {
			continue
		}
		switch n, name := speaker(p.slice(l)); {
		case n == 0:
		case turns.has(name):
			c.asked++
			c.turns++
			c.repeated = true
		case isPersonSpeaking(name, n < l.Len()):
			c.turns++
			c.persons[name]++
			c.repeated = c.repeated || c.persons[name] > 1
		}
	}
	for _, turned := range c.persons {
		if turned > 1 || c.asked == 0 {
			c.principals++
		}
	}
	return c
}

// isPersonSpeaking reports whether name names a speaker. In small letters it has to
// stand before words.
func isPersonSpeaking(name string, speaks bool) bool {
	if isUpperWord(name) && isCasedWord(name) {
		return true
	}
	return speaks && unicode.IsUpper(firstRune(name)) && (countWords(name, 2) == 1 || isNames(name))
}

// isCut reports whether name is left out before what is said: a role, the one person who is
// asked, or somebody who asks.
func (c cast) isCut(name string) bool {
	switch turned := c.persons[name]; {
	case turns.has(name):
		return true
	case turned == 0:
		return false
	case turned == 1 && c.asked > 0:
		return true
	}
	return c.principals < 2
}

// maySpeak reports whether a third of the lines begin like lines of a transcript, with
// little work.
func (p *rawPage) maySpeak() bool {
	spoken := 0
	for _, l := range p.lines {
		head := p.flat[l.Begin:min(l.End, l.Begin+longestSpeaker)]
		if strings.IndexByte(head, ':') > 0 || len(head) > 1 && (head[0] == 'Q' || head[0] == 'A') && (head[1] == ' ' || head[1] == '.') || head[0] >= utf8.RuneSelf && strings.Contains(head, "：") {
			spoken++
		}
	}
	return spoken >= 3 && 3*spoken >= p.kept()
}

// kept returns the number of lines that no rule leaves out.
func (p *rawPage) kept() int {
	n := 0
	for _, l := range p.lines {
		if l.rule == 0 {
			n++
		}
	}
	return n
}

// cutNotes cuts the notes of the stenographer out of line i, in whatever case.
func (p *rawPage) cutNotes(i int) {
	for at := p.lines[i].Begin; ; {
		l := p.lines[i]
		open := strings.IndexByte(p.flat[at:max(at, l.End)], '(')
		if open < 0 {
			return
		}
		open += at
		at = open + 1
		inside := p.flat[at:min(l.End, at+longestStage)]
		if end := strings.IndexByte(inside, ')'); end >= 0 && isStageDirection(inside[:end]) {
			p.cut(i, Span{open, at + end + 1}, RuleTranscript)
			at += end + 1
		}
	}
}

// longestStage bounds a note of the stenographer, in bytes.
const longestStage = 80

// isStageDirection reports whether s, which stands in brackets, is made of words of the
// stenographer.
func isStageDirection(s string) bool {
	found := false
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ' ' || r == '.' || r == ',' || r == ';' }) {
		if !stageWords.has(word) {
			return false
		}
		found = true
	}
	return found
}
