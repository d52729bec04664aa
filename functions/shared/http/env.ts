// What every worker that asks other people's servers understands.
import { z } from "zod";

const origin = z.string().transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.origin !== text.replace(/\/$/, "")) {
        context.addIssue({ code: "custom", message: `"${text}" is not an origin like http://127.0.0.1:9443` });
        return "";
    }
    return url.origin;
});

/** Variables of a worker with an HttpClient. */
export const httpEnv = {
    /**
     * Origins on private or loopback addresses that may be asked all the same, comma-separated, e.g. http://127.0.0.1:9443. Requests to any
     * other private address are refused, and so is a redirect to one of these.
     */
    HTTP_PRIVATE_ORIGINS: z
        .string()
        .default("")
        .transform((text) =>
            text
                .split(",")
                .map((entry) => entry.trim())
                .filter((entry) => entry !== ""),
        )
        .pipe(z.array(origin)),
};
