// The kinds of a HyperDX, by type token.
import { type Kind } from "../kind";
import { connection } from "./connection";
import { dashboard } from "./dashboard";
import { source } from "./source";
import { team } from "./team";

export const hyperdxKinds: Readonly<Record<string, Kind<object>>> = {
    "trading:hyperdx:Connection": connection,
    "trading:hyperdx:Dashboard": dashboard,
    "trading:hyperdx:Source": source,
    "trading:hyperdx:Team": team,
};
