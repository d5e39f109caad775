#!/bin/sh
# Installs the tool for the current user.
set -eu

PREFIX="${PREFIX:-$HOME/.local}"
REPO="https://example.org/tool"
TMP_DIR=`mktemp -d`

cleanup() {
    rm -rf "$TMP_DIR"
}
trap cleanup EXIT INT TERM

need() {
    if ! command -v "$1" >/dev/null 2>&1; then
        echo "$1 is needed" >&2
        exit 1
    fi
}

need curl
need tar

OS=$(uname -s | tr '[:upper:]' '[:lower:]')
ARCH=$(uname -m)
case "$ARCH" in
    x86_64|amd64) ARCH=amd64 ;;
    aarch64|arm64) ARCH=arm64 ;;
    *) echo "unknown machine: $ARCH" >&2; exit 1 ;;
esac

: "${TOOL_VERSION:=latest}"
url="$REPO/$TOOL_VERSION/tool-$OS-$ARCH.tar.gz"

echo "downloading $url"
curl -fsSL "$url" -o "$TMP_DIR/tool.tar.gz"
tar -xzf "$TMP_DIR/tool.tar.gz" -C "$TMP_DIR"
mkdir -p "$PREFIX/bin"
install -m 755 "$TMP_DIR/tool" "$PREFIX/bin/tool"

if [ -f "$HOME/.bashrc" ] && ! grep -q "$PREFIX/bin" "$HOME/.bashrc"; then
    echo "export PATH=\"$PREFIX/bin:\$PATH\"" >> "$HOME/.bashrc"
fi

if [ "${1:-}" = "--with-man" ]; then
    mkdir -p "$PREFIX/share/man/man1"
    cp "$TMP_DIR/tool.1" "$PREFIX/share/man/man1/"
fi

echo "installed to $PREFIX/bin/tool"
