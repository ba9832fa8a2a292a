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
	former  = `(previous|prior|above|earlier|preceding|foregoing|existing|initial|original|system|safety|your|my)`
	order   = `(instructions?|prompts?|guidelines?|directives?|rules?|commands?|directions?)`
	asked   = `(ignore|disregard|forget|override|label|classify|categori[sz]e|tag|summari[sz]e|write|say|output|respond|reply|answer|return|include|stop|do not|never|you (must|should|will|are))`
)

// wholeWords begins a group of which the pattern takes the words as they stand. The group
// keeps slow patterns from sentences that only have a word like one of its words.
const wholeWords = "= "

// rule is one way in which a text speaks to a model. Its pattern is looked for
// only where each of its groups of words has one in the text.
type rule struct {
	// The words, cut to four letters: "ignore" and "ignorant" are one. In a group that
	// begins with wholeWords, "classify" and "classic" are two.
	groups  []string
	pattern string // over what plain makes of a text
}

// rules speak of what readers are not told: instructions about instructions,
// addresses to machines, the task itself, and the marks of prompts. Words of
// news that come close ("ignored the rules", "AI must be regulated") are kept
// out by asking for an imperative, an address or the article as the object.
var rules = []rule{
	// Instructions about instructions.
	{
		[]string{wholeWords + "ignore ignoring disregard forget override overriding bypass discard", "instruction prompt guideline directive rule command direction"},
		`(` + start + `|\b(you|please|must now|need to|has to|have to|and|then|by|,) )(ignore|disregard|forget|override|bypass|discard)( \pL+){0,3} ` + former + ` (\pL+ ){0,2}` + order + `\b|` +
			start + `(ignore|disregard|forget|override|bypass|discard) (all |any |every |the |these |those |other ){0,3}(of )?(the |these |those |your )?(instructions?|prompts?|guidelines?|directives?)( (above|before|so far|given( above| before)?|you (were|have been) given|and .*))?(\W*$|[.;:!])`,
	},
	{
		[]string{wholeWords + "ignore disregard forget", "above before far text article everything anything told said"},
		`\bbefore (you )?(answer|respond|reply|summari[sz]e|summari[sz]ing|answering|responding)[, ]+(please )?(ignore|disregard|forget)\b|` +
			start + `(ignore|disregard|forget) (everything|anything|all|what|whatever|the (article|text|rest))( \pL+){0,5} (above|before this|so far|you (were|have been) (told|given))(\W*$|[.,;:!"]| (and|above|before|so far|until)\b)|` +
			start + `(ignore|disregard|forget) (everything|the (article|text)|all of (the|this)) ((above|before|here)(\W*$|[.,;:!"]| and\b)|and|instead)`,
	},
	{
		[]string{"follow following obey obeying listen", "instruction prompt guideline rule"},
		`\b(do not|don't|never|stop|no longer) (follow|obey)(ing)? (\pL+ ){0,2}(your|previous|prior|above|earlier|system) (\pL+ )?` + order + `\b`,
	},
	{
		[]string{wholeWords + "new updated revised real actual hidden secret additional important special true", "instruction prompt task"},
		`^\W*(here (are|is) |these are )?(your |my )(new|updated|revised|real|actual|hidden|secret|additional|important|special) (system )?(instructions?|prompts?)( \pL+){0,4} ?(:|is\b|are\b)|` +
			`^\W*(here (are|is) )?(new|updated|revised|real|hidden|secret) (system (instructions?|prompts?|task)|(instructions?|prompt) (for|to) (the |all |any )?` + machine + `|(instructions?|prompt|task) ?: ?(please )?(` + asked + `\b|(add|use|apply|remove|drop|set|report) (the|all|only) (other )?(topics?|labels?)|$))|` +
			`\byour (new|real|actual|true) (task|job) (is|will be) to (only )?(summari|classif|label|categor|tag|write|output|say|respond|reply|answer|repeat|translate|report|mention)|` +
			`\byour (new|real|actual|true) (instructions?|prompt) (is|are)\b`,
	},
	{
		[]string{"your print reveal show repeat output display ignore", "system initial", "prompt message instruction"},
		`\byour (system|initial) (prompt|message|instructions?)\b|` + start + `(print|reveal|show|repeat|output|display|ignore)( \pL+){0,2} system (prompt|instructions?)\b`,
	},
	{
		[]string{"developer debug maintenance admin god jailbreak", "mode"},
		`\b(developer|debug|maintenance|admin|god|jailbreak) mode (is )?(now )?(on|enabled|activated|active)( now)?\W*($|[.!:;,])|` + start + `(enter|enable|activate|switch to) (developer|debug|maintenance|admin|god|jailbreak) mode(\W*$|[.,;:!]| (and|now)\b)`,
	},
	{[]string{"your", "instruction", "are have"}, `\byour instructions? ((have|has) changed|(are|is) (now|as follows|to (only )?` + asked + `))\b`},

	// Addresses.
	{
		[]string{"you", "are", "ai llm large language assistant model chatbot bot translator summarizer summariser classifier automated unrestricted jailbroken dan bound acting by pirate poet editor"},
		`\byou are (now|no longer|hereby|henceforth) (an? |the |in |bound |acting )?(\pL+ ){0,2}(ai|chatbot|language model|summari[sz]er|classifier|unrestricted|jailbroken|dan|by (any|your|these|the) (rules|guidelines|instructions))\b|` +
			`\byou are (now|hereby|henceforth) an? (\pL+ )?(assistant|model|bot|translator|pirate|poet|editor)( \pL+)? (that|who|which|and) (only |always |just |never )?(says?|writes?|answers?|outputs?|obeys?|ignores?|must|reports?|labels?|has|have|will|does|do)\b|` +
			`\byou are (now|hereby|henceforth) an? (helpful|unrestricted|uncensored|different|new|free) (assistant|model|bot)\b|` +
			`\bif you are (an?|the) ` + machine + `\b|\byou are (an?|the) ` + machine + `(\W*$|[.,;:!]| (that|who|which|reading|trained|designed|built|tasked|made)\b)`,
	},
	{[]string{"as", "ai large language"}, `\bas an? (ai|large language|ai language|language) (model|assistant)(,|\.|$| (i|you|we|my|your)\b)`},
	{
		[]string{wholeWords + "dear hey hello attention note message memo notice reminder request warning instruction instructions", "ai llm llms gpt model models assistant assistants system systems chatbot bot bots summarizer summariser summarizers summarisers classifier language automated"},
		`(^|[("\[] ?)(important |urgent |special )?(dear|hey|hello|attention|note to|message to|memo to|notice to|reminder to|request to|warning to|note for|message for|instructions? (to|for))[ ,:]+(the |any |all |every |our )?(` + machine + `|(models?|assistants?) (that|which|who|reading|processing|summari[sz]ing|trained)|gpt\S*)\b`,
	},
	{
		[]string{"ai llm llms gpt model models assistant assistants bot bots chatbot chatbots summarizer summariser classifier language automated", "reading processing handling summarizing summarising processes reads summarizes summarises", "this"},
		`\b(` + machine + `|models?|assistants?|systems?)( (that|who|which))?( is| are)? (reading|processing|handling|summari[sz](ing|es?)|process(es)?|reads?) this( (whole |entire )?` + report + `(\W*$|[^\pL ]| (must|should|shall|has to|have to|needs? to|will)\b)| (message|sentence|paragraph|line|note)(\W*$|[^\pL ]| (must|should|shall|has|have|needs?|will)\b)|[^\pL ]|$| (must|should|shall|has|have|needs?|is|are|will)\b)`,
	},
	{
		[]string{"whoever whatever", "summarizing summarising summarizes summarises processing processes classifies classifying", "this"},
		`\b(whoever|whatever) (is )?(summari[sz](ing|es)|process(ing|es)|classif(ying|ies)) this\b`,
	},
	{
		[]string{"ai llm llms gpt model models assistant assistants chatbot chatbots bot summarizer summariser classifier language", ":"},
		`(^|[("\[] ?)(to|for) (the |all |any )?` + machine + ` ?:|(^|[("\[] ?)(the |all |any )?(` + machine + `|models?|assistants?) ?: ?(please |now |sure|certainly|okay|understood)?(` + asked + `|the (only |right |correct )?(label|topic|category|summary) (is|must|should))\b`,
	},
	{
		[]string{"pretend act behave roleplay imagine", "ai llm model chatbot bot editor translator summarizer summariser classifier machine language"},
		`\b(pretend|act|behave|roleplay|imagine)( as if| as though| that)? (you are|you were|to be|like|as) (an?|the) (\pL+ )?((ai|llm|language model|chatbot|summari[sz]er|classifier)\b|(bot|editor|translator|machine|assistant) (that|who|which|for)\b)`,
	},

	// The task.
	{
		[]string{wholeWords + "label classify categorize categorise tag file mark rate register", "this it that the", wholeWords + "as with under only please"},
		start + `(label|classify|categori[sz]e|tag) (only )?(this|it|that)( ` + report + `)? (as|with|under|only)\b|` +
			start + `(file|mark|rate|register) this ` + report + ` (as|with|under|only)\b|` +
			`\bplease (label|classify|categori[sz]e|tag|file|mark|rate) ((this|the) (whole |entire |news )?` + report + `|this|it|that)\b|` +
			`\b(label|classify|categori[sz]e|tag) (this|the) (whole |entire |news )?(article|text|story) (as|with|under)\b|` +
			`\b(file|mark|rate) this (whole |entire |news )?(article|text|story) (as|with|under)\b`,
	},
	{
		[]string{"article text story report document page piece item post", "labelled labeled classified categorized categorised tagged filed summarized summarised", "must should has needs is shall ought"},
		`\bthis ` + report + ` (must|should|has to|needs to|is to|shall|ought to) (only )?be (labell?ed|classified|categori[sz]ed|tagged|filed|summari[sz]ed) (as|under|only|with (the )?(labels?|topics?|categor))\b`,
	},
	{
		[]string{wholeWords + "set use assign apply return choose select output pick give add append emit include insert drop remove omit replace change keep answer respond reply report switch delete ignore", wholeWords + "topic topics label labels category categories summary summaries"},
		start + `(set|change|replace|switch) (the |your |all |its )?(topics?|labels?|categor(y|ies)|summary) (to|with|by|as)\b|` +
			start + `(use|assign|apply|return|choose|select|output|pick|give|add|append|emit|include|insert|answer|respond|reply|report)( \S+){0,6} (topics?|labels?|categor(y|ies)|summary) ?(["':=]|(for|of|to) (this|the) ` + report + `\b)|` +
			start + `(use|assign|apply|return|output|emit|answer|respond|reply|report|choose|select)( with)? (only|just|nothing but|exactly)( \S+){0,5} (topics?|labels?|categor(y|ies)|summary)\b|` +
			start + `(remove|drop|delete|replace|ignore) (all |any |every )?(the )?(other|existing) (topics|labels|categories)\b|` + start + `(add|use|apply|assign) (only )?the (label|topic|category) [\pL-]+\W*$|` +
			start + `(return|output|emit)( \S+){0,4} (topics?|labels?|summary)\b|` +
			start + `(use|assign|apply|choose|select|give)( \S+){0,3} (topics?|labels?|categor(y|ies)) [\pL-]+( only| instead| here)?\W*$`,
	},
	{
		[]string{"correct right only true proper best single sole expected", "topic topics label labels category summary", "this here is are"},
		`\bthe ((correct|right|only|true|proper|best|single|sole|expected) ){1,2}(topics?|labels?|category|summary) ((for|of) this ` + report + `|here is|(is|are) ?["':]|(is|are) [\pL-]+\W*$)`,
	},
	{
		[]string{"topic topics label labels category categories tag tags confidence", ": ="},
		`^\W*(the |correct |main )?(topics?|labels?|categor(y|ies)|tags?|topic id|confidence) ?[:=] ?["']?[\pL\d_-]+["']?(,? ?(confidence)? ?[:=]? ?["']?[01]?\.?\d+["']?)?\W*$|` +
			`^\W*(topics?|labels?|categor(y|ies)|tags?|topic id) ?[:=].*\b(confidence|[01]\.\d+)|\b(topics?|labels?) ?= ?\S|\bconfidence ?= ?[\d.]`,
	},
	{
		[]string{wholeWords + "summary summaries", "must should shall has needs ought is will"},
		`\b(your|this|(the|any|every) summar(y|ies) of this \pL+|your summar(y|ies)) ?(summar(y|ies) )?(must|should|shall|has to|have to|needs to|ought to|is to)( (only|also|always|not))? (state|say|mention|include|contain|read|end|begin|start|omit|claim|describe|note|consist|tell)\b|` +
			`\b(the|any|every) summar(y|ies) (must|should|shall|has to|have to|needs to|ought to|is to)( (only|also|always|not))? ((say|state|claim|mention|note|read|tell|include|contain|begin|start|end)( \pL+){0,2} (that|only|nothing|exactly|with the (words?|sentence|phrase))|(say|state|read|mention|contain|include|begin with|end with|start with) ?["':])|` +
			`\bthe summary is ["'][^"']+["']\W*$`,
	},
	{
		[]string{"your", "summary output label labels topics classification json"},
		`\b(in|to|into|of|from|with|as|end|begin|start) your (entire |whole |final |next |own )?(output|classification|json)\b|` +
			`\b(in|into|to|from|of|with|as|end|begin|start) your (entire |whole |final |next |own )?(summary|labels?|topics)( (of|for) this \pL+| (only|that|and|with|by|must|should)\b|\W*$|,? (you (must|should)|always|only|never|do not|don't|say that|state that|write that|mention that|include that))`,
	},
	{
		[]string{wholeWords + "write print say output respond reply answer repeat return append echo insert copy paste decode execute", wholeWords + "summary summaries exactly verbatim word json base encoded nothing"},
		start + `(write|print|say|output|respond|reply|answer|repeat|return|append|echo|insert|copy|paste|decode|execute)\b(( \S+){0,5} (exactly (this|the following|as follows|these|one|:)|verbatim|word for word|in json|as json|base64|encoded)|( \S+){0,8} (as|in|of|for|instead of) (the|your|a) (summary|summaries)\b)|` +
			start + `(output|respond|reply|answer|return|write|print)( \S+){0,5} nothing else\b|` +
			start + `(write|print|output|append|echo|insert|copy|paste|return) (\S+ ){0,4}(the |your |this )summary ?["':]`,
	},
	{
		[]string{wholeWords + "write print say output respond reply answer repeat return", "only just following this nothing", ":"},
		start + `(output|respond|reply|answer|return|print) ((only|with only|just) (with |the |this |these |in )*(\S+ ?)?|(with )?(the following|this|nothing but)( \S+){0,4} ?):|` +
			start + `(write|say|repeat) (only|nothing but) (with |the |this |these |in |following )*(\S+ ?)?:`,
	},
	{
		[]string{wholeWords + "begin start end finish open close", "summary summaries answer reply"},
		start + `(begin|start|end|finish|open|close) (your (summary|summaries|answer|output)|the (summary|answer|reply)) (with|by) ?((the )?(words?|sentence|phrase|statement|following)\b|["':\[]|saying|stating|that)`,
	},
	{[]string{wholeWords + "summarize summarise", "this the"}, start + `summari[sz]e (this|the) ` + report + ` (as|with|by saying|in one word)\b`},
	{
		[]string{wholeWords + "include insert add append mention", "link url phrase following sentence word words"},
		start + `(include|insert|add|append|mention) (the |this |a )?((link|url) ?(to |:)?(https?|www|\S+\.\S)|(the |this )?(following|phrase|sentence|words?|link|url) ?:|following (sentence|phrase|words?|text|link|url)|(link|url|phrase|sentence|words?) (below|above|verbatim))`,
	},

	// Turns, fences and schemas.
	{[]string{"system assistant user human developer", ": >"}, `^\W*(system|assistant|user|human|developer)( (message|prompt|note) ?[:>]| ?>| ?: ?(.*\b)?(you|your|ignore|disregard|forget|summar(y|i[sz]e)|labels?|topics?|classify|instructions?|prompt|output|respond|article|sure|certainly|understood|okay)\b)`},
	{[]string{"<", "| ! sys system instruction prompt article user assistant human context document data"}, `<\|[^|]*\|>|<</?sys>>|</?(system|instructions?|prompt|article|user|assistant|human|context|document|data)\b[^>]*>|<!--`},
	{[]string{"[", "inst instruction article system end begin start prompt"}, `\[/?inst\]?|\[ ?/? ?article ?\]|\[ ?/ ?article\b|\[ ?/?(system|instructions?|prompt)( (prompt|message|instructions?|start|end|begin|override))? ?(\]|: ?` + asked + `\b)|` +
		`\[ ?/?(end|begin|start)( of)?( the| this)? (system|instructions?|prompt|article|document|input|context|data|message)\b[^\]]*\]`},
	{[]string{"#", "instruction system response user assistant input output task end"}, `#{2,} ?(instructions?|system|response|user|assistant|input|output|task|end)\b`},
	{[]string{"`"}, "```"},
	{[]string{"=", "end begin start instruction system"}, `={3,} ?((end|begin|start)( of)?( the| this)? (system|instructions?|prompt|article|document|input|context|data|message|text)|instructions?|system)\b`},
	{[]string{"{ ,", "\"", ":", "summary topic topics id confidence quotes role content"}, `[{,] ?"(summary|topics|topic_?id|confidence|quotes)" ?:|"role" ?: ?"(system|user|assistant)|[{,] ?"id" ?: ?"[a-z-]+" ?, ?"`},
	{
		[]string{wholeWords + "end begin beginning start ends stops over", "article document text input prompt message context"},
		`^\W*(this is )?(the )?(end|begin|start|beginning) of (the )?(article|document|input|prompt|user message|context|data)\W*$|^\W*(the )?(article|text|document|input) (ends|stops|is over) here\W*$`,
	},

	// Other languages that news is written in.
	overriding("ignorier ignoriere ignorieren vergiss vergesst vergessen missachte missachten", "anweisung instruktion vorgabe befehl", `bisherig|vorherig|obig|vorig|fruher|vorangegangen|vorstehend|deine|alle`),
	overriding("ignore ignorez oublie oubliez negligez neglige", "instruction consigne directive", `precedent|anterieur|ci-dessus|plus haut|toutes`),
	overriding("ignora ignore ignoren ignorad olvida olvide olviden descarta descarte", "instrucci indicaci orden", `anterior|previa|arriba|tus|todas`),
	overriding("ignora ignorate dimentica dimenticate trascura trascurate", "istruzion indicazion", `precedent|sopra|tue|tutte`),
	overriding("ignore ignora ignorem esqueca esqueça desconsidere", "instruc regra orden", `anterior|previa|acima|suas|todas`),
	overriding("negeer vergeet", "instructie opdracht", `vorige|eerdere|bovenstaande|alle`),
	overriding("zignoruj zapomnij", "instrukcj polece", `poprzedni|wczesniejsz|wszystkie`),
	overriding("ignorera glom", "instruktion", `tidigare|ovan|foregaende|alla`),
	overriding("abaikan lupakan", "instruksi perintah", `sebelum|di atas|semua`),
	overriding("игнорируй игнорируйте проигнорируй проигнорируйте забудь забудьте", "инструкц указани", `предыдущ|прежни|выше|все`),
	overriding("ігноруй ігноруйте забудь", "інструкц вказів", `попередн|вище|усі|всі`),
	{[]string{"kennzeichne klassifiziere markiere etikettiere", "artikel text beitrag dokument"}, `(^|\PL)(bitte )?(kennzeichne|klassifiziere|markiere|etikettiere)(n sie)? (diesen|diese|dieses) (artikel|text|beitrag|dokument)( \pL+){0,2} (als|unter|nur|mit)`},
	{[]string{"classe classez etiquette etiquetez categorise categorisez marque marquez", "article texte"}, `(^|[.:;!?"'(] ?|\b(et|puis|veuillez) )(classe|etiquette|etiquete|categorise|marque)z? (cet|ce) (article|texte)( \pL+){0,2} (comme|sous|avec)\b`},
	{[]string{"clasifica clasifique etiqueta etiquete marca marque", "articulo texto nota noticia"}, `^\W*(por favor,? )?(clasifi|etiquet|mar[cq])\pL* (este|esta) (articulo|texto|nota|noticia)\b`},
	{[]string{"classifica classifique etichetta rotule", "articolo testo artigo texto"}, `^\W*(classific|classifiq|etichett|rotul)\pL* (questo|este) (articolo|testo|artigo|texto)\b`},
	{[]string{"отметь обозначь классифицируй пометь", "статью текст статья"}, `(^|[.:;!?"'(] ?)(отметь|обозначь|классифицируи|пометь|классифицируй)(те)? эт\pL+ (стать|текст)`},
	{[]string{"talimatlari komutlari yonergeleri talimatlarin"}, `(talimat|komut|yonerge).{0,30}(yok say|gormezden gel|unut|dikkate alma)`},
	{
		[]string{"忽略 无视 無視 忘记 忘記 不要 忘れ 무시 잊어", "指令 指示 提示 命令 지시 명령 지침"},
		`(忽略|无视|無視|忘记|忘記|不要理会)[^，。、]{0,12}(指令|指示|提示|命令)|(指示|命令|指令).{0,10}(無視|忘れ)(して|て)|(지시|명령|지침).{0,10}(무시하|잊어)`,
	},
	{[]string{"تجاهل انس اهمل", "تعليمات التعليمات الاوامر اوامر"}, `(تجاهل|انس|اهمل).{0,30}(تعليمات|الاوامر|اوامر)`},
	{[]string{"دستور دستورات دستورهای", "نادیده فراموش"}, `(نادیده|فراموش).{0,30}(دستور)|(دستور).{0,30}(نادیده|فراموش)`},
}

// overriding is the rule against instructions to forget instructions in a
// language: an imperative that opens a clause, with a word for all or for what came before.
func overriding(verbs, nouns, before string) rule {
	v, n := strings.ReplaceAll(plain(verbs), " ", "|"), strings.ReplaceAll(plain(nouns), " ", "|")
	before = plain(before)
	order := `(^|[.:;!?"'(-] ?|(^|\PL)(und|et|y|e|en|i|и|та|please|bitte|por favor|dan|och) )(` + v + `)\PL`
	return rule{
		groups: []string{verbs, nouns},
		pattern: order + `.{0,40}(` + before + `).{0,20}(` + n + `)|` +
			order + `.{0,40}(` + n + `)\pL*.{0,20}(` + before + `)`,
	}
}

// turn is the mark of a turn in a conversation with a model, in front of a sentence that begins
// as one does. News goes on in small letters behind such a word.
var turn = regexp.MustCompile(`^[^\pL]*(System|SYSTEM|Assistant|ASSISTANT|User|USER|Human|HUMAN|Developer): ?["“]?\p{Lu}`)

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
	if wordsOf(inPlain).matchesRule(inPlain) || turn.MatchString(text) {
		return true
	}
	for _, run := range encodedRuns(text) {
		if decodesToText(run) {
			return true
		}
	}
	return false
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
