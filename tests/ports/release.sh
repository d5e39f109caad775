#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."

bump="${1:-patch}"
current=$(git describe --tags --abbrev=0 2>/dev/null || echo v0.0.0)
if [[ ! "$current" =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
    echo "not a version: $current" >&2
    exit 1
fi
IFS=. read -r major minor patch <<< "${current#v}"

case "$bump" in
    major) major=$((major + 1)); minor=0; patch=0 ;;
    minor) minor=$((minor + 1)); patch=0 ;;
    patch) patch=$((patch + 1)) ;;
    *) echo "usage: release.sh [major|minor|patch]"; exit 2 ;;
esac
next="v$major.$minor.$patch"

if [ -n "$(git status --porcelain)" ]; then
    echo "the tree has changes"
    exit 1
fi

read -p "Release $next? [y/N] " answer
if [[ "$answer" != y* ]]; then
    echo "stopped"
    exit 0
fi

{
    echo "# $next"
    git log --pretty='- %s' "$current..HEAD"
    echo
    cat CHANGELOG.md
} > CHANGELOG.new
mv CHANGELOG.new CHANGELOG.md

git add CHANGELOG.md
git commit -m "Release $next"
git tag -a "$next" -m "$next"

targets=(linux-amd64 linux-arm64 darwin-arm64)
for target in "${targets[@]}"; do
    os=${target%%-*}
    arch=${target##*-}
    echo "building for $os on $arch"
    GOOS=$os GOARCH=$arch go build -o "dist/tool-$target"
done

(cd dist && sha256sum tool-* > SHA256SUMS)
git push --follow-tags
echo "released $next with ${#targets[@]} builds"
