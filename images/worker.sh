#!/bin/sh
# Builds the tensorflow engine for this machine's CPU where the cache does not hold it yet, then works. Without one it works on wasm.
set -eu
cd "$(dirname "$0")/.."
node tooling/engine/src/install.ts || echo "The worker goes on without the tensorflow engine, on wasm, which is slower." >&2
exec node apps/cli/src/main.ts worker "$@"
