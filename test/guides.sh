#!/usr/bin/env bash
# Runs a guide's commands word for word: test/guides.sh docs/guides/first-client.md, with API and CLIENTELE_ADMIN_PASSWORD set.
# Any command that fails ends it.
set -euo pipefail
guide=$(realpath "$1")
script=$(awk '/^```bash/ {code=1; next} /^```/ {code=0} code' "$guide")
[ -n "$script" ] || { echo "$guide has no commands" >&2; exit 1; }
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
bash -euo pipefail -x -c "$script"
