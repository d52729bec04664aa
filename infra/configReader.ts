// Typed readers over a stack's configuration: each checks one key and says what it found and what to do.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { projectRoot } from "./names";
import { type Config, type Output, RunError } from "./pulumi";

/** Reads keys that Pulumi.yaml declares with a default. Every method throws RunError, which Pulumi prints without a stack trace. */
export class ConfigReader {
    constructor(private readonly config: Config) {}

    text(key: string): string {
        return this.config.require(key);
    }

    flag(key: string): boolean {
        return this.config.requireBoolean(key);
    }

    /** Encrypted in the state and hidden in previews, also where somebody has set it in plain text. */
    secret(key: string): Output<string> {
        return this.config.requireSecret(key);
    }

    choice<const T extends string>(key: string, allowed: readonly T[]): T {
        const found = this.config.require(key);
        const match = allowed.find((value) => value === found);
        if (match === undefined)
            throw new RunError(
                `config ${key}: must be one of ${allowed.join(", ")}, found "${found}"; run pulumi config set ${key} ${allowed[0] ?? ""}`,
            );
        return match;
    }

    /** A whole number from 1 to `max`. */
    positive(key: string, max: number): number {
        const found = this.config.requireNumber(key);
        if (!Number.isInteger(found) || found < 1 || found > max)
            throw new RunError(
                `config ${key}: must be a whole number from 1 to ${String(max)}, found ${String(found)}`,
            );
        return found;
    }

    port(key: string): number {
        return this.positive(key, 65535);
    }

    list(key: string): string[] {
        const found = this.config.requireObject<unknown>(key);
        if (!Array.isArray(found) || !found.every((item) => typeof item === "string"))
            throw new RunError(`config ${key}: must be a list of strings, found ${JSON.stringify(found)}`);
        return found;
    }

    /** A list of files, as paths from the project's folder. */
    files(key: string): string[] {
        return this.list(key).map((file) => {
            const found = statSync(resolve(projectRoot, file), { throwIfNoEntry: false });
            if (found?.isFile() === true) return file;
            const what = found === undefined ? "there is no such file" : "that is no file";
            throw new RunError(
                `config ${key}: ${what}, found "${file}"; name a file by its path from the project's folder, ${projectRoot}`,
            );
        });
    }

    /** A list whose entries have a form; `form` says which, for people. */
    entries<T>(key: string, form: string, parse: (entry: string) => T | undefined): T[] {
        return this.list(key).map((entry) => {
            const value = parse(entry);
            if (value === undefined) throw new RunError(`config ${key}: must be ${form}, found "${entry}"`);
            return value;
        });
    }
}
