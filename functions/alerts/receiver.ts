// `npm run receiver`: a receiver of webhooks to try delivery with, on this machine alone. It shows every message, and whether its signature is right.
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { Webhook } from "standardwebhooks";
import { runCommand } from "../shared/commandLine";
import { visible } from "./channels/text";

/** Known to everybody who has read this: for trials. */
const trialSecret = "whsec_Zm9yIHRyaWFscyBvbiB0aGlzIG1hY2hpbmUgYWxvbmU=";
const trialPort = 8127;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The message of a request in words; throws where it is not signed with the secret, or too old. */
function message(body: string, headers: IncomingMessage["headers"], secret: string): string {
    const { type, data } = new Webhook(secret).verify(body, headers as Record<string, string>) as {
        type: string;
        data: Record<string, unknown>;
    };
    const fields = Object.entries(data).map(([name, value]) => `    ${visible(name)}: ${visible(String(value))}`);
    return [`${visible(type)} ${visible(String(headers["webhook-id"]))}, signature right`, ...fields].join("\n");
}

function receive({ port, secret }: { port: number; secret: string }): void {
    const server = createServer((request, response) => {
        const at = new Date().toISOString();
        text(request)
            .then((body) => {
                say(`${at} ${message(body, request.headers, secret)}`);
                response.writeHead(204).end();
            })
            .catch((error: unknown) => {
                say(`${at} refused: ${error instanceof Error ? error.message : String(error)}`);
                response.writeHead(401).end();
            });
    });
    server.once("error", ({ message: why }) => {
        process.stderr.write(`receiver: ${why}; another port: npm run receiver -- --port <n>\n`);
        process.exit(1);
    });
    server.listen(port, "127.0.0.1", () =>
        say(`waits at http://127.0.0.1:${String(port)} for what is signed with ${secret}`),
    );
}

runCommand(
    new Command("npm run receiver --")
        .description("Shows the messages that delivery sends to a webhook on this machine, for trials")
        .option("--port <n>", "on loopback", Number, trialPort)
        .option("--secret <secret>", "the target's, as whsec_ and base64", trialSecret)
        .action(receive),
);
