// `npm run gateway-key`: makes a key for a producer. The key goes to its holder, the hash into the stack's secret configuration.
import { Command } from "commander";
import { runCommand } from "../shared/commandLine";
import { createKey, hashKey } from "../shared/keys";

const help = `
Give the key to its producer and put the hash into the producer's hashes in the secret config gatewayKeys. To replace a key, keep both hashes
until the producer uses the new one.
`;

function makeKey(): void {
    const key = createKey();
    process.stdout.write(`key   ${key}\nhash  ${hashKey(key)}\n`);
    process.stderr.write(help.trimStart());
}

runCommand(
    new Command("npm run gateway-key --")
        .description("Makes a key for a producer, and the hash by which the gateway knows it")
        .addHelpText("after", help)
        .action(makeKey),
);
