#!/usr/bin/env bash
# Builds images and tries them: infra/docker/smoke.sh [train] [train-gpu] [serve]
# Builds with Docker, else with buildah. BASE names another base image, such as the one that base.sh makes.
# train-gpu is built for CPUs, because a smoke test cannot count on a GPU.
set -euo pipefail
cd "$(dirname "$0")/../.."

if docker info > /dev/null 2>&1; then
  builder=docker
elif command -v buildah > /dev/null; then
  builder=buildah
else
  echo 'smoke.sh: neither a Docker engine nor buildah is here; start Docker, or install buildah (apt-get install buildah)' >&2
  exit 1
fi

build() {
  local name=$1
  shift
  local arguments=(--file "infra/docker/$name.Dockerfile" --tag "unroll-$name" ${BASE:+--build-arg "BASE=$BASE"} "$@" .)
  if [[ $builder == docker ]]; then docker build "${arguments[@]}"; else buildah build --isolation chroot --format docker "${arguments[@]}"; fi
}

# Runs a command in a new container of an image.
in_image() {
  local name=$1 container status=0
  shift
  if [[ $builder == docker ]]; then
    docker run --rm --entrypoint '' "unroll-$name" "$@"
    return
  fi
  container=$(buildah from --pull-never "unroll-$name")
  buildah run --isolation chroot --hostname localhost "$container" -- "$@" || status=$?
  buildah rm "$container" > /dev/null
  return "$status"
}

for image in "${@:-train}"; do
  case $image in
    train)
      build train
      in_image train bash -c "$(< infra/docker/smoke/train.sh)"
      in_image train bash -c "$(< infra/docker/smoke/sshd.sh)"
      ;;
    train-gpu)
      build train-gpu --build-arg DEVICE=
      in_image train-gpu bash -c "$(< infra/docker/smoke/train-gpu.sh)"
      ;;
    serve)
      build serve
      in_image serve node --input-type=module --eval "$(< infra/docker/smoke/serve.mjs)"
      ;;
    *)
      echo "smoke.sh: there is no image '$image'; expected train, train-gpu or serve" >&2
      exit 2
      ;;
  esac
  echo "images: $image passed"
done
