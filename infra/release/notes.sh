#!/usr/bin/env bash
# Prints what CHANGELOG.md says about a version: infra/release/notes.sh 0.2.0
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$1
notes=$(awk -v heading="## $version" '$0 == heading { inside = 1; next } /^## / { inside = 0 } inside' CHANGELOG.md)
if [[ -z ${notes//[[:space:]]/} ]]; then
  echo "CHANGELOG.md has nothing under '## $version'. Write it before you tag v$version." >&2
  exit 1
fi
echo "$notes"
