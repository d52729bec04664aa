// How a program of the command line ends.
import { type Command, CommanderError } from "commander";

const withSubcommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withSubcommands)];

/** Runs a command. What goes wrong is said in one line, and a command that was not understood ends with 2 as well: 1 is for what it found. */
export function runCommand(command: Command): void {
    const name = command.name().split(" ").at(2) ?? command.name();
    for (const each of withSubcommands(command)) each.exitOverride();
    command.parseAsync().catch((error: unknown) => {
        // Commander has said it already; for --help and --version its code is 0.
        if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
        process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(2);
    });
}
