/** A stand-in for a worker: tells by HTTP that it is healthy, and misbehaves on demand. Its argument is its port. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";

const port = Number(process.argv[2]);
const sickFile = process.env["SICK_FILE"];
if (process.env["IGNORE_SIGTERM"] === "1") process.on("SIGTERM", () => console.log("SIGTERM ignored"));
if (process.env["WITH_GRANDCHILD"] === "1") {
    const grandchild = spawn("sleep", ["600"], { stdio: "ignore" });
    console.log(`grandchild ${grandchild.pid ?? 0}`);
}
createServer((request, response) => {
    if (request.url === "/env") response.end(JSON.stringify(Object.keys(process.env)));
    else if (request.url === "/crash") process.exit(7);
    else response.writeHead(sickFile !== undefined && existsSync(sickFile) ? 503 : 200).end();
}).listen(port, "127.0.0.1", () => console.log(`listening on ${port}`));
