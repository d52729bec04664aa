// A worker with a door, run as a process of its own: whoever knocks makes it ask others in three ways, and the log says so; the door's own pages ask nobody.
import { AsyncResource } from "node:async_hooks";
import { createServer, get } from "node:http";
import { type AddressInfo } from "node:net";
import { request } from "undici";
import { createLog } from "../../../functions/shared/log";
import { Shutdown } from "../../../functions/shared/shutdown";
import { telemetry } from "../../../functions/shared/telemetry";

/** Set going by a request, done when it is over. */
let later = (): Promise<void> | undefined => undefined;
const log = createLog("door");

const plainly = (url: string): Promise<void> =>
    new Promise((resolve, reject) => {
        get(url, (response) => response.resume().on("end", resolve)).on("error", reject);
    });

async function askAll(other: string): Promise<void> {
    await plainly(`${other}/plain/canary-path?canary=query`);
    await (await request(`${other}/missing/canary-path`)).body.dump();
    await plainly("http://127.0.0.1:1/").catch(() => undefined);
    log.info("asked");
    later = AsyncResource.bind(() =>
        telemetry()?.sending(
            () => ["late"],
            () => Promise.resolve(),
        ),
    );
}

async function main(other: string): Promise<void> {
    const server = createServer((asked, response) => {
        const work = asked.url === "/livez" ? Promise.resolve() : askAll(other);
        void work.then(() => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const door = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await plainly(`${door}/livez`);
    await plainly(`${door}/knock/canary-path`);
    await new Promise((resolve) => server.close(resolve));
    await later();
    await new Shutdown(log).run("done");
}

void main(process.env["OTHER_URL"] ?? "");
