// Between the collector and the embedded ClickHouse. The exporter's Go client reads answers in the Native format of its own protocol version, which a server
// takes from `client_protocol_version` and the engine within a process has no such thing: it writes Native as files have it. So the client's few questions
// (hello, DESCRIBE) are asked as JSON and answered as it expects them; statements and inserted blocks pass as they are.
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

interface Table {
    readonly meta: readonly { readonly name: string; readonly type: string }[];
    readonly data: readonly (readonly unknown[])[];
}

function varint(value: number): Buffer {
    const bytes: number[] = [];
    for (let rest = value; ; rest >>>= 7) {
        if (rest < 0x80) return Buffer.from([...bytes, rest]);
        bytes.push((rest & 0x7f) | 0x80);
    }
}

const text = (value: string): Buffer => Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);

/** A value of the types that the client asks for. */
function encoded(type: string, value: unknown): Buffer {
    if (type === "String") return text(String(value));
    if (type === "UInt8") return Buffer.from([Number(value)]);
    if (type !== "UInt32") throw new Error(`door: a column of type ${type} was not foreseen`);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(Number(value));
    return bytes;
}

/** Says: no overflow, no bucket. */
const blockInfo = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);
const noCustomSerialization = Buffer.from([0]);

/** One block in the Native format of the client's version. */
function nativeBlock({ meta, data }: Table): Buffer {
    const columns = meta.flatMap(({ name, type }, index) => [
        ...[text(name), text(type), noCustomSerialization],
        ...data.map((row) => encoded(type, row[index])),
    ]);
    return Buffer.concat([blockInfo, varint(meta.length), varint(data.length), ...columns]);
}

/** Listens on a free port before the server at `target`; returns its own address. */
export async function openDoor(target: string): Promise<{ url: string; close(): void }> {
    const pass = async (request: IncomingMessage): Promise<{ status: number; body: Buffer }> => {
        const body = await buffer(request);
        const url = new URL(request.url ?? "/", target);
        const query = url.searchParams.get("query") ?? body.toString("utf8", 0, 16);
        const asks = /^\s*(SELECT|DESC)/i.test(query);
        if (asks) url.searchParams.set("default_format", "JSONCompact");
        const answer = await fetch(url, { method: "POST", body });
        const received = Buffer.from(await answer.arrayBuffer());
        const translated = asks && answer.ok ? nativeBlock(JSON.parse(received.toString()) as Table) : received;
        return { status: answer.status, body: translated };
    };
    const server = createServer((request, response) => {
        pass(request).then(
            ({ status, body }) => response.writeHead(status).end(body),
            (error: unknown) => response.writeHead(502).end(String(error)),
        );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${String(port)}`, close: () => void server.close() };
}
