// The one place where connection data goes: every resource of the provider gets it as its provider, never as an input.
import { type Input, ProviderResource, type ResourceOptions, secret } from "../pulumi";

/** A Service of a Kubernetes cluster. */
export interface Forwarded {
    /** Of the kubeconfig; absent: its current one. */
    context?: string;
    namespace: string;
    service: string;
    port: number;
}

/** Where the services are. None of it takes part in any diff: moving a server changes nothing that is in it. */
export interface ProviderArgs {
    /** ClickHouse's HTTP interface, e.g. `http://127.0.0.1:8123`. */
    clickhouseUrl?: string;
    /** Defaults to ClickHouse's `default`. */
    clickhouseUser?: string;
    /** Kept secret in the state. Defaults to none. */
    clickhousePassword?: Input<string>;
    /** A Service of a Kubernetes cluster: clickhouseUrl is reached through it by a port-forward that the provider opens. */
    clickhouseForward?: Forwarded;
    /** Kafka's brokers, each `host:port`. */
    kafkaBrokers?: string[];
    /** HyperDX's API, with the first user the provider registers there and then is; all three, or there is no HyperDX. */
    hyperdx?: {
        url: string;
        email: string;
        /** Kept secret in the state. */ password: Input<string>;
        forward?: Forwarded;
    };
    /** Folder of the supervisor that runs this stack's local processes. */
    supervisorDir?: string;
    /** Whether the backtest of a changed rule in a preview names users and accounts. Defaults to false: previews end up in pull requests. */
    previewEntities?: boolean;
}

/** The provider of all `trading:` resources; pass it as their `provider` option. */
export class Provider extends ProviderResource {
    constructor(name: string, args: ProviderArgs, opts?: ResourceOptions) {
        const { kafkaBrokers, clickhouseForward, clickhousePassword, hyperdx, previewEntities = false, ...rest } = args;
        super(
            "trading",
            name,
            {
                ...rest,
                ...(previewEntities ? { previewEntities: "true" } : {}),
                ...(kafkaBrokers === undefined ? {} : { kafkaBrokers: JSON.stringify(kafkaBrokers) }),
                ...(clickhouseForward === undefined ? {} : { clickhouseForward: JSON.stringify(clickhouseForward) }),
                ...(clickhousePassword === undefined ? {} : { clickhousePassword: secret(clickhousePassword) }),
                ...(hyperdx === undefined ? {} : hyperdxConfig(hyperdx)),
            },
            opts,
        );
    }
}

const hyperdxConfig = ({
    url,
    email,
    password,
    forward,
}: NonNullable<ProviderArgs["hyperdx"]>): Record<string, Input<string>> => ({
    hyperdxUrl: url,
    hyperdxEmail: email,
    hyperdxPassword: secret(password),
    ...(forward === undefined ? {} : { hyperdxForward: JSON.stringify(forward) }),
});
