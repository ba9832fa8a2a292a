package grounding

import "strings"

// inWords is a number in words.
type inWords struct {
	value   int
	end     int // the lexeme behind it
	ordinal bool
	loose   bool // it counts nothing for certain: "thousand", "one"
}

// wordNumber reads a number in words that begins at lexeme i, such as "twenty-five", "two
// hundred and six" or "third". "A" and "an" count as one where a magnitude follows; the
// caller checks that.
func (r *languageRules) wordNumber(lexemes []lexeme, i int) (found inWords, ok bool) {
	sum := wordSum{rules: r}
	found.end = i
	for j := i; j < len(lexemes); j++ {
		if j > i {
			j = r.behindJoint(lexemes, j, sum.last)
		}
		word := lexemes[j].norm
		if found, ok := r.endOrdinal(lexemes, j, &sum); ok {
			return found, true
		}
		if n := r.duals[word]; n > 0 && j == i {
			return inWords{value: 2 * powersOfTen[min(n, 9)], end: j + 1}, true
		}
		if sum.takeTen(word) {
			found.end = j + 1
			continue
		}
		n, joined := r.numberWord(lexemes[j])
		if j == i && r.language == "en" && (word == "a" || word == "an") {
			n = 1
		}
		if r.powers[word] == 3 && sum.thousand(j == i && r.language != "en") {
			found.end = j + 1
			continue
		}
		if !sum.add(n, joined) {
			break
		}
		found.end = j + 1
	}
	found.value = sum.value()
	found.loose = found.end == i+1 && (found.value == 1 || r.powers[lexemes[i].norm] == 3 && r.numbers[lexemes[i].norm] == 0)
	return found, found.end > i
}

var powersOfTen = [...]int{1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// numberWord returns the number that a word means, 0 for none, and whether it holds the
// "and" that joins it to the word before, as Arabic does.
func (r *languageRules) numberWord(l lexeme) (n int, joined bool) {
	if n = r.numbers[l.norm]; n > 0 || l.kind != lexemeWord {
		return n, false
	}
	if r.language == "ar" {
		for _, form := range cliticForms(l.norm) {
			if n = r.numbers[form]; n > 0 {
				return n, strings.HasPrefix(l.norm, "و")
			}
		}
	}
	if r.compound && r.mayBeCompound(l.norm) {
		return r.compoundNumber(l.norm), false
	}
	return 0, false
}

// behindJoint returns the lexeme behind what stands between two words of one number at lexeme
// j, of which last is the one before: the hyphen of "twenty-five", the "and" of "two hundred
// and six", both in "vingt-et-un"; j itself where nothing does.
func (r *languageRules) behindJoint(lexemes []lexeme, j, last int) int {
	at := behindHyphen(lexemes, j)
	and := at < len(lexemes) && r.and[lexemes[at].norm]
	if and {
		at = behindHyphen(lexemes, at+1)
	}
	if at == j || at >= len(lexemes) || !and && !lexemes[at].glued {
		return j
	}
	n, _ := r.numberWord(lexemes[at])
	if n == 0 {
		n = r.ordinalWord(&lexemes[at])
	}
	if n == 0 || and && !r.mayJoin(last, n) {
		return j
	}
	return at
}

// mayJoin reports whether an "and" may stand between two words of one number.
func (r *languageRules) mayJoin(last, next int) bool {
	if r.language == "en" {
		return last >= 100 && next < 100
	}
	return (last >= 20 || r.language == "sw" && last == 10) && next < last
}

// behindHyphen returns the lexeme behind a hyphen at lexeme i, i itself for none.
func behindHyphen(lexemes []lexeme, i int) int {
	if i < len(lexemes) && lexemes[i].norm == "-" && lexemes[i].glued {
		return i + 1
	}
	return i
}

// wordSum adds up a number in words.
type wordSum struct {
	rules            *languageRules
	thousands, group int
	last             int // the word that was added last; 0 for none
}

func (s *wordSum) value() int { return s.thousands + s.group }

// thousand takes the word for a thousand. First says that it may begin the number.
func (s *wordSum) thousand(first bool) bool {
	switch {
	case s.thousands > 0:
		return false
	case s.group > 0:
		s.thousands, s.group = s.group*1000, 0
	case first:
		s.thousands = 1000
	default:
		return false
	}
	s.last = 1000
	return true
}

// add takes the next word, and reports false when it is not of this number. Joined says
// that the word holds an "and".
func (s *wordSum) add(n int, joined bool) bool {
	switch {
	case n <= 0:
		return false
	case n == 100 && s.group > 0 && s.group < 100, n == 12 && s.last > 0 && s.last < 10:
		s.group *= n
	case n == 20 && s.last == 4 && s.rules.language == "fr":
		s.group += 76
	case s.mayAdd(n), joined && s.last > 0 && s.last < 10 && n >= 20 && n < 100: // five and twenty
		s.group += n
	default:
		return false
	}
	s.last = n
	return true
}

// takeTen takes the word that makes a ten or a teen of the unit before it.
func (s *wordSum) takeTen(word string) bool {
	if word == "" || s.last == 0 || s.last >= 10 {
		return false
	}
	switch word {
	case s.rules.ten:
		s.group, s.last = s.group+9*s.last, 10*s.last
	case s.rules.teen:
		s.group, s.last = s.group+10, 10+s.last
	default:
		return false
	}
	return true
}

// mayAdd reports whether n, below a thousand, may follow: at the beginning, after a hundred
// or a thousand, or as the five of "twenty-five".
func (s *wordSum) mayAdd(n int) bool {
	switch {
	case s.last == 0 || s.last == 1000:
		return true
	case n >= 100:
		return false
	case s.last >= 100:
		return true
	}
	return s.last >= 20 && n < 10 || s.mayAddTeen(n)
}

// mayAddTeen reports whether n follows in languages that write a teen as two words.
func (s *wordSum) mayAddTeen(n int) bool {
	switch s.rules.language {
	case "ar": // as fifteen is written
		return n == 10 && s.last < 10
	case "fr":
		teen := n >= 10 && n < 20 && (s.last == 60 || s.last == 20 && s.group%100 == 80)
		return teen || s.last == 10 && n >= 7 && n < 10
	case "tr", "az", "vi", "hu", "sw":
		return s.last == 10 && n < 10
	}
	return false
}

// takesOrdinal reports whether n, of an ordinal, may end the number.
func (s *wordSum) takesOrdinal(n int) bool {
	return s.last == 0 || s.mayAdd(n) || s.last >= 20 && n < s.last
}

// mayBeCompound reports whether a number in one word may begin as word does.
func (r *languageRules) mayBeCompound(word string) bool {
	return len(word) >= 6 && r.prefixes[word[:3]]
}

// compoundNumber returns the number that is written in one word, as "dreiundzwanzig" is, 0
// for none.
func (r *languageRules) compoundNumber(word string) int {
	sum := wordSum{rules: r}
	unit, infix := 0, false
	for parts := 0; word != ""; parts++ {
		part, rest := r.numberPart(word)
		n := r.numbers[part]
		switch {
		case part == "":
			return 0
		case n == 0 && part == r.infix:
			if infix = true; sum.last == 0 || sum.last >= 10 {
				return 0
			}
			unit = sum.last
		case n == 0: // a magnitude
			if r.powers[part] != 3 || !sum.thousand(parts == 0) {
				return 0
			}
		case infix:
			if n < 20 || n > 90 || unit == 0 {
				return 0
			}
			sum.group, sum.last, infix, unit = sum.group+n, n, false, 0
		case !sum.add(n, false):
			return 0
		}
		word = rest
	}
	if infix {
		return 0
	}
	return sum.value()
}

// maxNumberPart is the maximum length of a part of such a word in bytes.
const maxNumberPart = 16

// numberPart splits the longest part of a number off word that leaves another part or
// nothing.
func (r *languageRules) numberPart(word string) (part, rest string) {
	for end := min(len(word), maxNumberPart); end >= 2; end-- {
		part, rest := word[:end], word[end:]
		if r.numbers[part] == 0 && r.powers[part] != 3 && (part != r.infix || r.infix == "") {
			continue
		}
		if rest == "" {
			return part, rest
		}
		if next, _ := r.numberPart(rest); next != "" {
			return part, rest
		}
	}
	return "", ""
}
