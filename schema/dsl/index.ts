// The language the catalogue is written in.
export * from "./columns";
export * from "./declaration";
export * from "./envelope";
