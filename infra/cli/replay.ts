/** `make replay`: the replay server in a terminal, known to the stack it plays to. */
import { runBeside } from "./beside";
import { run } from "./terminal";

run(async () => {
    const [first, ...others] = process.argv.slice(2);
    // `--` before the arguments is what npm asks for; the server would take it for the end of its options.
    const args = first === undefined || first === "--" ? others : [first, ...others];
    process.exitCode = await runBeside({ name: "replay", entry: "functions/replay/main.ts", args });
});
