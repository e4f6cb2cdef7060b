# The train image with the engine `tensorflow` and its CUDA libraries (5.4 GB). The machine brings only NVIDIA's driver and container toolkit:
#   docker build -f infra/docker/train-gpu.Dockerfile -t unroll-train-gpu .
#   docker run --gpus all -v unroll-runs:/data unroll-train-gpu unroll train sentiment --engine tensorflow
ARG TRAIN=unroll-train

FROM ${TRAIN} AS engine
# hadolint ignore=DL3002
USER 0:0
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ libc6-dev \
  && rm -rf /var/lib/apt/lists/*
ENV UNROLL_ENGINES=/opt/unroll-engines
# `--build-arg DEVICE=` builds the same image for CPUs, which the smoke test can run anywhere.
ARG DEVICE=--gpu
# DEVICE is a flag or nothing.
# hadolint ignore=SC2086
RUN unroll engine add tensorflow ${DEVICE}

FROM ${TRAIN}
LABEL org.opencontainers.image.title="unroll-train-gpu" \
  org.opencontainers.image.description="Trains recurrent networks on NVIDIA GPUs through TensorFlow and cuDNN."
COPY --from=engine /opt/unroll-engines /opt/unroll-engines
USER 1000:1000
ENV UNROLL_ENGINES=/opt/unroll-engines \
  NVIDIA_VISIBLE_DEVICES=all \
  NVIDIA_DRIVER_CAPABILITIES=compute,utility
