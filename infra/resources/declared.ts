// What the resources of this provider have in common.
import { CustomResource, type CustomResourceOptions } from "../pulumi";

/** A resource of the provider `trading`. */
export abstract class Declared extends CustomResource {
    constructor(type: string, name: string, args: object, opts?: CustomResourceOptions) {
        // The SDK takes a stack trace for each of the two promises behind every property, for a debugging aid that is off by default: it was
        // the largest part of a preview's time. Errors about a resource name the resource.
        const limit = Error.stackTraceLimit;
        Error.stackTraceLimit = 0;
        try {
            super(type, name, { ...args }, opts);
        } finally {
            Error.stackTraceLimit = limit;
        }
    }
}
