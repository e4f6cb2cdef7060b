# `unroll train` on one machine, or on many through MPI. Build it in the root of the repository:
#   docker build -f infra/docker/train.Dockerfile -t unroll-train .
ARG BASE=docker.io/library/node:24.21.0-bookworm-slim

FROM ${BASE} AS build
WORKDIR /opt/unroll
COPY . .
RUN npm ci --include-workspace-root -w @unroll/train -w @unroll/backend -w @unroll/kernels \
  && npx turbo run build --filter=@unroll/train...
# The image keeps only what the trainer imports. npm takes the packages from its cache this time.
RUN rm -rf node_modules packages/*/node_modules apps/*/node_modules \
  && npm ci --omit=dev -w @unroll/train \
  && rm -rf apps/bench apps/edge packages/*/goldens apps/train/goldens \
  && find node_modules -name '*.map' -delete

FROM ${BASE}
LABEL org.opencontainers.image.title="unroll-train" \
  org.opencontainers.image.description="Trains recurrent networks on every core, and on many machines through MPI." \
  org.opencontainers.image.licenses="Apache-2.0"
# MPICH joins the ranks. Kubeflow's MPIJob starts them through sshd, which nothing else starts.
RUN apt-get update \
  && apt-get install -y --no-install-recommends mpich openssh-client openssh-server \
  && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_*
COPY infra/docker/sshd_config infra/docker/ssh_config /etc/unroll/
COPY --from=build /opt/unroll /opt/unroll
RUN mkdir /data && chown node:node /data \
  && mv /etc/unroll/ssh_config /etc/ssh/ssh_config.d/unroll.conf
ENV NODE_ENV=production PATH=/opt/unroll/node_modules/.bin:$PATH
# The user `node` by number, so that Kubernetes can tell it from root.
USER 1000:1000
# Runs are written to /data/runs: mount a volume at /data.
WORKDIR /data
CMD ["unroll", "--help"]
