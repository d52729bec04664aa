// What the routes of the gateway share.
import { type Linker } from "../sentiment/linking/linker";
import { type Admission } from "./admission";
import { type Intake } from "./intake";
import { type Knowledge } from "./judge";
import { type Keyring } from "./keys";

export interface Services extends Knowledge {
    readonly keyring: Keyring;
    readonly admission: Admission;
    readonly intake: Intake;
    readonly linker: Linker;
    /** Requests of one producer. */
    readonly requestsPerMinute: number;
    /** Reports of one browser address. */
    readonly actionsPerMinute: number;
    /** Web origins whose pages may report actions. */
    readonly actionsOrigins: readonly string[];
}
