// Suites that share one stack, and those of detection, run beside the others (parts.mocharc.cjs): two processes, since the machine of a test run has two
// cores, about as long as each other.
module.exports = {
    ...require("../../.mocharc.json"),
    timeout: 120_000,
    spec: [
        "tests/engine/{detection,scores}/**/*.spec.ts",
        "tests/engine/cli/status.spec.ts",
        "tests/engine/gateway/rows.spec.ts",
        // stack/ comes last: it changes the catalogue of the stack, and kills its parts.
        "tests/engine/{completeness,evaluator,matching-engine,on-chain,rules,sentiment,simulator,stack}/**/*.spec.ts",
    ],
};
