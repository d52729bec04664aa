// Bytes as they are into ClickHouse: JSON would change whatever is not UTF-8.

/** A message as it is put into a feed's landing table. */
export interface LandingRow {
    /** Why it comes this way: never empty, the landing's views go by it. */
    error: string;
    raw: Uint8Array;
    key: Uint8Array;
    topic: string;
    partition: number;
    offset: bigint;
    /** Broker's time of the message, milliseconds. */
    timestampMs: bigint;
}

/** Columns of LandingRow in the order they are encoded in. */
export const landingColumns = "(_error, _raw_message, _key, _topic, _partition, _offset, _timestamp_ms)";

function sized(bytes: Uint8Array): Buffer[] {
    const length: number[] = [];
    let rest = bytes.length;
    while (rest >= 0x80) {
        length.push((rest & 0x7f) | 0x80);
        rest >>>= 7;
    }
    length.push(rest);
    return [Buffer.from(length), Buffer.from(bytes)];
}

function uint64(value: bigint): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return bytes;
}

/** RowBinary of a row: strings with their length in front, integers little-endian, 0 before a present Nullable. */
export function encode(row: LandingRow): Buffer {
    const text = (value: string): Buffer[] => sized(Buffer.from(value));
    const timestamp = Buffer.concat([Buffer.from([0]), uint64(BigInt.asUintN(64, row.timestampMs))]);
    return Buffer.concat([
        ...text(row.error),
        ...sized(row.raw),
        ...sized(row.key),
        ...text(row.topic),
        uint64(BigInt(row.partition)),
        uint64(row.offset),
        timestamp,
    ]);
}
