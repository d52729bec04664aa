// For programs of the command line beside the tests: values of options, checked before anything is started.
import { InvalidArgumentError } from "commander";

/** Parses a whole number that is not below `least`. */
export function whole(least: number): (text: string) => number {
    return (text) => {
        const value = Number(text);
        if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
        throw new InvalidArgumentError(`must be a whole number from ${String(least)} on`);
    };
}

/** Parses names with commas between, each one of `known`. */
export function someOf(known: readonly string[]): (text: string) => string[] {
    return (text) => {
        const names = text.split(",");
        const unknown = names.filter((name) => !known.includes(name));
        if (unknown.length === 0) return names;
        throw new InvalidArgumentError(`there is no ${unknown.join(", ")}; there are ${known.join(", ")}`);
    };
}
