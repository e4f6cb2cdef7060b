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
  echo 'images: skipped, because neither a Docker engine nor buildah is here'
  exit
fi

build() {
  local name=$1
  shift
  local arguments=(--file "infra/docker/$name.Dockerfile" --tag "unroll-$name" ${BASE:+--build-arg "BASE=$BASE"} "$@" .)
  if [[ $builder == docker ]]; then docker build "${arguments[@]}"; else buildah build --isolation chroot --layers "${arguments[@]}"; fi
}

# Runs a bash script, read from standard input, in a new container of an image.
in_image() {
  if [[ $builder == docker ]]; then
    docker run --rm --interactive "unroll-$1" bash -euo pipefail -s
    return
  fi
  local container status=0
  container=$(buildah from --pull-never "unroll-$1")
  buildah run --isolation chroot "$container" -- bash -euo pipefail -s || status=$?
  buildah rm "$container" > /dev/null
  return "$status"
}

smoke_train() {
  in_image train << 'SCRIPT'
[[ $(id -u) == 1000 ]]
unroll train weather --epochs 1
[[ -s $(echo runs/weather-*/model.safetensors) ]]

# What Kubeflow's MPIJob needs: sshd without root lets mpiexec in.
mkdir ~/.ssh
ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_rsa
cp ~/.ssh/id_rsa.pub ~/.ssh/authorized_keys
/usr/sbin/sshd -De -f /etc/unroll/sshd_config &
until ssh 127.0.0.1 true; do sleep 0.1; kill -0 $!; done
[[ $(ssh 127.0.0.1 id -u) == 1000 ]]
kill %1
SCRIPT
}

smoke_train_gpu() {
  in_image train-gpu << 'SCRIPT'
unroll engine list
unroll train weather --epochs 1 --engine tensorflow
SCRIPT
}

for image in "${@:-train}"; do
  case $image in
    train)
      build train
      smoke_train
      ;;
    train-gpu)
      build train-gpu --build-arg DEVICE=
      smoke_train_gpu
      ;;
    *)
      echo "smoke.sh: there is no image '$image'; expected train, train-gpu or serve" >&2
      exit 2
      ;;
  esac
  echo "images: $image passed"
done
