package llmtest

import (
	"fmt"
	"strings"
)

const (
	limited      = "LLM_RATE_LIMITED"
	refusedBy    = "LLM_REFUSED"
	tooLong      = "LLM_CONTEXT_OVERFLOW"
	unavailable  = "LLM_UNAVAILABLE"
	misconfig    = "LLM_MISCONFIGURED"
	invalid      = "LLM_OUTPUT_INVALID"
	noCredit     = "LLM_CREDIT_EXHAUSTED"
	circuitOpen  = "CIRCUIT_OPEN"
	invalidError = "invalid_request_error"
)

// Behaviors returns the table.
func Behaviors() []Behavior {
	var all []Behavior
	for _, kind := range [][]Behavior{usable(), envelopes(), natives(), formats(), parameters(), refusals(), overflows(), limits(), passing(), faults(), cuts(), echoes()} {
		all = append(all, kind...)
	}
	return all
}

func usable() []Behavior {
	var rows []Behavior
	add := func(server, does string, response Response) {
		rows = append(rows, Behavior{Kind: KindUsable, Server: server, Does: does, Response: response})
	}
	add("DeepSeek R1 on Ollama", "reasons between think tags before the object", around("<think>\nThe article is about a {harbour}.\n</think>\n\n", ""))
	add("vLLM without a reasoning parser", "leaves only the end tag of the reasoning", around("First the summary, then topics.\n</think>\n", ""))
	add("Qwen on SGLang", "leaves an empty pair of think tags", around("<think>\n\n</think>\n\n", ""))
	add("Kimi on vLLM", "marks its reasoning with triangles", around("◁think▷Let me see.◁/think▷", ""))
	add("Magistral", "marks its reasoning with brackets", around("[THINK]Read it twice.[/THINK]", ""))
	add("gpt-oss on llama.cpp", "leaves the marks of its channels", around("<|channel|>analysis<|message|>It is about a port.<|end|><|start|>assistant<|channel|>final<|message|>", "<|return|>"))
	add("DeepSeek R1", "drafts an object while it reasons, then gives another", around("<think>Maybe {\"summary\":[],\"topics\":[]} will do.</think>", ""))
	add("small models", "introduces the object and asks what else to do", around("Here is the JSON you asked for:\n\n", "\n\nLet me know if you need anything else!"))
	add("Llama on Groq", "puts the object into a Markdown fence with words around it", around("Sure.\n```json\n", "\n```\nThat is all."))
	add("Gemma", "puts the object into a fence without a tag", around("```\n", "\n```"))
	add("Mistral", "puts the object into a fence of tildes", around("~~~json\n", "\n~~~"))
	add("Qwen on llama.cpp", "ends with the token that ends a turn", around("", "<|im_end|>"))
	add("Llama on text-generation-webui", "ends with the token that ends a text", around("", "</s>"))
	add("Llama 3 on TGI", "begins with the header of a turn", around("<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"))
	add("gateways in .NET", "begins with a byte order mark", around("\ufeff", ""))
	add("KoboldCpp", "puts white space around the object", around("\n\n   ", "\n \n"))
	add("small models", "writes a brace in the prose before the object", around("I use the form {summary, topics}:\n", ""))
	add("Claude behind a gateway", "wraps the object in one other key", around(`{"response":`, `}`))
	add("tools made of schemas", "wraps the object in the name of the schema", around(`{"article_analysis":`, `}`))
	add("Dify style tools", "wraps the object twice", around(`{"result":{"data":`, `}}`))
	add("extraction tools", "puts the object into a list under a key", around(`{"results":[`, `]}`))
	add("coding models", "assigns the object in a program", around("const answer = ", ";\nconsole.log(answer)"))
	add("Phi", "answers inside the outline of a schema", around(`{"type":"object","properties":`, `}`))
	add("LocalAI", "names a function beside the object", around(`{"name":"article_analysis","arguments":`, `}`))
	add("double encoding gateways", "writes the object as a string of JSON", writes(quoted))
	add("double encoding gateways", "wraps the object as a string", writes(func(c string) string { return `{"output":` + quoted(c) + `}` }))
	add("Gemini", "lists the one object", around("[", "]"))
	add("GLM", "adds properties that nobody asked for", writes(func(c string) string { return `{"language":"en","note":"short",` + c[1:] }))
	add("small models", "adds properties to each sentence", writes(func(c string) string { return replaceAll(c, `"quotes":`, `"index":1,"quotes":`) }))
	add("small models", "writes numbers as strings", writes(func(c string) string { return replaceAll(c, `"confidence":0.95`, `"confidence":"0.95"`) }))
	add("small models", "writes confidences in percent", writes(func(c string) string { return replaceAll(c, `"confidence":0.95`, `"confidence":"95 %"`) }))
	add("small models", "writes confidences with a decimal comma", writes(func(c string) string { return replaceAll(c, `"confidence":0.95`, `"confidence":"0,95"`) }))
	add("models for C#", "begins the names of properties with capitals", writes(func(c string) string {
		for _, name := range []string{"summary", "topics", "text", "quotes", "id", "confidence"} {
			c = replaceAll(c, `"`+name+`":`, `"`+strings.ToUpper(name[:1])+name[1:]+`":`)
		}
		return c
	}))
	add("small models", "numbers the sentences in place of a list", writes(numberedLists))
	add("small models", "writes a comma after the last property", writes(func(c string) string { return c[:len(c)-1] + ",}" }))
	add("small models", "breaks lines inside strings", writes(func(c string) string { return replaceAll(c, `","quotes"`, "\n"+`","quotes"`) }))
	add("Qwen coder", "calls a tool in its text", around("<tool_call>\n{\"name\":\"answer\",\"arguments\":", "}\n</tool_call>"))
	add("Command R", "leaves the marks of thinking and response", around("<|START_THINKING|>go<|END_THINKING|><|START_RESPONSE|>", "<|END_RESPONSE|>"))
	add("Kimi K2", "leaves the marks of a tool call", around("<|tool_calls_section_begin|><|tool_call_begin|>functions.answer:0<|tool_call_argument_begin|>", "<|tool_call_end|><|tool_calls_section_end|>"))
	add("Apriel", "puts the answer between marks in brackets", around("Here are my reasoning steps:\nI look at it.\n[BEGIN FINAL RESPONSE]\n", "\n[END FINAL RESPONSE]"))
	add("Mistral", "gives the content as a list of parts", message(`"content":[{"type":"text","text":%s}]`))
	add("Magistral on its own API", "gives a part of reasoning before the part of text", message(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"Well {…}"}]},{"type":"text","text":%s}]`))
	add("Anthropic behind a gateway", "gives the content as a list of strings", message(`"content":[%s]`))
	add("Bedrock behind a gateway", "gives a part without a type", message(`"content":[{"text":%s}]`))
	add("assistant gateways", "gives the text of a part as an object", message(`"content":[{"type":"text","text":{"value":%s,"annotations":[]}}]`))
	add("function calling models", "answers in the arguments of the only tool call", message(`"content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"answer","arguments":%s}}]`))
	add("old function calling", "answers in the arguments of a function call", message(`"content":"","function_call":{"name":"answer","arguments":%s}`))
	add("Ollama", "gives the arguments of the only tool call as an object", func() Response {
		return func(w responseWriter, r *Call) {
			message(`"content":"","tool_calls":[{"function":{"name":"answer","arguments":`+obedient(r)+`}}]`)(w, r)
		}
	}())
	add("Copilot style gateways", "talks in the content and answers in the tool call", message(`"content":"I will call the tool.","tool_calls":[{"function":{"name":"answer","arguments":%s}}]`))
	add("small gateways", "gives the one tool call without a list", message(`"content":null,"tool_calls":{"function":{"name":"answer","arguments":%s}}`))
	add("Llama behind a gateway", "names the arguments of a tool call parameters", func(w responseWriter, r *Call) {
		message(`"content":null,"tool_calls":[{"function":{"name":"answer","parameters":`+obedient(r)+`}}]`)(w, r)
	})
	add("vLLM with a wrong reasoning parser", "answers in reasoning_content while content is null", message(`"content":null,"reasoning_content":%s`))
	add("vLLM 0.17 and OpenRouter", "answers in reasoning while content is empty", message(`"content":"","reasoning":%s`))
	add("OpenRouter", "answers in the details of reasoning alone", message(`"content":"","reasoning_details":[{"type":"reasoning.text","text":%s}]`))
	add("Ollama", "answers in thinking while content is empty", message(`"content":"","thinking":%s`))
	add("servers that parse", "gives the object itself as content", func(w responseWriter, r *Call) { message(`"content":`+obedient(r))(w, r) })
	add("servers that parse", "gives the object as parsed while content is null", func(w responseWriter, r *Call) { message(`"content":null,"parsed":`+obedient(r))(w, r) })
	add("KoboldCpp", "answers in text beside an empty message", shaped(`{"choices":[{"text":%s,"message":{"role":"assistant"},"finish_reason":"stop"}]}`))
	rows = append(rows,
		Behavior{Kind: KindUsable, Server: "any model", Does: "gives two objects, of which none is taken", Response: writes(func(c string) string { return c + "\n" + c }), Others: Obey(), Reason: invalid, Requests: 3},
		Behavior{Kind: KindUsable, Server: "any model", Does: "gives an example object in prose before the answer", Response: around(`For example {"summary":[],"topics":[]}. So: `, ""), Others: Obey(), Reason: invalid, Requests: 3},
		Behavior{Kind: KindUsable, Server: "any model", Does: "calls two tools", Response: message(`"content":null,"tool_calls":[{"function":{"name":"a","arguments":%s}},{"function":{"name":"b","arguments":"{}"}}]`), Others: Obey(), Reason: invalid, Requests: 3},
	)
	return rows
}

func envelopes() []Behavior {
	const choices = `"choices":[{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":"stop"}]`
	var rows []Behavior
	add := func(server, does string, response Response) {
		rows = append(rows, Behavior{Kind: KindEnvelope, Server: server, Does: does, Response: response})
	}
	add("SambaNova", "gives created as a fraction", shaped(`{"id":"1","created":1746709563.49,`+choices+`}`))
	add("Perplexity style gateways", "gives created as a string", shaped(`{"created":"2026-01-05T10:00:00Z",`+choices+`}`))
	add("Baidu style gateways", "gives a numeric id", shaped(`{"id":4711,"object":null,`+choices+`}`))
	add("SambaNova", "gives tokens as fractions", shaped(`{`+choices+`,"usage":{"prompt_tokens":900.0,"completion_tokens":80.0,"total_tokens":980.0,"time":1.25}}`))
	add("broken counters", "gives tokens out of all range", shaped(`{`+choices+`,"usage":{"prompt_tokens":1e30,"completion_tokens":-1}}`))
	add("proxies", "gives tokens as strings", shaped(`{`+choices+`,"usage":{"prompt_tokens":"900","completion_tokens":"80"}}`))
	add("mlx-lm", "gives null as usage", shaped(`{`+choices+`,"usage":null}`))
	add("TabbyAPI", "leaves usage out", shaped(`{`+choices+`}`))
	add("proxies", "gives usage as a list", shaped(`{`+choices+`,"usage":[]}`))
	add("llama-cpp-python", "gives an empty list as logprobs", shaped(`{"choices":[{"index":0,"logprobs":[],"message":{"content":%s},"finish_reason":"stop"}]}`))
	add("Together", "gives the index as a string, and a seed", shaped(`{"choices":[{"index":"0","seed":12345678901234567890,"message":{"content":%s},"finish_reason":"eos"}]}`))
	add("Cloudflare", "gives tool calls as an empty list and an unknown annotation", shaped(`{"choices":[{"message":{"content":%s,"tool_calls":[],"annotations":{"a":1}},"finish_reason":"stop"}]}`))
	add("LM Studio", "leaves the finish reason out", shaped(`{"choices":[{"message":{"content":%s}}]}`))
	add("text-generation-webui", "gives null as finish reason", shaped(`{"choices":[{"message":{"content":%s},"finish_reason":null}]}`))
	add("Databricks", "gives the finish reason in capitals", shaped(`{"choices":[{"message":{"content":%s},"finish_reason":"STOP"}]}`))
	add("Azure", "adds the results of its filter", shaped(`{"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"violence":{"filtered":false,"severity":"safe"}}}],`+choices+`}`))
	add("MiniMax", "adds a status of its own that is fine", shaped(`{"base_resp":{"status_code":0,"status_msg":"success"},`+choices+`}`))
	add("gateways", "adds a null error", shaped(`{"error":null,`+choices+`}`))
	add("OpenRouter", "sends white space while the model works", shaped("         \n         \n{"+choices+"}"))
	add("OpenRouter", "sends comment lines while the model works", shaped(": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n{"+choices+"}"))
	add("old gateways", "adds a stray end of a stream", shaped("{"+choices+"}\ndata: [DONE]\n\n"))
	add("proxies", "sends the whole response as one event", shaped("data: {"+choices+"}\n\n"))
	add("gateways in .NET", "begins the body with a byte order mark", shaped("\ufeff{"+choices+"}"))
	add("Google", "lists the one response", shaped("[{"+choices+"}]"))
	add("Cloudflare", "puts the response under result", shaped(`{"success":true,"errors":[],"messages":[],"result":{`+choices+`}}`))
	add("new-api gateways", "puts the response under data", shaped(`{"code":0,"msg":"ok","data":{`+choices+`}}`))
	add("old proxies", "gives the one choice without a list", shaped(`{"choices":{"message":{"content":%s},"finish_reason":"stop"}}`))
	add("Ollama behind a proxy", "gives the message without choices", shaped(`{"model":"m","message":{"role":"assistant","content":%s},"done":true,"done_reason":"stop"}`))
	add("vLLM", "gives log probabilities that are no numbers", shaped(`{"choices":[{"message":{"content":%s},"logprobs":{"content":[{"logprob":-Infinity,"x":NaN}]},"finish_reason":"stop"}]}`))
	add("PHP proxies", "prints a notice before the body", shaped("<br />\n<b>Notice</b>: undefined in <b>proxy</b><br />\n{"+choices+"}"))
	add("proxies that trace", "sends 40 KiB of headers", func(w responseWriter, r *Call) {
		w.Header().Set("X-Trace", strings.Repeat("t", 40<<10))
		shaped("{"+choices+"}")(w, r)
	})
	add("double encoding proxies", "encodes the body as a string of JSON", func(w responseWriter, r *Call) {
		shaped(quoted(`{"choices":[{"message":{"content":`+quoted(obedient(r))+`},"finish_reason":"stop"}]}`))(w, r)
	})
	add("functions behind gateways", "puts the response under body, as a string", func(w responseWriter, r *Call) {
		shaped(`{"statusCode":200,"body":`+quoted(`{"choices":[{"message":{"content":`+quoted(obedient(r))+`},"finish_reason":"stop"}]}`)+`}`)(w, r)
	})
	add("PHP proxies", "numbers the choices in place of a list", shaped(`{"choices":{"0":{"index":0,"message":{"content":%s},"finish_reason":"stop"}}}`))
	add("PHP proxies", "numbers the parts in place of a list", shaped(`{"choices":[{"message":{"content":{"0":{"type":"text","text":%s}}},"finish_reason":"stop"}]}`))
	add("proxies in .NET", "begins all names with capitals", shaped(`{"Id":"1","Choices":[{"Index":0,"Message":{"Role":"assistant","Content":%s},"FinishReason":"stop"}],"Usage":{"PromptTokens":900,"CompletionTokens":80}}`))
	add("servers that always stream", "streams the answer in pieces", halves())
	add("servers that always stream", "pings in between", func(w responseWriter, r *Call) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte("event: ping\ndata: {\"type\":\"ping\"}\n\ndata: " + replaceAll(`{"choices":[{"delta":{"content":%s}}]}`, "%s", quoted(obedient(r))) + "\n\n"))
	})
	add("servers that always stream", "streams the arguments of a tool call", stream(
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"answer","arguments":""}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":%s}}]},"finish_reason":"tool_calls"}]}`))
	add("SGLang", "streams a message in place of a delta", stream(`{"choices":[{"message":{"content":%s},"finish_reason":"stop"}]}`))
	add("servers that always stream", "breaks an event into lines", shaped("data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":%s},\ndata: \"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"))
	add("Copilot style gateways", "gives an empty choice before the one that answers", shaped(`{"choices":[{"message":{"content":""},"finish_reason":"stop"},{"message":{"content":%s},"finish_reason":"stop"}]}`))
	return rows
}

// natives are answers of interfaces that are not OpenAI's, to which a base URL or a gateway
// leads.
func natives() []Behavior {
	var rows []Behavior
	add := func(server, does string, response Response) {
		rows = append(rows, Behavior{Kind: KindNative, Server: server, Does: does, Response: response})
	}
	add("Anthropic", "gives the content at the top", shaped(`{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":%s}],"stop_reason":"end_turn","usage":{"input_tokens":900,"output_tokens":80}}`))
	add("Anthropic", "thinks in a part before the text", shaped(`{"type":"message","content":[{"type":"thinking","thinking":"A {port}.","signature":"x"},{"type":"text","text":%s}],"stop_reason":"end_turn"}`))
	add("Anthropic", "answers in the input of the only tool", func(w responseWriter, r *Call) {
		shaped(`{"type":"message","content":[{"type":"tool_use","id":"t","name":"answer","input":`+obedient(r)+`}],"stop_reason":"tool_use"}`)(w, r)
	})
	add("Anthropic", "streams events of its own", stream(
		`{"type":"message_start","message":{"type":"message","role":"assistant","content":[],"usage":{"input_tokens":900,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"ping"}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":%s}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":80}}`,
		`{"type":"message_stop"}`))
	add("Gemini", "gives candidates", shaped(`{"candidates":[{"content":{"role":"model","parts":[{"text":%s}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":900,"candidatesTokenCount":80}}`))
	add("Gemini", "gives its thoughts in a part before", shaped(`{"candidates":[{"content":{"parts":[{"text":"A {port}.","thought":true},{"text":%s}]},"finishReason":"STOP"}]}`))
	add("Gemini", "lists the pieces of a stream", func(w responseWriter, r *Call) {
		content := obedient(r)
		half := len(content) / 2
		piece := func(text, finish string) string {
			return `{"candidates":[{"content":{"parts":[{"text":` + quoted(text) + `}]}` + finish + `}]}`
		}
		shaped("["+piece(content[:half], "")+",\n"+piece(content[half:], `,"finishReason":"STOP"`)+"]")(w, r)
	})
	add("Ollama", "gives the text as response", shaped(`{"model":"m","response":%s,"done":true,"done_reason":"stop","context":[1,2],"prompt_eval_count":900,"eval_count":80}`))
	add("Ollama", "streams messages, one a line", func(w responseWriter, r *Call) {
		content := obedient(r)
		half := len(content) / 2
		shaped(`{"message":{"role":"assistant","content":`+quoted(content[:half])+`},"done":false}`+"\n"+
			`{"message":{"role":"assistant","content":`+quoted(content[half:])+`},"done":false}`+"\n"+
			`{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":900,"eval_count":80}`)(w, r)
	})
	add("Ollama", "streams the text as responses, one a line", func(w responseWriter, r *Call) {
		content := obedient(r)
		half := len(content) / 2
		shaped(`{"response":`+quoted(content[:half])+`,"done":false}`+"\n"+`{"response":`+quoted(content[half:])+`,"done":false}`+"\n"+`{"response":"","done":true,"done_reason":"stop"}`)(w, r)
	})
	add("llama.cpp", "gives the text as content at the top", shaped(`{"index":0,"content":%s,"stop":true,"stop_type":"eos","tokens_predicted":80,"tokens_evaluated":900,"generation_settings":{"grammar":""}}`))
	add("TGI", "lists one generated text", shaped(`[{"generated_text":%s}]`))
	add("OpenAI", "lists items of output, its reasoning before", shaped(`{"object":"response","status":"completed","error":null,"output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"A {port}."}]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":%s,"annotations":[]}]}],"usage":{"input_tokens":900,"output_tokens":80,"input_tokens_details":{"cached_tokens":10}}}`))
	add("Cohere", "gives a message with parts", shaped(`{"message":{"role":"assistant","content":[{"type":"text","text":%s}]},"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":900,"output_tokens":80}}}`))
	add("Cohere", "gives the text at the top", shaped(`{"text":%s,"generation_id":"g","finish_reason":"COMPLETE","meta":{"tokens":{"input_tokens":900,"output_tokens":80}}}`))
	add("Bedrock", "gives a message under output", shaped(`{"output":{"message":{"role":"assistant","content":[{"text":%s}]}},"stopReason":"end_turn","usage":{"inputTokens":900,"outputTokens":80}}`))
	add("Bedrock", "lists results with an output text", shaped(`{"inputTextTokenCount":900,"results":[{"tokenCount":80,"outputText":%s,"completionReason":"FINISH"}]}`))
	add("Bedrock", "gives a generation", shaped(`{"generation":%s,"prompt_token_count":900,"generation_token_count":80,"stop_reason":"stop"}`))
	add("Cloudflare", "gives a response under result", shaped(`{"result":{"response":%s,"usage":{"prompt_tokens":900,"completion_tokens":80}},"success":true,"errors":[],"messages":[]}`))
	add("Cloudflare", "gives a response that is an object", func(w responseWriter, r *Call) {
		shaped(`{"result":{"response":`+obedient(r)+`,"usage":{"prompt_tokens":900,"completion_tokens":80}},"success":true,"errors":[],"messages":[]}`)(w, r)
	})
	add("DashScope", "gives the text under output", shaped(`{"request_id":"r","output":{"text":%s,"finish_reason":"stop"},"usage":{"input_tokens":900,"output_tokens":80}}`))
	add("KoboldCpp", "lists results", shaped(`{"results":[{"text":%s,"finish_reason":"stop"}]}`))
	add("watsonx", "lists results with a generated text", shaped(`{"model_id":"m","results":[{"generated_text":%s,"input_token_count":900,"stop_reason":"eos_token"}]}`))
	add("Vertex", "lists predictions", shaped(`{"predictions":[%s],"deployedModelId":"1"}`))
	add("Replicate", "gives the output in pieces", func(w responseWriter, r *Call) {
		content := obedient(r)
		half := len(content) / 2
		shaped(`{"id":"p","status":"succeeded","error":null,"output":[`+quoted(content[:half])+`,`+quoted(content[half:])+`]}`)(w, r)
	})
	fault := func(server, does, reason string, requests int, body string) {
		rows = append(rows, Behavior{Kind: KindNative, Server: server, Does: does, Response: says(200, body), Others: Obey(), Reason: reason, Requests: requests})
	}
	fault("Gemini", "ends a candidate for safety", refusedBy, 1, `{"candidates":[{"finishReason":"SAFETY","index":0,"safetyRatings":[{"category":"HARM","probability":"HIGH"}]}]}`)
	fault("Gemini", "blocks the prompt", refusedBy, 1, `{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":900}}`)
	fault("Anthropic", "stops for a refusal", refusedBy, 1, `{"type":"message","content":[],"stop_reason":"refusal","usage":{"input_tokens":900,"output_tokens":1}}`)
	fault("Anthropic", "cuts the text", invalid, 2, `{"type":"message","content":[{"type":"text","text":"{\"summary\":[{\"text\":\"The port"}],"stop_reason":"max_tokens"}`)
	fault("Cloudflare", "says that it failed, in place of a response", unavailable, 2, `{"result":null,"success":false,"errors":[{"code":3043,"message":"AiError: internal server error"}],"messages":[]}`)
	return rows
}

func formats() []Behavior {
	var rows []Behavior
	add := func(server, does string, requests int, sent func(Chat) bool, response Response) {
		rows = append(rows, Behavior{Kind: KindFormat, Server: server, Does: does, Response: response, Requests: requests, Sent: sent})
	}
	add("DeepSeek", "knows no json_schema: 400", 2, objectForm, unless(bySchema, fails(400, "The type of response_format is not available at present", invalidError, invalidError)))
	add("old OpenAI models", "knows no json_schema: 400 with a param", 2, objectForm, unless(bySchema, says(400, `{"error":{"message":"Invalid parameter for this model.","type":"invalid_request_error","param":"response_format","code":null}}`)))
	add("Perplexity", "knows no json_object: 400", 3, promptForm, unless(byFormat, says(400, `{"error":{"message":"[\"At body -> response_format -> type: input should be text\"]","type":"bad_request","code":400}}`)))
	add("llama-cpp-python", "knows no json_schema: 500 with a list of faults", 2, objectForm, unless(bySchema, says(500, `{"error":{"message":"[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or 'json_object'\", 'input': 'json_schema'}]","type":"internal_server_error","param":null,"code":null}}`)))
	add("FastAPI servers", "forbids fields that it does not know: 422", 3, promptForm, unless(byFormat, says(422, `{"detail":[{"type":"extra_forbidden","loc":["body","response_format"],"msg":"Extra inputs are not permitted","input":{"type":"json_schema"}}]}`)))
	add("TGI", "has no grammar support: 422", 3, promptForm, unless(byFormat, says(422, `{"error":"Input validation error: grammar is not supported by this shard","error_type":"validation"}`)))
	add("vLLM", "lacks a feature of the schema: 400", 2, not(byBounds), unless(byBounds, says(400, `{"object":"error","message":"This JSON schema contains features that xgrammar does not support.","type":"BadRequestError","param":null,"code":400}`)))
	add("vLLM with speculation", "has no guided decoding: 400", 3, promptForm, unless(byFormat, says(400, `{"error":{"message":"Guided decoding cannot be combined with speculative decoding here.","type":"BadRequestError","code":400}}`)))
	add("llama.cpp", "cannot parse the grammar: 400", 2, not(byBounds), unless(byBounds, fails(400, "Failed to initialize the sampler: the grammar could not be parsed", invalidError, "400")))
	add("llama.cpp", "cannot parse any grammar: 500", 4, promptForm, unless(byFormat, says(500, `{"error":{"code":500,"message":"failed to parse grammar","type":"server_error"}}`)))
	add("Ollama", "lacks the vocabulary for a format: 500", 3, promptForm, unless(byFormat, says(500, `{"error":"could not load the model vocabulary that is required for format"}`)))
	add("Ollama", "finds the schema invalid: 500", 3, objectForm, unless(bySchema, says(500, `{"error":{"message":"invalid JSON schema in format","type":"api_error","param":null,"code":null}}`)))
	add("Gemini", "counts too many states: 400", 2, not(byBounds), unless(byBounds, says(400, `[{"error":{"code":400,"message":"The given schema leads to a constraint with too many states to be served.","status":"INVALID_ARGUMENT"}}]`)))
	add("Gemini", "names a field of its own: 400", 2, objectForm, unless(bySchema, says(400, `{"error":{"code":400,"message":"Invalid value at 'generation_config.response_schema'","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"generation_config.response_schema","description":"Invalid value"}]}]}}`)))
	add("Gemini", "names no argument: 400", 2, objectForm, unless(bySchema, says(400, `{"error":{"code":400,"message":"The request has an invalid argument.","status":"INVALID_ARGUMENT"}}`)))
	add("OpenAI strict mode", "permits no maxItems: 400", 2, not(byBounds), unless(byBounds, says(400, `{"error":{"message":"Invalid schema for response_format 'article_analysis': In context=('properties', 'summary'), 'maxItems' is not permitted.","type":"invalid_request_error","param":"response_format","code":null}}`)))
	add("Anthropic compatible", "supports no maxItems: 400", 2, not(byBounds), unless(byBounds, says(400, `{"type":"error","error":{"type":"invalid_request_error","message":"output_format.schema: For 'array' type, property 'maxItems' is not supported"}}`)))
	add("Cerebras", "permits no such keyword: 422", 2, not(byBounds), unless(byBounds, says(422, `{"message":"Unsupported JSON schema keyword: maxItems","type":"invalid_request_error","param":"response_format","code":"wrong_api_format"}`)))
	add("LM Studio", "wants a json_schema for each format: 400", 3, promptForm, inTurnOnForm())
	add("Mistral", "says it in an object for a message: 422", 2, objectForm, unless(bySchema, says(422, `{"object":"error","message":{"detail":[{"type":"enum","loc":["body","response_format","type"],"msg":"Input should be 'text' or 'json_object'"}]},"type":"invalid_request_error","param":null,"code":null}`)))
	add("Groq", "knows json_schema for some models only: 400", 2, objectForm, unless(bySchema, fails(400, "This model does not support response format `json_schema`. See the list of models that do.", invalidError, "")))
	add("OpenRouter", "finds no provider for the parameter: 404", 3, promptForm, unless(byFormat, says(404, `{"error":{"message":"No endpoints were found that support structured outputs","code":404}}`)))
	add("OpenRouter", "passes on an upstream refusal as text: 400", 2, objectForm, unless(bySchema, says(400, `{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"json_schema is not enabled for this deployment\"}}","provider_name":"Any"}}}`)))
	add("LiteLLM", "wraps an upstream refusal: 400", 2, objectForm, unless(bySchema, fails(400, `litellm.BadRequestError: AnyException - {"error":{"message":"response_format.type json_schema is unsupported"}}`, "null", "400")))
	add("TensorRT-LLM", "has no guided decoding backend: 501", 3, promptForm, unless(byFormat, says(501, `{"object":"error","message":"A guided decoding backend is not configured","type":"NotImplementedError","code":501}`)))
	add("NVIDIA NIM", "supports no structured output: 500", 3, promptForm, unless(byFormat, says(500, `{"detail":"Structured generation is not supported with this profile"}`)))
	add("Databricks", "names json mode: 400", 3, promptForm, unless(byFormat, says(400, `{"error_code":"BAD_REQUEST","message":"JSON mode is not supported for this endpoint"}`)))
	add("watsonx", "names the parameter in a list of errors: 400", 3, promptForm, unless(byFormat, says(400, `{"errors":[{"code":"invalid_input_argument","message":"Json document validation error: response_format is not allowed"}],"trace":"x","status_code":400}`)))
	add("Bedrock gateways", "finds an extraneous key: 400", 3, promptForm, unless(byFormat, says(400, `{"message":"Malformed input request: #: extraneous key [response_format] is not permitted, please reformat your input and try again."}`)))
	add("Bedrock gateways", "lists the errors of a model: 400", 3, promptForm, unless(byFormat, says(400, `{"message":"The model returned the following errors: output_config.format: Extra inputs are not permitted"}`)))
	add("Cloudflare", "finds a type mismatch: 400", 2, objectForm, unless(bySchema, says(400, `{"result":null,"success":false,"errors":[{"code":5006,"message":"AiError: Bad input: oneOf at '/' not met, 0 matches: Type mismatch of '/response_format/type'"}]}`)))
	add("TabbyAPI", "lacks a package: 422", 3, promptForm, unless(byFormat, says(422, `{"detail":"JSON schema filters need a package that is not installed"}`)))
	add("servers in Go", "knows no such field: 400", 3, promptForm, unless(byFormat, says(400, `json: unknown field "response_format"`)))
	add("Replicate", "allows no additional property: 422", 3, promptForm, unless(byFormat, says(422, `{"title":"Input validation failed","detail":"- input: Additional property response_format is not allowed\n","status":422}`)))
	add("servers in Python", "gets an unexpected argument: 500", 3, promptForm, unless(byFormat, says(500, `{"error":"TypeError","message":"create() got an unexpected keyword argument 'response_format'"}`)))
	add("GLM", "finds a parameter wrong, in Chinese: 400", 3, promptForm, unless(byFormat, says(400, `{"error":{"code":"1210","message":"API 调用参数有误，请检查文档。"}}`)))
	add("servers in .NET", "lists the fault under the name of the field: 400", 3, promptForm, unless(byFormat, says(400, `{"title":"The request has faults","status":400,"errors":{"$.response_format":["This value could not be read as text."]}}`)))
	add("servers in TypeScript", "gives the path of the fault in a list inside a string: 400", 3, promptForm, unless(byFormat, says(400, `{"error":"[{\"code\":\"invalid_type\",\"expected\":\"object\",\"path\":[\"response_format\",\"json_schema\"],\"message\":\"Required\"}]"}`)))
	add("Azure behind a gateway", "passes on a list of faults after a word of its own: 422", 3, promptForm, unless(byFormat, says(422, `{"error":{"message":"upstream says: {\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"response_format\"],\"msg\":\"Extra inputs are forbidden\"}]}","code":"Invalid input"}}`)))
	add("Volcengine", "finds some parameter not valid: 400", 2, objectForm, unless(bySchema, says(400, `{"error":{"code":"InvalidParameter","message":"One parameter of the request is not valid","param":"","type":"BadRequest"}}`)))
	add("plain text servers", "says it in plain text: 400", 3, promptForm, unless(byFormat, says(400, `unknown field response_format`)))
	rows = append(rows,
		Behavior{Kind: KindFormat, Server: "servers behind proxies", Does: "refuses it without a word: 400", Response: unless(byFormat, says(400, "Bad Request")), Requests: 3, Next: 3, Sent: promptForm},
		Behavior{Kind: KindFormat, Server: "LM Studio", Does: "fails over reading it: 400", Response: unless(byFormat, says(400, `{"error":"TypeError: cannot read properties of null"}`)), Requests: 3, Next: 3, Sent: promptForm},
		Behavior{Kind: KindFormat, Server: "gateways", Does: "passes on a refusal without its words: 422", Response: unless(bySchema, says(422, `{"error":{"message":"Provider returned error","code":422}}`)), Requests: 2, Next: 2, Sent: objectForm},
		Behavior{Kind: KindFormat, Server: "small servers", Does: "fails over it without a word: 500", Response: unless(bySchema, says(500, "Internal Server Error")), Requests: 3, Next: 3, Sent: objectForm},
		Behavior{Kind: KindFormat, Server: "aphrodite", Does: "has not implemented it, and says no more: 501", Response: unless(bySchema, says(501, `{"detail":"Not Implemented"}`)), Requests: 3, Next: 3, Sent: objectForm},
		Behavior{Kind: KindFormat, Server: "AWS API Gateway", Does: "finds the body invalid: 400", Response: unless(byFormat, says(400, `{"message":"Invalid request body"}`)), Requests: 3, Next: 3, Sent: promptForm},
		Behavior{Kind: KindFormat, Server: "servers that ignore it", Does: "answers nothing under a schema", Response: unless(bySchema, Content("")), Requests: 3, Sent: objectForm},
		Behavior{Kind: KindFormat, Server: "servers that ignore it", Does: "calls a tool under a schema", Response: unless(bySchema, Complete(Completion{ToolCall: "search"})), Requests: 3, Sent: objectForm},
		Behavior{Kind: KindFormat, Server: "servers that ignore it", Does: "answers in prose under a schema", Response: unless(bySchema, Content("The article is about a port.")), Requests: 3, Sent: objectForm},
		Behavior{Kind: KindFormat, Server: "Groq", Does: "finds no valid JSON in the model's answer, once", Response: inTurn(says(400, `{"error":{"message":"Failed to generate JSON. Change the prompt. See 'failed_generation'.","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"{\"summary\""}}`), Obey()), Requests: 2},
		Behavior{Kind: KindFormat, Server: "OpenAI", Does: "finds the model's content invalid, once: 500", Response: inTurn(fails(500, "The model produced invalid content. Think of changing your prompt.", "model_error", ""), Obey()), Requests: 2},
	)
	return rows
}

// inTurnOnForm refuses each format in the words that fit it.
func inTurnOnForm() Response {
	return unless(byFormat, says(400, `{"error":"'response_format.type' must be 'json_schema' with a 'schema' or 'text'"}`))
}

func parameters() []Behavior {
	var rows []Behavior
	add := func(server, does string, requests int, sent func(Chat) bool, response Response) {
		rows = append(rows, Behavior{Kind: KindPart, Server: server, Does: does, Response: response, Requests: requests, Sent: sent})
	}
	add("OpenAI", "wants max_completion_tokens", 2, byOtherCap, unless(byMaxTokens, says(400, `{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}`)))
	add("old servers", "knows no cap by any name", 3, not(byCap), unless(byCap, says(422, `{"detail":[{"loc":["body","max_tokens"],"msg":"extra fields not permitted","type":"value_error.extra"},{"loc":["body","max_completion_tokens"],"msg":"extra fields not permitted","type":"value_error.extra"}]}`)))
	add("OpenAI", "takes the default temperature only", 2, not(byTemperature), unless(byTemperature, says(400, `{"error":{"message":"Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}`)))
	add("Moonshot", "takes a temperature of 1 only", 2, not(byTemperature), unless(byTemperature, fails(400, "invalid temperature: for this model it has to be 1", invalidError, "")))
	add("TGI", "wants a temperature above 0", 2, not(byTemperature), unless(byTemperature, says(422, `{"error":"Input validation error: `+"`temperature`"+` must be strictly positive","error_type":"validation"}`)))
	add("Anthropic compatible", "has deprecated temperature", 2, not(byTemperature), unless(byTemperature, says(400, `{"type":"error","error":{"type":"invalid_request_error","message":"`+"`temperature`"+` is deprecated here."}}`)))
	add("Azure o-series", "refuses the cap, then the temperature", 3, byOtherCap, func(w responseWriter, r *Call) {
		switch c := r.Chat(); {
		case byMaxTokens(c):
			fails(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", invalidError, "unsupported_parameter")(w, r)
		case byTemperature(c):
			fails(400, "Unsupported parameter: 'temperature' is not supported with this model.", invalidError, "unsupported_parameter")(w, r)
		default:
			Obey()(w, r)
		}
	})
	add("Gemma on vLLM", "supports no system role: 400", 2, not(bySystem), unless(bySystem, says(400, `{"object":"error","message":"System role not supported","type":"BadRequestError","param":null,"code":400}`)))
	add("Gemma on SGLang", "supports no system role: 500", 2, not(bySystem), unless(bySystem, says(500, `{"error":"TemplateError: system role is not supported"}`)))
	add("Gemma on Gemini", "enables no developer instruction: 400", 2, not(bySystem), unless(bySystem, says(400, `{"error":{"code":400,"message":"Developer instruction is not enabled for models/gemma-small","status":"INVALID_ARGUMENT"}}`)))
	add("Mistral templates", "wants roles to alternate: 400", 2, not(bySystem), unless(bySystem, fails(400, "Conversation roles must alternate user/assistant/user/assistant/...", "BadRequestError", "400")))
	add("llama.cpp", "fails in the template over the system message: 500", 2, not(bySystem), unless(bySystem, says(500, `{"error":{"code":500,"message":"Jinja exception: system messages are not allowed in this template","type":"server_error"}}`)))
	add("Rust servers", "knows no such variant of a role: 422", 2, not(bySystem), unless(bySystem, says(422, "Failed to read the JSON body: messages[0].role: unknown variant `system`, expected `user` or `assistant`")))
	add("DeepSeek R1", "wants the first message from the user: 400", 2, not(bySystem), unless(bySystem, fails(400, "The first message must be from the user", invalidError, "")))
	add("Vertex", "gives a range whose end is exclusive", 2, not(over(2047)), unless(over(2047), says(400, `[{"error":{"code":400,"message":"The maxOutputTokens value of 2816 is not within the supported range from 1 (inclusive) to 2048 (exclusive).","status":"INVALID_ARGUMENT"}}]`)))
	add("Parasail", "compares the output with its cap", 2, not(over(2048)), unless(over(2048), says(400, `{"error":{"message":"You requested 2816 output tokens; this tier caps output at 2048 tokens"}}`)))
	add("OpenAI", "allows less output", 2, not(over(1024)), unless(over(1024), says(400, `{"error":{"message":"max_tokens is too large: 2816. This model takes at most 1024 completion tokens, and you asked for 2816.","type":"invalid_request_error","param":"max_tokens","code":null}}`)))
	add("DashScope", "gives a range for the output", 2, not(over(2000)), unless(over(2000), fails(400, "<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 2000]", invalidError, "invalid_parameter_error")))
	add("Groq", "bounds the output and speaks of the context window", 2, not(over(1024)), unless(over(1024), fails(400, "`max_tokens` must be less than or equal to `1024`, the maximum for `max_tokens` is less than the `context_window` of this model", invalidError, "")))
	add("Anthropic compatible", "compares the output with its maximum", 2, not(over(2048)), unless(over(2048), says(400, `{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 2816 > 2048, which is the maximum number of output tokens of small-3-5-20241022"}}`)))
	add("FastAPI servers", "bounds the output: 422", 2, not(over(2048)), unless(over(2048), says(422, `{"detail":[{"type":"less_than_equal","loc":["body","max_tokens"],"msg":"Input should be less than or equal to 2048","input":2816,"ctx":{"le":2048}}]}`)))
	add("TGI", "bounds the new tokens: 422", 2, not(over(1024)), unless(over(1024), says(422, `{"error":"Input validation error: `+"`max_new_tokens`"+` must be <= 1024. Given: 2816","error_type":"validation"}`)))
	add("GLM", "bounds the output in Chinese", 2, not(over(2047)), unless(over(2047), says(400, `{"error":{"code":"1210","message":"max_tokens 参数非法：取值范围 [1,2047]"}}`)))
	add("Scaleway", "bounds the output and does not say where: 416", 3, not(over(1000)), unless(over(1000), says(416, `{"error":{"message":"max_completion_tokens is limited for this model","type":"invalid_request_error"}}`)))
	add("vLLM", "has room for a shorter answer only", 2, not(over(1400)), unless(over(1400), fails(400, "'max_tokens' or 'max_completion_tokens' is too large: 2816. This model's maximum context length is 4096 tokens and your request has 2700 input tokens (2816 > 4096 - 2700).", "BadRequestError", "400")))
	add("SGLang", "adds up input and output", 2, not(over(1400)), unless(over(1400), says(400, `{"object":"error","message":"The requested tokens exceed the model's maximum context length of 4096 tokens. You asked for 5516 tokens: 2700 tokens from the input messages and 2816 tokens for the completion.","type":"BadRequestError","code":400}`)))
	for i := range rows[len(rows)-2:] {
		// The rest of the window is about the one article.
		row := &rows[len(rows)-2+i]
		row.Next = 2
	}
	return rows
}

func refusals() []Behavior {
	var rows []Behavior
	add := func(server, does string, response Response) {
		rows = append(rows, Behavior{Kind: KindRefusal, Server: server, Does: does, Response: response, Others: Obey(), Reason: refusedBy})
	}
	finish := func(reason string) Response {
		return shaped(`{"choices":[{"message":{"content":%s},"finish_reason":"` + reason + `"}]}`)
	}
	add("OpenAI", "refuses in the field for it", Complete(Completion{Refusal: "I can not help with that."}))
	add("OpenAI", "refuses in a part of the content", message(`"content":[{"type":"refusal","refusal":"No."}]`))
	add("Azure", "ends with content_filter", finish("content_filter"))
	add("Gemini", "ends with SAFETY", finish("SAFETY"))
	add("Gemini", "ends with PROHIBITED_CONTENT", finish("PROHIBITED_CONTENT"))
	add("Gemini", "ends with RECITATION", finish("RECITATION"))
	add("Gemini", "names the filter and its reason", finish("content_filter: BLOCKLIST"))
	add("GLM", "ends with sensitive", finish("sensitive"))
	add("Anthropic behind a gateway", "ends with refusal", finish("refusal"))
	add("Bedrock behind a gateway", "ends with guardrail_intervened", finish("guardrail_intervened"))
	add("Gemini", "blocks the prompt without a choice", says(200, `{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{}}`))
	add("small models", "apologises in prose", Content("I'm sorry, but I can't assist with that request."))
	add("DeepSeek", "sees a risk: 400", fails(400, "Content Exists Risk", invalidError, invalidError))
	add("DashScope", "inspects the data: 400", fails(400, "<400> InternalError.Algo.DataInspectionFailed: the input may hold inappropriate content.", "data_inspection_failed", "data_inspection_failed"))
	add("Azure", "filters the prompt: 400", says(400, `{"error":{"message":"The response was filtered because the prompt triggered the content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"violence":{"filtered":true,"severity":"high"}}}}}`))
	add("OpenAI reasoning models", "flags the prompt: 400", fails(400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy.", invalidError, "invalid_prompt"))
	add("OpenRouter", "flags the input: 403", says(403, `{"error":{"message":"The chosen model requires moderation, and your input was flagged for \"violence\".","code":403,"metadata":{"reasons":["violence"],"flagged_input":"…","provider_name":"Any"}}}`))
	add("Moonshot", "calls it a high risk: 400", fails(400, "The request was rejected because it was considered high risk", "content_filter", ""))
	add("GLM", "finds sensitive content: 400", says(400, `{"contentFilter":[{"role":"user","level":1}],"error":{"code":"1301","message":"系统检测到输入内容可能包含不安全或敏感内容"}}`))
	add("new-api gateways", "finds sensitive words: 500", fails(500, "sensitive words detected in the prompt", "new_api_error", "sensitive_words_detected"))
	add("Databricks", "has a guardrail, and says so in JSON inside the message: 400", says(400, `{"error_code":"BAD_REQUEST","message":"{\"input_guardrail\":[{\"flagged\":true}],\"finishReason\":\"input_guardrail_triggered\"}"}`))
	add("GigaChat", "ends for a blacklist, with prose", shaped(`{"choices":[{"message":{"content":"Let us talk of something else."},"finish_reason":"blacklist"}]}`))
	add("xAI", "finds a violation of guidelines: 403", says(403, `{"code":"The caller may not do this","error":"Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO"}`))
	add("Anthropic compatible", "blocks the output: 400", says(400, `{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}`))
	add("Mistral", "has a guardrail: 403", says(403, `{"object":"error","message":"Request blocked by a guardrail of the workspace","type":"guardrail_violation","code":"3051"}`))
	add("NVIDIA NIM", "finds it unsafe: 422", says(422, `{"detail":"The input was classified as unsafe by the content safety model"}`))
	add("OpenRouter", "flags the input in place of an answer: 200", says(200, `{"error":{"code":403,"message":"Input was flagged by moderation"}}`))
	add("Vertex", "blocks the prompt for other reasons", says(200, `{"candidates":[],"promptFeedback":{"blockReason":"OTHER"}}`))
	add("MiniMax", "finds the input sensitive: 200", says(200, `{"choices":null,"base_resp":{"status_code":1026,"status_msg":"input new_sensitive"},"input_sensitive":true}`))
	add("Portkey", "has a guardrail with a status of its own: 446", says(446, `{"error":{"message":"The guardrail checks of the config failed.","type":"hooks_failed","param":null,"code":null},"hook_results":{"before_request_hooks":[]}}`))
	add("small models", "apologises in German", Content("Es tut mir leid, aber dabei kann ich nicht helfen."))
	add("Qwen", "apologises in Chinese", Content("抱歉，我无法处理这个请求。"))
	add("obedient models", "refuses in the form of JSON", Content(`{"error":"Unfortunately, I cannot help with this text."}`))
	add("reasoning models", "apologises after it has thought", Content("<think>This is violent.</think>\n\nI'm sorry, I can't help with that."))
	add("careful models", "is not comfortable with it", Content("I'm not comfortable writing about this."))
	add("StepFun", "censors: 451", says(451, `{"error":{"message":"The content you provided or machine outputted is blocked.","type":"censorship_blocked"}}`))
	add("Kong", "guards prompts: 400", says(400, `{"error":{"message":"bad request: request blocked by prompt guard"}}`))
	add("careful models", "gives the reason first", Content("This content violates my guidelines, so I cannot summarise it."))
	return rows
}

func overflows() []Behavior {
	var rows []Behavior
	add := func(server, does string, response Response) {
		rows = append(rows, Behavior{Kind: KindTooLong, Server: server, Does: does, Response: response, Long: true, Requests: Several})
	}
	add("OpenAI", "names the maximum context length", overflow(400, `{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9871 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`))
	add("OpenAI", "names the context window alone", overflow(400, `{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","code":null}}`))
	add("OpenAI", "names a configured limit", overflow(400, `{"error":{"message":"Input tokens exceed the configured limit of 8000 tokens. Your messages resulted in 9871 tokens.","code":"context_length_exceeded"}}`))
	add("vLLM", "names the maximum model length", overflow(400, `{"object":"error","message":"The decoder prompt (length 9871) is longer than the maximum model length of 8192.","type":"BadRequestError","code":400}`))
	add("vLLM", "adds up input and output", overflow(400, `{"error":{"message":"This model's maximum context length is 8192 tokens. However, you requested 12687 tokens (9871 in the messages, 2816 in the completion).","type":"BadRequestError","code":400}}`))
	add("llama.cpp", "names the available context size", overflow(400, `{"error":{"code":400,"message":"request (9871 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9871,"n_ctx":8192}}`))
	add("llama-cpp-python", "fails over the tokens that were requested: 400", overflow(400, `{"error":{"message":"Requested tokens (9871) exceed context window of 8192","type":"internal_server_error","code":null}}`))
	add("Lemonade", "passes on what the server behind it answered: 500", overflow(500, `{"error":{"message":"the request to the backend failed","type":"backend_error","details":{"response":{"error":{"code":400,"message":"request exceeds the available context size","type":"exceed_context_size_error"}},"status_code":400}}}`))
	add("Ollama", "names the context length: 500", overflow(500, `{"error":{"message":"the prompt is longer than the context length","type":"api_error"}}`))
	add("LM Studio", "tries to keep the first tokens", overflow(400, `{"error":"Trying to keep the first 9871 tokens when context the overflows. The model is loaded with a context length of only 8192 tokens."}`))
	add("TGI", "adds up inputs and new tokens: 422", overflow(422, `{"error":"Input validation error: `+"`inputs` tokens + `max_new_tokens`"+` must be <= 8192. Given: 9871 `+"`inputs`"+` tokens and 2816 `+"`max_new_tokens`"+`","error_type":"validation"}`))
	add("TGI", "bounds the inputs: 422", overflow(422, `{"error":"Input validation error: `+"`inputs`"+` must have less than 8000 tokens. Given: 9871","error_type":"validation"}`))
	add("SGLang", "finds the input longer than the model's context", overflow(400, `{"object":"error","message":"The input (9871 tokens) is longer than the model's context length (8192 tokens).","type":"BadRequestError","code":400}`))
	add("Gemini", "counts the input tokens", overflow(400, `[{"error":{"code":400,"message":"The input token count (9871) exceeds the maximum number of tokens allowed (8192).","status":"INVALID_ARGUMENT"}}]`))
	add("Anthropic compatible", "finds the prompt too long", overflow(400, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9871 tokens > 8192 maximum"}}`))
	add("Anthropic compatible", "exceeds the context limit with the output", overflow(400, `{"type":"error","error":{"type":"invalid_request_error","message":"input length and `+"`max_tokens`"+` exceed context limit: 9871 + 2816 > 12000, decrease one of them"}}`))
	add("Bedrock gateways", "finds the input too long for the model", overflow(400, `{"message":"Input is too long for requested model."}`))
	add("xAI", "names the maximum prompt length", overflow(400, `{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 8192 but the request contains 9871 tokens."}`))
	add("Groq", "asks for shorter messages", overflow(400, `{"error":{"message":"Please reduce the length of the messages or completion.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`))
	add("Moonshot", "names a model token limit", overflow(400, `{"error":{"type":"invalid_request_error","message":"Your request exceeded model token limit: 8192 (requested: 9871)"}}`))
	add("MiniMax", "exceeds the limit of the window", overflow(400, `{"error":{"message":"invalid params, context window exceeds limit (2013)","type":"bad_request_error"}}`))
	add("DashScope", "gives a range for the input", overflow(400, `{"error":{"code":"invalid_parameter_error","message":"Range of input length should be [1, 8192]","type":"invalid_request_error"}}`))
	add("GLM", "finds the prompt too long in Chinese", overflow(400, `{"error":{"code":"1261","message":"Prompt 超长"}}`))
	add("Cerebras", "names current length and limit", overflow(400, `{"message":"Please reduce the length of the messages or completion. Current length is 9871 while limit is 8192","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}`))
	add("Cohere", "finds too many tokens", overflow(400, `{"message":"too many tokens: size limit exceeded by 1679 tokens. Try using shorter or fewer inputs."}`))
	add("Mistral", "finds the prompt too large for the model", overflow(400, `{"object":"error","message":"Prompt contains 9871 tokens and 0 draft tokens, too large for model with 8192 maximum context length","type":"invalid_request_error","code":"3051"}`))
	add("GitHub Models", "exceeds the limit of a prompt: 413", overflow(413, `{"error":{"code":"tokens_limit_reached","message":"Request body too large for small model. Max size: 8000 tokens.","details":"…"}}`))
	add("nginx", "finds the body too large: 413", overflow(413, "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n</html>"))
	add("LiteLLM", "wraps an upstream overflow", overflow(400, `{"error":{"message":"litellm.ContextWindowExceededError: ContextWindowExceededError: AnyException - too long","type":null,"param":null,"code":"400"}}`))
	add("LM Studio", "tells it in an event: 200", func(w responseWriter, r *Call) {
		if byLength(r.Chat()) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(200)
			_, _ = w.Write([]byte("event: error\ndata: {\"error\":{\"message\":\"The initial prompt is longer than the context length.\"}}\n\n"))
			return
		}
		Obey()(w, r)
	})
	add("vLLM", "finds less than no room for the answer", overflow(400, `{"object":"error","message":"max_tokens must be at least 1, got -1679.","type":"BadRequestError","code":400}`))
	add("Anthropic behind a gateway", "ends at the window", unless(byLength, says(200, `{"choices":[{"finish_reason":"model_context_window_exceeded","message":{"content":""}}]}`)))
	add("Japanese gateways", "finds too many tokens", overflow(400, `{"error":{"message":"入力トークン数が上限を超えています"}}`))
	add("Korean gateways", "finds too many tokens", overflow(400, `{"error":{"message":"입력 토큰 수가 최대 한도를 초과했습니다"}}`))
	add("Spark", "has an upper limit: 200", overflow(200, `{"error":{"code":"10907","message":"The number of tokens exceeds the upper limit"}}`))
	add("Snowflake", "gives figures above the cap", overflow(400, `{"message":"Maximum tokens exceeded: prompt 9871 of 8192"}`))
	add("Azure serverless", "counts over the limit of the model: 422", overflow(422, `{"status":"Bad request","message":"Prompt token count 9871 over model limit 8192"}`))
	add("Chutes", "gives two figures and no word for it", overflow(400, `{"detail":"This request would go past what the model holds: 9871/8192"}`))
	add("French gateways", "finds the text too long", overflow(400, `{"message":"Le texte est trop long : 9871 jetons, maximum 8192"}`))
	add("Spring", "buffers no more bytes: 500", overflow(500, `{"status":500,"error":"Internal Server Error","message":"Exceeded limit on max bytes to buffer : 262144"}`))
	return rows
}

func limits() []Behavior {
	var rows []Behavior
	add := func(server, does, reason string, requests int, response Response) {
		rows = append(rows, Behavior{Kind: KindLimit, Server: server, Does: does, Response: response, Others: Obey(), Reason: reason, Requests: requests})
	}
	credit := func(server, does string, response Response) {
		rows = append(rows, Behavior{Kind: KindLimit, Server: server, Does: does, Response: response, Reason: noCredit, Next: None, NextReason: circuitOpen})
	}
	credit("OpenAI", "has no quota left: 429", fails(429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", "insufficient_quota"))
	credit("DeepSeek", "has no balance: 402", fails(402, "Insufficient Balance", "unknown_error", invalidError))
	credit("OpenRouter", "has no credits: 402", says(402, `{"error":{"message":"Insufficient credits. Add more to go on.","code":402}}`))
	credit("Moonshot", "suspends for want of balance: 429", fails(429, "Your account is suspended due to insufficient balance, please recharge it", "exceeded_current_quota_error", ""))
	credit("Anthropic compatible", "has too low a balance: 400", says(400, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}`))
	credit("xAI", "has used all credits: 403", says(403, `{"code":"Permission denied","error":"Your team has used all available credits or reached its monthly spending limit."}`))
	credit("Perplexity", "has no quota left: 401", fails(401, "You have no more credits. Buy more in the settings.", "insufficient_quota", "401"))
	credit("GLM", "has no balance, in Chinese: 429", says(429, `{"error":{"code":"1113","message":"余额不足或无可用资源包,请充值。"}}`))
	credit("Fireworks", "is suspended for its spending limit: 412", says(412, `{"error":{"message":"The account is suspended, possibly due to reaching the monthly spending limit or unpaid invoices","code":"PRECONDITION_FAILED"}}`))
	credit("Cloudflare", "has used up the day's allocation: 429", says(429, `{"errors":[{"message":"AiError: you have used up your daily free allocation of neurons","code":3036}],"success":false}`))
	credit("Google", "has billing disabled: 403", says(403, `[{"error":{"code":403,"message":"This method requires billing to be enabled on the project.","status":"PERMISSION_DENIED"}}]`))
	credit("Anthropic compatible", "has reached a limit of spending: 400", says(400, `{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified usage limits. You will regain access next month."}}`))
	credit("LiteLLM", "has a budget that is exceeded: 400", says(400, `{"error":{"message":"Budget has been exceeded! Current cost: 76.16, Max budget: 10.0","type":"budget_exceeded","param":null,"code":"400"}}`))
	credit("Kimi", "has used up the billing cycle: 403", says(403, `{"error":{"type":"permission_error","message":"You've reached your usage limit for this billing cycle. Purchase extra usage or upgrade"},"type":"error"}`))
	credit("new-api gateways", "has no quota left for the user, in Chinese: 403", says(403, `{"error":{"message":"用户额度不足，剩余 -0.1","code":"insufficient_user_quota"}}`))
	credit("new-api gateways", "has too little quota left for the token: 403", says(403, `{"error":{"message":"token quota is not enough, remaining 0.25, needed 5.5","type":"new_api_error","code":"pre_consume_token_quota_failed"}}`))
	credit("one-api gateways", "has used up the quota of the token, in Chinese: 403", says(403, `{"error":{"message":"该令牌额度已用完","type":"one_api_error"}}`))
	credit("resellers in Russia", "has no money left, in Russian: 400", says(400, `{"error":{"message":"Недостаточно средств на балансе","type":"billing"}}`))
	credit("gateways with budgets", "has blocked the budget: 403", says(403, `{"error":{"code":"budget_blocked"}}`))
	credit("DashScope", "is in arrears: 400", says(400, `{"error":{"message":"Access denied: see that your account is in good standing","type":"Arrearage","code":"Arrearage"}}`))
	credit("Copilot style gateways", "has a plan without this use: 400", says(400, `{"code":"bad_request","error":{"code":"usage_not_included"}}`))
	credit("Scaleway", "knows no payment method: 403", says(403, `{"message":"no valid payment method is attached to this organization"}`))
	afford := func(tokens int) Response {
		return says(402, fmt.Sprintf(`{"error":{"message":"This request needs more credits, or fewer max_tokens. You asked for up to 2816 tokens, but can only afford %d.","code":402}}`, tokens))
	}
	credit("OpenRouter", "can afford no answer: 402", afford(40))
	rows = append(rows, Behavior{Kind: KindLimit, Server: "OpenRouter", Does: "can afford a shorter answer: 402", Response: unless(over(900), afford(900)), Requests: 2, Next: 2, Sent: byCap})
	add("OpenAI", "limits the rate: 429", limited, 2, fails(429, "Rate limit reached for small in organization org-1 on requests per min (RPM): Limit 3, Used 3, Requested 1.", "requests", "rate_limit_exceeded"))
	add("Groq", "says in the body when to come back", "", 2, inTurn(fails(429, "Rate limit reached for model on tokens per minute (TPM): Limit 6000, Used 5034, Requested 1443. Please try again in 20ms.", "tokens", "rate_limit_exceeded"), Obey()))
	add("Gemini", "gives RetryInfo", "", 2, inTurn(says(429, `[{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"input_token_count"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0.02s"}]}}]`), Obey()))
	add("Azure", "asks for more than there is time for", limited, 1, fails(429, "Requests have exceeded the token rate limit of the current tier. Please retry after 86400 seconds.", "", "429"))
	add("Groq", "finds the request too large for a minute: 413", limited, 1, fails(413, "Request too large for model `small` on tokens per minute (TPM): Limit 6000, Requested 12328, please reduce your message size and try again.", "tokens", "rate_limit_exceeded"))
	add("OpenAI", "finds the request too large for a minute: 429", limited, 1, fails(429, "Request too large for small on tokens per min (TPM): Limit 1500, Requested 4239.", "tokens", "rate_limit_exceeded"))
	add("Groq", "gives about how many tokens are too many for a minute: 429", limited, 1, fails(429, "Rate limit reached for small on tokens per minute (TPM): Limit 7000, Used 0, Requested ~12903. Please try again in 50.59s.", "tokens", "rate_limit_exceeded"))
	add("OpenRouter", "has no free requests left for the day: 429", limited, 1, says(429, `{"error":{"message":"Rate limit exceeded: free-models-per-day. Add credits to unlock more","code":429}}`))
	add("gpt4free", "has no tokens left for the day: 500", limited, 1, says(500, `{"error":{"message":"Token limit (500,000 per day) exceeded. Used: 508,311 tokens."}}`))
	rows = append(rows, Behavior{
		Kind: KindLimit, Server: "OpenAI", Does: "has a minute's limit that a shorter answer keeps to: 429", Requests: 2, Next: 2,
		Response: unless(over(1577), fails(429, "Request too large for small on tokens per min (TPM): Limit 3000, Requested 4239.", "tokens", "rate_limit_exceeded")),
	})
	add("DashScope", "throttles: 429", limited, 2, fails(429, "Requests throttled, allocated quota exceeded for now", "limit_requests", "limit_requests"))
	add("Bedrock gateways", "throttles: 400", limited, 2, says(400, `{"__type":"ThrottlingException","message":"Too many requests, please wait before trying again."}`))
	return rows
}

func passing() []Behavior {
	var rows []Behavior
	add := func(server, does string, response Response) {
		rows = append(rows, Behavior{Kind: KindPassing, Server: server, Does: does, Response: inTurn(response, Obey()), Requests: 2})
	}
	add("Hugging Face", "has a dependency that failed: 424", says(424, `{"error":"Failed dependency: the endpoint is starting"}`))
	add("Groq", "has no capacity in the tier: 498", fails(498, "Flex tier capacity exceeded", "capacity_exceeded", ""))
	add("llama.cpp", "loads the model: 503", says(503, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`))
	add("Anthropic compatible", "is overloaded: 529", says(529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`))
	add("LM Studio", "still loads the model: 400", says(400, `{"error":"The model is still loading, try again later"}`))
	add("LM Studio", "has a model that crashed: 400", says(400, `{"error":"The model has crashed without additional information. (Exit code: 6)"}`))
	add("Ollama", "has too many requests pending: 503", says(503, `{"error":"server busy, please try again.  maximum pending requests exceeded"}`))
	add("DeepSeek", "keeps the connection alive and says nothing", says(200, ": keep-alive\n\n: keep-alive\n\n"))
	add("NVIDIA", "has a degraded function: 400", says(400, `{"status":400,"title":"Bad Request","detail":"Function id 'x': DEGRADED function cannot be invoked"}`))
	add("servers in Go", "runs into a deadline of its own: 500", says(500, `{"error":"context deadline exceeded while waiting for the request body"}`))
	add("servers that always stream", "puts an error into the stream", stream(`{"choices":[{"delta":{"content":"{\"summ"}}]}`, `{"error":{"message":"upstream connect error","code":502}}`))
	add("nginx", "has a bad gateway: 502", says(502, "<html><body>502 Bad Gateway</body></html>"))
	add("Cloudflare", "times out: 524", says(524, "<html><body>a timeout occurred</body></html>"))
	add("servers behind proxies", "is asked too early: 425", says(425, ""))
	add("Ollama", "loses the process that loads the model: 500", says(500, `{"error":{"message":"load request failed: Post \"http://127.0.0.1:40125/load\": EOF"}}`))
	add("Open WebUI", "has no connection to its server: 400", says(400, `{"detail":"Open WebUI: no connection, Server Connection Error"}`))
	add("LiteLLM", "has no deployment at the moment: 400", says(400, `{"detail":"No deployments available for this model, try again in 0.01 seconds"}`))
	add("gateways", "passes on an upstream that broke off: 400", says(400, `{"error":{"message":"[400]: {\"error\":{\"type\":\"server_error\",\"message\":\"the upstream request failed: connection reset\"}}"}}`))
	add("Gemini", "has high demand: 503", says(503, `{"error":{"code":503,"status":"UNAVAILABLE","message":"There is high demand for this model"}}`))
	add("Ollama", "stops a model that repeats itself: 500", says(500, `{"error":"prediction aborted, the limit of repeated tokens was reached"}`))
	add("Azure", "has a conflict: 409", fails(409, "Try again", "", ""))
	add("OpenRouter", "puts an error into the choice", says(200, `{"choices":[{"error":{"code":502,"message":"Provider disconnected"},"finish_reason":"error","message":{"role":"assistant","content":""}}],"usage":{"prompt_tokens":5,"completion_tokens":0}}`))
	add("OpenRouter", "puts an error in place of the choices", says(200, `{"error":{"message":"Provider returned error","code":503}}`))
	add("MiniMax", "puts a status of its own in place of the choices", says(200, `{"choices":null,"base_resp":{"status_code":1000,"status_msg":"unknown error"}}`))
	add("DeepSeek", "ends for want of resources", shaped(`{"choices":[{"message":{"content":""},"finish_reason":"insufficient_system_resource"}]}`))
	add("GLM", "ends with a fault of the network", shaped(`{"choices":[{"message":{"content":"{\"sum"},"finish_reason":"network_error"}]}`))
	add("gateways", "gives no choices", says(200, `{"id":"1","choices":[]}`))
	add("gateways", "accepts and answers nothing: 202", says(202, ``))
	add("captive portals", "answers with HTML: 200", says(200, "<!doctype html><title>Sign in</title>"))
	return rows
}

func faults() []Behavior {
	var rows []Behavior
	add := func(server, does string, response Response) {
		rows = append(rows, Behavior{Kind: KindFault, Server: server, Does: does, Response: response, Others: Obey(), Reason: misconfig})
	}
	add("OpenAI", "refuses the key: 401", fails(401, "Incorrect API key provided: sk-…. You can find yours in the settings.", invalidError, "invalid_api_key"))
	add("Gemini", "refuses the key: 400", says(400, `[{"error":{"code":400,"message":"API key not valid. Please pass one that is.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]`))
	add("DeepSeek", "knows no such model: 400", fails(400, "Model Not Exist", invalidError, invalidError))
	add("Ollama", "knows no such model: 404", fails(404, "model \"small\" not found, try pulling it first", "not_found_error", ""))
	add("OpenAI", "serves no such country: 403", fails(403, "Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"))
	add("firewalls", "blocks by a page in HTML: 403", says(403, "<html><title>Attention Required!</title>Sorry, you have been blocked</html>"))
	add("OpenRouter", "has no provider for the data policy: 404", says(404, `{"error":{"message":"No endpoints found matching your data policy","code":404}}`))
	rows = append(rows, Behavior{Kind: KindFault, Server: "any server", Does: "fails without a word: 400", Response: says(400, ""), Others: Obey(), Reason: misconfig, Requests: 3})
	return rows
}

func cuts() []Behavior {
	return []Behavior{
		{Kind: KindCut, Server: "llama.cpp", Does: "says length over a complete object", Response: writesWith("length")},
		{Kind: KindCut, Server: "Gemini", Does: "says MAX_TOKENS over a complete object", Response: writesWith("MAX_TOKENS")},
		{Kind: KindCut, Server: "any server", Does: "cuts what does not fit the usual cap", Response: cutOff(4000), Requests: 2, Next: 2, Sent: over(2816)},
		{Kind: KindCut, Server: "reasoning models", Does: "uses the output up in reasoning, in content's place nothing", Response: unless(not(over(8000)), Complete(Completion{FinishReason: "length"})), Requests: 2, Sent: over(8000)},
		{Kind: KindCut, Server: "OpenAI", Does: "says that the limit was reached before the answer: 400", Response: unless(not(over(4000)), fails(400, "Could not finish the message because max_tokens or the model output limit was reached.", invalidError, "")), Requests: 2},
		{Kind: KindCut, Server: "any server", Does: "cuts whatever it is allowed", Response: Complete(Completion{Content: `{"summary":[{"text":"The port`, FinishReason: "length"}), Others: Obey(), Reason: invalid, Requests: 2},
	}
}

// writesWith gives an obedient content with a finish reason.
func writesWith(finish string) Response {
	return shaped(`{"choices":[{"message":{"content":%s},"finish_reason":"` + finish + `"}]}`)
}

func echoes() []Behavior {
	var rows []Behavior
	add := func(server, does string, response Response) {
		rows = append(rows, Behavior{Kind: KindEcho, Server: server, Does: does, Response: response, Others: Obey(), Reason: misconfig})
	}
	add("FastAPI servers", "repeats the article as the input at fault: 422", echoing(422, `{"detail":[{"type":"missing","loc":["body","user"],"msg":"Field required","input":%s}],"body":%s}`))
	add("vLLM", "repeats the article inside its message: 400", func(w responseWriter, r *Call) {
		_, text, _ := r.Chat().Article()
		fails(400, "1 validation error: {'type': 'missing', 'loc': ('body', 'user'), 'msg': 'Field required', 'input': {'response_format': {}, 'messages': '"+text+"'}}", "BadRequestError", "400")(w, r)
	})
	add("plain text servers", "repeats the article in plain text: 400", func(w responseWriter, r *Call) {
		_, text, _ := r.Chat().Article()
		says(400, "cannot deal with: "+text)(w, r)
	})
	rows = append(rows, Behavior{
		Kind: KindEcho, Server: "gateways", Does: "repeats the article beside a generic message: 400", Others: Obey(), Reason: misconfig, Requests: 3,
		Response: echoing(400, `{"error":{"message":"Bad request","request":{"messages":[{"content":%s}]}}}`),
	})
	add("gateways", "repeats the article in a 403", echoing(403, `{"message":%s}`))
	return rows
}
