// The way into a cluster: kubectl forwards a port of this machine to a Service, as a child of the provider's process and no longer than it lives.
import { type ChildProcess, spawn } from "node:child_process";
import { Rejected } from "./reach";

/** A port of a Service. */
export interface ForwardTarget {
    /** Of the kubeconfig; absent: its current one. */
    context?: string | undefined;
    namespace: string;
    service: string;
    port: number;
}

/** The forward ended or never came to be. It counts as a service that does not answer: a pod may be starting, or gone with its node. */
export class ForwardLost extends Error {
    override readonly name = "ForwardLost";
}

const announced = /Forwarding from 127\.0\.0\.1:(\d+)/;
/** kubectl says nothing at all when the API server does not answer. */
const openingMs = 15_000;

function command({ context, namespace, service, port }: ForwardTarget): string[] {
    return [
        "port-forward",
        "--address=127.0.0.1",
        ...(context === undefined ? [] : [`--context=${context}`]),
        `--namespace=${namespace}`,
        `service/${service}`,
        `:${String(port)}`,
    ];
}

/** kubectl's environment: logins to clouds need much of ours, but nobody needs the key to the stack's secrets. */
function environment(): NodeJS.ProcessEnv {
    return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_")));
}

/** Opens nothing until it is asked for its address; then one kubectl for the whole run, and another when that one has ended. */
export class Forward {
    private opened: Promise<string> | undefined;
    private child: ChildProcess | undefined;

    constructor(private readonly target: ForwardTarget) {
        process.once("exit", () => this.close());
    }

    /**
     * `host:port` on this machine.
     * @throws Rejected when there is no kubectl
     * @throws ForwardLost when kubectl does not get through
     */
    address(): Promise<string> {
        return (this.opened ??= this.open().catch((cause: unknown) => {
            this.close();
            throw cause;
        }));
    }

    /** Ends it; the next one who asks opens another. */
    close(): void {
        this.opened = undefined;
        this.child?.kill();
        this.child = undefined;
    }

    private open(): Promise<string> {
        return new Promise((resolve, reject) => {
            const child = spawn("kubectl", command(this.target), {
                stdio: ["ignore", "pipe", "pipe"],
                env: environment(),
            });
            this.child = child;
            const late = setTimeout(
                () => reject(new ForwardLost("kubectl port-forward said nothing for 15 s")),
                openingMs,
            );
            let out = "";
            let errors = "";
            child.stdout.on("data", (data: Buffer) => {
                out = `${out}${data.toString()}`.slice(-1_000);
                const [, port] = announced.exec(out) ?? [];
                if (port !== undefined) resolve(`127.0.0.1:${port}`);
            });
            child.stderr.on("data", (data: Buffer) => (errors = `${errors}${data.toString()}`.slice(-1_000)));
            child.once("error", (cause: NodeJS.ErrnoException) => reject(missing(cause)));
            child.once("close", () => {
                clearTimeout(late);
                if (this.child === child) this.close();
                reject(new ForwardLost(`kubectl port-forward ended: ${errors.trim() || "without a word"}`));
            });
        });
    }
}

/** The same connection as this machine can open it. */
export async function reached<T extends { url: string; forward?: Forward }>({
    forward,
    ...connection
}: T): Promise<Omit<T, "forward">> {
    if (forward === undefined) return connection;
    const url = new URL(connection.url);
    url.host = await forward.address();
    return { ...connection, url: url.origin };
}

function missing(cause: NodeJS.ErrnoException): Error {
    const why = cause.code === "ENOENT" ? "it is not on PATH" : cause.message;
    return new Rejected(
        `kubectl cannot be run, ${why}; the provider reaches services in the cluster by kubectl port-forward: install kubectl 1.30 or newer and run again`,
        { cause },
    );
}
