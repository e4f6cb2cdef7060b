#!/usr/bin/env bash
# Runs in the train image: one process and two ranks give the same weights.
set -euo pipefail

[[ $(id -u) == 1000 ]]
unroll train weather --epochs 1 --run runs/alone
mpiexec -n 2 unroll train weather --epochs 1 --workers 1 --run runs/ranks

# A file's header has the time of the run.
weights() {
  node -e 'const file = fs.readFileSync(process.argv[1]); process.stdout.write(file.subarray(8 + Number(file.readBigUInt64LE())))' "$1"
}
cmp <(weights runs/alone/best.safetensors) <(weights runs/ranks/best.safetensors)
