# The API on one machine, without a Cloudflare account; infra/self-hosted/README.md lists its settings. Build it in the root of the repository:
#   docker build -f infra/docker/serve.Dockerfile -t unroll-serve .
ARG BASE=docker.io/library/node:24.21.0-bookworm-slim

FROM ${BASE} AS build
WORKDIR /opt/unroll
COPY . .
RUN npm ci --include-workspace-root -w @unroll/edge -w @unroll/backend -w @unroll/kernels \
  && npx turbo run build --filter=@unroll/edge...
# The server is bundled with all it imports but workerd, which is a program. It is in two packages; one copy is enough.
WORKDIR /opt/unroll/image
RUN mkdir -p node_modules/@cloudflare apps/edge/dist \
  && cp -r ../node_modules/workerd node_modules/ \
  && rm node_modules/workerd/bin/workerd \
  && cp -r ../node_modules/@cloudflare/workerd-linux-* node_modules/@cloudflare/ \
  && cp -r ../apps/edge/dist/worker ../apps/edge/dist/assets ../apps/edge/dist/self-hosted apps/edge/dist/ \
  && cp ../apps/edge/package.json apps/edge/ \
  && cp ../LICENSE .

FROM ${BASE}
LABEL org.opencontainers.image.title="unroll-serve" \
  org.opencontainers.image.description="Serves recurrent networks over HTTP from workerd, with models and sessions on a volume." \
  org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/unroll/image /opt/unroll
RUN mkdir -m 700 /data && chown node:node /data
ENV NODE_ENV=production
# The user `node` by number, so that Kubernetes can tell it from root.
USER 1000:1000
# Models and sessions: mount a volume at /data.
WORKDIR /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/unroll/apps/edge/dist/self-hosted/serve.js"]
CMD ["--data", "/data", "--host", "0.0.0.0", "--port", "8080"]
