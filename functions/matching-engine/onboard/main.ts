// `npm run onboard -- --mapping M --sample F`: what a mapping makes of a sample of a feed, before anything is connected.
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { createReader } from "../formats/reader";
import { runCommand } from "../../shared/commandLine";
import { LineCutter } from "../../shared/lines";
import { loadMapping, type Mapping } from "../mapping/load";
import { type Message, profileSample } from "./profile";
import { needsWork, reportOf } from "./report";

const help = `
The sample is a file in the mapping's own format: a JSON document a line, a FIX message a line; for Avro and Protobuf a message's value a line
in base64. Nothing is sent anywhere. Exit code 0: every record is an event or ignored on purpose; 1: something is left to do; 2: the mapping
or the sample cannot be used.
`;

/** What a file system says, for people. */
const plainly: Readonly<Record<string, string>> = { ENOENT: "there is no such file", EISDIR: "it is a folder" };

function contentOf(file: string): Buffer {
    let content: Buffer;
    try {
        content = readFileSync(file);
    } catch (error) {
        const { code = "", message } = error as NodeJS.ErrnoException;
        const why = plainly[code] ?? message;
        throw new Error(`sample: cannot read ${file}: ${why}; name a file with records of the feed`, {
            cause: error,
        });
    }
    if (content.toString().trim() === "") throw new Error(`sample: ${file} holds no record; name a file with some`);
    return content;
}

function messagesOf(file: string, { type }: Mapping["format"]): Message[] {
    const cutter = new LineCutter();
    const lines = cutter.push(contentOf(file));
    const last = cutter.rest();
    const binary = type === "avro" || type === "protobuf";
    return [...lines, ...(last === undefined ? [] : [last])].map(({ value, number }) => ({
        number,
        value: binary ? Buffer.from(value.toString(), "base64") : value,
    }));
}

async function onboard({ mapping: mappingFile, sample }: { mapping: string; sample: string }): Promise<void> {
    const mapping = loadMapping(mappingFile);
    const { SCHEMA_REGISTRY_USERNAME: username, SCHEMA_REGISTRY_PASSWORD: password } = process.env;
    const login = username === undefined || password === undefined ? undefined : { username, password };
    const reader = createReader(mapping.format, login);
    const profile = await profileSample(mapping, reader, messagesOf(sample, mapping.format), Date.now());
    process.stdout.write(reportOf(profile, mappingFile, sample));
    process.exitCode = needsWork(profile) ? 1 : 0;
}

const command = new Command("npm run onboard --")
    .description(
        "Reports what a mapping makes of a sample: what is left out, unknown, missing, repeated, out of time, and empty",
    )
    .requiredOption("--mapping <file>", "mapping file")
    .requiredOption("--sample <file>", "sample of the feed")
    .addHelpText("after", help)
    .action(onboard);

runCommand(command);
