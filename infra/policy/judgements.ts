// What the policies say of a resource: from its type and inputs to the words of each violation, none where it is in order. Pure.

/** What a policy sees of a resource. Inputs of which nothing is known before an update are absent. */
export interface Judged {
    readonly type: string;
    readonly props: Readonly<Record<string, unknown>>;
    /** The resource option `protect`. */
    readonly isProtected: boolean;
}

/** Violations, in words that say what was found and what to do. */
export type Judgement = (resource: Judged) => string[];

type Inputs = Readonly<Record<string, unknown>>;
const isInputs = (value: unknown): value is Inputs =>
    typeof value === "object" && value !== null && !Array.isArray(value);
const inputsOf = (value: unknown): Inputs => (isInputs(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const shown = (value: unknown): string => (typeof value === "string" ? `"${value}"` : String(value));

/** Tables split by the day of the event are facts; references keep the last state of a thing and have no days. */
const isFact = ({ type, props }: Judged): boolean =>
    type === "trading:clickhouse:Table" &&
    props["database"] === "facts" &&
    props["partitionBy"] === "toDate(event_time)";

/** Every fact is deleted after a number of days. */
export const factsExpire: Judgement = (resource) => {
    if (!isFact(resource)) return [];
    const { days } = inputsOf(resource.props["ttl"]);
    if (typeof days === "number" && days > 0) return [];
    return [`a fact without an end would fill the disk: ttl.days is ${shown(days)}; set retentionDays or ttl`];
};

/** Every feed has a place for what it cannot take. */
export const feedsKeepDeadLetters: Judgement = ({ type, props }) => {
    if (type !== "trading:clickhouse:Feed") return [];
    const { table } = inputsOf(props["deadLetters"]);
    if (typeof table === "string" && table !== "") return [];
    return [
        `messages that it refuses would be gone: deadLetters.table is ${shown(table)}; name the table of dead letters`,
    ];
};

/** A digest, the id of an image that is here, or a tag with at least two numbers: `8.19`, `v1.2.3-alpine`. */
const pinned = /^sha256:|@sha256:[0-9a-f]{64}$|:v?\d+\.\d+[\w.-]*$/;

/** Every `image` anywhere in the inputs. */
function imagesIn(value: unknown): unknown[] {
    if (Array.isArray(value)) return value.flatMap(imagesIn);
    if (!isInputs(value)) return [];
    return Object.entries(value).flatMap(([key, member]) =>
        key === "image" && typeof member === "string" ? [member] : imagesIn(member),
    );
}

/** What runs tomorrow is what was reviewed: no image by a tag that moves. */
export const imagesArePinned: Judgement = ({ type, props }) => {
    const isPulled = type === "docker:index/remoteImage:RemoteImage";
    if (!isPulled && !/^(docker|kubernetes):/.test(type)) return [];
    const images = isPulled ? [props["name"]] : imagesIn(props);
    return images
        .filter((image): image is string => typeof image === "string" && !pinned.test(image))
        .map((image) => `image ${shown(image)} may be another tomorrow; give its digest or an exact version`);
};

const loopback = /^(127\.\d+\.\d+\.\d+|::1)$/;

function publishedPorts(props: Inputs): string[] {
    return listOf(props["ports"])
        .map(inputsOf)
        .filter(({ ip }) => typeof ip !== "string" || !loopback.test(ip))
        .map(
            ({ internal, ip }) =>
                `port ${shown(internal)} is published on ${typeof ip === "string" ? ip : "all addresses"}; publish it on 127.0.0.1, behind the proxy`,
        );
}

/** The proxy of a docker stack (infra/names.ts names it so), which config publishHost may open. */
const isProxy = ({ name }: Inputs): boolean => typeof name === "string" && /^trading-.+-nginx$/.test(name);

/** Nothing can be reached from outside but by the proxy. */
export const portsArePrivate: Judgement = ({ type, props }) => {
    if (type === "docker:index/container:Container") return isProxy(props) ? [] : publishedPorts(props);
    if (!/^kubernetes:core\/v1:Service$/.test(type)) return [];
    const kind = inputsOf(props["spec"])["type"];
    if (kind !== "LoadBalancer" && kind !== "NodePort") return [];
    return [`a service of type ${kind} can be reached from outside; use ClusterIP and an Ingress`];
};

const tablesAndTopics = /^trading:(clickhouse:(Database|Table)|kafka:Topic)$/;
const volumes = /^(docker:index\/volume:Volume|kubernetes:core\/v1:PersistentVolumeClaim)$/;

/** What holds data does not go by an oversight: volumes are protected, tables and topics refuse or are kept. */
export const dataIsProtected: Judgement = ({ type, props, isProtected }) => {
    if (isProtected) return [];
    if (volumes.test(type))
        return ["a volume that is not protected may go with its stack; set the stack's onDelete to refuse"];
    if (!tablesAndTopics.test(type) || props["onDelete"] !== "drop") return [];
    return ['onDelete is "drop": its data would go with it; set the stack\'s onDelete to refuse or keep'];
};
