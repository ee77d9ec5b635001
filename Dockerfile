# The sandbox in a container: Node and the one bundled file. Build it after `npm run build`.
FROM node:22-slim
WORKDIR /app
COPY package.json ./
COPY dist/cli/bin.js dist/cli/bin.js
USER node
EXPOSE 8787
CMD ["node", "dist/cli/bin.js", "sandbox", "--host", "0.0.0.0"]
