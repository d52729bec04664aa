// A ClickHouse named collection as a Pulumi resource.
import { type CustomResourceOptions, type Input, type Output } from "../pulumi";
import { Declared } from "./declared";

/** What a named collection is to hold. */
export interface NamedCollectionArgs {
    /** Replaces when changed. */
    name: Input<string>;
    /**
     * Values may be secret. Kafka tables take changed ones when their feeds are made again. Keys `kafka.<setting>` go to librdkafka, which
     * ignores the server's own <kafka> section for tables made with a collection. `kafka.group_instance_id` lets a feed that was made again,
     * or a server that was killed, go on at once instead of after the session timeout; it needs one consumer per group.
     */
    entries: Input<Record<string, Input<string>>>;
}

/** Broker addresses and credentials under a name, kept out of statements. Import by its name; values are never read back. */
export class NamedCollection extends Declared {
    declare readonly name: Output<string>;

    constructor(name: string, args: NamedCollectionArgs, opts?: CustomResourceOptions) {
        super("trading:clickhouse:NamedCollection", name, args, opts);
    }
}
