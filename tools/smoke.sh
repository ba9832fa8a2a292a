#!/usr/bin/env bash
# Starts a summarizer binary with nothing configured and calls it as a user
# would: every RPC with grpcurl through reflection, and the commands that need
# no server. Usage: tools/smoke.sh BINARY
set -euo pipefail
binary=$(realpath "${1:?usage: tools/smoke.sh BINARY}")
cd "$(dirname "$0")/.."

work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
	echo "smoke: $*" >&2
	[[ ! -s $work/log ]] || sed 's/^/  server: /' "$work/log" >&2
	exit 1
}

# expect NAME WORD... fails unless standard input holds every word.
expect() {
	local name=$1 output word
	shift
	output=$(cat)
	for word; do
		[[ $output == *"$word"* ]] || fail "$name: no $word in: $output"
	done
	echo "ok  $name"
}

grpcurl() { go tool -modfile=tools/go.mod grpcurl -plaintext "$@"; }

# rpc METHOD REQUEST WORD... calls a method with a file of examples/requests.
rpc() {
	local method=$1 request=$2
	shift 2
	grpcurl -d @ "$address" "summarizer.v1.SummarizerService/$method" \
		<"examples/requests/$request.json" | expect "$method ($request)" "$@"
}

# The environment is empty, so that no key or setting of the shell takes part.
run() { env -i PATH=/usr/bin:/bin HOME="$work" "$binary" "$@"; }

run version | expect "version" .
run topics | expect "topics" defence-cooperation peacekeeping
run analyze --json examples/articles/defence-pact.txt |
	expect "analyze --json" '"SOURCE_LOCAL"' '"peacekeeping"'
run batch examples/archive.jsonl -o "$work/out.jsonl" 2>"$work/batch.log" ||
	{ cat "$work/batch.log" >&2; fail "batch failed"; }
expect "batch" '"defence-pact"' '"robo-museo"' '"status":"ok"' <"$work/out.jsonl"

touch "$work/log"
env -i PATH=/usr/bin:/bin HOME="$work" "$binary" serve \
	--listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --data-dir "$work/data" >"$work/log" 2>&1 &
server=$!
address=
for ((i = 0; i < 100; i++)); do
	address=$(grep -om1 'grpc=127\.0\.0\.1:[0-9]*' "$work/log" | cut -d= -f2) && break
	kill -0 "$server" 2>/dev/null || fail "the server ended at start-up"
	sleep 0.1
done
[[ -n $address ]] || fail "the server named no address within 10 s"

grpcurl "$address" list | expect "reflection" summarizer.v1.SummarizerService grpc.health.v1.Health
grpcurl "$address" grpc.health.v1.Health/Check | expect "health" SERVING
run healthcheck --addr "$address" | expect "healthcheck" SERVING

rpc SummarizeArticle summarize '"SOURCE_LOCAL"' '"SUMMARY_METHOD_EXTRACTIVE"' '"beginOffset"'
rpc ClassifyArticle classify '"cybersecurity"'
rpc ClassifyArticle classify-candidates '"disaster-accident"'
rpc AnalyzeArticle analyze '"defence-cooperation"' '"peacekeeping"' '"SOURCE_LOCAL"'
rpc BatchAnalyzeArticles batch '"response"' '"TEXT_EMPTY"' '"article.text"'
rpc StreamAnalyzeArticles stream '"ferry"' '"response"' '"too-many-sentences"' '"FIELD_INVALID"'
rpc ListTopics list-topics '"topicId"' '"nextPageToken"' '"taxonomyVersion"'
rpc GetCapabilities get-capabilities '"maxTextBytes"' '"ENGINE_KIND_LOCAL"'
run analyze --json --addr "$address" examples/articles/port-cyber-attack.html |
	expect "analyze --addr" '"cybersecurity"'

kill -TERM "$server"
wait "$server" || fail "the server ended with status $? after SIGTERM"
server=
echo "ok  drain"
