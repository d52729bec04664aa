// The only place of the provider that opens sockets: one client per service, made from the provider's configuration.
import { Problem } from "../problem";
import { type ProviderConfig } from "../config";
import { type Backtests, backtestsOf } from "./backtests";
import { type ClickHouse, ClickHouseService } from "./clickhouse";
import { Forward } from "./forward";
import { type Hyperdx, HyperdxService } from "./hyperdx";
import { type Kafka, KafkaService } from "./kafka";
import { type Patience } from "./reach";
import { type Supervisor, type Supervisors, supervisors } from "./supervisor";

export { type Backtests } from "./backtests";
export { type ClickHouse } from "./clickhouse";
export { type Account, type Hyperdx } from "./hyperdx";
export { type Kafka, type TopicState } from "./kafka";
export { type Patience, Rejected, said, Unreachable } from "./reach";
export { type Supervisor, type Supervisors } from "./supervisor";

/** What the kinds have of the outside world. */
export interface Clients {
    readonly clickhouse: ClickHouse;
    /** Past events in it, judged by rules. */
    readonly backtests: Backtests;
    readonly kafka: Kafka;
    readonly hyperdx: Hyperdx;
    /** The one that runs this stack's processes. */
    readonly supervisor: Supervisor;
    readonly supervisors: Supervisors;
}

/** The services of one provider configuration. */
export class Services {
    private readonly clickhouse: ClickHouseService | undefined;
    private readonly backtests: Backtests | undefined;
    private readonly kafka: KafkaService | undefined;
    private readonly hyperdx: HyperdxService | undefined;
    private readonly supervisor: Supervisor | undefined;

    constructor(config: ProviderConfig) {
        const {
            clickhouseUrl: url,
            clickhouseUser: user,
            clickhousePassword: password,
            clickhouseForward,
            kafkaBrokers,
            supervisorDir,
            previewEntities = false,
        } = config;
        const login = { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
        const forward = clickhouseForward && new Forward(clickhouseForward);
        const connection =
            url === undefined ? undefined : { url, ...login, ...(forward === undefined ? {} : { forward }) };
        this.clickhouse = connection && new ClickHouseService(connection);
        this.backtests = connection && backtestsOf(connection, previewEntities);
        this.kafka = kafkaBrokers === undefined ? undefined : new KafkaService(kafkaBrokers);
        this.hyperdx = hyperdxOf(config);
        this.supervisor = supervisorDir === undefined ? undefined : supervisors.of(supervisorDir);
    }

    /** Clients that wait for a service as long as told. */
    with(patience: Patience): Clients {
        const { clickhouse, backtests, kafka, hyperdx, supervisor } = this;
        return {
            get clickhouse() {
                return configured(clickhouse, "clickhouseUrl").with(patience);
            },
            get backtests() {
                return configured(backtests, "clickhouseUrl");
            },
            get kafka() {
                return configured(kafka, "kafkaBrokers").with(patience);
            },
            get hyperdx() {
                return configured(hyperdx, "hyperdxUrl with hyperdxEmail and hyperdxPassword").with(patience);
            },
            get supervisor() {
                return configured(supervisor, "supervisorDir");
            },
            supervisors,
        };
    }
}

function hyperdxOf({
    hyperdxUrl: url,
    hyperdxEmail: email,
    hyperdxPassword: password,
    hyperdxForward,
}: ProviderConfig): HyperdxService | undefined {
    if (url === undefined || email === undefined || password === undefined) return undefined;
    const forward = hyperdxForward === undefined ? {} : { forward: new Forward(hyperdxForward) };
    return new HyperdxService({ url, email, password, ...forward });
}

function configured<T>(service: T | undefined, property: string): T {
    if (service === undefined)
        throw new Problem(
            `provider trading: ${property} is missing, and this resource needs it; pass it to the Provider`,
        );
    return service;
}
