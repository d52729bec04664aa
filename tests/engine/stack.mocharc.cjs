// Suites that share one stack. Two processes of suites run at once, since the machine of a test run has two cores: with this one those of parts.mocharc.cjs,
// then those of brokers.mocharc.cjs; three at once were slower to answer than suites wait.
module.exports = {
    ...require("../../.mocharc.json"),
    timeout: 120_000,
    spec: [
        "tests/engine/cli/{canary,capacity,status}.spec.ts",
        "tests/engine/gateway/rows.spec.ts",
        // stack/ comes last: it changes the catalogue of the stack, and kills its parts.
        "tests/engine/{completeness,evaluator,matching-engine,on-chain,sentiment,simulator,stack}/**/*.spec.ts",
    ],
};
