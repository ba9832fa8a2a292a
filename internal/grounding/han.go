package grounding

import (
	"strings"
	"unicode/utf8"
)

// hanDigits are the numerals of Chinese and Japanese.
var hanDigits = map[string]int{
	"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}

// hanPowers are their powers of ten.
var hanPowers = map[string]int{"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8, "兆": 12}

// hanCounters stand between a number and what is counted.
var hanCounters = set("名 人 位 个 個 座 条 條 项 項 家 艘 架 辆 輛 次 天 日 年 月 岁 歲 倍 所 枚 起 件 份 票 席 吨 公 元 度 " +
	"回 隻 機 台 社 校 カ か ヶ つ 時 歳 点 間 株 号 棟 本 頭 週 小 分 億 万 亿 萬 " +
	"幅 篇 首 部 支 只 头 匹 颗 棵 块 张 套 户 组 种 类 批 班 队 场 级 层 届 局 轮 页 封 道 段 处 口 门 间 栋 站 枝 串 冊 册 枠 店 駅 戸 発 種 列 便 通 問 勝 敗 位")

// hanNumber reads a number in Chinese or Japanese numerals from lexeme i on, such as
// "一万五千" or "二〇二六". It is loose where it may be a part of another word.
func hanNumber(lexemes []lexeme, i int) (value, end int, loose bool) {
	total, section, digit, figures := 0, 0, -1, 0
	row := 0 // figures in a row, as in a year
	end = i
	for ; end < len(lexemes); end++ {
		word := lexemes[end].norm
		if n, ok := hanDigits[word]; ok {
			if digit >= 0 && row > 0 {
				digit = digit*10 + n
			} else {
				digit = n
			}
			row, figures = row+1, figures+1
			continue
		}
		exp, ok := hanPowers[word]
		if !ok || exp > 8 || end == i && exp > 3 {
			break
		}
		row, figures = 0, figures+1
		switch {
		case exp < 4:
			section += max(digit, 1) * powersOfTen[exp]
		default:
			total += (section + max(digit, 0)) * powersOfTen[exp]
			section = 0
		}
		digit = -1
	}
	if figures == 0 || figures > 12 {
		return 0, i, true
	}
	value = total + section + max(digit, 0)
	counted := end < len(lexemes) && hanCounters[lexemes[end].norm]
	loose = figures == 1 && !counted || value <= 1 || hanWords[joined(lexemes[i:], 2)]
	return value, end, loose
}

// hanWords begin with numerals and count nothing.
var hanWords = set("十分 千万 万一 百万 一一 三三 九一 七七 五四 百年 百家 百姓 千年 千家 万家 十足 十全 百科 百貨 百货")

// joined returns the first few lexemes as one string.
func joined(lexemes []lexeme, n int) string { return joinedBy(lexemes[:min(n, len(lexemes))], "") }

// joinedBy returns lexemes as one string with a separator.
func joinedBy(lexemes []lexeme, separator string) string {
	var b strings.Builder
	for i := range lexemes {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(lexemes[i].norm)
	}
	return b.String()
}

// hanQuantity reads the number that begins at lexeme i in Chinese or Japanese, digits with
// a magnitude apart.
func (r *languageRules) hanQuantity(lexemes []lexeme, i int) (quantity, bool) {
	q := quantity{begin: i, word: true, units: []unit{""}}
	percentage := joined(lexemes[i:], 3) == "百分之"
	if percentage {
		i += 3
		if i < len(lexemes) && lexemes[i].kind == lexemeNumber {
			q.values, q.end = r.valuesAt(lexemes, i)
			return q.withUnit(percent), true
		}
	} else if lexemes[i].norm == "半" {
		two := joined(lexemes[i:], 2)
		q.values, q.end, q.loose = []decimal{whole(50)}, i+1, two != "半数" && two != "半分" || i > 0 && (lexemes[i-1].norm == "過" || lexemes[i-1].norm == "过")
		return q.withUnit(percent), true
	}
	if lexemes[i].kind == lexemeNumber && !percentage {
		value, end := smallNumber(lexemes, i)
		if end == i {
			return q, false
		}
		share, ok := r.hanShare(lexemes, value, end)
		share.begin = i
		return share, ok
	}
	value, end, loose := hanNumber(lexemes, i)
	if end == i {
		return q, false
	}
	q.values, q.end, q.loose = []decimal{whole(value)}, end, loose
	if percentage {
		q.loose = false
		return q.withUnit(percent), true
	}
	if share, ok := r.hanShare(lexemes, value, end); ok {
		share.begin = q.begin
		return share, true
	}
	q.units = []unit{hanUnit(lexemes[end:min(end+4, len(lexemes))])}
	q.loose = q.loose && q.units[0] == ""
	return q, true
}

// hanShare reads the share that begins with a number whose end is given: "6割", "四成",
// "三分之一", "3分の1".
func (r *languageRules) hanShare(lexemes []lexeme, value, end int) (quantity, bool) {
	q := quantity{word: true, units: []unit{percent}}
	if end >= len(lexemes) {
		return q, false
	}
	switch next := lexemes[end].norm; {
	case next == "割" || next == "成" && value < 10 && r.language == "zh":
		q.values, q.end = []decimal{whole(value * 10)}, end+1
		return q, value < 10
	case joined(lexemes[end:], 2) == "分之" || joined(lexemes[end:], 2) == "分の":
		if end+2 >= len(lexemes) {
			return q, false
		}
		parts, last, _ := hanNumber(lexemes, end+2)
		if lexemes[end+2].kind == lexemeNumber {
			parts, last = newDecimal(lexemes[end+2].norm, 0).smallInt(), end+3
		}
		if parts <= 0 || parts >= value {
			return q, false
		}
		q.values, q.end = []decimal{share(parts, value)}, last
		return q, true
	}
	return q, false
}

// hanUnits are units behind a number, the longest first.
var hanUnits = []struct {
	name string
	unit unit
}{
	{"パーセント", percent},
	{"ユーロ", "euro"},
	{"ポンド", "pound"},
	{"ルーブル", "rouble"},
	{"ウォン", "won"},
	{"人民币", "yuan"},
	{"米ドル", "dollar"},
	{"ドル", "dollar"},
	{"美元", "dollar"},
	{"澳元", "dollar"},
	{"加元", "dollar"},
	{"港元", "dollar"},
	{"美金", "dollar"},
	{"欧元", "euro"},
	{"歐元", "euro"},
	{"日元", "yen"},
	{"日圆", "yen"},
	{"英镑", "pound"},
	{"英鎊", "pound"},
	{"卢布", "rouble"},
	{"韩元", "won"},
	{"人民元", "yuan"},
	{"元", "yuan"},
	{"円", "yen"},
	{"圆", "yen"},
	{"%", percent},
	{"％", percent},
}

// hanUnit returns the unit that lexemes begin with.
func hanUnit(after []lexeme) unit {
	text := joined(after, 5)
	for _, u := range hanUnits {
		if strings.HasPrefix(text, u.name) {
			return u.unit
		}
	}
	return ""
}

// hanDates notes the dates in lexemes of Chinese and Japanese: "2026年3月5日", "3月",
// "18日".
func (r *languageRules) hanDates(d *dates, lexemes []lexeme) {
	year, month := 0, 0
	for i := 0; i < len(lexemes); {
		value, end := smallNumber(lexemes, i)
		if end == i {
			if year, month = 0, 0; lexemes[i].kind != lexemeMark {
				r.hanWeekday(d, lexemes, i)
			}
			i++
			continue
		}
		next := ""
		if end < len(lexemes) {
			next = lexemes[end].norm
		}
		switch {
		case next == "年" && value >= 1000:
			year, month = value, 0
		case next == "月" && value >= 1 && value <= 12:
			month = value
			d.addMonth(month)
			if year > 0 {
				d.years[date{month: month, year: year}] = true
			}
			d.use(i, end+1)
		case (next == "日" || next == "号" || next == "號") && value >= 1 && value <= 31 && !(end+1 < len(lexemes) && lexemes[end+1].norm == "間"):
			if month > 0 {
				d.days[date{month: month, day: value}] = true
			} else {
				d.addBare(value)
			}
			d.use(i, end+1)
			year, month = 0, 0
		default:
			year, month = 0, 0
			i = end
			continue
		}
		i = end + 1
	}
}

// smallNumber reads the whole number of at most four digits at lexeme i, in digits or
// numerals.
func smallNumber(lexemes []lexeme, i int) (value, end int) {
	if lexemes[i].kind == lexemeNumber {
		if n := newDecimal(lexemes[i].norm, 0).smallInt(); n >= 0 && !strings.ContainsAny(lexemes[i].norm, ".,:'") {
			return n, i + 1
		}
		return 0, i
	}
	value, end, _ = hanNumber(lexemes, i)
	return value, end
}

// hanWeekdays are the days of the week from Monday on.
var hanWeekdays = map[string]int{"月": 1, "火": 2, "水": 3, "木": 4, "金": 5, "土": 6, "日": 7, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "天": 7}

func (r *languageRules) hanWeekday(d *dates, lexemes []lexeme, i int) {
	switch two := joined(lexemes[i:], 2); {
	case r.language == "zh" && (two == "星期" || two == "礼拜") && i+2 < len(lexemes):
		d.addWeekday(hanWeekdays[lexemes[i+2].norm])
	case r.language == "ja" && strings.HasSuffix(two, "曜") && utf8.RuneCountInString(two) == 2:
		d.addWeekday(hanWeekdays[lexemes[i].norm])
	}
}
