#!/usr/bin/env bash
# Runs in the train image: mpiexec starts ranks through sshd, as in Kubeflow's MPIJob. 127.0.0.2 stands for another machine.
set -euo pipefail

mkdir ~/.ssh
ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_rsa
cp ~/.ssh/id_rsa.pub ~/.ssh/authorized_keys

/usr/sbin/sshd -D -f /etc/unroll/sshd_config &
trap 'kill $!' EXIT
until ssh 127.0.0.2 true; do
  kill -0 $!
  sleep 0.2
done

echo 127.0.0.2:2 > /tmp/hostfile
HYDRA_HOST_FILE=/tmp/hostfile mpiexec -n 2 unroll train weather --epochs 1 --workers 1 --run runs/ranks
