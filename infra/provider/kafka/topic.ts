// Kind: a Kafka topic. It grows partitions and takes new settings in place; it never shrinks and never goes with messages unasked.
import { z } from "zod";
import { type Changes, compare, replacing, touches } from "../changes";
import { type Kafka, type TopicState } from "../clients";
import { onDeleteShape } from "../clickhouse/shapes";
import { type Context, type Kind, type OnDelete } from "../kind";
import { Problem } from "../problem";
import { ifReachable, notChecked } from "../reachable";
import { mayDrop, moveRefused } from "../retain";

/** A topic's inputs. */
export interface TopicInputs {
    name: string;
    partitions: number;
    config: Record<string, string>;
    onDelete?: OnDelete;
}

const holding = async (kafka: Kafka, name: string): Promise<{ what: string; count: number; noun: string }> => {
    const exists = (await kafka.describe(name)) !== undefined;
    return { what: `topic ${name}`, count: exists ? await kafka.messages(name) : 0, noun: "message" };
};

function refuseShrinking(name: string, now: number, wanted: number): void {
    if (wanted >= now) return;
    throw new Problem(
        `topic ${name}: partitions would shrink from ${String(now)} to ${String(wanted)}, which Kafka cannot do; keep ${String(now)}, or declare a new topic (the next .v number) and move its producers and its feed`,
    );
}

/** Moving to another name deletes the old topic: refused while it holds messages, unless it is declared what becomes of them. */
async function refuseMove({ clients }: Context, old: TopicInputs, inputs: TopicInputs): Promise<void> {
    if (old.name === inputs.name) return;
    const held = await holding(clients.kafka, old.name);
    if (held.count > 0) throw moveRefused(held, "name");
}

async function apply(
    { clients: { kafka } }: Context,
    inputs: TopicInputs,
    former: Record<string, string>,
): Promise<void> {
    const { name, partitions, config } = inputs;
    const live = await kafka.describe(name);
    if (live === undefined) return kafka.create(name, partitions, config);
    refuseShrinking(name, live.partitions, partitions);
    if (partitions > live.partitions) await kafka.grow(name, partitions);
    // Settings are replaced as a whole, so those that others have set on the topic are sent along.
    const others = setOnTopic(live).filter(([key]) => !(key in former) && !(key in config));
    if (differs(config, live) || Object.keys(former).some((key) => !(key in config)))
        await kafka.configure(name, { ...Object.fromEntries(others), ...config });
}

const setOnTopic = ({ config }: TopicState): [string, string][] =>
    Object.entries(config)
        .filter(([, { ofTopic }]) => ofTopic)
        .map(([key, { value }]) => [key, value]);

const differs = (config: Record<string, string>, live: TopicState): boolean =>
    Object.entries(config).some(([key, value]) => live.config[key]?.value !== value);

const outputsOf = ({ name, partitions }: TopicInputs): object => ({ name, partitions });

export const topic: Kind<TopicInputs> = {
    shape: z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, "must be letters, digits, . _ or -"),
        partitions: z.int("must be a whole number").min(1, "must be 1 or more"),
        config: z.record(z.string(), z.string('must be text, e.g. "604800000"')),
        onDelete: onDeleteShape.exactOptional(),
    }),

    title: ({ name }) => `topic ${name}`,

    async diff(context, old, inputs): Promise<Changes> {
        const changes = compare(old.inputs, inputs);
        if (!touches(changes, "name")) return { changes };
        const keeps = (old.inputs.onDelete ?? "refuse") !== "refuse";
        const count = async (): Promise<number> => (await holding(context.clients.kafka, old.inputs.name)).count;
        const moves = keeps || (await ifReachable(context, notChecked, count, 1)) === 0;
        return { changes: moves ? replacing(changes, "name") : changes };
    },
    async rehearse(context, inputs, old) {
        if (old !== undefined) {
            await refuseMove(context, old.inputs, inputs);
            refuseShrinking(inputs.name, old.inputs.partitions, inputs.partitions);
        }
        const live = await context.clients.kafka.describe(inputs.name);
        if (live !== undefined) refuseShrinking(inputs.name, live.partitions, inputs.partitions);
    },
    async create(context, inputs) {
        await apply(context, inputs, {});
        return { id: inputs.name, outputs: outputsOf(inputs) };
    },
    async update(context, old, inputs) {
        await refuseMove(context, old.inputs, inputs);
        await apply(context, inputs, old.inputs.config);
        return outputsOf(inputs);
    },
    async read({ clients }, id, old) {
        const live = await clients.kafka.describe(id);
        if (live === undefined) return undefined;
        // The broker's own defaults are no drift: only what is declared is compared, and all that is set on the topic on import.
        const keys = Object.keys(old?.inputs.config ?? Object.fromEntries(setOnTopic(live)));
        const config = keys.map((key) => [key, live.config[key]?.value ?? ""] as const);
        const inputs = { ...old?.inputs, name: id, partitions: live.partitions, config: Object.fromEntries(config) };
        return { id, inputs, outputs: outputsOf(inputs) };
    },
    async delete({ clients: { kafka }, log }, { inputs: { name, onDelete } }) {
        if (mayDrop(await holding(kafka, name), onDelete, log)) await kafka.delete(name);
    },
};
