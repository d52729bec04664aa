// The policy pack: pulumi preview --policy-pack infra/policy. Whether a value is a Pulumi secret no policy can see: the SDK unwraps it before.
import { PolicyPack, type ResourceValidationPolicy } from "@pulumi/policy";
import {
    dataIsProtected,
    factsExpire,
    feedsKeepDeadLetters,
    imagesArePinned,
    type Judgement,
    portsArePrivate,
} from "./judgements";

const policy = (name: string, description: string, judge: Judgement): ResourceValidationPolicy => ({
    name,
    description,
    enforcementLevel: "mandatory",
    validateResource: ({ type, props, opts }, report) => {
        for (const violation of judge({ type, props, isProtected: opts.protect })) report(violation);
    },
});

// The SDK serves the pack that a program makes.
new PolicyPack("trading-monitoring", {
    policies: [
        policy("facts-expire", "Every fact has a TTL", factsExpire),
        policy("feeds-keep-dead-letters", "Every feed has dead letters", feedsKeepDeadLetters),
        policy("images-are-pinned", "Images have a digest or an exact version", imagesArePinned),
        policy("ports-are-private", "No port is open to the outside", portsArePrivate),
        policy("data-is-protected", "What holds data is protected", dataIsProtected),
    ],
});
