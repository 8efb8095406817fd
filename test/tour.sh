#!/usr/bin/env bash
# Runs the README's tour word for word against the server on port 8000. Any command that fails ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
script=$(awk '/<!-- tour:begin/ {inside=1} /<!-- tour:end/ {inside=0} inside && /^```bash/ {code=1; next} /^```/ {code=0} inside && code' README.md)
[ -n "$script" ] || { echo "the README has no tour" >&2; exit 1; }
bash -euo pipefail -x -c "$script"
