// All suites of real engines that stack.mocharc.cjs does not name: each starts the one part it looks at.
const { spec, ...rest } = require("./stack.mocharc.cjs");

module.exports = { ...rest, spec: ["tests/engine/**/*.spec.ts"], ignore: spec };
