// A feed as a Pulumi resource: everything between a topic and its table.
import { type CustomResourceOptions, type Output } from "../pulumi";
import { Declared } from "./declared";
import { type FeedSpec } from "../../schema/ddl/spec";

/**
 * What a feed is to be. Any change makes all its objects again under the same consumer group; Kafka keeps what arrives meanwhile.
 * Caution: a changed `group` is refused, it is the feed's place in the topic.
 */
export type FeedArgs = FeedSpec;

/** The way of a topic into a table. Make it depend on its topic, its tables and its named collection: creating it starts consumption. */
export class Feed extends Declared {
    /** Consumer group, for lag monitoring. */
    declare readonly group: Output<string>;
    declare readonly topic: Output<string>;

    constructor(name: string, args: FeedArgs, opts?: CustomResourceOptions) {
        // Maps have no order on Pulumi's wire, columns in a statement do.
        super("trading:clickhouse:Feed", name, { ...args, columnOrder: Object.keys(args.columns).join(",") }, opts);
    }
}
