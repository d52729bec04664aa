/** Between the Pulumi engine and `index.ts`: serves the engine's LanguageRuntime protocol and runs the program with the SDK's own entry point. */
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import * as language from "@pulumi/pulumi/proto/language_pb";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { version as sdkVersion } from "@pulumi/pulumi/package.json";
import { runPlugin, runProgram } from "./programs";

type Unary<Request, Response> = (
    call: grpc.ServerUnaryCall<Request, Response>,
    callback: grpc.sendUnaryData<Response>,
) => void;

/** Wraps a function of the request as a gRPC unary handler; what it throws reaches the engine as its message, without a stack. */
function unary<Request, Response>(
    answer: (request: Request) => Response | Promise<Response>,
): Unary<Request, Response> {
    return (call, callback) => {
        Promise.resolve(call.request)
            .then(answer)
            .then(
                (response) => callback(null, response),
                (cause: unknown) => callback({ code: grpc.status.UNKNOWN, details: `language host: ${String(cause)}` }),
            );
    };
}

function about(): language.AboutResponse {
    return new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version);
}

/** Nothing to install or to acquire: `npm ci` brought the dependencies, and providers are found by their path in Pulumi.yaml. */
const implementation: grpc.UntypedServiceImplementation = {
    handshake: unary(() => new language.LanguageHandshakeResponse()),
    getPluginInfo: unary(() => new PluginInfo().setVersion(sdkVersion)),
    getRequiredPlugins: unary(() => new language.GetRequiredPluginsResponse()),
    getRequiredPackages: unary(() => new language.GetRequiredPackagesResponse()),
    getProgramDependencies: unary(() => new language.GetProgramDependenciesResponse()),
    runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),
    about: unary(about),
    cancel: unary(() => new Empty()),
    installDependencies: (call: grpc.ServerWritableStream<unknown, unknown>) => call.end(),
    run: unary((request: language.RunRequest) => runProgram(request, engineAddress())),
    runPlugin,
};

/** The engine passes its address as the last argument. */
function engineAddress(): string {
    return process.argv.at(-1) ?? "";
}

/** Serves on a free loopback port and prints it, which is how the engine learns it; ends with the engine, also with one that was killed. */
export function main(): void {
    process.stdin.once("end", () => process.exit(0)).resume();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0));
    const server = new grpc.Server();
    server.addService(LanguageRuntimeService, implementation);
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error !== null) {
            process.stderr.write(`pulumi-language-nodejs: no port to listen on, ${error.message}\n`);
            process.exit(1);
        }
        process.stdout.write(`${String(port)}\n`);
    });
}
