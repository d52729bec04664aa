// What the resources of this provider have in common.
import { CustomResource, type CustomResourceOptions } from "../pulumi";

/** A resource of the provider `trading`. */
export abstract class Declared extends CustomResource {
    constructor(type: string, name: string, args: object, opts?: CustomResourceOptions) {
        super(type, name, { ...args }, opts);
    }
}
