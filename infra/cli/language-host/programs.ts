/** Below the language host: starts the Node processes the engine asks for, the Pulumi program itself or a plugin written in Node. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { type ProgramInfo, RunPluginResponse, RunResponse } from "@pulumi/pulumi/proto/language_pb";
import type { RunPluginRequest, RunRequest } from "@pulumi/pulumi/proto/language_pb";

/** The exit code by which the SDK's entry point says that it has already reported the error to the user. */
const alreadyReported = 32;

interface Started {
    program: string;
    entryPoint: string;
    nodeArgs: string[];
}

/** What to start: resolved from the program's own folder, so that program and entry point share one copy of the SDK. */
function start(info: ProgramInfo | undefined, entryPoint: "run" | "run-plugin" | "run-policy-pack"): Started {
    if (info === undefined)
        throw new Error("the engine named no program to run; use a Pulumi CLI of version 3.200 or later");
    const options = info.getOptions()?.toJavaScript() ?? {};
    const nodeArgs = typeof options["nodeargs"] === "string" ? options["nodeargs"].split(/\s+/).filter(Boolean) : [];
    const program = path.resolve(info.getProgramDirectory(), info.getEntryPoint());
    const { resolve } = createRequire(path.join(info.getProgramDirectory(), "package.json"));
    return { program, entryPoint: resolve(`@pulumi/pulumi/cmd/${entryPoint}`), nodeArgs };
}

/** The arguments of the SDK's `cmd/run` for one request. */
function runArguments(request: RunRequest, engine: string): string[] {
    const flags = {
        monitor: request.getMonitorAddress(),
        engine,
        organization: request.getOrganization(),
        project: request.getProject(),
        stack: request.getStack(),
        "root-directory": request.getInfo()?.getRootDirectory() ?? "",
        pwd: request.getPwd(),
        parallel: request.getParallel() > 0 ? String(request.getParallel()) : "",
    };
    const given = Object.entries(flags).filter(([, value]) => value !== "");
    return [...given.flatMap(([flag, value]) => [`--${flag}`, value]), ...(request.getDryrun() ? ["--dry-run"] : [])];
}

function runEnvironment(request: RunRequest): NodeJS.ProcessEnv {
    return {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toObject(false))),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        PULUMI_NODEJS_TYPESCRIPT: "false",
    };
}

function outcome(code: number | null, signal: NodeJS.Signals | null): RunResponse {
    if (code === 0) return new RunResponse();
    if (code === alreadyReported) return new RunResponse().setBail(true);
    const how = signal === null ? `ended with exit code ${String(code)}` : `was killed by ${signal}`;
    return new RunResponse().setError(`the program ${how}`);
}

/** Runs the Pulumi program to its end. Its output goes through this process's own, which the engine shows. */
export function runProgram(request: RunRequest, engine: string): Promise<RunResponse> {
    const { program, entryPoint, nodeArgs } = start(request.getInfo(), "run");
    const command = [...nodeArgs, entryPoint, ...runArguments(request, engine), program, ...request.getArgsList()];
    const child = spawn(process.execPath, command, {
        env: runEnvironment(request),
        stdio: ["ignore", "inherit", "inherit"],
    });
    process.once("exit", () => child.kill("SIGKILL"));
    return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", (code, signal) => resolve(outcome(code, signal)));
    });
}

/** Runs a provider or policy pack written in Node, streaming its output (the first line is its port) until it ends or the engine lets go. */
export function runPlugin(call: ServerWritableStream<RunPluginRequest, RunPluginResponse>): void {
    const { request } = call;
    const isPolicy = request.getKind() === "analyzer";
    const { program, entryPoint, nodeArgs } = start(request.getInfo(), isPolicy ? "run-policy-pack" : "run-plugin");
    const positional = isPolicy ? [...request.getArgsList(), program] : [program, ...request.getArgsList()];
    const given = request.getEnvList().map((entry): [string, string] => {
        const [key, ...value] = entry.split("=");
        return [key ?? "", value.join("=")];
    });
    const child = spawn(process.execPath, [...nodeArgs, entryPoint, ...positional], {
        cwd: isPolicy ? program : request.getPwd(),
        env: { ...process.env, ...Object.fromEntries(given) },
        // Its input stays open as long as this host lives, as a plugin started by the engine itself would have it.
        stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdout.on("data", (data: Buffer) => call.write(new RunPluginResponse().setStdout(data)));
    child.stderr.on("data", (data: Buffer) => call.write(new RunPluginResponse().setStderr(data)));
    child.once("error", (cause) => call.destroy(cause));
    child.once("close", (code) => {
        call.write(new RunPluginResponse().setExitcode(code ?? 1));
        call.end();
    });
    call.once("cancelled", () => child.kill());
    process.once("exit", () => child.kill("SIGKILL"));
}
