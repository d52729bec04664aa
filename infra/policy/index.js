// Where the pack begins. The SDK's loader of policy packs registers a TypeScript compiler of its own, always; tsx, loaded after it, takes its place.
"use strict";
require("tsx/cjs");
require("./pack.ts");
