#!/usr/bin/env bash
# Builds images and tries them: infra/docker/smoke.sh [train] [train-gpu] [serve]
# Builds with Docker, else with buildah. BASE names another base image, such as the one that base.sh makes.
# train-gpu is built for CPUs, because a smoke test cannot count on a GPU.
# shellcheck disable=SC2016  # Scripts in single quotes run in the image.
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

# Runs a bash script in a new container of an image.
in_image() {
  local name=$1 script=$2 container status=0
  if [[ $builder == docker ]]; then
    docker run --rm "unroll-$name" bash -euo pipefail -c "$script"
    return
  fi
  container=$(buildah from --pull-never "unroll-$name")
  buildah run --isolation chroot "$container" -- bash -euo pipefail -c "$script" || status=$?
  buildah rm "$container" > /dev/null
  return "$status"
}

smoke_train() {
  in_image train '
    [[ $(id -u) == 1000 ]]
    unroll train weather --epochs 1 --run runs/alone
    mpiexec -n 2 unroll train weather --epochs 1 --workers 1 --run runs/ranks
    cmp runs/alone/best.safetensors runs/ranks/best.safetensors'
}

# mpiexec starts ranks through sshd, as in a MPIJob of Kubeflow. 127.0.0.2 stands for another machine.
smoke_sshd() {
  in_image train '
    mkdir ~/.ssh
    ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_rsa
    cp ~/.ssh/id_rsa.pub ~/.ssh/authorized_keys
    echo 127.0.0.2:2 > /tmp/hostfile
    /usr/sbin/sshd -De -f /etc/unroll/sshd_config &
    trap "kill $!" EXIT
    for attempt in {1..50}; do ssh 127.0.0.2 true && break; sleep 0.1; done
    HYDRA_HOST_FILE=/tmp/hostfile mpiexec -localhost 127.0.0.1 -n 2 unroll train weather --epochs 1 --workers 1 --run runs/ssh'
}

smoke_train_gpu() {
  in_image train-gpu '
    unroll engine list
    unroll train weather --epochs 1 --engine tensorflow'
}

for image in "${@:-train}"; do
  case $image in
    train)
      build train
      smoke_train
      smoke_sshd
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
