// Calls every RPC of a server once with stubs of protoc-gen-es: every-rpc.mjs ADDRESS.
import assert from 'node:assert/strict'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { OffsetEncoding, Provenance_Source, SummarizerService } from './stubs/summarizer/v1/summarizer_pb.js'

const text = 'The ferry to Osmark 🚢 sails again after a week of repairs. Its owners replaced both engines. ' +
  'The crew trained for a month. Tickets are on sale.'
const service = createClient(SummarizerService, createGrpcTransport({ baseUrl: `http://${process.argv[2]}` }))
const options = { timeoutMs: 5000 }

const article = { text, mimeType: 'text/plain' }
const servingOptions = { offsetEncoding: OffsetEncoding.UTF16 }
const analyze = { article, servingOptions }
const wrong = { article: { text, mimeType: 'text/pdf' }, summaryOptions: { maxSentences: 11 } }

const { summary } = await service.summarizeArticle(analyze, options)
assert.equal(summary.provenance.source, Provenance_Source.LOCAL)
for (const { evidence } of summary.sentences) {
  for (const span of evidence) assert.equal(text.slice(span.beginOffset, span.endOffset), span.text)
}
assert.ok((await service.classifyArticle({ article }, options)).classification)
assert.equal((await service.analyzeArticle(analyze, options)).summary.text, summary.text)

const error = await service.analyzeArticle(wrong, options).then(() => assert.fail('a wrong request is answered'), ConnectError.from)
assert.equal(error.code, Code.InvalidArgument)
assert.deepEqual(error.details.map((d) => d.type), ['google.rpc.ErrorInfo', 'google.rpc.BadRequest'])

// checkItem compares the error of an item with that of the call.
function checkItem({ outcome }) {
  assert.equal(outcome.case, 'error')
  assert.equal(outcome.value.code, error.code)
  assert.deepEqual(outcome.value.details.map((d) => Buffer.from(d.value)), error.details.map((d) => Buffer.from(d.value)))
}

const { results } = await service.batchAnalyzeArticles({ requests: [analyze, wrong] }, options)
assert.equal(results[0].outcome.value.summary.text, summary.text)
checkItem(results[1])

async function * items() {
  yield { correlationId: 'good', request: analyze }
  yield { correlationId: 'wrong', request: wrong }
}
const answered = {}
for await (const { correlationId, result } of service.streamAnalyzeArticles(items(), options)) answered[correlationId] = result
assert.equal(answered.good.outcome.value.summary.text, summary.text)
checkItem(answered.wrong)

const page = await service.listTopics({ pageSize: 2 }, options)
const rest = await service.listTopics({ pageToken: page.nextPageToken }, options)
assert.equal(page.topics.length, 2)
assert.ok(!page.topics.some((t) => t.topicId === rest.topics[0].topicId))

const { limits } = await service.getCapabilities({}, options)
assert.equal(limits.defaultDeadline.seconds, 30n)
console.log('ok  every RPC from Node', process.version)
process.exit(0) // the transport keeps its connection
