// Loaded by Node before index.ts (Pulumi.yaml, nodeargs). It makes TypeScript run, by tsx, with the places of its own lines in errors; and loads
// the libraries before that, for tsx would search each of their files for TypeScript, which was half of the program's start.
"use strict";
require("node:module").enableCompileCache();
// The SDK's instrumentation has to come before whatever loads gRPC.
for (const library of ["@pulumi/pulumi/cmd/run/instrumentation", "@pulumi/pulumi/runtime/stack", "zod"])
    require(library);
require("source-map-support/register-hook-require");
require("tsx/cjs");

// Two habits of the SDK took a quarter of a preview's time. It takes a stack trace for each promise it makes (several for every property), for a
// debugging aid that is off by default: errors about a resource name the resource. The check for promises that nobody waited for stays.
const debuggable = require("@pulumi/pulumi/runtime/debuggable");
const { debuggablePromise } = debuggable;
debuggable.debuggablePromise = (promise, context) => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
        return debuggablePromise(promise, context);
    } finally {
        Error.stackTraceLimit = limit;
    }
};
// And it sends the engine several debug lines a resource, each a call of its own, which the engine drops but for `--debug`: that shows the engine's
// own side of each resource.
require("@pulumi/pulumi/log").debug = () => Promise.resolve();
