#!/usr/bin/env bash
# Makes a stand-in for the official Node image (Debian, Node, npm, the user `node`) where no registry of images can be reached.
#   infra/docker/base.sh NAME     needs buildah, mmdebstrap and the repository's `npm ci`
set -euo pipefail
cd "$(dirname "$0")/../.."

name=$1
certificates=/etc/ssl/certs/ca-certificates.crt
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$scratch/debian.tar"
npm pack --silent --pack-destination "$scratch" "npm@$(node -p 'require("./package.json").packageManager.split("@")[1]')" > /dev/null
tar -xzf "$scratch"/npm-*.tgz -C "$scratch"

base=$(buildah from scratch)
trap 'buildah rm "$base" > /dev/null; rm -rf "$scratch"' EXIT
buildah add --quiet "$base" "$scratch/debian.tar" / > /dev/null
buildah copy --quiet "$base" node_modules/node/bin/node /usr/local/bin/node > /dev/null
buildah copy --quiet "$base" "$scratch/package" /usr/local/lib/node_modules/npm > /dev/null
# A proxy of this machine may sign with a certificate of its own.
buildah copy --quiet "$base" "$certificates" "$certificates" > /dev/null
buildah run --isolation chroot "$base" -- sh -c '
  ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
  ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
  useradd --create-home --uid 1000 --shell /bin/bash node'
buildah config --env "NODE_EXTRA_CA_CERTS=$certificates" --cmd node "$base"
buildah commit --quiet "$base" "$name" > /dev/null
