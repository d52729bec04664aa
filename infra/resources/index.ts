// Everything a Pulumi program of this repository declares with its own provider.
export * from "./database";
export * from "./feed";
export * from "./namedCollection";
export * from "./process";
export * from "./provider";
export * from "./rule";
export * from "./supervisor";
export * from "./table";
export * from "./topic";
export * from "./view";
