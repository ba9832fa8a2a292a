package grounding

import "unicode/utf8"

// scale multiplies q by the magnitudes behind it, and adds what follows a magnitude in
// languages that write "5 thousand 200".
func (r *languageRules) scale(lexemes []lexeme, q *quantity) (scaled bool) {
	var exp int
	r.addHalf(lexemes, q, 0)
	q.values, q.end, exp = r.magnitudes(lexemes, q.values, q.end)
	r.addHalf(lexemes, q, exp)
	for exp > 0 {
		begin := r.behindAnd(lexemes, q.end)
		if begin >= len(lexemes) || lexemes[begin].kind != lexemeNumber || begin > q.end && r.mixesDigits() {
			break
		}
		more, end := r.valuesAt(lexemes, begin)
		more, end, next := r.magnitudes(lexemes, more, end)
		if len(more) != 1 || more[0].exp < 0 || more[0].magnitude() > exp || next == 0 && !r.mixesDigits() {
			break
		}
		for k := range q.values {
			q.values[k] = q.values[k].plus(more[0])
		}
		q.end, exp, scaled = end, next, true
	}
	return scaled || exp > 0
}

// addHalf adds the half that the words behind q say, as in "two and a half million", of which
// the first number is scaled by a power of ten: "dos millones y medio". The half may also stand
// behind the noun, as in "tres años y medio", where it is a further reading.
func (r *languageRules) addHalf(lexemes []lexeme, q *quantity, exp int) {
	if exp == 0 && q.end > 0 {
		exp = r.duals[lexemes[q.end-1].norm]
	}
	if end := r.behindHalf(lexemes, q.end); end > q.end {
		for k := range q.values {
			q.values[k] = q.values[k].plusHalf(exp)
		}
		q.end = end
		if _, sure := r.magnitudeAt(lexemes, end); sure && r.language == "ar" { // "أربعة مليارات ونصف المليار"
			q.end++
		}
	} else if behind := r.behindHalf(lexemes, q.end+1); behind > q.end+1 && len(q.values) == 1 && r.language != "en" {
		q.values = append(q.values, q.values[0].plusHalf(exp))
	}
}

// behindHalf returns the lexeme behind the words for "and a half" that begin at lexeme i, i
// itself where none do.
func (r *languageRules) behindHalf(lexemes []lexeme, i int) int {
	for _, words := range r.halves {
		if i >= len(lexemes) || lexemes[i].norm != words[0] {
			continue
		}
		end := i
		for end < len(lexemes) && end-i < len(words) && lexemes[end].norm == words[end-i] {
			end++
		}
		if end-i == len(words) {
			return end
		}
	}
	return i
}

// magnitudeAt returns the power of ten that lexeme i means, if there is one.
func (r *languageRules) magnitudeAt(lexemes []lexeme, i int) (exp int, sure bool) {
	if i >= len(lexemes) {
		return 0, false
	}
	return r.magnitude(lexemes, i)
}

// magnitudeFirst reports whether the words for powers of ten stand before their number, as in
// the Swahili "bilioni 48".
func (r *languageRules) magnitudeFirst() bool { return r.language == "sw" }

// leadingMagnitude reads a number whose power of ten is lexeme i.
func (r *languageRules) leadingMagnitude(lexemes []lexeme, i int) (quantity, bool) {
	exp := r.powers[lexemes[i].norm]
	if exp == 0 || i+1 >= len(lexemes) || !r.mayBegin(&lexemes[i+1]) || r.powers[lexemes[i+1].norm] > 0 {
		return quantity{}, false
	}
	q, ok := r.quantity(lexemes, i+1)
	if !ok || q.units[0] == percent {
		return quantity{}, false
	}
	for k := range q.values {
		q.values[k] = q.values[k].scale(exp)
	}
	q.begin, q.loose = i, false
	if u, _ := r.unitBefore(lexemes, i); u != "" {
		q.units = []unit{u}
	}
	return q, true
}

// behindAnd returns the lexeme behind an "and" at lexeme i, i itself for none.
func (r *languageRules) behindAnd(lexemes []lexeme, i int) int {
	if i < len(lexemes) && (r.and[lexemes[i].norm] || r.language == "ar" && lexemes[i].norm == "و") {
		return i + 1
	}
	return i
}

// mixesDigits reports whether digits follow a magnitude within one number.
func (r *languageRules) mixesDigits() bool {
	return r.language == "tr" || r.language == "az" || r.language == "ko" || r.unspaced()
}

// magnitudes multiplies values by the powers of ten behind them: "million", "bn", the "m"
// in "100m", which may be meters too. It returns the last power, 0 for none.
func (r *languageRules) magnitudes(lexemes []lexeme, values []decimal, i int) (scaled []decimal, end, last int) {
	for i < len(lexemes) {
		j := i
		if lexemes[j].norm == "-" && lexemes[j].glued && j+1 < len(lexemes) && lexemes[j+1].glued {
			j++
		}
		if last == 0 && r.mixesDigits() && j+2 < len(lexemes) && lexemes[j].norm == "'" && lexemes[j].glued && lexemes[j+1].glued { // "100'er bin"
			j += 2
		}
		exp, sure := r.magnitude(lexemes, j)
		if exp == 0 {
			break
		}
		larger := make([]decimal, len(values), 2*len(values))
		for k, v := range values {
			larger[k] = v.scale(exp)
		}
		if !sure {
			larger = append(larger, values...)
		}
		values, i, last = larger, j+1, exp
	}
	return values, i, last
}

// magnitude returns the power of ten that lexeme i means, 0 for none, and whether it can
// mean nothing else.
func (r *languageRules) magnitude(lexemes []lexeme, i int) (exp int, sure bool) {
	t := &lexemes[i]
	if t.kind != lexemeWord {
		return 0, false
	}
	if len(t.norm) == 1 && (t.glued || i+1 < len(lexemes) && r.currencies[lexemes[i+1].norm] != "" && lexemes[i+1].kind == lexemeMark) {
		switch t.norm {
		case "m":
			return 6, false
		case "b":
			return 9, false
		case "k":
			return 3, false
		}
	}
	if exp := r.powers[t.norm]; exp > 0 {
		return exp, t.norm != "χιλ" // of a thousand or of millimetres
	}
	if exp := r.inflectedPower(t.norm); exp > 0 {
		return exp, false
	}
	if r.language == "ar" {
		for _, form := range cliticForms(t.norm) {
			if exp := r.powers[form]; exp > 0 {
				return exp, true
			}
		}
	}
	return 0, false
}

// inflectedPower returns the power of ten of which word is a case, as "milyonunu" is of "milyon",
// 0 for none.
func (r *languageRules) inflectedPower(word string) int {
	if r.language == "en" {
		return 0
	}
	end := len(word)
	for range maxRest {
		_, size := utf8.DecodeLastRuneInString(word[:end])
		if end -= size; end < minPower {
			return 0
		}
		if exp := r.powers[word[:end]]; exp > 3 {
			return exp
		}
	}
	return 0
}

// minPower is the minimum length of the word for a power of ten of which cases are told, in bytes.
const minPower = 6
