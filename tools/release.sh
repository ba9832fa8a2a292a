#!/usr/bin/env bash
# Builds the archives of a release for linux and darwin, amd64 and arm64, and their
# checksums. The same commit and the same Go give the same bytes. PLATFORMS may name others,
# such as "linux/amd64". Usage: tools/release.sh VERSION DIRECTORY
set -euo pipefail
version=${1:?usage: tools/release.sh VERSION DIRECTORY}
out=$(mkdir -p "${2:?usage: tools/release.sh VERSION DIRECTORY}" && cd "$2" && pwd)
cd "$(dirname "$0")/.."
go=${GO:-go}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Files in the archives are as old as the commit.
epoch=$(git log -1 --format=%ct)

for platform in ${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64}; do
	os=${platform%/*} arch=${platform#*/}
	name=summarizer-$version-$os-$arch
	mkdir "$work/$name"
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch "$go" build -trimpath -buildvcs=false \
		-ldflags "-s -w -buildid= -X main.version=$version" -o "$work/$name/summarizer" ./cmd/summarizer
	cp -r LICENSE README.md CHANGELOG.md SECURITY.md docs deploy "$work/$name"
	chmod -R u=rwX,go=rX "$work/$name"
	tar --create --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --format=ustar \
		--directory "$work" "$name" | gzip --no-name --best >"$out/$name.tar.gz"
done

cd "$out"
sha256sum summarizer-"$version"-*.tar.gz >"summarizer-$version.sha256"
cat "summarizer-$version.sha256"
