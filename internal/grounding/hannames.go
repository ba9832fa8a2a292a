package grounding

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hasFalseHanPlace reports whether text, in Chinese or Japanese, names a place that the
// source does not name.
func (f *facts) hasFalseHanPlace(r *languageRules, text string) bool {
	for _, p := range r.places().within(text) {
		if utf8.RuneCountInString(p.name) < 2 || f.placesNamed()[p.place] || strings.Contains(f.joined(), p.name) {
			continue
		}
		// A name may be written like a part of another word: each of its places has to be
		// unknown.
		if !slices.ContainsFunc(r.places().places[p.name], func(other place) bool { return f.placesNamed()[other] }) {
			return true
		}
	}
	return false
}

// foreignSounds are the characters by which Chinese writes the sounds of foreign names, as
// far as they stand in few other words.
var foreignSounds = func() map[rune]bool {
	m := make(map[rune]bool)
	for _, r := range "隆班邦伯盖冈圭豪亨姬考柯夸昆赖勒娄吕麦芒孟庞蓬珀绍廷翁雅祖萝薇阿艾埃奥巴贝比彼博布查茨达戴丹德迪蒂杜顿厄恩尔法菲费芬弗福戈格根古哈海汉赫胡霍基吉加贾杰金卡凯坎科克肯库奎拉莱兰朗劳雷里利列林琳留卢鲁罗洛伦马玛迈曼梅门蒙米莫默姆穆纳娜内尼诺努欧帕潘佩彭皮普奇齐契乔切琼萨塞桑森莎沙舍什圣施史斯斯苏索塔泰坦汤特提图托瓦万威韦维温文沃乌西希夏谢辛休亚扬耶伊因尤约赞泽扎詹珍兹朱佐" {
		m[r] = true
	}
	return m
}()

// minForeign is the minimum length of a foreign name in characters that is told from words.
const minForeign = 3

// hasFalseChinese reports whether text names a person whom the source does not name: a
// foreign name by its sounds, a Chinese one behind a title.
func (f *facts) hasFalseChinese(text string) bool {
	runes := []rune(text)
	for begin := 0; begin < len(runes); begin++ {
		end := begin
		for end < len(runes) && (foreignSounds[runes[end]] || runes[end] == '·' && end > begin) {
			end++
		}
		if end-begin >= minForeign && f.longestNew(runes[begin:end]) >= minForeign {
			return true
		}
		begin = max(begin, end)
	}
	return f.hasFalseTitled(text) || f.hasFalseSpeaker(runes) || f.hasFalseDotted(runes)
}

// hasFalseDotted reports whether a foreign name with points between its parts, as "安娜·林德"
// is, has a last part of which the source lacks the first two characters.
func (f *facts) hasFalseDotted(text []rune) bool {
	for i, r := range text {
		if r != '·' || i == 0 || i+2 >= len(text) || !unicode.Is(unicode.Han, text[i-1]) {
			continue
		}
		last := text[i+1 : i+3]
		end := min(i+8, len(text))
		if slices.Contains(text[i+1:end], '·') || !unicode.Is(unicode.Han, last[0]) || !unicode.Is(unicode.Han, last[1]) {
			continue // a middle part
		}
		if !strings.Contains(f.joined(), string(last)) {
			return true
		}
	}
	return false
}

// givenCharacters are the characters of most Chinese given names that begin few other words.
var givenCharacters = func() map[rune]bool {
	m := make(map[rune]bool)
	for _, r := range "洋帅诚亚光耀彩凌乐志芝雄冰可依一天心语菲茹贝希若均仲伯叔季胜凡元正少永世家培启承绍继瑛珂珺楚悦欢敏静杰军勇艳涛明超秀霞平刚桂英华玉兰红梅建国文斌立新晓娟芳娜磊婷鹏飞宇浩志海波辉林春生俊峰龙凤琴燕倩雪莉莹颖琳洁慧佳嘉欣怡梦思雅诗涵轩泽睿博鑫森凯旭东亮昊天翔毅健康宏庆荣福祥贵德仁义礼智信忠孝勤俭淑贞珍珠翠菊莲荷萍芬蓉蕾薇茜蓓岚岩峻岭松柏楠彬炜炎煜烨焕灿耀光晨曦昕昭晖晴朗振兴邦民卫宁安顺利达远航帆舟锋铭钰锐钢铁银瑞瑶琪琦琛璐珊玲璇瑾瑜婉媛嫣娇妍妮巧美丹彤彦雯霖露云虹霄鸿鹤雁莺清源泉润泓涌洪浪滨湘江河君子成学良才俊贤哲诚进友朋奇" {
		m[r] = true
	}
	return m
}()

// wordySurnames are surnames that begin many words, so that one more character is no name.
const wordySurnames = "安高方常万和于时成关全任何白文江金马石田华海水山林云平明向单季涂苗谷盛游路管蒙滕解牟艾尤阳穆农司卓古缪简项连麦景党宫费冷席卫米宗应包左温易毕曲凌童柯欧柳甘祝宁尚符舒房满计车查丛佟和仇栾商沙荣桑"

// speakerVerbs follow the name of a person.
var speakerVerbs = strings.Fields("说 表示 称 指出 认为 建议 宣布 强调 透露 介绍 回应 呼吁 批评 告诉 坦言 解释 补充 警告 承认 否认 反对 支持 希望 要求 承诺 提出 提醒 预计 出席 参加 担任 " +
	"获得 当选 率 负责 接受 同意 拒绝 没有 不 将 曾 因 被 涉嫌 夺得 击败 在 也 还 则 对 向 与 和 、")

// hasFalseSpeaker reports whether a Chinese name that the source does not have stands at the
// beginning of a clause, before a verb that people are the subject of.
func (f *facts) hasFalseSpeaker(text []rune) bool {
	surnames := rulesOf("zh").people().last
	for i := range text {
		if !surnames[string(text[i])] || i > 0 && unicode.Is(unicode.Han, text[i-1]) {
			continue
		}
		for _, length := range []int{3, 2} {
			end := i + length
			if end >= len(text) || length == 2 && strings.ContainsRune(wordySurnames, text[i]) {
				continue
			}
			given := text[i+1 : end]
			if slices.ContainsFunc(given, func(r rune) bool { return !givenCharacters[r] }) {
				continue
			}
			rest := string(text[end:min(end+4, len(text))])
			if slices.ContainsFunc(speakerVerbs, func(verb string) bool { return strings.HasPrefix(rest, verb) }) {
				if !strings.Contains(f.joined(), string(text[i:end])) {
					return true
				}
				break
			}
		}
	}
	return false
}

// longestNew returns the length of the longest part of name of which the source has no two
// characters together.
func (f *facts) longestNew(name []rune) int {
	longest, length := 0, 0
	known := make([]bool, len(name))
	for i := 0; i+1 < len(name); i++ {
		if strings.Contains(f.joined(), string(name[i:i+2])) {
			known[i], known[i+1] = true, true
		}
	}
	for i, r := range name {
		if known[i] || r == '·' {
			length = 0
			continue
		}
		length++
		longest = max(longest, length)
	}
	return longest
}

// chineseTitles stand before the name of a person, alone or behind "副".
var chineseTitles = strings.Fields("厅长 组长 站长 处长 科长 镇长 村长 乡长 区长 船长 机长 舰长 团长 师长 参谋长 馆长 社长 台长 园长 庭长 检察长 审判长 理事长 负责人 总经理 经理 工程师 院士 秘书 " +
	"村民 居民 市民 农民 司机 老师 运动员 演员 导演 作家 歌手 专家 学者 顾问 创始人 科学家 总监 店主 业主 志愿者 消防员 民警 幸存者 受害人 被告人 部长 总理 总统 主席 书记 省长 市长 州长 县长 大使 发言人 记者 外长 防长 财长 司长 局长 教授 博士 院长 秘书长 议长 议员 检察官 律师 医生 " +
	"董事长 总裁 首席执行官 队长 教练 主任 代表 司令 将军 上将 中将 少将 专员 特使 领袖 领导人 会长 行长 校长 所长 研究员 经济学家 分析师 主教练 球员 嫌疑人 法官 首相 国王 总干事")

// behindNames are characters that follow a name rather than end one.
const behindNames = "说表称在和与对于出的也将就是认指及为已会同向从还等，。、：；“”（）接宣透要曾呼介警希批否谈获当到访因以今昨去年月日回告解补前后则又并率签"

// hasFalseTitled reports whether a title stands before a name that the source does not
// have.
func (f *facts) hasFalseTitled(text string) bool {
	surnames := rulesOf("zh").people().last
	for _, title := range chineseTitles {
		for rest := text; ; {
			i := strings.Index(rest, title)
			if i < 0 {
				break
			}
			rest = rest[i+len(title):]
			name := firstRunes(rest, 3)
			if len(name) < 2 || !surnames[string(name[:1])] || strings.ContainsRune(behindNames, name[0]) || strings.ContainsRune(behindNames, name[1]) ||
				strings.ContainsRune(wordySurnames, name[0]) && slices.ContainsFunc(name[1:], func(r rune) bool { return !givenCharacters[r] }) {
				continue
			}
			if !strings.Contains(f.joined(), string(name[:2])) {
				return true
			}
			if len(name) == 3 && !endsName(rest[len(string(name[:2])):]) && !foreignSounds[name[2]] && !f.mayFollow(name) {
				return true
			}
		}
	}
	return false
}

// mayFollow reports whether the source has the three characters of name together, or may
// have the first two as a whole name.
func (f *facts) mayFollow(name []rune) bool {
	source := f.joined()
	if strings.Contains(source, string(name)) {
		return true
	}
	for rest := source; ; {
		i := strings.Index(rest, string(name[:2]))
		if i < 0 {
			return false
		}
		rest = rest[i+len(string(name[:2])):]
		if endsName(rest) {
			return true
		}
	}
}

// endsName reports whether a name may end where text begins.
func endsName(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return size == 0 || !unicode.Is(unicode.Han, r) || strings.ContainsRune(behindNames, r) || strings.HasPrefix(text, "强调")
}

func firstRunes(text string, n int) []rune {
	var runes []rune
	for _, r := range text {
		if len(runes) == n {
			break
		}
		runes = append(runes, r)
	}
	return runes
}

// japaneseTitles stand behind the name of a person, the ones first that stand behind
// nothing else.
var (
	japaneseHonorifics = strings.Fields("氏 さん 容疑者 被告")
	japaneseTitles     = strings.Fields("大統領 首相 外相 防衛相 財務相 知事 市長 町長 村長 代表 次官 議員 長官 社長 会長 監督 選手 教授 記者 審議官 大臣 報道官 議長 委員長 総裁 " +
		"局長 大使 司令官 博士 弁護士 医師 幹事長 党首 書記 主席 皇太子 国王 投手 総長 所長 官房長官 理事長 専務 部長 課長 校長 棋士 九段 棋聖 名人 横綱 大関")
)

// hasFalseJapanese reports whether text names a person whom the source does not name, by
// what stands behind the name.
func (f *facts) hasFalseJapanese(r *languageRules, text string) bool {
	runes := []rune(text)
	for begin := 0; begin < len(runes); begin++ {
		script := japaneseScript(runes[begin])
		if script == 0 {
			continue
		}
		end := begin
		for end < len(runes) && japaneseScript(runes[end]) == script {
			end++
		}
		run, after := string(runes[begin:end]), string(runes[end:min(end+5, len(runes))])
		if script == han && f.falseDivision(runes[begin:end]) {
			return true
		}
		if script == han && f.falseMixed(r, string(runes[max(begin, end-2):end]), runes[end:min(end+10, len(runes))]) {
			return true
		}
		if script == katakana && f.falseKatakana(run, after) || script == han && f.falseKanji(r, run, after) {
			return true
		}
		begin = end - 1
	}
	return false
}

const (
	han      = 'h'
	katakana = 'k'
)

// japaneseScript tells ideographs and katakana apart, 0 for neither. The point between
// foreign names goes with katakana.
func japaneseScript(r rune) rune {
	switch {
	case r == 'ー' || r == '・' || unicode.Is(unicode.Katakana, r):
		return katakana
	case r == '々' || unicode.Is(unicode.Han, r):
		return han
	}
	return 0
}

// japaneseDivisions end the names of prefectures, towns and villages.
const japaneseDivisions = "県市町村区"

// wordyDivisions are words that end like the name of a place and are none.
var wordyDivisions = set("都市 同市 各市 両市 全市 市町村 同町 同村 同県 各県 他県 両県 全県 地区 学区 選挙区 特区 区 自治区 特別区 政府 都道府県 県 市 町 村 府 下町 港町 農村 漁村 山村 首都 " +
	"中心市 大都市 小都市 地方都市 産業都市 近県 隣県 隣町 隣村 同区 各区 禁猟区 保護区 城下町 温泉町 幕府 内府")

// falseDivision reports whether run, of ideographs, begins with a prefecture, a town or a
// village that the source does not name.
func (f *facts) falseDivision(run []rune) bool {
	begin := 0
	for i, r := range run {
		if !strings.ContainsRune(japaneseDivisions, r) || i-begin < 2 || i+1 < len(run) && strings.ContainsRune("域間分別画民長議立", run[i+1]) {
			continue
		}
		if i-begin > 3 || wordyDivisions[string(run[begin:i+1])] || slices.ContainsFunc([]int{2, 3}, func(n int) bool { return i+1 >= n && wordyDivisions[string(run[i+1-n:i+1])] }) {
			return false
		}
		if !strings.Contains(f.joined(), string(run[begin:i])) {
			return true
		}
		begin = i + 1
	}
	return false
}

// falseKatakana reports whether run is the foreign name of a person that the source lacks.
func (f *facts) falseKatakana(run, after string) bool {
	run = strings.Trim(run, "・")
	if utf8.RuneCountInString(run) < 2 {
		return false
	}
	titled := slices.ContainsFunc(slices.Concat(japaneseHonorifics, japaneseTitles), func(title string) bool { return strings.HasPrefix(after, title) })
	if !titled && !strings.Contains(run, "・") && (leadsOffice(after) || slices.ContainsFunc(japaneseFeatures, func(feature string) bool { return strings.HasPrefix(after, feature) })) {
		return utf8.RuneCountInString(run) >= 2 && !strings.Contains(f.joined(), run)
	}
	if !titled && !strings.Contains(run, "・") {
		return false
	}
	for part := range strings.SplitSeq(run, "・") {
		if utf8.RuneCountInString(part) >= 2 && !strings.Contains(f.joined(), part) {
			return true
		}
	}
	return false
}

// japaneseFeatures stand behind the names of places in katakana.
var japaneseFeatures = strings.Fields("島 市 州 県 湾 川 海峡 半島 諸島 港 郡 村 町 山脈 地方 渓谷")

// leadsOffice reports whether text begins with ideographs of which the last ends the title of an
// office, as "国防相" does.
func leadsOffice(text string) bool {
	length := 0
	for _, r := range text {
		if japaneseScript(r) != han {
			return false
		}
		if length++; length > 1 && strings.ContainsRune("相長官領", r) {
			return true
		}
	}
	return false
}

// falseMixed reports whether a surname in ideographs with a given name in hiragana before a title, as
// in "石田ゆかり教授", stands in text, whose surname the source lacks.
func (f *facts) falseMixed(r *languageRules, surname string, after []rune) bool {
	n := 0
	for n < len(after) && unicode.Is(unicode.Hiragana, after[n]) {
		n++
	}
	if n < 2 || n > 4 || n == len(after) || !r.people().last[surname] || strings.Contains(f.joined(), surname) {
		return false
	}
	rest := string(after[n:])
	return slices.ContainsFunc(slices.Concat(japaneseHonorifics, japaneseTitles), func(title string) bool { return strings.HasPrefix(rest, title) })
}

// falseKanji reports whether run holds the name of a person that the source lacks.
func (f *facts) falseKanji(r *languageRules, run, after string) bool {
	source := f.joined()
	for _, title := range japaneseHonorifics {
		name, ok := strings.CutSuffix(run, title)
		if !ok {
			if !strings.HasPrefix(after, title) {
				continue
			}
			name = run
		}
		if n := utf8.RuneCountInString(name); n >= 2 && n <= 5 && !strings.Contains(source, name) && r.startsWithSurname(name) {
			return true
		}
	}
	if utf8.RuneCountInString(run) < 3 || strings.Contains(source, run) {
		return false
	}
	if f.falseOfficial(run) {
		return true
	}
	surname := r.japaneseSurname(run)
	if surname == "" {
		return false
	}
	if strings.Contains(source, surname) {
		return f.falseJapaneseGiven(run[len(surname):])
	}
	rest := run[len(surname):] // the source may have it behind another surname
	return utf8.RuneCountInString(rest) >= 3 && strings.Contains(source, rest) ||
		slices.ContainsFunc(japaneseTitles, func(title string) bool { return strings.Index(run, title) > 0 })
}

// longSurnames are the usual Japanese surnames of three characters.
var longSurnames = set("佐々木 長谷川 五十嵐 久保田 小笠原 大久保 佐久間 宇佐美 長谷部 日比野 三田村 小野寺 小野田 佐々岡 五味渕 波多野 久保木 海老原 小早川 武者小路")

// japaneseSurname returns the surname that run begins with, or nothing.
func (r *languageRules) japaneseSurname(run string) string {
	if long := string(firstRunes(run, 3)); longSurnames[long] {
		return long
	}
	if r.startsWithSurname(run) {
		return string(firstRunes(run, 2))
	}
	return ""
}

// givenEnds are characters that end most Japanese given names.
const givenEnds = "郎子美介太雄男夫彦之樹香恵奈里江枝乃哉也司志史治明久博宏浩弘健信義文正隆毅翔斗輝輔佑佳菜希紀一二三"

// falseJapaneseGiven reports whether text, behind a surname of the source, is a given name that
// the source lacks, before a title.
func (f *facts) falseJapaneseGiven(text string) bool {
	for _, title := range japaneseTitles {
		given, _, ok := strings.Cut(text, title)
		last, _ := utf8.DecodeLastRuneInString(given)
		if n := utf8.RuneCountInString(given); ok && n >= 2 && n <= 3 && strings.ContainsRune(givenEnds, last) &&
			!strings.ContainsAny(given, notInNames+"名官執専常") && !strings.Contains(f.joined(), given) {
			return true
		}
	}
	return false
}

// officials head towns and prefectures; their names stand right in front.
var officials = []string{"市長", "知事", "町長", "村長"}

// falseOfficial reports whether run is a name of four characters before the title of an official,
// of which the source has no part.
func (f *facts) falseOfficial(run string) bool {
	for _, title := range officials {
		name, ok := strings.CutSuffix(run, title)
		if !ok {
			continue
		}
		runes := []rune(name)
		return len(runes) == 4 && !strings.ContainsAny(name, notInNames) &&
			!strings.Contains(f.joined(), string(runes[:2])) && !strings.Contains(f.joined(), string(runes[2:]))
	}
	return false
}

// notInNames are characters that tell an office, a place or a time from the name of a person.
const notInNames = "前元現新副県市町村区都府道各同両全職候補歴"

// startsWithSurname reports whether name begins with a surname of two characters.
func (r *languageRules) startsWithSurname(name string) bool {
	return r.people().last[string(firstRunes(name, 2))]
}
