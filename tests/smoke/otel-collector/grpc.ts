// Asks the collector's gRPC door to take an empty batch of logs once with each token (an empty one: no header), and prints the statuses.
// grpc.ts <host:port> <token>...
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";

const method = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const bytes = (value: Buffer): Buffer => value;

function ask(client: Client, token: string): Promise<string> {
    const metadata = new Metadata();
    if (token !== "") metadata.set("authorization", `Bearer ${token}`);
    return new Promise((resolve) => {
        // A message without fields has no bytes.
        client.makeUnaryRequest(method, bytes, bytes, Buffer.alloc(0), metadata, (error: ServiceError | null) =>
            resolve(status[error?.code ?? status.OK]),
        );
    });
}

async function main(address: string, tokens: readonly string[]): Promise<void> {
    const client = new Client(address, credentials.createInsecure());
    const answers: string[] = [];
    for (const token of tokens) answers.push(await ask(client, token));
    client.close();
    process.stdout.write(`${answers.join(" ")}\n`);
}

const [, , address = "", ...tokens] = process.argv;
void main(address, tokens);
