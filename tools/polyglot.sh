#!/usr/bin/env bash
# Compiles the contract with plain protoc for Python, Java, Node, C#, PHP and Ruby, and
# calls every RPC of a running server from the first three. It needs Python, Node with npm
# and Java with Maven, and fetches libraries into DIR.
# Usage: tools/polyglot.sh BINARY DIR
set -euo pipefail
binary=$(realpath "${1:?usage: tools/polyglot.sh BINARY DIR}")
mkdir -p "${2:?usage: tools/polyglot.sh BINARY DIR}"
work=$(realpath "$2")
cd "$(dirname "$0")/.."
contract=$PWD/api/proto
proto=summarizer/v1/summarizer.proto
sources=$PWD/tools/polyglot

[[ -x $work/venv/bin/python ]] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet grpcio grpcio-tools googleapis-common-protos
python_protoc() { "$work/venv/bin/python" -m grpc_tools.protoc -I "$contract" "$@" "$proto"; }

# The protoc of grpcio-tools has no plugins but for Python and C++, and the one that Maven
# fetches comes without google/protobuf.
machine=$(uname -m)
mvn -q dependency:copy -DoutputDirectory="$work" -Dmdep.stripVersion=true \
	-Dartifact="com.google.protobuf:protoc:4.32.0:exe:linux-${machine/aarch64/aarch_64}"
chmod +x "$work"/protoc-linux-*.exe
includes=$("$work/venv/bin/python" -c 'import grpc_tools, os; print(os.path.join(os.path.dirname(grpc_tools.__file__), "_proto"))')
protoc() { "$work"/protoc-linux-*.exe -I "$contract" -I "$includes" "$@" "$proto"; }

for language in csharp php ruby java; do
	rm -rf "$work/stubs-$language" && mkdir "$work/stubs-$language"
	protoc --${language}_out="$work/stubs-$language"
done
grep -q 'namespace Summarizer.V1' "$work"/stubs-csharp/*.cs
grep -rq 'namespace Summarizer\\V1' "$work/stubs-php"
grep -q 'module Summarizer' "$work/stubs-ruby/summarizer/v1/summarizer_pb.rb"
[[ -f $work/stubs-java/io/github/seed_59202292/summarizer/v1/AnalyzeArticleResult.java ]]
echo "ok  stubs of plain protoc for C#, PHP, Ruby and Java"

touch "$work/log"
env -i PATH=/usr/bin:/bin HOME="$work" "$binary" serve --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 \
	--data-dir "$work/data" >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
address=
for ((i = 0; i < 100; i++)); do
	address=$(grep -om1 'grpc=127\.0\.0\.1:[0-9]*' "$work/log" | cut -d= -f2) && break
	kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
	sleep 0.1
done

mkdir -p "$work/python"
python_protoc --python_out="$work/python" --grpc_python_out="$work/python"
PYTHONPATH=$work/python "$work/venv/bin/python" "$sources/every_rpc.py" "$address"

mkdir -p "$work/node/stubs"
cp "$sources/package.json" "$sources/every-rpc.mjs" "$work/node"
(cd "$work/node" && npm install --no-fund --no-audit --silent)
protoc --plugin=protoc-gen-es="$work/node/node_modules/.bin/protoc-gen-es" --es_out="$work/node/stubs" --es_opt=target=js
node "$work/node/every-rpc.mjs" "$address"

rm -rf "$work/java" && cp -r "$sources/java" "$work/java"
(cd "$work/java" && mvn -q -Dcontract="$contract" compile exec:java -Dexec.args="$address")
