// Everything that turns declarations into ClickHouse SQL; pure.
export * from "./feed";
export * from "./house";
export * from "./quote";
export * from "./spec";
export * from "./table";
export * from "./tables";
