#!/usr/bin/env bash
# Builds the archives of a release for linux and darwin, amd64 and arm64, a bill of
# materials (CycloneDX) for each, and their checksums. The same commit, the same Go and the
# same kind of machine give the same bytes, in whatever directory. PLATFORMS may name others,
# such as "linux/amd64". Usage: tools/release.sh VERSION DIRECTORY
set -euo pipefail
version=${1:?usage: tools/release.sh VERSION DIRECTORY}
out=$(mkdir -p "${2:?usage: tools/release.sh VERSION DIRECTORY}" && cd "$2" && pwd)
cd "$(dirname "$0")/.."
go=${GO:-go}
[[ -z $(git status --porcelain) ]] || echo "release.sh: the archives hold changes that are not committed" >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Files in the archives are as old as the commit.
epoch=$(git log -1 --format=%ct)
# The bill names the checksum of the tool that made it.
"$go" build -modfile=tools/go.mod -trimpath -buildvcs=false -ldflags '-s -w -buildid=' \
	-o "$work/cyclonedx-gomod" github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
"$go" build -o "$work/notices" tools/notices/main.go

for platform in ${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64}; do
	export CGO_ENABLED=0 GOOS=${platform%/*} GOARCH=${platform#*/}
	name=summarizer-$version-$GOOS-$GOARCH
	mkdir "$work/$name"
	"$go" build -trimpath -buildvcs=false \
		-ldflags "-s -w -buildid= -X main.version=$version" -o "$work/$name/summarizer" ./cmd/summarizer
	"$work/notices" ./cmd/summarizer >"$work/$name/NOTICES"
	# Without a serial number and the time. The modules are there, as they have been linked.
	GOPROXY=off "$work/cyclonedx-gomod" bin -json -noserial -notimestamp -std -licenses -assert-licenses \
		-version "$version" -output "$out/$name.cdx.json" "$work/$name/summarizer" 2>"$work/log" ||
		{ cat "$work/log" >&2; exit 1; }
	cp -r LICENSE README.md CHANGELOG.md SECURITY.md docs deploy examples "$work/$name"
	chmod -R u=rwX,go=rX "$work/$name"
	tar --create --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --format=ustar \
		--directory "$work" "$name" | gzip --no-name --best >"$out/$name.tar.gz"
done

cd "$out"
sha256sum summarizer-"$version"-*.{tar.gz,cdx.json} >"summarizer-$version.sha256"
cat "summarizer-$version.sha256"
