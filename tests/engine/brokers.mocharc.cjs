// Suites around brokers: they wait for them more than they work, so they run beside those of parts.mocharc.cjs, after those of stack.mocharc.cjs. Those that
// leave a broker as they found it share one.
const stack = require("./stack.mocharc.cjs");

module.exports = {
    ...stack,
    spec: ["tests/engine/{auditor,gateway,kafka,market-data}/**/*.spec.ts"],
    ignore: stack.spec,
};
