// Suites that start a broker of their own wait for it more than they work; so those of detection, which work all the time, run in one process with them.
const stack = require("./stack.mocharc.cjs");

module.exports = {
    ...stack,
    spec: ["tests/engine/{auditor,detection,gateway,kafka,market-data,scores}/**/*.spec.ts"],
    ignore: stack.spec,
};
