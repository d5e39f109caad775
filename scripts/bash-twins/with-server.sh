#!/usr/bin/env bash
# with-server.sh SERVER TEST [PORT]: starts SERVER, runs TEST as soon as it answers and stops SERVER.
set -euo pipefail

port=${3:-8000}
url=http://127.0.0.1:$port/
PORT=$port "$1" &
server=$!
trap 'kill "$server"' EXIT
until curl -s "$url" > /dev/null; do
    sleep 0.05
done
URL=$url "$2"
