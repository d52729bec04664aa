// A local process as a Pulumi resource.
import { type CustomResourceOptions, type Input, type Output } from "../pulumi";
import { Declared } from "./declared";

/** What a process is to be. */
export interface ProcessArgs {
    /** Names its log, too. Replaces when changed. */
    name: Input<string>;
    /** Program and arguments, never through a shell. A change restarts the process. */
    command: Input<Input<string>[]>;
    /** The whole environment apart from PATH, HOME, LANG and TZ; values may be secret. A change restarts the process. */
    env: Input<Record<string, Input<string>>>;
    /** Absolute path; defaults to the project folder. */
    cwd?: Input<string>;
    /** Healthy is: a GET answers 2xx, or the port takes a connection. */
    health: Input<{ url: Input<string> } | { tcp: Input<string> }>;
    /** How long a start may take. Defaults to 60. */
    healthTimeoutSeconds?: Input<number>;
    /** Any text, such as a hash of sources: a change restarts the process. */
    fingerprint?: Input<string>;
}

/** A process under the stack's supervisor; a dead one shows in a preview, and the next up starts it. */
export class Process extends Declared {
    declare readonly name: Output<string>;

    constructor(name: string, args: ProcessArgs, opts?: CustomResourceOptions) {
        super("trading:embedded:Process", name, args, opts);
    }
}
