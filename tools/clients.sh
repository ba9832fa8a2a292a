#!/usr/bin/env bash
# Runs the programs of docs/clients.md against a server in plain text and one with TLS and
# keys. It needs Python, Node with npm and Java with Maven, and fetches libraries into DIR.
# Usage: tools/clients.sh BINARY DIR
set -euo pipefail
binary=$(realpath "${1:?usage: tools/clients.sh BINARY DIR}")
mkdir -p "${2:?usage: tools/clients.sh BINARY DIR}"
work=$(realpath "$2")
cd "$(dirname "$0")/.."
repository=$PWD
article=$PWD/examples/articles/ferry-sinking.txt
contract=$PWD/api/proto

# snippet LANGUAGE N prints the Nth block of a language.
snippet() {
	awk -v fence="\`\`\`$1" -v n="$2" '
		$0 == fence { inside = ++seen == n; next }
		$0 == "```" { inside = 0 }
		inside' docs/clients.md
}

servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true' EXIT
# serve LOG FLAGS... starts a server and sets address.
serve() {
	local log=$1
	: >"$log"
	"$binary" serve --listen 127.0.0.1:0 --admin-listen '' --http-listen '' --data-dir "$log.data" "${@:2}" >"$log" 2>&1 &
	servers+=($!)
	for ((i = 0; i < 200; i++)); do
		address=$(grep -om1 'grpc=127\.0\.0\.1:[0-9]*' "$log" | cut -d= -f2) && return
		sleep 0.1
	done
	cat "$log" >&2
	exit 1
}
rm -rf "$work/run" && mkdir -p "$work/run"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=summarizer \
	-addext subjectAltName=DNS:localhost -keyout "$work/run/key.pem" -out "$work/run/ca.pem" 2>/dev/null
"$binary" keys add docs --clients "$work/run/clients.yaml" --output "$work/run/key"
serve "$work/run/plain" && plain=$address
serve "$work/run/tls" --listen-tls-cert "$work/run/ca.pem" --listen-tls-key "$work/run/key.pem" --clients "$work/run/clients.yaml" && encrypted=localhost:${address##*:}
snippet json 1 >"$work/run/service-config.json"
ln -s "$repository/api" "$work/run/api"
cd "$work/run"

# try NAME COMMAND... runs a program against both servers and looks at what it prints.
try() {
	local name=$1 out
	for arguments in "$plain $article" "$encrypted $article $work/run/ca.pem $work/run/key"; do
		# shellcheck disable=SC2086
		out=$(timeout 300 "${@:2}" $arguments) || { echo "$name failed: $out" >&2; exit 1; }
		for want in ferry article.text answers; do
			grep -q "$want" <<<"$out" || { echo "$name does not print \"$want\": $out" >&2; exit 1; }
		done
	done
	echo "ok  $name, in plain text and over TLS with a key"
}

mkdir go && (cd "$repository" && snippet go 1) >go/main.go
cp "$repository/go.mod" "$repository/go.sum" go/
(cd go && go mod edit -module docs -require github.com/seed-59202292/summarizer@v0.0.0 \
	-replace "github.com/seed-59202292/summarizer=$repository" && GOFLAGS=-mod=mod go build -o main .)
try Go go/main

[[ -x $work/venv/bin/python ]] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet grpcio grpcio-tools googleapis-common-protos
"$work/venv/bin/python" -m grpc_tools.protoc -I "$contract" --python_out=. --grpc_python_out=. summarizer/v1/summarizer.proto
(cd "$repository" && snippet python 1) >analyze.py
(cd "$repository" && snippet python 2) >analyze_asyncio.py
try Python "$work/venv/bin/python" analyze.py
"$work/venv/bin/python" analyze_asyncio.py "$plain" "$article" >asyncio.out
grep -q '200 answers' asyncio.out && grep -q cancelled asyncio.out
echo "ok  Python with asyncio, in plain text"

(cd "$work" && npm install --no-fund --no-audit --silent @grpc/grpc-js @grpc/proto-loader)
(cd "$repository" && snippet js 1) >analyze.js
try Node node analyze.js

mkdir -p java/src/main/java
sed -e "s|<contract>.*</contract>|<contract>$contract</contract>|" -e 's/EveryRpc/Analyze/' "$repository/tools/polyglot/java/pom.xml" >java/pom.xml
(cd "$repository" && snippet java 1) >java/src/main/java/Analyze.java
(cd java && mvn -q compile dependency:build-classpath -Dmdep.outputFile=classpath)
try Java java -cp "java/target/classes:$(cat java/classpath)" Analyze
