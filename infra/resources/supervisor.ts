// The supervisor of a stack's local processes as a Pulumi resource.
import { type CustomResourceOptions, type Input, type Output } from "../pulumi";
import { Declared } from "./declared";

/** Where a supervisor lives. */
export interface SupervisorArgs {
    /** Absolute path of the stack's folder. Replaces when changed. */
    dir: Input<string>;
}

/** A detached process that keeps the stack's local processes alive; deleting it stops them. */
export class Supervisor extends Declared {
    declare readonly dir: Output<string>;

    constructor(name: string, args: SupervisorArgs, opts?: CustomResourceOptions) {
        super("trading:embedded:Supervisor", name, args, opts);
    }
}
