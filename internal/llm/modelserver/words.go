package modelserver

import (
	"regexp"
	"strings"
	"sync"
)

// The words of servers, by their meaning. They are matched in lower case against codes,
// parameter and message, of which the request's own words are taken out. Each is a stem
// that several servers share, never the whole sentence of one.
var (
	// creditWords: the account is empty.
	creditWords = anyOf(
		`insufficient[ _.-]*(?:account[ _]*|user[ _]*|api[ _]*)?(?:balance|credits?|funds|quota)`, `insufficient (?:\w+ ){1,3}balance`,
		`used up (?:all )?your`, `purchase a (?:plan|subscription)`, `not enough (?:balance|credits?|funds)`,
		`(?:balance|credits?|funds)\b.{0,40}(?:too low|exhausted|depleted|insufficient|used up|r[au]n out|not enough|is negative|expired)`,
		`(?:r[au]n out of|out of|used all|used up|no (?:more|remaining)?|lack of|exceeded your (?:monthly )?(?:included )?|not enough|depleted) ?(?:your |any |available |prepaid |included |remaining )*(?:credits?|funds|balance)\b`,
		`credit_(?:balance|limit|exhausted|required)`, `credits?_(?:exhausted|required|depleted)`, `usage_not_included`, `plan (?:does not|doesn['’]?t) include`, `exceeded_current_quota`,
		`billing[ _](?:hard[ _])?limit`, `billing_not_active`, `spend(?:ing)?[ _]limit`, `used (?:up|all) .{0,30}(?:allocation|allowance|quota)`, `arrear`,
		`free (?:tier|quota|trial)\b.{0,40}(?:exhausted|exceeded|used up|ended|expired)`, `budget.{0,20}(?:exceeded|exhausted|blocked|used up|spent|reached)`, `exceed.{0,20}\bbudget\b`,
		`(?:does not|doesn['’]?t|do not|don['’]?t) have (?:any |enough |sufficient )*(?:credits?|funds|balance)`, `overdue`,
		`payment[ _](?:required|method)`, `please recharge`, `top[ -]up your`,
		`requires? billing`, `enable billing`, `billing.{0,20}(?:disabled|not enabled|closed|inactive)`, `usage limits?\W.{0,40}regain access`,
		`specified.{0,20}usage limit`, `unpaid`, `past invoices`,
		`(?:token|user|account|remain(?:ing)?) quota\b.{0,20}(?:not enough|insufficient|exhausted|used up|spent)`, `pre_?consume`,
		`(?:余额|额度).{0,4}(?:不足|用完|用尽|耗尽|已满)`, `欠费`, `充值`, `残高(?:が)?不足`, `잔액.{0,3}부족`, `недостаточно (?:средств|баланса|кредит)`,
	)

	// offerWords: credit is offered, which it is for higher rates, too.
	offerWords = anyOf(
		`\b(?:more|add|purchase|buy|need) (?:your |any |available |prepaid |included |remaining )*(?:credits?|funds|balance)\b`,
	)

	// affordable: the account still has enough for so many tokens.
	affordable = anyOf(
		`afford (\d[\d,]*)`,
	)

	// quotaWords: a quota is used up, of the account or of a minute.
	quotaWords = anyOf(
		`exceeded your current quota`, `usage[ _]limits?`, `\bkey limit`,
	)

	// rateWords: requests come too fast.
	rateWords = anyOf(
		`rate[ _-]*limit`, `ratelimit`, `too[ _]many[ _](?:concurrent )?requests`, `quota(?: for .{0,40})?(?: is| was)? exceeded`, `quotaexceeded`,
		`throttl`, `tokens[ _]per[ _](?:min|minute|day|hour|second)`, `requests[ _]per`,
		`per[ _-]?(?:minute|hour|day)\b`, `(?:hourly|daily|weekly|monthly) (?:request |token )?limit`, `\btpm\b`, `\brpm\b`, `\btpd\b`,
		`resource_exhausted`, `concurrency limit`, `request rate`, `slow down`, `too (?:quickly|fast|frequent)`, `请求过于频繁`, `速率限制`,
	)

	// dayWords: a rate that comes back tomorrow.
	dayWords = anyOf(
		`per[ _-]?day\b`, `\btpd\b`, `\brpd\b`, `daily`,
	)

	// keyWords: the key is missing or wrong.
	keyWords = anyOf(
		`api[ _-]?key\b.{0,40}(?:invalid|not valid|incorrect|expired|missing|not found|revoked)`, `unauthenticated`,
		`(?:pass|provide|supply|use|set|need|requires?|specify)\b.{0,20}(?:valid|correct|your|an?) (?:api[ _-]?key|access token|bearer token)`,
		`(?:invalid|incorrect|missing|no|expired|wrong)\b.{0,20}(?:api[ _-]?key|authori[sz]ation|credentials|bearer token)\b`,
	)

	// cutWords: the answer was cut off before its end.
	cutWords = anyOf(
		`tokens? (?:limit |or .{0,20}limit )?(?:was |were )?reached`, `reached .{0,20}(?:max_?|maximum )?tokens`, `could not finish`,
	)

	// tooLarge: one request alone is more than a minute allows.
	tooLarge = anyOf(
		`request too large`, `too large for`, `reduce (?:your|the) (?:message|prompt|request)`, `requested tokens exceed`,
		`exceeds? .{0,40}(?:per[ _]minute|\btpm\b)`,
	)

	// tooMany: the figures of a rate limit.
	tooMany = anyOf(
		`limit:? ?~?(\d[\d,]*).{0,20}requested:? ?~?(\d[\d,]*)|requested:? ?~?(\d[\d,]*).{0,20}limit:? ?~?(\d[\d,]*)`,
	)

	// moderationWords: a filter stopped the request.
	moderationWords = anyOf(
		`content[ _-]*(?:filter|management|moderation|policy|safety|violation|risk|blocked|security|audit)`, `contentfilter`, `contentpolicy`,
		`responsibleai`, `data_?inspection`, `inspection[ _]*failed`, `content exists risk`, `moderat(?:ion|ed)`, `flagged`, `inappropriate`,
		`sensitive[ _-]*(?:content|words?|information|material)`, `(?:input|output|new|text)[ _]sensitive`,
		`(?:prompt|input|output|article|content)s? (?:is |was |has been |were )?(?:blocked|rejected|declined)`,
		`(?:usage|content|safety|acceptable[ _-]use|community|use)[ _-]*(?:polic(?:y|ies)|guidelines)`, `policy[ _-]*violation`,
		`violat(?:es?|ed|ing|ion).{0,40}(?:polic(?:y|ies)|guidelines|terms|rules|regulations)`,
		`safety[ _-]*(?:system|filter|settings?|reasons?|checks?|policy|block|violation|guidelines)`,
		`censor`, `content.{0,60}\bblocked`, `blocked[ _]content`, `blocked (?:by|due to|for|because of).{0,30}(?:safety|filter|guardrail|content)`,
		`guardrail`, `(?:prompt|content|safety)[ _-]?guard`, `threat[ _]detected`, `prohibited[ _-]*(?:content|use)`, `high risk`,
		`unsafe`, `harmful`, `offensive`, `hate speech`, `\bsafety\b`, `recitation`, `blocklist`, `敏感`, `违规`, `不安全`, `违法`, `审核`, `合规`,
	)

	// accountWords: it is about the account, not about the article.
	accountWords = anyOf(
		`account`, `your resource`, `organi[sz]ation`, `country`, `region`, `territory`, `your (?:api )?key`, `project`, `permission`, `subscription`, `suspended`,
		`banned`, `deactivated`, `terms of service`, `data policy`, `privacy`,
	)

	// badJSONWords: the server found no valid JSON in its model's answer.
	badJSONWords = anyOf(
		`json_validate_failed`, `failed_generation`, `(?:failed|unable|could not) (?:to )?(?:generate|produce|create|parse|validate|decode).{0,40}json`,
		`(?:model|output|response|generation|generated).{0,60}(?:invalid|malformed|not valid|not match|failed to parse|did not (?:match|conform)).{0,40}(?:json|schema|content)`,
		`(?:invalid|malformed) (?:json|content) (?:was |is )?(?:in |from |by )?(?:the )?(?:model|generated|output)`,
		`(?:model|generated) (?:produced |output |returned )?(?:an? )?(?:invalid|malformed) (?:json|content|output)`,
		`json (?:generation|validation) failed`, `output_parse_failed`, `tool_use_failed`,
	)

	// grammarWords: it is the schema that the server cannot work with.
	grammarWords = anyOf(
		`grammar`, `gbnf`,
	)

	// genericWords: something is wrong.
	genericWords = anyOf(
		`\W+`, `(?:bad|invalid|malformed|failed)[ _]?requests?(?:_?error| body| payload| format)?`, `(?:request )?validation (?:error|failed)`, `not implemented`, `(?:api|server|upstream|internal)_error`, `unprocessable (?:entity|content)`,
		`internal[ _]?server[ _]?error`, `(?:provider|upstream) returned (?:an )?error`,
		`\berrors?\b`, `\bnull\b`, `\bnone\b`, `\d+`, `upstream`, `\bserver\b`, `unknown`, `\ban?\b`, `occurred`, `something went wrong`, `request failed`,
	)

	// contextWords: the context window is spoken of.
	contextWords = anyOf(
		`context[ _-]*(?:length|window|size|limit|overflow)`, `max_model_len`, `max_seq_len`, `n_ctx`, `(?:larger|longer|bigger) context`, `tokens in (?:your |the )?(?:request|prompt|input|messages)`, `context the overflows`, `model token limit`, `上下文`,
	)

	// inputWords: the input is spoken of.
	inputWords = anyOf(
		`input`, `prompt`, `messages?\b`, `(?:your|in|the) request`, `requested`,
	)

	// sizedWords and overWords, together: something that has a size is too long.
	sizedWords = anyOf(
		`prompt`, `input`, `request`, `messages?\b`, `conversation`, `text\b`, `content`, `query`, `body`, `payload`, `entity`, `sequence`, `string`,
		`context`, `tokens?\b`, `bytes`, `トークン`, `文字`, `토큰`, `字`, `长度`, `токен`, `символ`,
	)
	overWords = anyOf(
		`too (?:long|large|big|many)`, `(?:longer|larger|greater|bigger|more|higher) than`, `exceed`, `\bover (?:the|model|\d|.{0,20}limit)`, `upper limit`,
		`超`, `초과`, `превы`, `must have less than`,
	)

	// longWords: the request is too long, in words that stand for themselves.
	longWords = anyOf(
		`context_?length_?exceeded`, `exceed_context_size`, `too_many_tokens`, `out_of_tokens`, `request_too_large`, `string_above_max_length`,
		`reduce the (?:length|number|size)`, `shorten (?:the|your)`, `max(?:imum)? (?:allowed )?(?:prompt|input|sequence|number of (?:input )?tokens)`,
		`range of input length`, `tokens? \+ .?max_(?:new_)?tokens`, `current length is`, `configured limit`, `prompt contains \d+ tokens`, `got -\d`,
	)

	// slowWords: something took too long.
	slowWords = anyOf(
		`deadline`, `time-?out`, `timed? out`, `took too long`, `too long to `,
	)

	// capNames: the cap on the output is spoken of.
	capNames = anyOf(
		`max[_ ]?(?:completion|new|output)?[_ ]?tokens`, `maxoutputtokens`, `maxtokens`, `maximum tokens`, `num_predict`, `output tokens`,
		`completion tokens`,
	)

	// sumWords: input and output together are spoken of.
	sumWords = anyOf(
		`tokens?.{0,3} \+`, `\+ .{0,3}max_`, `exceed context limit`, `total of`, `got -\d`,
	)

	// capBound: a bound is spoken of.
	capBound = anyOf(
		`too (?:large|high|big|long)`, `at most`, `maximum`, `exceed`, `less than`, `<=`, `≤`, `must be`, `should be`, `range`, `larger`, `greater`,
		`above`, `upper`, `between`, `limited`, `lower than`, `not be more`, `up to`, `>`, `限制`, `范围`,
	)

	// formatWords: the format of the answer is spoken of.
	formatWords = anyOf(
		`response[_ ]?format`, `json[_ ]?(?:schema|object|mode|output)`, `structured[_ -]*(?:outputs?|response|generation|decoding)`, `guided[_ -]`,
		`grammar`, `gbnf`, `response_?schema`, `response_?mime`, `\bschemas?\b`, `\w\.format\b`, `too many states`, `required for format`, `for format\b`,
		`'format'`, `"format"`, `format (?:type|parameter|option|is not|not)`, `constrain(?:t|ed)`, `xgrammar`, `outlines`, `llguidance`,
		`logits[ _]processor`,
	)

	// boundWords: it is the schema that is refused, not the format.
	boundWords = anyOf(
		`max_?items`, `min_?items`, `array (?:length|size|limit)`, `too many states`, `complex`, `feature`,
		`(?:json|schema|unsupported|following|permitted).{0,20}keywords?`, `keywords?.{0,30}(?:not|un)[ ]?(?:permitted|supported)`, `repetition`, `nest`,
		`invalid (?:json )?schema`, `schema.{0,40}(?:is invalid|not valid|failed|compil|too (?:large|big|deep|long))`,
		`(?:failed to|unable to|cannot|could not|error (?:parsing|compiling|in)).{0,40}(?:compile|schema|grammar)`, `(?:schema|grammar).{0,20}could not`,
	)

	// sizeWords: this schema is too much, and a smaller one may do.
	sizeWords = anyOf(
		`too (?:many|complex|large|big|deep|long)`, `complexity`, `exceeds?\b`, `repetitions?`,
	)

	// systemWords: the system role is spoken of.
	systemWords = anyOf(
		`system[ _-]*(?:role|message|prompt|instruction)s?\b`, `(?:developer|system)[ _]instructions?`,
		`u/a/u`, `roles?\b.{0,60}(?:alternat|'system'|"system"|\bsystem\b|user.{0,10}assistant|should be .?user)`, `['"\x60]?system['"\x60]?.{0,20}\brole`,
		`unknown variant .?system`, `role must be`, `only user and assistant`, `first message.{0,20}\buser`, `messages\W+0\W.{0,20}role`, `permitted: .?user`,
	)

	// unknownWords: a part of the request is not known.
	unknownWords = anyOf(
		`unsupported`, `not support`, `unknown`, `unrecogni[sz]ed`, `unexpected`, `extra (?:inputs?|fields?|keys?)`, `not permitted`, `not allowed`,
		`instead`, `deprecated`, `does not (?:support|accept)`, `no longer`, `removed`, `invalid`, `not implemented`, `not available`, `unavailable`,
	)

	// unnamedParam: some part of the request is not known.
	unnamedParam = anyOf(
		`(?:unsupported|unknown|unrecogni[sz]ed|unexpected|invalid|extra|additional)(?: (?:request|input|body))? (?:arguments?|parameters?|params?|options?|fields?|keys?|inputs?|propert(?:y|ies)|features?|argument supplied)`,
		`not permitted`, `invalid_argument`, `invalid_?param`, `param(?:eter)?s?\b.{0,60}(?:not valid|invalid|not supported|unsupported|not allowed|not accepted|unknown)`, `参数.{0,4}(?:有误|错误|异常|不支持|不合法|无效)`,
		`(?:handle|support|honou?r)s? (?:all )?(?:of )?(?:the |your )?(?:requested |given )?parameters`,
	)

	// crashWords: the server failed over reading the request, of which the format is the
	// least known part.
	crashWords = anyOf(
		`cannot read propert`, `of (?:undefined|null)\b`, `not iterable`, `not a function`, `nil pointer`, `null pointer`, `\b(?:type|key|value|attribute|index|assertion|notimplemented)error\b`,
		`deseriali[sz]`, `unmarshal`, `could not be converted`, `validation errors? occurred`, `traceback`, `unpack`, `\w+exception\b`, `panic`,
	)

	// passingWords: the fault may pass.
	passingWords = anyOf(
		`overload`, `(?:still |currently |is |model )loading`, `loading (?:the )?model`, `(?:is|being|still) (?:deploying|starting|building)`, `degraded`,
		`recovering`, `访问量过大`, `稍后再试`, `model.{0,20}(?:unloaded|not (?:yet )?(?:loaded|ready)|warming)`,
		`temporarily`, `try again later`, `resources? (?:has|have) been exhausted`, `high (?:demand|load|traffic|volume)`, `internal (?:\w+ )?(?:error|failure|check|fault)`, `service[ _]*unavailable`, `unavailable_error`, `at capacity`,
		`no (?:healthy|available) (?:upstream|backend|server|worker|instance)`, `internal[ _]?server[ _]?error`, `timed? ?out`, `busy\b`, `crashed`,
		`process (?:has )?(?:exited|terminated|died)`, `out of memory`,
		`connection (?:error|reset|refused|closed|aborted|failed|lost|timed)`, `connect(?:ion)? (?:error|failure)`, `(?:failed|unable|could not) to connect`, `unreachable`,
		`upstream (?:request )?(?:failed|error|failure|connect)`, `no (?:deployments?|instances?|workers?|replicas?|backends?|channels?|providers?|capacity).{0,20}available`,
	)
)

// phrases matches one of several patterns. They are compiled when a first error comes:
// most programs that start meet none.
type phrases func() *regexp.Regexp

func anyOf(patterns ...string) phrases {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(strings.Join(patterns, "|")) })
}

// in reports whether text holds one of p.
func (p phrases) in(text string) bool { return p().MatchString(text) }
