// Typed readers over a stack's configuration: each checks one key and says what it found and what to do.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { projectRoot } from "./names";
import { allConfig, type Config, getStack, type Output, RunError } from "./pulumi";

/** Reads keys that Pulumi.yaml declares with a default. Every method throws RunError, which Pulumi prints without a stack trace. */
export class ConfigReader {
    private readonly asked = new Set<string>();

    constructor(private readonly config: Config) {}

    private of(key: string): Config {
        this.asked.add(key);
        return this.config;
    }

    /** To be called when all keys have been read: one that nobody has asked for is misspelt, and would be passed over in silence. */
    refuseUnknown(): void {
        const prefix = `${this.config.name}:`;
        const unknown = Object.keys(allConfig())
            .filter((name) => name.startsWith(prefix) && !this.asked.has(name.slice(prefix.length)))
            .map((name) => name.slice(prefix.length));
        if (unknown.length > 0)
            throw new RunError(
                `config ${unknown.join(", ")}: no key of this project, which are listed in Pulumi.yaml; correct it in Pulumi.${getStack()}.yaml, or: make pulumi STACK=${getStack()} ARGS="config rm ${unknown[0] ?? ""}"`,
            );
    }

    text(key: string): string {
        return this.of(key).require(key);
    }

    flag(key: string): boolean {
        return this.of(key).requireBoolean(key);
    }

    /** Encrypted in the state and hidden in previews, also where somebody has set it in plain text. */
    secret(key: string): Output<string> {
        return this.of(key).requireSecret(key);
    }

    choice<const T extends string>(key: string, allowed: readonly T[]): T {
        const found = this.of(key).require(key);
        const match = allowed.find((value) => value === found);
        if (match === undefined)
            throw new RunError(
                `config ${key}: must be one of ${allowed.join(", ")}, found "${found}"; run pulumi config set ${key} ${allowed[0] ?? ""}`,
            );
        return match;
    }

    /** A whole number from 1 to `max`. */
    positive(key: string, max: number): number {
        const found = this.of(key).requireNumber(key);
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
        const found = this.of(key).requireObject<unknown>(key);
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
