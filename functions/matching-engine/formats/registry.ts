// Reads Avro and Protobuf messages with the schemas of a registry: whole numbers of 64 bits and decimals stay exact.
import { SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import { type Schema, types } from "avsc";
import { fromBytes, scaled } from "../mapping/numbers";
import { type Value } from "../record";
import { UnreadableError } from "./json";

/** The schema registry does not answer; the message may be fine. */
export class RegistryAwayError extends Error {
    override readonly name = "RegistryAwayError";
}

/** Who we are to the registry. */
export type RegistryLogin = {
    readonly username: string;
    readonly password: string;
};

const onlyRead = (): never => {
    throw new Error("avro: this type is only read");
};

/** 64 bits as digits; without it avsc refuses what a JavaScript number cannot hold. */
const longType = types.LongType.__with({
    fromBuffer: (bytes: Buffer) => String(bytes.readBigInt64LE()),
    toBuffer: onlyRead,
    fromJSON: String,
    toJSON: String,
    isValid: (value: unknown) => typeof value === "string",
    compare: onlyRead,
});

/** Avro's decimal: two's complement bytes and a scale in the schema. */
class DecimalType extends types.LogicalType {
    private readonly scale: number;

    constructor(schema: Schema, options?: unknown) {
        super(schema, options);
        this.scale = (schema as { scale?: number }).scale ?? 0;
    }

    protected override _fromValue(bytes: Uint8Array): string {
        return scaled(fromBytes(bytes), this.scale) ?? "";
    }

    protected override _toValue(): undefined {
        return undefined;
    }
}

const isLong = (schema: unknown): boolean =>
    schema === "long" ||
    (typeof schema === "object" && schema !== null && (schema as { type?: unknown }).type === "long");

const avroOptions = {
    typeHook: (schema: unknown) => (isLong(schema) ? longType : undefined),
    logicalTypes: { decimal: DecimalType },
};

/** A decoded message as texts, flags, lists and objects; bytes as base64. */
function asValue(decoded: unknown): Value {
    if (decoded === null || decoded === undefined) return null;
    if (typeof decoded === "string" || typeof decoded === "boolean") return decoded;
    if (typeof decoded === "number" || typeof decoded === "bigint") return String(decoded);
    if (decoded instanceof Uint8Array) return Buffer.from(decoded).toString("base64");
    if (Array.isArray(decoded)) return decoded.map(asValue);
    return Object.fromEntries(Object.entries(decoded).map(([name, value]) => [name, asValue(value)]));
}

/** Bytes before the message: magic byte and the schema's id; then, in Protobuf, the index of the message in its schema. */
const headBytes = 5;

function checkHead(type: "avro" | "protobuf", value: Buffer): void {
    if (value.length <= headBytes || value[0] !== 0)
        throw new UnreadableError(
            `${type}: expected a schema registry's message (0x00, schema id), found ${value.subarray(0, 6).toString("hex")}`,
        );
    // The client reads every message as the first type of its schema.
    if (type === "protobuf" && value[headBytes] !== 0)
        throw new UnreadableError(
            "protobuf: the message is not the first one of its schema; give the type a schema of its own",
        );
}

/** Reads messages of one registry. */
export class RegistryReader {
    private readonly registry: SchemaRegistry;
    private readonly known = new Set<number>();

    constructor(
        private readonly type: "avro" | "protobuf",
        host: string,
        login: RegistryLogin | undefined,
    ) {
        // The types of avsc do not know that a hook may return undefined.
        const options = { [SchemaType.AVRO]: avroOptions } as object;
        this.registry = new SchemaRegistry(login === undefined ? { host } : { host, auth: login }, options);
    }

    /**
     * @throws UnreadableError where the message or its schema does not fit
     * @throws RegistryAwayError where the registry cannot be asked; try again
     */
    async read(value: Buffer): Promise<Value> {
        checkHead(this.type, value);
        await this.fetch(value.readInt32BE(1));
        try {
            const decoded = (await this.registry.decode(value)) as { toJSON?: () => unknown };
            return asValue(this.type === "protobuf" ? decoded.toJSON?.() : decoded);
        } catch (error) {
            throw new UnreadableError(`${this.type}: ${(error as Error).message}`);
        }
    }

    /** Brings a schema, so that what fails later is the message's fault. */
    private async fetch(id: number): Promise<void> {
        if (this.known.has(id)) return;
        try {
            await this.registry.getSchema(id);
            this.known.add(id);
        } catch (error) {
            const { status, message } = error as Error & { status?: number };
            // 404 and the like will not change by themselves; everything else is the registry's or the network's trouble.
            if (status === undefined && !/request/i.test(message))
                throw new UnreadableError(`schema ${String(id)}: ${message}`);
            if (status === 404) throw new UnreadableError(`schema ${String(id)}: not in the registry`);
            throw new RegistryAwayError(`schema registry: ${message}`);
        }
    }
}
