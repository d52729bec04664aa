/** `make simulate`: the simulated venue in a terminal, against a stack that allows synthetic events. */
import { runBeside } from "./beside";
import { makeCommand, stack, up } from "./project";
import { UserError, run } from "./terminal";

run(async () => {
    const { clickhouseUrl, kafkaBrokers, allowSynthetic } = await up();
    if (allowSynthetic !== true)
        throw new UserError(
            `stack ${stack} does not take synthetic events (config allowSynthetic); allow them with: ` +
                `make pulumi ARGS="config set allowSynthetic true --stack ${stack}", then ${makeCommand("start")}`,
        );
    process.exitCode = await runBeside({
        name: "simulator",
        entry: "functions/simulator/main.ts",
        args: process.argv.slice(2),
        env: { KAFKA_BROKERS: kafkaBrokers, CLICKHOUSE_URL: clickhouseUrl, ALLOW_SYNTHETIC: "true" },
    });
});
