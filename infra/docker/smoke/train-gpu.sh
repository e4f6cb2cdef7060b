#!/usr/bin/env bash
# Runs in the train-gpu image, also without a GPU.
set -euo pipefail

unroll engine list
unroll train weather --epochs 1 --engine tensorflow --run runs/tensorflow
