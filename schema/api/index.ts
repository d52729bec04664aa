// The gateway's interface as data: what it takes, what it answers, and the documents that say so.
export * from "./actions";
export * from "./events";
export * from "./limits";
export * from "./openapi";
export * from "./posts";
export * from "./receipt";
