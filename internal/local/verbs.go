package local

import "strings"

// states reports whether part of an English sentence, between two commas, has a finite
// verb of its own, and not only the verbs of "who did" and "when it did" or a participle
// that opens it, as in "found by the crew".
func states(part string) bool {
	words := strings.Fields(part)
	if len(words) == 0 || relatives[words[0]] {
		return false
	}
	if strings.HasSuffix(words[0], "ing") && !isCapital(words[0]) {
		return false
	}
	if isParticiple(words[0]) && (len(words) == 1 || !articles[words[1]]) {
		return false // But "stormed a prison" is what somebody did.
	}
	pending := 0 // clauses inside that have not had their verb
	for i := range words {
		switch {
		case i > 0 && isSubordinate(words[i-1:]):
			pending++
		case !beginsVerb(words, i):
		case pending == 0:
			return true
		default:
			pending--
		}
	}
	return false
}

// isSubordinate reports whether the second of words opens a clause inside another
// one; "of that week" and "that week" do not.
func isSubordinate(words []string) bool {
	w := words[1]
	if w == "that" && (nounsFollow[words[0]] || len(words) > 2 && timeUnits[words[2]]) {
		return false
	}
	return relatives[w] || conjunctions[w]
}

// hasVerb reports whether an English text has a finite verb.
func hasVerb(text string) bool {
	words := strings.Fields(text)
	for i := range words {
		if beginsVerb(words, i) {
			return true
		}
	}
	return false
}

// beginsVerb reports whether a finite verb begins at word i, as far as a list and "ed"
// show it. A group of words such as "was also seen" is one verb.
func beginsVerb(words []string, i int) bool {
	if !isVerb(words, i) {
		return false
	}
	for i--; i >= 0; i-- {
		if isVerb(words, i) {
			return false
		}
		if w := words[i]; !betweenVerbs[w] && !strings.HasSuffix(w, "ly") {
			return true
		}
	}
	return true
}

func isVerb(words []string, i int) bool {
	w := trimMarks(words[i])
	if verbs[w] || strings.HasSuffix(w, "n't") {
		return true
	}
	return isRegularPast(w) && (i == 0 || !nounsFollow[strings.ToLower(words[i-1])] && !isDigitAt(words[i-1], 0))
}

func trimMarks(w string) string {
	if w = strings.Trim(w, `.,;:!?"'“”‘’()`); strings.Contains(w, "’") {
		w = strings.ReplaceAll(w, "’", "'")
	}
	return w
}

// isRegularPast reports whether a word looks like "asked".
func isRegularPast(w string) bool {
	return len(w) > 4 && strings.HasSuffix(w, "ed") && !strings.Contains(w, "-") && 'a' <= w[0] && w[0] <= 'z' && !adjectives[w]
}

// isParticiple reports whether a word that opens a part of a sentence is more often a
// participle there than its verb.
func isParticiple(w string) bool { return isRegularPast(w) || participles[w] }

var (
	relatives    = wordSet("who whom whose which what where that")
	conjunctions = wordSet("when because while although though if until unless")
	adjectives   = wordSet("hundred hundreds armed unarmed masked indeed sacred naked wicked alleged")
	participles  = wordSet("found held led made shot hit lost cut sent built known born seen taken given written told struck kept")
	betweenVerbs = wordSet("be been being not also never still already now just")

	// nounsFollow stand before nouns and their adjectives.
	nounsFollow = wordSet(`a an the this these those some no its his her their our my several many two three four
		five six seven eight nine ten of in on at by for from with to against over into under about between`)

	// dependents open a clause that depends on another one.
	dependents = wordSet(`if when while after before as although though since because despite with without until
	unless whether once during following in on at by for from to under amid among whatever whoever wherever`)

	// verbs are finite verbs that are frequent in news, besides those in "ed".
	verbs = wordSet(`is are was were has have had will would can could may might must should does did do
	said says told won lost hit found made took went came began became broke fell gave got held kept led left
	met paid put ran rose saw sent set shot wrote struck threw sold spent stood fled fought cut wants plans
	It's There's He's She's They're We're You're I'm it's there's he's she's that's they're we're you're I've
	say indicate indicates suggest suggests believe think know hope expect expects finds
	withdrew overthrew sought bought stole hid taught sank swam sang spread lay laid drew grew caught flew
	rode chose spoke drove wore fell bid beat quit shut set burst involves needs continues seems goes comes
	turns opens closes begins looks runs leads keeps lives wins loses plays works helps leaves
	faces makes takes gives seeks calls warns claims believes denies urges becomes remains shows sees`)
)

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}
