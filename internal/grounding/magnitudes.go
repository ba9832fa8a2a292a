package grounding

// scale multiplies q by the magnitudes behind it, and adds what follows a magnitude in
// languages that write "5 thousand 200".
func (r *languageRules) scale(lexemes []lexeme, q *quantity) (scaled bool) {
	var exp int
	q.values, q.end, exp = r.magnitudes(lexemes, q.values, q.end)
	for exp > 0 && r.mixesDigits() && q.end < len(lexemes) && lexemes[q.end].kind == lexemeNumber {
		more, end := r.valuesAt(lexemes, q.end)
		more, end, next := r.magnitudes(lexemes, more, end)
		if len(more) == 0 || more[0].exp < 0 || more[0].magnitude() > exp {
			break
		}
		for k := range q.values {
			q.values[k] = q.values[k].plus(more[0])
		}
		q.end, exp, scaled = end, next, true
	}
	return scaled || exp > 0
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
		return exp, true
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
