// Where containers of the stack's network reach ClickHouse; plain values, without scheme and login.

/** Port of its HTTP interface. */
export const clickhouseHttpPort = 8_123;

/** host:port of its HTTP interface. */
export const clickhouseInside = `clickhouse:${String(clickhouseHttpPort)}`;
