// The program of the test of resources: rollups alone, on a server that has the facts' tables.
import { type Settings } from "../../../infra/config";
import { Rollups } from "../../../infra/pipeline/rollups";
import { Provider } from "../../../infra/resources";
import { type Target } from "../../../infra/targets";

const provider = new Provider("trading", { clickhouseUrl: process.env["ROLLUPS_CLICKHOUSE_URL"] ?? "" });
new Rollups({ onDelete: "drop" } as Settings, { provider, ready: [provider] as Target["ready"] } as Target, new Map());
