// A Kafka topic as a Pulumi resource.
import { type CustomResourceOptions, type Input, type Output } from "../pulumi";
import { Declared } from "./declared";
import { type OnDelete } from "../provider/kind";

/** What a topic is to be. */
export interface TopicArgs {
    /** Replaces when changed; refused while the old topic holds messages, unless `onDelete` says what becomes of them. */
    name: Input<string>;
    /** Grows in place; shrinking is refused. Growing moves keys to other partitions. */
    partitions: Input<number>;
    /** Kafka's own settings as text, e.g. `{"retention.ms": "604800000"}`; what is not given stays the broker's. */
    config: Input<Record<string, Input<string>>>;
    /** What becomes of messages when the topic is deleted. Defaults to `refuse`. */
    onDelete?: Input<OnDelete>;
}

/** A Kafka topic. Import by its name. */
export class Topic extends Declared {
    declare readonly name: Output<string>;
    declare readonly partitions: Output<number>;

    constructor(name: string, args: TopicArgs, opts?: CustomResourceOptions) {
        super("trading:kafka:Topic", name, args, opts);
    }
}
