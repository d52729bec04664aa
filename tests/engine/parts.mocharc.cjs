// All suites of real engines that the other two do not name: each starts the one part it looks at.
const stack = require("./stack.mocharc.cjs");
const brokers = require("./brokers.mocharc.cjs");

// An API server of Kubernetes takes minutes to build: npm run test:kubernetes.
const apiServer = "tests/engine/targets/kubernetes.spec.ts";

module.exports = { ...stack, spec: ["tests/engine/**/*.spec.ts"], ignore: [...stack.spec, ...brokers.spec, apiServer] };
