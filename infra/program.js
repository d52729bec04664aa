// Loaded by Node before index.ts (Pulumi.yaml, nodeargs). It makes TypeScript run, by tsx, with the places of its own lines in errors; and loads
// the libraries before that, for tsx would search each of their files for TypeScript, which was half of the program's start.
"use strict";
require("node:module").enableCompileCache();
// The SDK's instrumentation has to come before whatever loads gRPC.
for (const library of ["@pulumi/pulumi/cmd/run/instrumentation", "@pulumi/pulumi/runtime/stack", "zod"])
    require(library);
require("source-map-support/register-hook-require");
require("tsx/cjs");
