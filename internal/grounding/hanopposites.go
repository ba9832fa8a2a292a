package grounding

import (
	"slices"
	"strings"
)

// hanDirections are words for up and for down, by language.
var hanDirections = map[string][2][]string{
	"zh": {strings.Fields("增长 增加 上升 上涨 提高 扩大 攀升 回升"), strings.Fields("下降 下跌 减少 降低 缩小 下滑 回落 萎缩")},
	"ja": {strings.Fields("増加 増え 上昇 上回 拡大 値上が 伸び"), strings.Fields("減少 減り 減っ 低下 下落 下回 縮小 値下が 落ち込")},
}

// clause is a part of a sentence in Chinese or Japanese with the numbers and the direction
// that it has.
type clause struct {
	values    []decimal
	direction int // 0 for up, 1 for down, noDirection
}

const noDirection = -1

// checkHanDirections reports whether a clause of lexemes gives a number a direction, and the
// source has that number in the other direction only.
func (s *Source) checkHanDirections(r *languageRules, lexemes []lexeme) flaw {
	for _, mine := range r.clauses(lexemes) {
		if mine.direction != noDirection && len(mine.values) > 0 && s.hasOnlyTurned(r, mine) {
			return flaw{claim: Opposite}
		}
	}
	return flaw{}
}

// hasOnlyTurned reports whether clauses of the source with a number of mine have the other
// direction, and none has another.
func (s *Source) hasOnlyTurned(r *languageRules, mine clause) bool {
	turned := false
	for _, text := range s.allPassages() {
		for _, its := range r.clauses(lexemesOf(text)) {
			if !slices.ContainsFunc(its.values, func(v decimal) bool { return slices.Contains(mine.values, v) }) {
				continue
			}
			if its.direction != 1-mine.direction {
				return false
			}
			turned = true
		}
	}
	return turned
}

// clauses splits lexemes at marks.
func (r *languageRules) clauses(lexemes []lexeme) []clause {
	var all []clause
	begin := 0
	for i := 0; i <= len(lexemes); i++ {
		if i < len(lexemes) && !(lexemes[i].kind == lexemeMark && strings.Contains(",，、;；.。:：", lexemes[i].norm)) {
			continue
		}
		if part := lexemes[begin:i]; len(part) > 0 {
			c := clause{direction: r.directionOf(joinedBy(part, ""))}
			for _, q := range r.quantities(part) {
				if !q.loose {
					c.values = append(c.values, q.values...)
				}
			}
			all = append(all, c)
		}
		begin = i + 1
	}
	return all
}

// directionOf returns the direction of which text has a word, and none of the other.
func (r *languageRules) directionOf(text string) int {
	directions := hanDirections[r.language]
	up, down := containsAny(text, directions[0]), containsAny(text, directions[1])
	switch {
	case up && !down:
		return 0
	case down && !up:
		return 1
	}
	return noDirection
}
