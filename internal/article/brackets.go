package article

import (
	"strings"
)

// readBrackets takes out of line i what stands in brackets and is confidential, or a note
// of the stenographer. A bracket may end on one of the next lines.
func (p *rawPage) readBrackets(i int) {
	l := p.lines[i]
	for _, fence := range [...]string{"()", "[]"} {
		for at := l.Begin; ; {
			open := strings.IndexByte(p.text[at:l.End], fence[0])
			if open < 0 {
				break
			}
			open += at
			if at = open + 1; at < l.End && p.text[at] == fence[0] {
				continue
			}
			inside := p.text[at:min(l.End, at+longestStage)]
			if end := strings.IndexByte(inside, fence[1]); end >= 0 && isUpperWord(inside[:end]) && isStageDirection(inside[:end]) {
				p.cut(i, Span{open, at + end + 1}, RuleTranscript)
				l, at = p.lines[i], at+end+1
				if at > l.End {
					break
				}
				continue
			}
			found, rest, ok := confidential.find(strings.TrimLeft(inside, "([*- "))
			if ok && found.value == secret && !embargoEnds.has(strings.TrimLeft(rest, " ")) {
				p.withholdBracket(i, open, fence[1])
				return
			}
		}
	}
}

// withholdBracket cuts what stands in the bracket that opens on line i at the offset open.
func (p *rawPage) withholdBracket(i, open int, closer byte) {
	for j := i; j < min(len(p.lines), i+longestBracket); j++ {
		from := max(open, p.lines[j].Begin)
		end := strings.IndexByte(p.text[from:p.lines[j].End], closer)
		if end >= 0 {
			p.cut(j, Span{from, from + end + 1}, RuleConfidential)
			return
		}
		p.cut(j, Span{from, p.lines[j].End}, RuleConfidential)
	}
}

// cut takes s out of line i.
func (p *rawPage) cut(i int, s Span, rule RemovalRule) {
	l := &p.lines[i]
	switch {
	case s.Begin <= l.Begin && l.End <= s.End:
		l.rule = rule
	case s.Begin <= l.Begin:
		p.remove(Span{l.Begin, s.End}, rule)
		l.Begin = s.End
		for l.Begin < l.End && p.text[l.Begin] == ' ' {
			l.Begin++
		}
	case l.End <= s.End:
		p.remove(Span{s.Begin, l.End}, rule)
		l.End = s.Begin
		for l.Begin < l.End && p.text[l.End-1] == ' ' {
			l.End--
		}
	default:
		if p.flat[s.Begin-1] == ' ' && p.flat[s.End] == ' ' {
			s.Begin--
		}
		p.remove(s, rule)
		p.cuts = append(p.cuts, s)
	}
}

// longestBracket bounds what stands in brackets over several lines, in lines.
const longestBracket = 12

// bracketEnd returns the index of the line on which the bracket that begins line i is
// closed: i itself where it begins with none, or none is closed soon.
func (p *rawPage) bracketEnd(i int) int {
	s := p.slice(p.lines[i])
	closer := closerOf(firstRune(s))
	if strings.HasPrefix(s, "((") {
		closer = "))"
	}
	if closer == "" {
		return i
	}
	for j := i; j < min(len(p.lines), i+longestBracket); j++ {
		if strings.Contains(p.slice(p.lines[j]), closer) {
			return j
		}
	}
	return i
}

// closerOf returns the bracket that closes what r opens, or nothing.
func closerOf(r rune) string {
	switch r {
	case '(':
		return ")"
	case '[':
		return "]"
	case '（':
		return "）"
	case '【':
		return "】"
	case '［':
		return "］"
	case '〔':
		return "〕"
	}
	return ""
}

// isBracketed reports whether s begins and ends with a bracket.
func isBracketed(s string) bool {
	closer := closerOf(firstRune(s))
	return closer != "" && strings.HasSuffix(strings.TrimSuffix(s, "."), closer)
}
