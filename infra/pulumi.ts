// The part of Pulumi's SDK that the program uses. Its index also loads the automation API and the TypeScript compiler (for functions as
// resources), which would cost every preview 0.6 s; so the rest of infra/ imports the SDK from here.
export { Config } from "@pulumi/pulumi/config";
export { allConfig } from "@pulumi/pulumi/runtime/config";
export { RunError } from "@pulumi/pulumi/errors";
export { getStack } from "@pulumi/pulumi/metadata";
export { type Input, interpolate, type Output, output, secret } from "@pulumi/pulumi/output";
export {
    ComponentResource,
    CustomResource,
    type CustomResourceOptions,
    ProviderResource,
    type Resource,
    type ResourceOptions,
} from "@pulumi/pulumi/resource";
