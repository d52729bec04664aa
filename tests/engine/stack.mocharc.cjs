// Suites that share one stack, and the rules' cases, run beside the others (parts.mocharc.cjs): two processes, since the machine of a test run has two cores.
module.exports = {
    ...require("../../.mocharc.json"),
    timeout: 120_000,
    spec: [
        "tests/engine/cli/status.spec.ts",
        "tests/engine/gateway/rows.spec.ts",
        // stack/ comes last: it changes the catalogue of the stack, and kills its parts.
        "tests/engine/{completeness,evaluator,matching-engine,on-chain,rules,sentiment,simulator,stack}/**/*.spec.ts",
    ],
};
