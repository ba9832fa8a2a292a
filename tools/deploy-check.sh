#!/usr/bin/env bash
# Checks what deploy/ holds with the programs that will read it. One that is not
# installed is left out, with a line that says so. Usage: tools/deploy-check.sh BINARY
set -euo pipefail
binary=$(realpath "${1:?usage: tools/deploy-check.sh BINARY}")
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# have PROGRAM WHAT fails, with a line, where the program is not installed.
have() {
	command -v "$1" >/dev/null && return
	echo "deploy-check: $1 is not installed: $2 not checked"
	return 1
}

(cd tools && "${GO:-go}" build -o "$work/deploycheck" ./deploycheck && "${GO:-go}" test -count 1 ./deploycheck) # what it reads is outside its module
"$work/deploycheck" deploy/kubernetes
echo "ok  manifests"

if have kubectl "the kustomization is"; then
	kubectl kustomize deploy/kubernetes >/dev/null
	echo "ok  kustomization"
fi

if have promtool "alert rules and the dashboard's queries are"; then
	promtool check rules deploy/prometheus/alerts.yml
	promtool check config deploy/prometheus/scrape.yml
	promtool test rules deploy/prometheus/alerts_test.yml
	"$work/deploycheck" -rules deploy/grafana/summarizer.json >"$work/dashboard.yml"
	promtool check rules "$work/dashboard.yml"
	echo "ok  alert rules and queries of the dashboard"
fi

if have systemd-analyze "the unit is"; then
	# verify wants the binary to be there.
	sed "s|/usr/local/bin/summarizer|$binary|" deploy/systemd/summarizer.service >"$work/summarizer.service"
	# It only warns of keys that it does not know; of other units it may warn, too.
	if ! systemd-analyze verify "$work/summarizer.service" 2>"$work/verify" ||
		grep -q summarizer.service "$work/verify"; then
		cat "$work/verify" >&2
		exit 1
	fi
	# 1.2 of 10; what is left is that it speaks to the network.
	systemd-analyze security --offline=true --threshold=15 "$work/summarizer.service" >"$work/security" ||
		{ cat "$work/security" >&2; exit 1; }
	echo "ok  unit"
fi
