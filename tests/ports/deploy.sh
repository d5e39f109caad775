#!/usr/bin/env bash
# Deploys a release of the web app to a host.
set -euo pipefail

APP_NAME="shop"
DEPLOY_DIR="${DEPLOY_DIR:-/srv/shop}"
KEEP="${KEEP:-5}"
VERSION="${1:-}"
HOST=${2:-web1.example.org}

log() {
    echo "[$(date +%H:%M:%S)] $*"
}

die() {
    echo "error: $1" >&2
    exit 1
}

usage() {
    cat <<EOF
usage: $(basename "$0") VERSION [HOST]

Copies build/\$VERSION.tar.gz to the host and switches the link.
EOF
}

if [[ -z "$VERSION" ]]; then
    usage
    exit 2
fi

ARCHIVE="build/${VERSION}.tar.gz"
if [ ! -f "$ARCHIVE" ]; then
    die "no archive for $VERSION"
fi

log "copying to $HOST"
scp "$ARCHIVE" "$HOST:/tmp/"

sum=$(sha256sum "$ARCHIVE" | cut -d' ' -f1)
log "sum is $sum"

for dir in releases shared/log shared/tmp; do
    mkdir -p "$DEPLOY_DIR/$dir"
done

tar -xzf "$ARCHIVE" -C "$DEPLOY_DIR/releases"
ln -sfn "$DEPLOY_DIR/releases/$VERSION" "$DEPLOY_DIR/current"

count=0
for old in $(ls -1t "$DEPLOY_DIR/releases"); do
    count=$((count + 1))
    if [ "$count" -gt "$KEEP" ]; then
        log "removing $old"
        rm -rf "$DEPLOY_DIR/releases/$old"
    fi
done

case "$HOST" in
    *.example.org)
        log "production"
        ;;
    localhost|127.*)
        log "local"
        ;;
    *)
        log "other host"
        ;;
esac

log "deployed $APP_NAME $VERSION"
