// The smallest program that shows what a language host must pass on: config, secrets, names, a resource of a provider by path.
import * as pulumi from "@pulumi/pulumi";

// eslint-disable-next-line no-restricted-syntax -- a program of its own
const config = new pulumi.Config();
const failure = config.get("failure");
if (failure === "exception") throw new TypeError("thrown on purpose");
if (failure === "told") throw new pulumi.RunError("told on purpose");
if (failure === "killed") process.kill(process.pid, "SIGKILL");

class Thing extends pulumi.CustomResource {
    constructor(name: string, args: { word: string; seconds: number; onDelete: string }) {
        super("slow:index:Thing", name, args);
    }
}
new Thing("thing", {
    word: config.require("word"),
    seconds: config.requireNumber("seconds"),
    onDelete: config.require("onDelete"),
});

process.stdout.write("printed by the program\n");
export const word = config.require("word");
export const password = config.getSecret("password");
export const place = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
export const isSecretKnown = config.get("password") === undefined ? "no password" : "password";
