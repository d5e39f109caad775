#!/usr/bin/env bash
set -euxo pipefail

readonly ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly JOBS=$(nproc)
export CI=true
export CARGO_TERM_COLOR=always

step() {
    local name="$1"
    shift
    local start=$SECONDS
    echo "::group::$name"
    if "$@"; then
        echo "$name took $((SECONDS - start)) s"
    else
        echo "$name failed"
        return 1
    fi
    echo "::endgroup::"
}

pushd "$ROOT" > /dev/null
step format cargo fmt --check
step lint cargo clippy --all-targets -- -D warnings
step build cargo build --jobs "$JOBS"
step test cargo test --jobs "$JOBS"
popd > /dev/null

declare -A sizes
for bin in "$ROOT"/target/debug/app-*; do
    name=${bin##*/}
    sizes[$name]=$(stat -c %s "$bin")
done
for name in "${!sizes[@]}"; do
    printf '%s\t%s\n' "$name" "${sizes[$name]}"
done

branch=$(git rev-parse --abbrev-ref HEAD)
if [[ $branch == main || $branch == release/* ]]; then
    echo "publishing from $branch"
    ./publish.sh &
    publish_pid=$!
    ./notify.sh "build of $branch" || true
    wait $publish_pid
fi

[ -d coverage ] && tar -czf coverage.tar.gz coverage
echo "done in $SECONDS seconds"
