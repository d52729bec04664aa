// What is in a HyperDX, as Pulumi resources. Not among those of every stack (index.ts): who has a HyperDX imports them from here.
import { type CustomResourceOptions, type Input, type Output, secret } from "../pulumi";
import { type Filter, type MarkdownTile, type SqlTile, type Tile } from "../provider/hyperdx/dashboardShape";
import { type SourceInputs } from "../provider/hyperdx/source";
import { Declared } from "./declared";

/** Outputs that are no inputs: the SDK gives a resource only those properties that its arguments name. */
const made = (...outputs: string[]): Record<string, undefined> =>
    Object.fromEntries(outputs.map((each) => [each, undefined]));

/** What a team is to be. */
export interface HyperdxTeamArgs {
    /** Of its first user: the same as the Provider's. */
    email: Input<string>;
}

/** HyperDX's first user, the one the provider is. Everything else in it depends on this. */
export class HyperdxTeam extends Declared {
    declare readonly email: Output<string>;
    /** For /api/v2 and MCP; secret. */
    declare readonly accessKey: Output<string>;
    /** For collectors that are told what to do by HyperDX; secret. */
    declare readonly ingestionKey: Output<string>;

    constructor(name: string, args: HyperdxTeamArgs, opts?: CustomResourceOptions) {
        super("trading:hyperdx:Team", name, { ...args, ...made("accessKey", "ingestionKey") }, opts);
    }
}

/** What a connection is to be. */
export interface HyperdxConnectionArgs {
    name: Input<string>;
    /** ClickHouse's HTTP interface as HyperDX reaches it. */
    host: Input<string>;
    /** One that may only read. */
    username: Input<string>;
    /** Kept secret in the state. HyperDX never shows it again: a foreign one is not found out. */
    password?: Input<string>;
}

/** A ClickHouse that HyperDX asks. Import by its id. */
export class HyperdxConnection extends Declared {
    declare readonly name: Output<string>;

    constructor(name: string, { password, ...rest }: HyperdxConnectionArgs, opts?: CustomResourceOptions) {
        const hidden = password === undefined ? {} : { password: secret(password) };
        super("trading:hyperdx:Connection", name, { ...rest, ...hidden }, opts);
    }
}

type WithConnection<S> = S extends unknown ? Omit<S, "connection"> & { connection: Input<string> } : never;

/** What a source is to be; everything is changed in place. */
export type HyperdxSourceArgs = WithConnection<SourceInputs>;

/** A table of ClickHouse that HyperDX's search and charts offer. */
export class HyperdxSource extends Declared {
    declare readonly name: Output<string>;

    constructor(name: string, args: HyperdxSourceArgs, opts?: CustomResourceOptions) {
        super("trading:hyperdx:Source", name, args, opts);
    }
}

/** A tile; the connection its query goes to may be one that is still to be made. */
export type HyperdxTile = Omit<Tile, "config"> & {
    config: MarkdownTile | (Omit<SqlTile, "connectionId"> & { connectionId: Input<string> });
};

/** What a dashboard is to be; everything is changed in place. */
export interface HyperdxDashboardArgs {
    name: string;
    tags?: string[];
    /** By keys that stay: a tile is the same one under the same key, wherever it moves and whatever it is called. */
    tiles: Record<string, HyperdxTile>;
    /** By keys that stay. */
    filters?: Record<string, Omit<Filter, "sourceId"> & { sourceId: Input<string> }>;
}

/** A dashboard. What somebody changes in HyperDX's pages shows as drift after a refresh. */
export class HyperdxDashboard extends Declared {
    declare readonly name: Output<string>;
    /** HyperDX's ids of the tiles, by their keys. */
    declare readonly tileIds: Output<Record<string, string>>;

    constructor(name: string, args: HyperdxDashboardArgs, opts?: CustomResourceOptions) {
        super("trading:hyperdx:Dashboard", name, { ...args, ...made("tileIds") }, opts);
    }
}
