package injection

import (
	"regexp"
	"strings"
)

// Parts of the rules.
const (
	start   = `(^\W*|[.:;!?"()>*•] ?'?|- |\s')((please|now|then|instead|next|first|finally|also|just|only|simply|kindly|you must|you should|always|and|(before|when|if|after|while) (you|reading) [^,.]{0,30}),? )*`
	machine = `(ai|a\.i\.|llms?|gpt|(ai |large |ai language |large language |language )(models?|assistants?|systems?|readers?|agents?)|chatbots?|bots?|summari[sz]ers?|classifiers?|automated (systems?|readers?|tools?))`
	report  = `(article|text|story|report|document|page|piece|item|post)`
	labels  = `(topics?|labels?|categor(?:y|ies)|tags?)`
	former  = `(previous|prior|above|earlier|preceding|foregoing|existing|initial|original|system|safety|your|my|these|those|other|all|any|every)`
	order   = `(instructions?|prompts?|guidelines?|directives?|rules?|commands?|directions?)`
)

// rule is one way in which a text speaks to a model. Its pattern is looked for
// only where each of its groups of words has one in the text.
type rule struct {
	groups  []string // the words, cut to four letters: "ignore" and "ignorant" are one
	pattern string   // over what plain makes of a text
}

// rules speak of what readers are not told: instructions about instructions,
// addresses to machines, the task itself, and the marks of prompts. Words of
// news that come close ("ignored the rules", "AI must be regulated") are kept
// out by asking for an imperative, an address or the article as the object.
var rules = []rule{
	// Instructions about instructions.
	{
		[]string{"ignore ignoring disregard forget override overriding bypass discard", "instruction prompt guideline directive rule command direction"},
		`(` + start + `|\b(you|please|must now|need to|has to|have to|and|then|by|,) )(ignore|disregard|forget|override|bypass|discard)( \pL+){0,3} ` + former + ` (\pL+ ){0,2}` + order + `\b|` +
			start + `(ignore|disregard|forget|override|bypass|discard) (\pL+ ){0,3}(instructions?|prompts?|guidelines?|directives?|rules?|commands?)\b`,
	},
	{
		[]string{"ignore disregard forget", "above before far text article everything anything told said"},
		start + `(ignore|disregard|forget) (everything|anything|all|what|whatever|the (article|text|rest))( \pL+){0,5} (above|before this|so far|you (were|have been) (told|given))\b|` +
			start + `(ignore|disregard|forget) (everything|the (article|text)|all of (the|this)) (above|before|here|and|instead)\b`,
	},
	{
		[]string{"follow following obey obeying listen", "instruction prompt guideline rule"},
		`\b(do not|don't|never|stop|no longer) (follow|obey)(ing)? (\pL+ ){0,2}(your|previous|prior|above|earlier|system) (\pL+ )?` + order + `\b`,
	},
	{
		[]string{"new updated revised real actual hidden secret additional important special", "instruction prompt task"},
		`^\W*(here (are|is) |these are )?(your |my )?(new|updated|revised|real|actual|hidden|secret|additional|important|special) (system )?(instructions?|prompts?|task)( \pL+){0,4} ?(:|is\b|are\b)|` +
			`\byour (new|real|actual|true) (task|instructions?|prompt) (is|are)\b`,
	},
	{
		[]string{"your print reveal show repeat output display ignore", "system initial", "prompt message instruction"},
		`\b(your|print|reveal|show|repeat|output|display|ignore)( \pL+){0,2} (system|initial) (prompt|message|instructions?)\b`,
	},
	{
		[]string{"developer debug maintenance admin god jailbreak", "mode"},
		`\b(developer|debug|maintenance|admin|god|jailbreak) mode (is )?(now )?(on|enabled|activated|active)( now)?\W*($|[.!:;,])|` + start + `(enter|enable|activate|switch to) (developer|debug|maintenance|admin|god|jailbreak) mode\b`,
	},
	{[]string{"your", "instruction", "are have"}, `\byour instructions? (are|is|have changed|has changed)\b`},

	// Addresses.
	{
		[]string{"you", "are", "ai llm large language assistant model chatbot bot translator summarizer summariser classifier automated unrestricted jailbroken dan bound acting by pirate poet editor"},
		`\byou are (now|no longer|hereby|henceforth) (an? |the |in |bound |acting )?(\pL+ ){0,2}(ai|assistant|model|chatbot|bot|translator|summari[sz]er|classifier|unrestricted|jailbroken|dan|by (any|your|these|the) (rules|guidelines|instructions)|pirate|poet|editor)\b|` +
			`\b(if you are|you are) (an?|the) ` + machine + `\b`,
	},
	{[]string{"as", "ai large language"}, `\bas an? (ai|large language|ai language|language) (model|assistant)(,|\.|$| (i|you|we|my|your)\b)`},
	{
		[]string{"dear hey hello attention note message memo notice reminder request warning instruction", "ai llm llms gpt model models assistant assistants system systems chatbot bot bots summarizer summariser summarizers summarisers classifier language automated"},
		`(^|[("\[] ?)(important |urgent |special )?(dear|hey|hello|attention|note to|message to|memo to|notice to|reminder to|request to|warning to|note for|message for|instructions? (to|for))[ ,:]+(the |any |all |every |our )?(` + machine + `|models?|assistants?|gpt\S*)\b`,
	},
	{
		[]string{"ai llm llms gpt model models assistant assistants bot bots chatbot chatbots summarizer summariser classifier language automated whoever whatever", "reading processing handling summarizing summarising processes reads summarizes summarises", "this"},
		`\b(` + machine + `|models?|assistants?|systems?|whoever|whatever)( (that|who|which))?( is| are)? (reading|processing|handling|summari[sz](ing|es?)|process(es)?|reads?) this( (whole |entire )?` + report + `\b| (message|sentence|paragraph|line|note)\b|[^\pL ]|$| (must|should|shall|has|have|needs?|is|are|will)\b)`,
	},
	{
		[]string{"ai llm llms gpt model models assistant assistants chatbot chatbots bot summarizer summariser classifier language", ":"},
		`(^|[("\[] ?)((to |for )?(the |all |any )?` + machine + `|((to |for )(the |all |any )?)?(models?|assistants?)) ?:`,
	},
	{
		[]string{"pretend act behave roleplay imagine", "ai llm model chatbot bot editor translator summarizer summariser classifier machine language"},
		`\b(pretend|act|behave|roleplay|imagine)( as if| as though| that)? (you are|you were|to be|like|as) (an?|the) (\pL+ )?(ai|llm|language model|chatbot|bot|editor|translator|summari[sz]er|classifier|machine)\b`,
	},

	// The task.
	{
		[]string{"label classify categorize categorise tag file mark rate register", "this it that the", "as with under only please"},
		start + `(label|classify|categori[sz]e|tag|file|mark|rate|register) (only )?(this|it|that)( ` + report + `)? (as|with|under|only)\b|` +
			`\bplease (label|classify|categori[sz]e|tag|file|mark|rate) ((this|the) (whole |entire |news )?` + report + `|this|it|that)\b|` +
			`\b(label|classify|categori[sz]e|tag|file|mark|rate)(s|d|ed)? (this|the) (whole |entire |news )?` + report + ` (as|with|under)\b`,
	},
	{
		[]string{"article text story report document page piece item post", "labelled labeled classified categorized categorised tagged filed summarized summarised", "must should has needs is shall ought"},
		`\b(this|the) ` + report + ` (must|should|has to|needs to|is to|shall|ought to) (only )?be (labell?ed|classified|categori[sz]ed|tagged|filed|summari[sz]ed) (as|with|under|only)\b`,
	},
	{
		[]string{"set use assign apply return choose select output pick give add append emit include insert drop remove omit replace change keep answer respond reply report", "topic topics label labels category categories summary summaries"},
		start + `(set|use|assign|apply|return|choose|select|output|pick|give|add|append|emit|include|insert|drop|remove|omit|replace|change|keep|answer|respond|reply|report)\b( \S+){0,8} (topics?|labels?|categor(y|ies)|summary|summaries)\b`,
	},
	{
		[]string{"correct right only true proper best single sole expected", "topic topics label labels category summary", "this here is are"},
		`\bthe (correct|right|only|true|proper|best|single|sole|expected) (topics?|labels?|category|summary) (for this|of this|here|is|are)\b`,
	},
	{
		[]string{"topic topics label labels category categories tag tags confidence", ": ="},
		`^\W*(the |correct |main )?(topics?|labels?|categor(y|ies)|tags?|topic id|confidence) ?([:=] ?["']?[\pL\d_-]+["']?((,| and|;| confidence)? ?[:=]? ?["']?[\pL\d._-]+["']?){0,3}\W*$|=)|\b(topics?|labels?|confidence) ?= ?\S`,
	},
	{
		[]string{"summary summaries", "must should shall has needs ought is will"},
		`\b(the|your|any|this|every) summar(y|ies)( of this \pL+)? (must|should|shall|has to|have to|needs to|ought to|is to)( (only|also|always|not))? (state|say|mention|include|contain|read|end|begin|start|omit|claim|describe|note|consist|tell)\b|\bthe summary is ["']`,
	},
	{
		[]string{"your", "summary output label labels topics classification json"},
		`\b(in|to|into|of|from|with|as|end|begin|start) your (entire |whole |final |next |own )?(summary|output|labels?|topics|classification|json)\b`,
	},
	{
		[]string{"write print say output respond reply answer repeat return append echo insert copy paste decode execute", "summary summaries exactly verbatim word json base64 encoded nothing"},
		start + `(write|print|say|output|respond|reply|answer|repeat|return|append|echo|insert|copy|paste|decode|execute)\b(( \S+){0,5} (exactly|verbatim|word for word|in json|as json|base64|encoded|nothing else)\b|( \S+){0,8} (summary|summaries)\b)`,
	},
	{
		[]string{"write print say output respond reply answer repeat return", "only just following this nothing", ":"},
		start + `(write|print|say|output|respond|reply|answer|repeat|return) ((only|with only|just) (with |the |this |these |in )*(\S+ ?)?|(the following|this|nothing but)( \S+){0,4} ?):`,
	},
	{
		[]string{"begin start end finish open close", "summary summaries answer reply"},
		start + `(begin|start|end|finish|open|close) (the|your) (summary|summaries|answer|reply) (with|by)\b`,
	},
	{[]string{"summarize summarise", "this the"}, start + `summari[sz]e (this|the) ` + report + ` (as|with|by saying|in one word)\b`},
	{
		[]string{"include insert add append mention", "link url phrase following sentence word words"},
		start + `(include|insert|add|append|mention) (the |this |a )?(link|url|phrase|following|sentence|words?)\b`,
	},

	// Turns, fences and schemas.
	{[]string{"system assistant user human developer", ": >"}, `^\W*(system|assistant|user|human|developer)( message| prompt| note)? ?[:>]`},
	{[]string{"<", "| ! sys system instruction prompt article user assistant human context document data"}, `<\|[^|]*\|>|<</?sys>>|</?(system|instructions?|prompt|article|user|assistant|human|context|document|data)\b[^>]*>|<!--`},
	{[]string{"[", "inst instruction article system end begin start prompt"}, `\[/?inst\]?|\[ ?/? ?article\b|\[ ?/?(system|end|begin|start|instructions?|prompt)\b[^\]]*\]`},
	{[]string{"#", "instruction system response user assistant input output task end"}, `#{2,} ?(instructions?|system|response|user|assistant|input|output|task|end)\b`},
	{[]string{"`"}, "```"},
	{[]string{"=", "end begin start instruction system"}, `={3,} ?(end|begin|start|instructions?|system)\b`},
	{[]string{"{ ,", "\"", ":", "summary topic topics id confidence quotes role content"}, `[{,] ?"(summary|topics?|topic_?id|id|confidence|quotes|role|content)" ?:`},
	{
		[]string{"end begin beginning start ends stops over", "article document text input prompt message context"},
		`^\W*(this is )?(the )?(end|begin|start|beginning) of (the )?(article|document|input|prompt|user message|context|data)\W*($|[.:;!-])|^\W*(the )?(article|text|document|input) (ends|stops|is over) here\b`,
	},

	// Other languages that news is written in.
	overriding("ignorier vergiss vergess missachte", "anweisung instruktion vorgabe befehl", `bisherig|vorherig|obig|vorig|fruher|vorangegangen|vorstehend|deine`),
	overriding("ignore ignorez oublie oubliez negligez", "instruction consigne directive regle", `precedent|anterieur|ci-dessus|plus haut`),
	overriding("ignora ignore ignorar ignoren olvida olvide descarta", "instrucci indicaci orden regla", `anterior|previa|arriba|tus`),
	overriding("ignora ignorate dimentica dimenticate trascura", "istruzion indicazion regol", `precedent|sopra|tue`),
	overriding("ignore ignora esqueca esqueça desconsidere", "instruc regra orden", `anterior|previa|acima|suas`),
	overriding("negeer vergeet", "instructie opdracht", `vorige|eerdere|bovenstaande|alle`),
	overriding("zignoruj zapomnij", "instrukcj polece", `poprzedni|wczesniejsz|wszystkie`),
	overriding("ignorera glom", "instruktion", `tidigare|ovan|foregaende|alla`),
	overriding("abaikan lupakan", "instruksi perintah", `sebelum|di atas|semua`),
	overriding("игнорируй игнорируйте проигнорируй забудь забудьте", "инструкц указани команд правил", `предыдущ|прежни|выше|все`),
	overriding("ігноруй ігноруйте забудь", "інструкц вказів", `попередн|вище|усі|всі`),
	{[]string{"kennzeichne klassifiziere markiere etikettiere", "artikel text beitrag dokument"}, `(^|\PL)(bitte )?(kennzeichne|klassifiziere|markiere|etikettiere)(n sie)? (diesen|diese|dieses|den|das) (artikel|text|beitrag|dokument)`},
	{[]string{"classe classez etiquette etiquetez categorise categorisez marque marquez", "article texte"}, `\b(classe|etiquette|etiquete|categorise|marque)z? (cet|ce|l') ?(article|texte)\b`},
	{[]string{"clasifica clasifique etiqueta etiquete marca marque", "articulo texto nota noticia"}, `^\W*(por favor,? )?(clasifi|etiquet|mar[cq])\pL* (este|esta) (articulo|texto|nota|noticia)\b`},
	{[]string{"classifica classifique etichetta rotule", "articolo testo artigo texto"}, `^\W*(classific|classifiq|etichett|rotul)\pL* (questo|este) (articolo|testo|artigo|texto)\b`},
	{[]string{"отметь обозначь классифицируй пометь", "статью текст статья"}, `(отмет|обознач|классифицир|помет)\pL* эт\pL+ (стать|текст)`},
	{[]string{"talimatlari komutlari yonergeleri talimatlarin"}, `(talimat|komut|yonerge).{0,30}(yok say|gormezden gel|unut|dikkate alma)`},
	{
		[]string{"忽略 无视 無視 忘记 忘記 不要 忘れ 무시 잊어", "指令 指示 提示 命令 지시 명령 지침"},
		`(忽略|无视|無視|忘记|忘記|不要理会)[^，。、]{0,12}(指令|指示|提示|命令)|(指示|命令|指令).{0,10}(無視|忘れ)(して|て)|(지시|명령|지침).{0,10}(무시하|잊어)`,
	},
	{[]string{"تجاهل انس اهمل", "تعليمات التعليمات الاوامر اوامر"}, `(تجاهل|انس|اهمل).{0,30}(تعليمات|الاوامر|اوامر)`},
	{[]string{"دستور دستورات دستورهای", "نادیده فراموش"}, `(نادیده|فراموش).{0,30}(دستور)|(دستور).{0,30}(نادیده|فراموش)`},
}

// overriding is the rule against instructions to forget instructions in a
// language: an imperative at the beginning, or with a word for what came before.
func overriding(verbs, nouns, before string) rule {
	v, n := strings.ReplaceAll(plain(verbs), " ", "|"), strings.ReplaceAll(plain(nouns), " ", "|")
	before = plain(before)
	return rule{
		groups: []string{verbs, nouns},
		pattern: `(^|[.:;!?"'(] ?)(` + v + `)\pL{0,3}\PL.{0,30}(` + n + `)|` +
			`(^|\PL)(` + v + `)\pL{0,3}\PL.{0,40}(` + before + `).{0,20}(` + n + `)|(^|\PL)(` + v + `)\pL{0,3}\PL.{0,40}(` + n + `)\pL*.{0,20}(` + before + `)`,
	}
}

// IsInstruction reports whether text, a sentence, looks like an instruction to a
// language model: an order to forget instructions, an address to a machine, talk
// of topics and summaries as a task, marks of prompts, or text in base64 or
// hexadecimal digits. It takes some 5 ns a byte for text in Latin letters that is
// none, in Chinese, Japanese or Korean too, and some 50 for other scripts.
func IsInstruction(text string) bool {
	if !mayInstruct(text) {
		return false
	}
	inPlain := plain(text)
	if wordsOf(inPlain).matchesRule(inPlain) && !isReport(inPlain) {
		return true
	}
	for _, run := range encodedRuns(text) {
		if decodesToText(run) {
			return true
		}
	}
	return false
}

// reports are verbs by which news says who told what to whom, and addresses words by which
// a text speaks to a model all the same.
var (
	reports = regexp.MustCompile(`(^|\PL)(said|says|told|tells|asked|asks|ordered|orders|urged|urges|reminded|reminds|instructed|instructs|advised|advises|warned|warns|ruled|rules that|` +
		`suggested|suggests|pleaded|radioed|shouted|insisted|insists|wrote|recommends|recommended|demanded|demands|claimed|argued|argues|announced|explained|explains|added|testified|` +
		`according to|allows?|allowed|accused|refused|failed to|chose to|decided to|vowed to|want(s|ed)? to|tried to|trying to|` +
		`sagte|sagt|sagten|habe|hatte|wies|forderte|fordert|bat|bittet|riet|rat|rief|verlangte|verlangt|mahnte|warnte|erklarte|teilte|hiess|wurden? die|wurde der|zufolge|laut|empfiehlt|empfahl|` +
		`a (declare|lance|dit|affirme|demande|ordonne|conseille|prie|appele|invite|rappele|averti|explique|ecrit)|demande|ordonne|invite|conseille|appelle|prie|rappelle|affirme|explique|selon|declare|` +
		`dijo|dice|pidio|pide|ordeno|ordena|aconsejo|aconseja|llamo|llama a|exigio|exige|invita|grito|advirtio|aseguro|afirmo|segun|explico|recomendo|recomienda|` +
		`ha (detto|chiesto|ordinato|consigliato|esortato|imposto|gridato|spiegato|avvertito)|dice|chiede|ordina|invita|secondo|consiglia|raccomanda|` +
		`disse|pediu|ordenou|aconselhou|afirmou|segundo|recomendou|` +
		`(сказал|заявил|велел|приказал|попросил|посоветовал|призвал|потребовал|передал|предупредил|сообщил|рекомендовал)[аио]?|просит|рекомендует|` +
		`powiedzial[a]?|poprosil[a]?|kazal[a]?|zei|vroeg|droeg|zegt|vraagt|` +
		`сказав|сказала|наказав|попросив|закликав)(\PL|$)`)
	addresses = regexp.MustCompile(`(^|\PL)(llms?|gpt|ai (models?|assistants?|systems?|readers?)|language models?|chatbots?|summari[sz]ers?|classifiers?|jailbr\pL+|verbatim|base64|json|` +
		`(and|then|instead) (write|say|print|output|answer|respond|reply|state|claim|label|tag|repeat)|who (says?|writes?|answers?|obeys?)|in your (summary|output|answer)|(system|initial) (prompt|message))(\PL|$)|<[|!/a-z]|\[/?inst|` + "```" + `|#{2}|={3}|\{ ?"`)
)

// isReport reports whether text, which a rule fits, is news of what somebody told somebody:
// courts and companies speak of instructions too. The checks of the answer remain.
func isReport(text string) bool {
	return reports.MatchString(text) && !addresses.MatchString(text)
}

// mayInstruct reports by a quick scan whether text may be an instruction or hold one.
func mayInstruct(text string) bool {
	found, sure := quickScan(text)
	return !sure || found.mayMatch()
}

var (
	back = regexp.MustCompile(`\b(previous|preceding|last|above|prior) (sentence|line|paragraph|words|phrase|passage)\b|\b(sentence|line|paragraph|passage) (above|before)\b`)
	lead = regexp.MustCompile(`[:>\])}#*=-]\W*$`)
)

// pointsBack reports whether text, an instruction, is about what is before it.
func pointsBack(text string) bool { return back.MatchString(plain(text)) }

// leadsOn reports whether text, an instruction, announces what follows it.
func leadsOn(text string) bool { return lead.MatchString(text) }
