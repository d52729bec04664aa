// Entry of the provider's process: serves on a free loopback port and prints it, which is how the engine learns it.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Engine } from "./engine";
import { implementation } from "./server";

/** Runs until the engine lets go, also when it was killed: its end of our standard input closes then. */
export function main(): void {
    process.stdin.once("end", () => process.exit(0)).resume();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0));
    const engine = new Engine();
    engine.attach(process.argv[2]);
    const size = 256 * 1024 * 1024;
    const server = new Server({ "grpc.max_receive_message_length": size, "grpc.max_send_message_length": size });
    server.addService(ResourceProviderService, implementation(engine));
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
        if (error !== null) {
            process.stderr.write(`provider trading: no port to listen on, ${error.message}\n`);
            process.exit(1);
        }
        process.stdout.write(`${String(port)}\n`);
    });
}
