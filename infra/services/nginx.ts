// Pure: nginx.conf of the proxy that people's pages are reached through. Each service keeps a port of its own, for none of them has to know of a path it is under;
// what is not listed, ClickHouse and Kafka above all, is not reached. It runs without root on a file system it cannot write to but for /tmp.

/** A service behind the proxy. */
export interface Proxied {
    /** Port of the proxy. */
    readonly port: number;
    /** host:port. */
    readonly upstream: string;
}

/** How the proxy is set up. */
export interface NginxSettings {
    readonly proxied: readonly Proxied[];
    /** DNS server that knows the upstreams, asked again and again, for a container that is made anew has another address; without one they are addresses. */
    readonly resolver?: string;
    /** Paths of certificate (with its chain) and key, in PEM; absent: no TLS. */
    readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Where the proxy says that it runs, within its container. */
export const nginxHealthPort = 8_089;

/** The gateway takes 5 MiB at once (schema/api/limits), and nothing else more. */
const largestBody = "6m";

/** The services' own, if they have one, are replaced: a header that is there twice counts as wrong. */
const headers: Readonly<Record<string, string>> = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
};
const overTls = { "Strict-Transport-Security": "max-age=31536000" };

const indented = (lines: readonly string[], by: string): string => lines.map((line) => `${by}${line}`).join("\n");

const tlsLines = ({ certificate, key }: NonNullable<NginxSettings["tls"]>): string[] => [
    `ssl_certificate ${certificate};`,
    `ssl_certificate_key ${key};`,
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_session_cache shared:tls:2m;",
    "ssl_session_tickets off;",
    // Who asks in plain text on a port of TLS is told where to go.
    "error_page 497 =301 https://$http_host$request_uri;",
];

function serverBlock({ port, upstream }: Proxied, { tls }: NginxSettings): string {
    const answered = { ...headers, ...(tls === undefined ? {} : overTls) };
    const lines = [
        `listen ${String(port)}${tls === undefined ? "" : " ssl"};`,
        ...(tls === undefined ? [] : tlsLines(tls)),
        ...Object.keys(answered).map((name) => `proxy_hide_header ${name};`),
        ...Object.entries(answered).map(([name, value]) => `add_header ${name} "${value}" always;`),
        // As a variable it is looked up when it is asked for, not once at the start.
        `set $upstream ${upstream};`,
        "location / { proxy_pass http://$upstream; }",
    ];
    return `    server {\n${indented(lines, "        ")}\n    }`;
}

/** The file's text. */
export function nginxConf(settings: NginxSettings): string {
    const { proxied, resolver } = settings;
    const http = [
        "default_type application/octet-stream;",
        "server_tokens off;",
        "access_log off;",
        ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path /tmp/${kind};`),
        `client_max_body_size ${largestBody};`,
        "client_header_timeout 15s;",
        "client_body_timeout 30s;",
        "keepalive_timeout 65s;",
        ...(resolver === undefined ? [] : [`resolver ${resolver} valid=10s ipv6=off;`]),
        "proxy_http_version 1.1;",
        "proxy_connect_timeout 5s;",
        "proxy_read_timeout 120s;",
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header X-Forwarded-Host $http_host;",
        // For pages that are told at once (Grafana's live channel).
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
        'map $http_upgrade $connection_upgrade { default upgrade; "" ""; }',
    ];
    return `worker_processes 2;
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
${indented(http, "    ")}
    server {
        listen 127.0.0.1:${String(nginxHealthPort)};
        location = /healthz { return 200; }
        location / { return 404; }
    }
${proxied.map((each) => serverBlock(each, settings)).join("\n")}
}
`;
}
