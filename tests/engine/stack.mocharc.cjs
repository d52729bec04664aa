// Suites that share one stack. They run beside the others (brokers.mocharc.cjs, parts.mocharc.cjs): these wait for their stack, their brokers and clocks
// often enough that three at once keep the two cores of a test run's machine busy.
module.exports = {
    ...require("../../.mocharc.json"),
    timeout: 120_000,
    spec: [
        "tests/engine/cli/status.spec.ts",
        "tests/engine/gateway/rows.spec.ts",
        // stack/ comes last: it changes the catalogue of the stack, and kills its parts.
        "tests/engine/{completeness,evaluator,matching-engine,on-chain,sentiment,simulator,stack}/**/*.spec.ts",
    ],
};
