CREATE TABLE IF NOT EXISTS `facts`.`dead_letters`
(
    `fact` LowCardinality(String) COMMENT 'Fact or reference the line was meant for',
    `topic` LowCardinality(String) COMMENT 'Kafka topic',
    `partition` UInt32 COMMENT 'Kafka partition',
    `offset` UInt64 COMMENT 'Kafka offset of the message',
    `line` UInt32 COMMENT 'Line within the message, from 0',
    `class` Enum8('refused' = 1, 'late' = 2) COMMENT 'late: sound, but older than the fact\'s retention',
    `reason` String COMMENT 'Why, with the column and the value found',
    `raw` String COMMENT '[personal data] The line\'s bytes as received' CODEC(ZSTD(3)),
    `key` String COMMENT '[personal data] Kafka key',
    `received_at` DateTime64(3, 'UTC') COMMENT 'When the broker received the message',
    `ingested_at` DateTime64(3, 'UTC') COMMENT 'When the row was written',
    `version` UInt64 COMMENT 'bitNot of the ingest time in ms: the first row of a line is kept'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(received_at)
ORDER BY (topic, partition, offset, line)
TTL toDateTime(`received_at`) + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Lines that did not become a fact, with their bytes and the reason';

CREATE OR REPLACE VIEW `trading`.`dead_letters` AS
SELECT * EXCEPT (version) FROM `facts`.`dead_letters` FINAL;

CREATE TABLE IF NOT EXISTS `ingest`.`suspects`
(
    `fact` LowCardinality(String) COMMENT 'Fact or reference',
    `topic` LowCardinality(String) COMMENT 'Kafka topic',
    `partition` UInt32 COMMENT 'Kafka partition',
    `offset` UInt64 COMMENT 'Kafka offset of the message',
    `received_at` DateTime64(3, 'UTC') COMMENT 'When the broker received the message',
    `settled` Bool COMMENT 'Whether it has been read again; the last row of a message counts'
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(received_at)
ORDER BY (topic, partition, offset)
TTL toDateTime(`received_at`) + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Messages with something wrong in them, to be read again by the auditor';

CREATE TABLE IF NOT EXISTS `facts`.`gaps`
(
    `fact` LowCardinality(String) COMMENT 'Fact or reference',
    `topic` LowCardinality(String) COMMENT 'Kafka topic',
    `partition` UInt32 COMMENT 'Kafka partition',
    `first_offset` UInt64 COMMENT 'First offset of the range',
    `last_offset` UInt64 COMMENT 'Last offset of the range',
    `kind` Enum8('empty' = 1, 'lost' = 2, 'expired' = 3) COMMENT 'empty: no content, dead-lettered; lost: rows were gone, replayed from Kafka; expired: Kafka no longer has it',
    `repaired` Bool COMMENT 'Whether the messages were read again from Kafka',
    `found_at` DateTime64(3, 'UTC') COMMENT 'When the auditor found it'
)
ENGINE = ReplacingMergeTree(found_at)
PARTITION BY toDate(found_at)
ORDER BY (topic, partition, first_offset, last_offset)
TTL toDateTime(`found_at`) + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Offset ranges without a row, found by the auditor';

CREATE OR REPLACE VIEW `trading`.`gaps` AS
SELECT * FROM `facts`.`gaps` FINAL;

CREATE TABLE IF NOT EXISTS `ingest`.`audits`
(
    `topic` LowCardinality(String) COMMENT 'Kafka topic',
    `partition` UInt32 COMMENT 'Kafka partition',
    `audited_at` DateTime64(3, 'UTC') COMMENT 'When',
    `next_offset` UInt64 COMMENT 'Every offset below it was accounted for'
)
ENGINE = ReplacingMergeTree(next_offset)
ORDER BY (topic, partition, toStartOfMinute(audited_at))
TTL toDateTime(`audited_at`) + toIntervalDay(2)
COMMENT 'How far the auditor has accounted for each partition';

CREATE TABLE IF NOT EXISTS `facts`.`market_trades`
(
    `event_id` String COMMENT 'Deterministic identity: the business key, joined by `|`; a resend carries the same one' CODEC(ZSTD(1)),
    `event_time` DateTime64(6, 'UTC') COMMENT 'When it happened, as the business says: a function of the event, never of the sending' CODEC(Delta(8), ZSTD(1)),
    `source_id` LowCardinality(String) COMMENT 'The producer\'s instance, e.g. market-data/binance',
    `source_seq` Nullable(UInt64) COMMENT 'Gapless number the source counts its events with, where it has one' CODEC(Delta(8), ZSTD(1)),
    `origin` Enum8('live' = 1, 'backfill' = 2, 'replay' = 3, 'synthetic' = 4) COMMENT 'live, backfill (history loaded later), replay (a recording) or synthetic (the simulator)' CODEC(ZSTD(1)),
    `run_id` LowCardinality(Nullable(String)) COMMENT 'Run of a replay or simulation: part of the identity, so that a repeated run is new data',
    `original_time` Nullable(DateTime64(6, 'UTC')) COMMENT 'Recorded time of a replayed event, before its times were re-based' CODEC(Delta(8), ZSTD(1)),
    `venue` LowCardinality(String) COMMENT 'Venue of the trade, e.g. binance',
    `symbol` LowCardinality(String) COMMENT 'Instrument as the venue spells it, e.g. BTCUSDT',
    `trade_id` String COMMENT 'The venue\'s trade id, unique per symbol' CODEC(ZSTD(1)),
    `price` Decimal(38, 18) COMMENT 'Price in the quote asset' CODEC(GCD, ZSTD(1)),
    `quantity` Decimal(38, 18) COMMENT 'Quantity in the base asset' CODEC(GCD, ZSTD(1)),
    `taker_side` Enum8('buy' = 1, 'sell' = 2) COMMENT 'Side of the order that took liquidity' CODEC(ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') COMMENT 'When the broker received the message' CODEC(Delta(8), ZSTD(1)),
    `ingested_at` DateTime64(3, 'UTC') COMMENT 'When the row was written here' CODEC(Delta(8), ZSTD(1)),
    `version` UInt64 COMMENT 'bitNot of the ingest time in ms: the first arrival of an event_id is the one kept' CODEC(Delta(8), ZSTD(1)),
    `_topic` LowCardinality(String) COMMENT 'Kafka topic',
    `_partition` UInt32 COMMENT 'Kafka partition' CODEC(Delta(4), ZSTD(1)),
    `_offset` UInt64 COMMENT 'Kafka offset; all events of a packed message share it' CODEC(Delta(8), ZSTD(1)),
    INDEX `offsets` _offset TYPE minmax GRANULARITY 1,
    INDEX `ingested` ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(event_time)
ORDER BY (toStartOfMinute(event_time), venue, symbol, event_id)
TTL toDateTime(`event_time`) + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Public trade on a venue';

CREATE OR REPLACE VIEW `trading`.`market_trades` AS
SELECT * EXCEPT (version) FROM `facts`.`market_trades` FINAL;

CREATE TABLE `ingest`.`market_trades_kafka`
(
    `event_id` Nullable(String),
    `event_time` Nullable(String),
    `source_id` Nullable(String),
    `source_seq` Nullable(String),
    `origin` Nullable(String),
    `run_id` Nullable(String),
    `original_time` Nullable(String),
    `venue` Nullable(String),
    `symbol` Nullable(String),
    `trade_id` Nullable(String),
    `price` Nullable(String),
    `quantity` Nullable(String),
    `taker_side` Nullable(String)
)
ENGINE = Kafka(kafka)
SETTINGS kafka_topic_list = 'trading.market_trades.v1', kafka_group_name = 'clickhouse.market_trades', kafka_format = 'JSONEachRow', kafka_handle_error_mode = 'stream', input_format_skip_unknown_fields = 1, input_format_json_read_numbers_as_strings = 1, input_format_json_read_bools_as_strings = 0, input_format_json_read_objects_as_strings = 0, input_format_json_read_arrays_as_strings = 0, input_format_json_throw_on_bad_escape_sequence = 1, kafka_flush_interval_ms = 500;

CREATE TABLE `ingest`.`market_trades_landing`
(
    `event_id` String,
    `event_time` DateTime64(6, 'UTC'),
    `source_id` LowCardinality(String),
    `source_seq` Nullable(UInt64),
    `origin` Enum8('live' = 1, 'backfill' = 2, 'replay' = 3, 'synthetic' = 4),
    `run_id` LowCardinality(Nullable(String)),
    `original_time` Nullable(DateTime64(6, 'UTC')),
    `venue` LowCardinality(String),
    `symbol` LowCardinality(String),
    `trade_id` String,
    `price` Decimal(38, 18),
    `quantity` Decimal(38, 18),
    `taker_side` Enum8('buy' = 1, 'sell' = 2),
    `received_at` DateTime64(3, 'UTC'),
    `_topic` LowCardinality(String),
    `_partition` UInt32,
    `_offset` UInt64,
    `_sound` Bool
)
ENGINE = Null;

CREATE TABLE `ingest`.`market_trades_broken`
(
    `event_id` Nullable(String),
    `event_time` Nullable(String),
    `source_id` Nullable(String),
    `source_seq` Nullable(String),
    `origin` Nullable(String),
    `run_id` Nullable(String),
    `original_time` Nullable(String),
    `venue` Nullable(String),
    `symbol` Nullable(String),
    `trade_id` Nullable(String),
    `price` Nullable(String),
    `quantity` Nullable(String),
    `taker_side` Nullable(String),
    `_error` String,
    `_raw_message` String,
    `_key` String,
    `_topic` LowCardinality(String),
    `_partition` UInt64,
    `_offset` UInt64,
    `_timestamp_ms` Nullable(DateTime64(3))
)
ENGINE = Null;

CREATE TABLE `ingest`.`market_trades_lines`
(
    `event_id` String,
    `event_time` DateTime64(6, 'UTC'),
    `source_id` LowCardinality(String),
    `source_seq` Nullable(UInt64),
    `origin` Enum8('live' = 1, 'backfill' = 2, 'replay' = 3, 'synthetic' = 4),
    `run_id` LowCardinality(Nullable(String)),
    `original_time` Nullable(DateTime64(6, 'UTC')),
    `venue` LowCardinality(String),
    `symbol` LowCardinality(String),
    `trade_id` String,
    `price` Decimal(38, 18),
    `quantity` Decimal(38, 18),
    `taker_side` Enum8('buy' = 1, 'sell' = 2),
    `received_at` DateTime64(3, 'UTC'),
    `_topic` LowCardinality(String),
    `_partition` UInt32,
    `_offset` UInt64,
    `_key` String,
    `_line` UInt32,
    `_raw` String,
    `_problem` String
)
ENGINE = Null;

CREATE MATERIALIZED VIEW `ingest`.`market_trades_refused` TO `facts`.`dead_letters` AS
SELECT 'market_trades' AS fact, _topic AS topic, _partition AS partition, _offset AS offset, _line AS line,
    if(startsWith(_problem, 'late: '), 'late', 'refused') AS class, _problem AS reason, _raw AS raw, _key AS key,
    received_at, now64(3, 'UTC') AS ingested_at,
    bitNot(toUInt64(toUnixTimestamp64Milli(now64(3, 'UTC')))) AS version
FROM `ingest`.`market_trades_lines`
WHERE _problem != '';

CREATE MATERIALIZED VIEW `ingest`.`market_trades_mended` TO `facts`.`market_trades` AS
SELECT `event_id`, `event_time`, `source_id`, `source_seq`, `origin`, `run_id`, `original_time`, `venue`, `symbol`, `trade_id`, `price`, `quantity`, `taker_side`,
    received_at, now64(3, 'UTC') AS ingested_at,
    bitNot(toUInt64(toUnixTimestamp64Milli(now64(3, 'UTC')))) AS version, _topic, _partition, _offset
FROM `ingest`.`market_trades_lines`
WHERE _problem = '';

CREATE MATERIALIZED VIEW `ingest`.`market_trades_recovered` TO `ingest`.`market_trades_lines` AS
SELECT ifNull(`parsed`.`event_id`, '') AS `event_id`,
    ifNull(parseDateTime64BestEffortOrNull(`parsed`.`event_time`, 6, 'UTC'), toDateTime64(0, 6, 'UTC')) AS `event_time`,
    ifNull(`parsed`.`source_id`, '') AS `source_id`,
    toUInt64OrNull(`parsed`.`source_seq`) AS `source_seq`,
    ifNull(CAST(if(`parsed`.`origin` IN ('live', 'backfill', 'replay', 'synthetic'), `parsed`.`origin`, NULL), 'Nullable(Enum8(\'live\' = 1, \'backfill\' = 2, \'replay\' = 3, \'synthetic\' = 4))'), CAST('live', 'Enum8(\'live\' = 1, \'backfill\' = 2, \'replay\' = 3, \'synthetic\' = 4)')) AS `origin`,
    `parsed`.`run_id` AS `run_id`,
    parseDateTime64BestEffortOrNull(`parsed`.`original_time`, 6, 'UTC') AS `original_time`,
    ifNull(`parsed`.`venue`, '') AS `venue`,
    ifNull(`parsed`.`symbol`, '') AS `symbol`,
    ifNull(`parsed`.`trade_id`, '') AS `trade_id`,
    ifNull(toDecimal128OrNull(`parsed`.`price`, 18), toDecimal128(0, 18)) AS `price`,
    ifNull(toDecimal128OrNull(`parsed`.`quantity`, 18), toDecimal128(0, 18)) AS `quantity`,
    ifNull(CAST(if(`parsed`.`taker_side` IN ('buy', 'sell'), `parsed`.`taker_side`, NULL), 'Nullable(Enum8(\'buy\' = 1, \'sell\' = 2))'), CAST('buy', 'Enum8(\'buy\' = 1, \'sell\' = 2)')) AS `taker_side`,
    ifNull(parsed._timestamp_ms, now64(3)) AS received_at, parsed._topic AS _topic, toUInt32(parsed._partition) AS _partition, parsed._offset AS _offset,
    _key, _line, _raw, multiIf(_blank, _error, _form != '', _form, arrayStringConcat(arrayFilter(reason -> reason != '', [multiIf(_shapes[1] != '', _shapes[1], NOT ifNull(`parsed`.`event_id` != '' AND isValidUTF8(`parsed`.`event_id`), 0), if(isNull(`parsed`.`event_id`), 'event_id: missing', concat('event_id: not a String, found ', ifNull(substring(toString(`parsed`.`event_id`), 1, 200), 'null'))), ''),
    multiIf(_shapes[2] != '', _shapes[2], NOT ifNull(match(`parsed`.`event_time`, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$') AND isNotNull(parseDateTime64BestEffortOrNull(`parsed`.`event_time`, 6, 'UTC')), 0), if(isNull(`parsed`.`event_time`), 'event_time: missing', concat('event_time: not a DateTime64(6, \'UTC\'), found ', ifNull(substring(toString(`parsed`.`event_time`), 1, 200), 'null'))), ''),
    multiIf(_shapes[3] != '', _shapes[3], NOT ifNull(`parsed`.`source_id` != '' AND isValidUTF8(`parsed`.`source_id`), 0), if(isNull(`parsed`.`source_id`), 'source_id: missing', concat('source_id: not a String, found ', ifNull(substring(toString(`parsed`.`source_id`), 1, 200), 'null'))), ''),
    multiIf(_shapes[4] != '', _shapes[4], NOT (isNull(`parsed`.`source_seq`) OR ifNull(match(`parsed`.`source_seq`, '^-?(0|[1-9][0-9]{0,77})$') AND ifNull(toString(toUInt64OrNull(`parsed`.`source_seq`)), '') = `parsed`.`source_seq`, 0)), concat('source_seq: not a UInt64, found ', ifNull(substring(toString(`parsed`.`source_seq`), 1, 200), 'null')), ''),
    multiIf(_shapes[5] != '', _shapes[5], NOT ifNull(`parsed`.`origin` IN ('live', 'backfill', 'replay', 'synthetic'), 0), if(isNull(`parsed`.`origin`), 'origin: missing', concat('origin: not a Enum8(\'live\' = 1, \'backfill\' = 2, \'replay\' = 3, \'synthetic\' = 4), found ', ifNull(substring(toString(`parsed`.`origin`), 1, 200), 'null'))), ''),
    multiIf(_shapes[6] != '', _shapes[6], NOT (isNull(`parsed`.`run_id`) OR ifNull(`parsed`.`run_id` != '' AND isValidUTF8(`parsed`.`run_id`), 0)), concat('run_id: not a String, found ', ifNull(substring(toString(`parsed`.`run_id`), 1, 200), 'null')), ''),
    multiIf(_shapes[7] != '', _shapes[7], NOT (isNull(`parsed`.`original_time`) OR ifNull(match(`parsed`.`original_time`, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$') AND isNotNull(parseDateTime64BestEffortOrNull(`parsed`.`original_time`, 6, 'UTC')), 0)), concat('original_time: not a DateTime64(6, \'UTC\'), found ', ifNull(substring(toString(`parsed`.`original_time`), 1, 200), 'null')), ''),
    multiIf(_shapes[8] != '', _shapes[8], NOT ifNull(`parsed`.`venue` != '' AND isValidUTF8(`parsed`.`venue`), 0), if(isNull(`parsed`.`venue`), 'venue: missing', concat('venue: not a String, found ', ifNull(substring(toString(`parsed`.`venue`), 1, 200), 'null'))), ''),
    multiIf(_shapes[9] != '', _shapes[9], NOT ifNull(`parsed`.`symbol` != '' AND isValidUTF8(`parsed`.`symbol`), 0), if(isNull(`parsed`.`symbol`), 'symbol: missing', concat('symbol: not a String, found ', ifNull(substring(toString(`parsed`.`symbol`), 1, 200), 'null'))), ''),
    multiIf(_shapes[10] != '', _shapes[10], NOT ifNull(`parsed`.`trade_id` != '' AND isValidUTF8(`parsed`.`trade_id`), 0), if(isNull(`parsed`.`trade_id`), 'trade_id: missing', concat('trade_id: not a String, found ', ifNull(substring(toString(`parsed`.`trade_id`), 1, 200), 'null'))), ''),
    multiIf(_shapes[11] != '', _shapes[11], NOT ifNull(match(`parsed`.`price`, '^-?(0|[1-9][0-9]{0,19})(\\.[0-9]{1,18})?$'), 0), if(isNull(`parsed`.`price`), 'price: missing', concat('price: not a Decimal(38, 18), found ', ifNull(substring(toString(`parsed`.`price`), 1, 200), 'null'))), ''),
    multiIf(_shapes[12] != '', _shapes[12], NOT ifNull(match(`parsed`.`quantity`, '^-?(0|[1-9][0-9]{0,19})(\\.[0-9]{1,18})?$'), 0), if(isNull(`parsed`.`quantity`), 'quantity: missing', concat('quantity: not a Decimal(38, 18), found ', ifNull(substring(toString(`parsed`.`quantity`), 1, 200), 'null'))), ''),
    multiIf(_shapes[13] != '', _shapes[13], NOT ifNull(`parsed`.`taker_side` IN ('buy', 'sell'), 0), if(isNull(`parsed`.`taker_side`), 'taker_side: missing', concat('taker_side: not a Enum8(\'buy\' = 1, \'sell\' = 2), found ', ifNull(substring(toString(`parsed`.`taker_side`), 1, 200), 'null'))), ''),
    multiIf(ifNull(parseDateTime64BestEffortOrNull(parsed.event_time, 6, 'UTC') < toDateTime64('2000-01-01 00:00:00', 6, 'UTC'), 0), concat('event_time: before the year 2000, found ', ifNull(parsed.event_time, '')),
    ifNull(parseDateTime64BestEffortOrNull(parsed.event_time, 6, 'UTC') > ifNull(parsed._timestamp_ms, now64(3)) + toIntervalHour(24) OR parseDateTime64BestEffortOrNull(parsed.event_time, 6, 'UTC') >= toDateTime64('2100-01-01 00:00:00', 6, 'UTC'), 0), concat('event_time: more than 24 h ahead of the broker\'s clock, found ', ifNull(parsed.event_time, '')),
    ifNull(parseDateTime64BestEffortOrNull(parsed.event_time, 6, 'UTC') < ifNull(parsed._timestamp_ms, now64(3)) - toIntervalDay(30), 0), concat('late: event_time is over 30 days old, the retention of this fact, found ', ifNull(parsed.event_time, '')), '')]), '; ')) AS _problem
FROM (
SELECT if(JSONType(document, 'event_id') = 'Null', NULL, CAST(JSONExtract(document, 'event_id', 'Nullable(String)'), 'Nullable(String)')) AS `event_id`, if(JSONType(document, 'event_time') = 'Null', NULL, CAST(JSONExtract(document, 'event_time', 'Nullable(String)'), 'Nullable(String)')) AS `event_time`, if(JSONType(document, 'source_id') = 'Null', NULL, CAST(JSONExtract(document, 'source_id', 'Nullable(String)'), 'Nullable(String)')) AS `source_id`, if(JSONType(document, 'source_seq') = 'Null', NULL, CAST(JSONExtract(document, 'source_seq', 'Nullable(String)'), 'Nullable(String)')) AS `source_seq`, if(JSONType(document, 'origin') = 'Null', NULL, CAST(JSONExtract(document, 'origin', 'Nullable(String)'), 'Nullable(String)')) AS `origin`, if(JSONType(document, 'run_id') = 'Null', NULL, CAST(JSONExtract(document, 'run_id', 'Nullable(String)'), 'Nullable(String)')) AS `run_id`, if(JSONType(document, 'original_time') = 'Null', NULL, CAST(JSONExtract(document, 'original_time', 'Nullable(String)'), 'Nullable(String)')) AS `original_time`, if(JSONType(document, 'venue') = 'Null', NULL, CAST(JSONExtract(document, 'venue', 'Nullable(String)'), 'Nullable(String)')) AS `venue`, if(JSONType(document, 'symbol') = 'Null', NULL, CAST(JSONExtract(document, 'symbol', 'Nullable(String)'), 'Nullable(String)')) AS `symbol`, if(JSONType(document, 'trade_id') = 'Null', NULL, CAST(JSONExtract(document, 'trade_id', 'Nullable(String)'), 'Nullable(String)')) AS `trade_id`, if(JSONType(document, 'price') = 'Null', NULL, CAST(JSONExtract(document, 'price', 'Nullable(String)'), 'Nullable(String)')) AS `price`, if(JSONType(document, 'quantity') = 'Null', NULL, CAST(JSONExtract(document, 'quantity', 'Nullable(String)'), 'Nullable(String)')) AS `quantity`, if(JSONType(document, 'taker_side') = 'Null', NULL, CAST(JSONExtract(document, 'taker_side', 'Nullable(String)'), 'Nullable(String)')) AS `taker_side`,
    _error, _raw_message, _key, _topic, _partition, _offset, _timestamp_ms, toUInt32(item.1) AS _line, line AS _raw, line = '' AS _blank,
    multiIf(NOT isValidUTF8(line), 'not valid UTF-8', NOT isValidJSON(line) OR JSONType(line) != 'Object', 'not a JSON object', '') AS _form,
    [if(JSONType(document, 'event_id') NOT IN ('Null', 'String'), concat('event_id: expected a string or a number, found ', substring(JSONExtractRaw(document, 'event_id'), 1, 200)), ''), if(JSONType(document, 'event_time') NOT IN ('Null', 'String'), concat('event_time: expected a string or a number, found ', substring(JSONExtractRaw(document, 'event_time'), 1, 200)), ''), if(JSONType(document, 'source_id') NOT IN ('Null', 'String'), concat('source_id: expected a string or a number, found ', substring(JSONExtractRaw(document, 'source_id'), 1, 200)), ''), if(JSONType(document, 'source_seq') NOT IN ('Null', 'String'), concat('source_seq: expected a string or a number, found ', substring(JSONExtractRaw(document, 'source_seq'), 1, 200)), ''), if(JSONType(document, 'origin') NOT IN ('Null', 'String'), concat('origin: expected a string or a number, found ', substring(JSONExtractRaw(document, 'origin'), 1, 200)), ''), if(JSONType(document, 'run_id') NOT IN ('Null', 'String'), concat('run_id: expected a string or a number, found ', substring(JSONExtractRaw(document, 'run_id'), 1, 200)), ''), if(JSONType(document, 'original_time') NOT IN ('Null', 'String'), concat('original_time: expected a string or a number, found ', substring(JSONExtractRaw(document, 'original_time'), 1, 200)), ''), if(JSONType(document, 'venue') NOT IN ('Null', 'String'), concat('venue: expected a string or a number, found ', substring(JSONExtractRaw(document, 'venue'), 1, 200)), ''), if(JSONType(document, 'symbol') NOT IN ('Null', 'String'), concat('symbol: expected a string or a number, found ', substring(JSONExtractRaw(document, 'symbol'), 1, 200)), ''), if(JSONType(document, 'trade_id') NOT IN ('Null', 'String'), concat('trade_id: expected a string or a number, found ', substring(JSONExtractRaw(document, 'trade_id'), 1, 200)), ''), if(JSONType(document, 'price') NOT IN ('Null', 'String'), concat('price: expected a string or a number, found ', substring(JSONExtractRaw(document, 'price'), 1, 200)), ''), if(JSONType(document, 'quantity') NOT IN ('Null', 'String'), concat('quantity: expected a string or a number, found ', substring(JSONExtractRaw(document, 'quantity'), 1, 200)), ''), if(JSONType(document, 'taker_side') NOT IN ('Null', 'String'), concat('taker_side: expected a string or a number, found ', substring(JSONExtractRaw(document, 'taker_side'), 1, 200)), '')] AS _shapes
FROM (
SELECT _error, _raw_message, _key, _topic, _partition, _offset, _timestamp_ms, item, item.2 AS line, replaceRegexpAll(line, '("[^"\\\\]*"\\s*:\\s*)(-?[0-9][-+.0-9eE]*)(\\s*[,}])', '\\1"\\2"\\3') AS quoted, if(isValidJSON(quoted), quoted, line) AS document
FROM (
SELECT broken.* EXCEPT(event_id, event_time, source_id, source_seq, origin, run_id, original_time, venue, symbol, trade_id, price, quantity, taker_side),
    arrayJoin(if(empty(arrayFilter(item -> trimBoth(item.2) != '', arrayMap((text, number) -> (number - 1, text), splitByChar('\n', broken._raw_message) AS texts, arrayEnumerate(texts))) AS filled), [(toUInt32(0), '')], filled)) AS item
FROM `ingest`.`market_trades_broken` AS broken)
)) AS parsed;

CREATE MATERIALIZED VIEW `ingest`.`market_trades_suspects` TO `ingest`.`suspects` AS
SELECT 'market_trades' AS fact, _topic AS topic, _partition AS partition, _offset AS offset, received_at
FROM `ingest`.`market_trades_landing`
WHERE NOT _sound;

CREATE MATERIALIZED VIEW `ingest`.`market_trades_feed` TO `facts`.`market_trades` AS
SELECT `event_id`, `event_time`, `source_id`, `source_seq`, `origin`, `run_id`, `original_time`, `venue`, `symbol`, `trade_id`, `price`, `quantity`, `taker_side`,
    received_at, now64(3, 'UTC') AS ingested_at,
    bitNot(toUInt64(toUnixTimestamp64Milli(now64(3, 'UTC')))) AS version, _topic, _partition, _offset
FROM `ingest`.`market_trades_landing`
WHERE _sound;

CREATE MATERIALIZED VIEW `ingest`.`market_trades_intake` TO `ingest`.`market_trades_landing` AS
SELECT ifNull(`kafka`.`event_id`, '') AS `event_id`,
    ifNull(parseDateTime64BestEffortOrNull(`kafka`.`event_time`, 6, 'UTC'), toDateTime64(0, 6, 'UTC')) AS `event_time`,
    ifNull(`kafka`.`source_id`, '') AS `source_id`,
    toUInt64OrNull(`kafka`.`source_seq`) AS `source_seq`,
    ifNull(CAST(if(`kafka`.`origin` IN ('live', 'backfill', 'replay', 'synthetic'), `kafka`.`origin`, NULL), 'Nullable(Enum8(\'live\' = 1, \'backfill\' = 2, \'replay\' = 3, \'synthetic\' = 4))'), CAST('live', 'Enum8(\'live\' = 1, \'backfill\' = 2, \'replay\' = 3, \'synthetic\' = 4)')) AS `origin`,
    `kafka`.`run_id` AS `run_id`,
    parseDateTime64BestEffortOrNull(`kafka`.`original_time`, 6, 'UTC') AS `original_time`,
    ifNull(`kafka`.`venue`, '') AS `venue`,
    ifNull(`kafka`.`symbol`, '') AS `symbol`,
    ifNull(`kafka`.`trade_id`, '') AS `trade_id`,
    ifNull(toDecimal128OrNull(`kafka`.`price`, 18), toDecimal128(0, 18)) AS `price`,
    ifNull(toDecimal128OrNull(`kafka`.`quantity`, 18), toDecimal128(0, 18)) AS `quantity`,
    ifNull(CAST(if(`kafka`.`taker_side` IN ('buy', 'sell'), `kafka`.`taker_side`, NULL), 'Nullable(Enum8(\'buy\' = 1, \'sell\' = 2))'), CAST('buy', 'Enum8(\'buy\' = 1, \'sell\' = 2)')) AS `taker_side`,
    ifNull(kafka._timestamp_ms, now64(3)) AS received_at, kafka._topic AS _topic, toUInt32(kafka._partition) AS _partition, kafka._offset AS _offset,
    kafka._error = '' AND ifNull(`kafka`.`event_id` != '' AND isValidUTF8(`kafka`.`event_id`), 0)
    AND ifNull(match(`kafka`.`event_time`, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$') AND isNotNull(parseDateTime64BestEffortOrNull(`kafka`.`event_time`, 6, 'UTC')), 0)
    AND ifNull(`kafka`.`source_id` != '' AND isValidUTF8(`kafka`.`source_id`), 0)
    AND (isNull(`kafka`.`source_seq`) OR ifNull(match(`kafka`.`source_seq`, '^-?(0|[1-9][0-9]{0,77})$') AND ifNull(toString(toUInt64OrNull(`kafka`.`source_seq`)), '') = `kafka`.`source_seq`, 0))
    AND ifNull(`kafka`.`origin` IN ('live', 'backfill', 'replay', 'synthetic'), 0)
    AND (isNull(`kafka`.`run_id`) OR ifNull(`kafka`.`run_id` != '' AND isValidUTF8(`kafka`.`run_id`), 0))
    AND (isNull(`kafka`.`original_time`) OR ifNull(match(`kafka`.`original_time`, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$') AND isNotNull(parseDateTime64BestEffortOrNull(`kafka`.`original_time`, 6, 'UTC')), 0))
    AND ifNull(`kafka`.`venue` != '' AND isValidUTF8(`kafka`.`venue`), 0)
    AND ifNull(`kafka`.`symbol` != '' AND isValidUTF8(`kafka`.`symbol`), 0)
    AND ifNull(`kafka`.`trade_id` != '' AND isValidUTF8(`kafka`.`trade_id`), 0)
    AND ifNull(match(`kafka`.`price`, '^-?(0|[1-9][0-9]{0,19})(\\.[0-9]{1,18})?$'), 0)
    AND ifNull(match(`kafka`.`quantity`, '^-?(0|[1-9][0-9]{0,19})(\\.[0-9]{1,18})?$'), 0)
    AND ifNull(`kafka`.`taker_side` IN ('buy', 'sell'), 0)
    AND ifNull(NOT (parseDateTime64BestEffortOrNull(kafka.event_time, 6, 'UTC') < toDateTime64('2000-01-01 00:00:00', 6, 'UTC')), 0)
    AND ifNull(NOT (parseDateTime64BestEffortOrNull(kafka.event_time, 6, 'UTC') > ifNull(kafka._timestamp_ms, now64(3)) + toIntervalHour(24) OR parseDateTime64BestEffortOrNull(kafka.event_time, 6, 'UTC') >= toDateTime64('2100-01-01 00:00:00', 6, 'UTC')), 0)
    AND ifNull(NOT (parseDateTime64BestEffortOrNull(kafka.event_time, 6, 'UTC') < ifNull(kafka._timestamp_ms, now64(3)) - toIntervalDay(30)), 0) AS _sound
FROM `ingest`.`market_trades_kafka` AS kafka;

CREATE TABLE IF NOT EXISTS `facts`.`users`
(
    `event_id` String COMMENT 'Deterministic identity: the business key, joined by `|`; a resend carries the same one' CODEC(ZSTD(1)),
    `event_time` DateTime64(6, 'UTC') COMMENT 'When it happened, as the business says: a function of the event, never of the sending' CODEC(Delta(8), ZSTD(1)),
    `source_id` LowCardinality(String) COMMENT 'The producer\'s instance, e.g. market-data/binance',
    `source_seq` Nullable(UInt64) COMMENT 'Gapless number the source counts its events with, where it has one' CODEC(Delta(8), ZSTD(1)),
    `origin` Enum8('live' = 1, 'backfill' = 2, 'replay' = 3, 'synthetic' = 4) COMMENT 'live, backfill (history loaded later), replay (a recording) or synthetic (the simulator)' CODEC(ZSTD(1)),
    `run_id` LowCardinality(Nullable(String)) COMMENT 'Run of a replay or simulation: part of the identity, so that a repeated run is new data',
    `original_time` Nullable(DateTime64(6, 'UTC')) COMMENT 'Recorded time of a replayed event, before its times were re-based' CODEC(Delta(8), ZSTD(1)),
    `user_id` String COMMENT '[personal data] Pseudonymous id' CODEC(ZSTD(1)),
    `status` Enum8('active' = 1, 'restricted' = 2, 'suspended' = 3, 'closed' = 4) COMMENT 'Status' CODEC(ZSTD(1)),
    `kyc_tier` LowCardinality(String) COMMENT 'Tier of the identity check, e.g. tier1',
    `country` LowCardinality(String) COMMENT '[personal data] ISO 3166-1 alpha-2 country of residence',
    `created_at` DateTime64(6, 'UTC') COMMENT 'When the user signed up' CODEC(Delta(8), ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') COMMENT 'When the broker received the message' CODEC(Delta(8), ZSTD(1)),
    `ingested_at` DateTime64(3, 'UTC') COMMENT 'When the row was written here' CODEC(Delta(8), ZSTD(1)),
    `version` UInt64 COMMENT 'bitNot of the ingest time in ms: the first arrival of an event_id is the one kept' CODEC(Delta(8), ZSTD(1)),
    `_topic` LowCardinality(String) COMMENT 'Kafka topic',
    `_partition` UInt32 COMMENT 'Kafka partition' CODEC(Delta(4), ZSTD(1)),
    `_offset` UInt64 COMMENT 'Kafka offset; all events of a packed message share it' CODEC(Delta(8), ZSTD(1)),
    INDEX `offsets` _offset TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (user_id, event_id)
COMMENT 'User, from event_time on';

CREATE OR REPLACE VIEW `trading`.`users` AS
SELECT * EXCEPT (version), event_time AS valid_from,
    leadInFrame(toNullable(event_time)) OVER (PARTITION BY `user_id` ORDER BY event_time ASC ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS valid_to
FROM `facts`.`users` FINAL;

CREATE TABLE `ingest`.`users_kafka`
(
    `event_id` Nullable(String),
    `event_time` Nullable(String),
    `source_id` Nullable(String),
    `source_seq` Nullable(String),
    `origin` Nullable(String),
    `run_id` Nullable(String),
    `original_time` Nullable(String),
    `user_id` Nullable(String),
    `status` Nullable(String),
    `kyc_tier` Nullable(String),
    `country` Nullable(String),
    `created_at` Nullable(String)
)
ENGINE = Kafka(kafka)
SETTINGS kafka_topic_list = 'trading.users.v1', kafka_group_name = 'clickhouse.users', kafka_format = 'JSONEachRow', kafka_handle_error_mode = 'stream', input_format_skip_unknown_fields = 1, input_format_json_read_numbers_as_strings = 1, input_format_json_read_bools_as_strings = 0, input_format_json_read_objects_as_strings = 0, input_format_json_read_arrays_as_strings = 0, input_format_json_throw_on_bad_escape_sequence = 1, kafka_flush_interval_ms = 500;

CREATE TABLE `ingest`.`users_landing`
(
    `event_id` String,
    `event_time` DateTime64(6, 'UTC'),
    `source_id` LowCardinality(String),
    `source_seq` Nullable(UInt64),
    `origin` Enum8('live' = 1, 'backfill' = 2, 'replay' = 3, 'synthetic' = 4),
    `run_id` LowCardinality(Nullable(String)),
    `original_time` Nullable(DateTime64(6, 'UTC')),
    `user_id` String,
    `status` Enum8('active' = 1, 'restricted' = 2, 'suspended' = 3, 'closed' = 4),
    `kyc_tier` LowCardinality(String),
    `country` LowCardinality(String),
    `created_at` DateTime64(6, 'UTC'),
    `received_at` DateTime64(3, 'UTC'),
    `_topic` LowCardinality(String),
    `_partition` UInt32,
    `_offset` UInt64,
    `_sound` Bool
)
ENGINE = Null;

CREATE TABLE `ingest`.`users_broken`
(
    `event_id` Nullable(String),
    `event_time` Nullable(String),
    `source_id` Nullable(String),
    `source_seq` Nullable(String),
    `origin` Nullable(String),
    `run_id` Nullable(String),
    `original_time` Nullable(String),
    `user_id` Nullable(String),
    `status` Nullable(String),
    `kyc_tier` Nullable(String),
    `country` Nullable(String),
    `created_at` Nullable(String),
    `_error` String,
    `_raw_message` String,
    `_key` String,
    `_topic` LowCardinality(String),
    `_partition` UInt64,
    `_offset` UInt64,
    `_timestamp_ms` Nullable(DateTime64(3))
)
ENGINE = Null;

CREATE TABLE `ingest`.`users_lines`
(
    `event_id` String,
    `event_time` DateTime64(6, 'UTC'),
    `source_id` LowCardinality(String),
    `source_seq` Nullable(UInt64),
    `origin` Enum8('live' = 1, 'backfill' = 2, 'replay' = 3, 'synthetic' = 4),
    `run_id` LowCardinality(Nullable(String)),
    `original_time` Nullable(DateTime64(6, 'UTC')),
    `user_id` String,
    `status` Enum8('active' = 1, 'restricted' = 2, 'suspended' = 3, 'closed' = 4),
    `kyc_tier` LowCardinality(String),
    `country` LowCardinality(String),
    `created_at` DateTime64(6, 'UTC'),
    `received_at` DateTime64(3, 'UTC'),
    `_topic` LowCardinality(String),
    `_partition` UInt32,
    `_offset` UInt64,
    `_key` String,
    `_line` UInt32,
    `_raw` String,
    `_problem` String
)
ENGINE = Null;

CREATE MATERIALIZED VIEW `ingest`.`users_refused` TO `facts`.`dead_letters` AS
SELECT 'users' AS fact, _topic AS topic, _partition AS partition, _offset AS offset, _line AS line,
    if(startsWith(_problem, 'late: '), 'late', 'refused') AS class, _problem AS reason, _raw AS raw, _key AS key,
    received_at, now64(3, 'UTC') AS ingested_at,
    bitNot(toUInt64(toUnixTimestamp64Milli(now64(3, 'UTC')))) AS version
FROM `ingest`.`users_lines`
WHERE _problem != '';

CREATE MATERIALIZED VIEW `ingest`.`users_mended` TO `facts`.`users` AS
SELECT `event_id`, `event_time`, `source_id`, `source_seq`, `origin`, `run_id`, `original_time`, `user_id`, `status`, `kyc_tier`, `country`, `created_at`,
    received_at, now64(3, 'UTC') AS ingested_at,
    bitNot(toUInt64(toUnixTimestamp64Milli(now64(3, 'UTC')))) AS version, _topic, _partition, _offset
FROM `ingest`.`users_lines`
WHERE _problem = '';

CREATE MATERIALIZED VIEW `ingest`.`users_recovered` TO `ingest`.`users_lines` AS
SELECT ifNull(`parsed`.`event_id`, '') AS `event_id`,
    ifNull(parseDateTime64BestEffortOrNull(`parsed`.`event_time`, 6, 'UTC'), toDateTime64(0, 6, 'UTC')) AS `event_time`,
    ifNull(`parsed`.`source_id`, '') AS `source_id`,
    toUInt64OrNull(`parsed`.`source_seq`) AS `source_seq`,
    ifNull(CAST(if(`parsed`.`origin` IN ('live', 'backfill', 'replay', 'synthetic'), `parsed`.`origin`, NULL), 'Nullable(Enum8(\'live\' = 1, \'backfill\' = 2, \'replay\' = 3, \'synthetic\' = 4))'), CAST('live', 'Enum8(\'live\' = 1, \'backfill\' = 2, \'replay\' = 3, \'synthetic\' = 4)')) AS `origin`,
    `parsed`.`run_id` AS `run_id`,
    parseDateTime64BestEffortOrNull(`parsed`.`original_time`, 6, 'UTC') AS `original_time`,
    ifNull(`parsed`.`user_id`, '') AS `user_id`,
    ifNull(CAST(if(`parsed`.`status` IN ('active', 'restricted', 'suspended', 'closed'), `parsed`.`status`, NULL), 'Nullable(Enum8(\'active\' = 1, \'restricted\' = 2, \'suspended\' = 3, \'closed\' = 4))'), CAST('active', 'Enum8(\'active\' = 1, \'restricted\' = 2, \'suspended\' = 3, \'closed\' = 4)')) AS `status`,
    ifNull(`parsed`.`kyc_tier`, '') AS `kyc_tier`,
    ifNull(`parsed`.`country`, '') AS `country`,
    ifNull(parseDateTime64BestEffortOrNull(`parsed`.`created_at`, 6, 'UTC'), toDateTime64(0, 6, 'UTC')) AS `created_at`,
    ifNull(parsed._timestamp_ms, now64(3)) AS received_at, parsed._topic AS _topic, toUInt32(parsed._partition) AS _partition, parsed._offset AS _offset,
    _key, _line, _raw, multiIf(_blank, _error, _form != '', _form, arrayStringConcat(arrayFilter(reason -> reason != '', [multiIf(_shapes[1] != '', _shapes[1], NOT ifNull(`parsed`.`event_id` != '' AND isValidUTF8(`parsed`.`event_id`), 0), if(isNull(`parsed`.`event_id`), 'event_id: missing', concat('event_id: not a String, found ', ifNull(substring(toString(`parsed`.`event_id`), 1, 200), 'null'))), ''),
    multiIf(_shapes[2] != '', _shapes[2], NOT ifNull(match(`parsed`.`event_time`, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$') AND isNotNull(parseDateTime64BestEffortOrNull(`parsed`.`event_time`, 6, 'UTC')), 0), if(isNull(`parsed`.`event_time`), 'event_time: missing', concat('event_time: not a DateTime64(6, \'UTC\'), found ', ifNull(substring(toString(`parsed`.`event_time`), 1, 200), 'null'))), ''),
    multiIf(_shapes[3] != '', _shapes[3], NOT ifNull(`parsed`.`source_id` != '' AND isValidUTF8(`parsed`.`source_id`), 0), if(isNull(`parsed`.`source_id`), 'source_id: missing', concat('source_id: not a String, found ', ifNull(substring(toString(`parsed`.`source_id`), 1, 200), 'null'))), ''),
    multiIf(_shapes[4] != '', _shapes[4], NOT (isNull(`parsed`.`source_seq`) OR ifNull(match(`parsed`.`source_seq`, '^-?(0|[1-9][0-9]{0,77})$') AND ifNull(toString(toUInt64OrNull(`parsed`.`source_seq`)), '') = `parsed`.`source_seq`, 0)), concat('source_seq: not a UInt64, found ', ifNull(substring(toString(`parsed`.`source_seq`), 1, 200), 'null')), ''),
    multiIf(_shapes[5] != '', _shapes[5], NOT ifNull(`parsed`.`origin` IN ('live', 'backfill', 'replay', 'synthetic'), 0), if(isNull(`parsed`.`origin`), 'origin: missing', concat('origin: not a Enum8(\'live\' = 1, \'backfill\' = 2, \'replay\' = 3, \'synthetic\' = 4), found ', ifNull(substring(toString(`parsed`.`origin`), 1, 200), 'null'))), ''),
    multiIf(_shapes[6] != '', _shapes[6], NOT (isNull(`parsed`.`run_id`) OR ifNull(`parsed`.`run_id` != '' AND isValidUTF8(`parsed`.`run_id`), 0)), concat('run_id: not a String, found ', ifNull(substring(toString(`parsed`.`run_id`), 1, 200), 'null')), ''),
    multiIf(_shapes[7] != '', _shapes[7], NOT (isNull(`parsed`.`original_time`) OR ifNull(match(`parsed`.`original_time`, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$') AND isNotNull(parseDateTime64BestEffortOrNull(`parsed`.`original_time`, 6, 'UTC')), 0)), concat('original_time: not a DateTime64(6, \'UTC\'), found ', ifNull(substring(toString(`parsed`.`original_time`), 1, 200), 'null')), ''),
    multiIf(_shapes[8] != '', _shapes[8], NOT ifNull(`parsed`.`user_id` != '' AND isValidUTF8(`parsed`.`user_id`), 0), if(isNull(`parsed`.`user_id`), 'user_id: missing', concat('user_id: not a String, found ', ifNull(substring(toString(`parsed`.`user_id`), 1, 200), 'null'))), ''),
    multiIf(_shapes[9] != '', _shapes[9], NOT ifNull(`parsed`.`status` IN ('active', 'restricted', 'suspended', 'closed'), 0), if(isNull(`parsed`.`status`), 'status: missing', concat('status: not a Enum8(\'active\' = 1, \'restricted\' = 2, \'suspended\' = 3, \'closed\' = 4), found ', ifNull(substring(toString(`parsed`.`status`), 1, 200), 'null'))), ''),
    multiIf(_shapes[10] != '', _shapes[10], NOT ifNull(`parsed`.`kyc_tier` != '' AND isValidUTF8(`parsed`.`kyc_tier`), 0), if(isNull(`parsed`.`kyc_tier`), 'kyc_tier: missing', concat('kyc_tier: not a String, found ', ifNull(substring(toString(`parsed`.`kyc_tier`), 1, 200), 'null'))), ''),
    multiIf(_shapes[11] != '', _shapes[11], NOT ifNull(`parsed`.`country` != '' AND isValidUTF8(`parsed`.`country`), 0), if(isNull(`parsed`.`country`), 'country: missing', concat('country: not a String, found ', ifNull(substring(toString(`parsed`.`country`), 1, 200), 'null'))), ''),
    multiIf(_shapes[12] != '', _shapes[12], NOT ifNull(match(`parsed`.`created_at`, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$') AND isNotNull(parseDateTime64BestEffortOrNull(`parsed`.`created_at`, 6, 'UTC')), 0), if(isNull(`parsed`.`created_at`), 'created_at: missing', concat('created_at: not a DateTime64(6, \'UTC\'), found ', ifNull(substring(toString(`parsed`.`created_at`), 1, 200), 'null'))), ''),
    multiIf(ifNull(parseDateTime64BestEffortOrNull(parsed.event_time, 6, 'UTC') < toDateTime64('2000-01-01 00:00:00', 6, 'UTC'), 0), concat('event_time: before the year 2000, found ', ifNull(parsed.event_time, '')),
    ifNull(parseDateTime64BestEffortOrNull(parsed.event_time, 6, 'UTC') > ifNull(parsed._timestamp_ms, now64(3)) + toIntervalHour(24) OR parseDateTime64BestEffortOrNull(parsed.event_time, 6, 'UTC') >= toDateTime64('2100-01-01 00:00:00', 6, 'UTC'), 0), concat('event_time: more than 24 h ahead of the broker\'s clock, found ', ifNull(parsed.event_time, '')), '')]), '; ')) AS _problem
FROM (
SELECT if(JSONType(document, 'event_id') = 'Null', NULL, CAST(JSONExtract(document, 'event_id', 'Nullable(String)'), 'Nullable(String)')) AS `event_id`, if(JSONType(document, 'event_time') = 'Null', NULL, CAST(JSONExtract(document, 'event_time', 'Nullable(String)'), 'Nullable(String)')) AS `event_time`, if(JSONType(document, 'source_id') = 'Null', NULL, CAST(JSONExtract(document, 'source_id', 'Nullable(String)'), 'Nullable(String)')) AS `source_id`, if(JSONType(document, 'source_seq') = 'Null', NULL, CAST(JSONExtract(document, 'source_seq', 'Nullable(String)'), 'Nullable(String)')) AS `source_seq`, if(JSONType(document, 'origin') = 'Null', NULL, CAST(JSONExtract(document, 'origin', 'Nullable(String)'), 'Nullable(String)')) AS `origin`, if(JSONType(document, 'run_id') = 'Null', NULL, CAST(JSONExtract(document, 'run_id', 'Nullable(String)'), 'Nullable(String)')) AS `run_id`, if(JSONType(document, 'original_time') = 'Null', NULL, CAST(JSONExtract(document, 'original_time', 'Nullable(String)'), 'Nullable(String)')) AS `original_time`, if(JSONType(document, 'user_id') = 'Null', NULL, CAST(JSONExtract(document, 'user_id', 'Nullable(String)'), 'Nullable(String)')) AS `user_id`, if(JSONType(document, 'status') = 'Null', NULL, CAST(JSONExtract(document, 'status', 'Nullable(String)'), 'Nullable(String)')) AS `status`, if(JSONType(document, 'kyc_tier') = 'Null', NULL, CAST(JSONExtract(document, 'kyc_tier', 'Nullable(String)'), 'Nullable(String)')) AS `kyc_tier`, if(JSONType(document, 'country') = 'Null', NULL, CAST(JSONExtract(document, 'country', 'Nullable(String)'), 'Nullable(String)')) AS `country`, if(JSONType(document, 'created_at') = 'Null', NULL, CAST(JSONExtract(document, 'created_at', 'Nullable(String)'), 'Nullable(String)')) AS `created_at`,
    _error, _raw_message, _key, _topic, _partition, _offset, _timestamp_ms, toUInt32(item.1) AS _line, line AS _raw, line = '' AS _blank,
    multiIf(NOT isValidUTF8(line), 'not valid UTF-8', NOT isValidJSON(line) OR JSONType(line) != 'Object', 'not a JSON object', '') AS _form,
    [if(JSONType(document, 'event_id') NOT IN ('Null', 'String'), concat('event_id: expected a string or a number, found ', substring(JSONExtractRaw(document, 'event_id'), 1, 200)), ''), if(JSONType(document, 'event_time') NOT IN ('Null', 'String'), concat('event_time: expected a string or a number, found ', substring(JSONExtractRaw(document, 'event_time'), 1, 200)), ''), if(JSONType(document, 'source_id') NOT IN ('Null', 'String'), concat('source_id: expected a string or a number, found ', substring(JSONExtractRaw(document, 'source_id'), 1, 200)), ''), if(JSONType(document, 'source_seq') NOT IN ('Null', 'String'), concat('source_seq: expected a string or a number, found ', substring(JSONExtractRaw(document, 'source_seq'), 1, 200)), ''), if(JSONType(document, 'origin') NOT IN ('Null', 'String'), concat('origin: expected a string or a number, found ', substring(JSONExtractRaw(document, 'origin'), 1, 200)), ''), if(JSONType(document, 'run_id') NOT IN ('Null', 'String'), concat('run_id: expected a string or a number, found ', substring(JSONExtractRaw(document, 'run_id'), 1, 200)), ''), if(JSONType(document, 'original_time') NOT IN ('Null', 'String'), concat('original_time: expected a string or a number, found ', substring(JSONExtractRaw(document, 'original_time'), 1, 200)), ''), if(JSONType(document, 'user_id') NOT IN ('Null', 'String'), concat('user_id: expected a string or a number, found ', substring(JSONExtractRaw(document, 'user_id'), 1, 200)), ''), if(JSONType(document, 'status') NOT IN ('Null', 'String'), concat('status: expected a string or a number, found ', substring(JSONExtractRaw(document, 'status'), 1, 200)), ''), if(JSONType(document, 'kyc_tier') NOT IN ('Null', 'String'), concat('kyc_tier: expected a string or a number, found ', substring(JSONExtractRaw(document, 'kyc_tier'), 1, 200)), ''), if(JSONType(document, 'country') NOT IN ('Null', 'String'), concat('country: expected a string or a number, found ', substring(JSONExtractRaw(document, 'country'), 1, 200)), ''), if(JSONType(document, 'created_at') NOT IN ('Null', 'String'), concat('created_at: expected a string or a number, found ', substring(JSONExtractRaw(document, 'created_at'), 1, 200)), '')] AS _shapes
FROM (
SELECT _error, _raw_message, _key, _topic, _partition, _offset, _timestamp_ms, item, item.2 AS line, replaceRegexpAll(line, '("[^"\\\\]*"\\s*:\\s*)(-?[0-9][-+.0-9eE]*)(\\s*[,}])', '\\1"\\2"\\3') AS quoted, if(isValidJSON(quoted), quoted, line) AS document
FROM (
SELECT broken.* EXCEPT(event_id, event_time, source_id, source_seq, origin, run_id, original_time, user_id, status, kyc_tier, country, created_at),
    arrayJoin(if(empty(arrayFilter(item -> trimBoth(item.2) != '', arrayMap((text, number) -> (number - 1, text), splitByChar('\n', broken._raw_message) AS texts, arrayEnumerate(texts))) AS filled), [(toUInt32(0), '')], filled)) AS item
FROM `ingest`.`users_broken` AS broken)
)) AS parsed;

CREATE MATERIALIZED VIEW `ingest`.`users_suspects` TO `ingest`.`suspects` AS
SELECT 'users' AS fact, _topic AS topic, _partition AS partition, _offset AS offset, received_at
FROM `ingest`.`users_landing`
WHERE NOT _sound;

CREATE MATERIALIZED VIEW `ingest`.`users_feed` TO `facts`.`users` AS
SELECT `event_id`, `event_time`, `source_id`, `source_seq`, `origin`, `run_id`, `original_time`, `user_id`, `status`, `kyc_tier`, `country`, `created_at`,
    received_at, now64(3, 'UTC') AS ingested_at,
    bitNot(toUInt64(toUnixTimestamp64Milli(now64(3, 'UTC')))) AS version, _topic, _partition, _offset
FROM `ingest`.`users_landing`
WHERE _sound;

CREATE MATERIALIZED VIEW `ingest`.`users_intake` TO `ingest`.`users_landing` AS
SELECT ifNull(`kafka`.`event_id`, '') AS `event_id`,
    ifNull(parseDateTime64BestEffortOrNull(`kafka`.`event_time`, 6, 'UTC'), toDateTime64(0, 6, 'UTC')) AS `event_time`,
    ifNull(`kafka`.`source_id`, '') AS `source_id`,
    toUInt64OrNull(`kafka`.`source_seq`) AS `source_seq`,
    ifNull(CAST(if(`kafka`.`origin` IN ('live', 'backfill', 'replay', 'synthetic'), `kafka`.`origin`, NULL), 'Nullable(Enum8(\'live\' = 1, \'backfill\' = 2, \'replay\' = 3, \'synthetic\' = 4))'), CAST('live', 'Enum8(\'live\' = 1, \'backfill\' = 2, \'replay\' = 3, \'synthetic\' = 4)')) AS `origin`,
    `kafka`.`run_id` AS `run_id`,
    parseDateTime64BestEffortOrNull(`kafka`.`original_time`, 6, 'UTC') AS `original_time`,
    ifNull(`kafka`.`user_id`, '') AS `user_id`,
    ifNull(CAST(if(`kafka`.`status` IN ('active', 'restricted', 'suspended', 'closed'), `kafka`.`status`, NULL), 'Nullable(Enum8(\'active\' = 1, \'restricted\' = 2, \'suspended\' = 3, \'closed\' = 4))'), CAST('active', 'Enum8(\'active\' = 1, \'restricted\' = 2, \'suspended\' = 3, \'closed\' = 4)')) AS `status`,
    ifNull(`kafka`.`kyc_tier`, '') AS `kyc_tier`,
    ifNull(`kafka`.`country`, '') AS `country`,
    ifNull(parseDateTime64BestEffortOrNull(`kafka`.`created_at`, 6, 'UTC'), toDateTime64(0, 6, 'UTC')) AS `created_at`,
    ifNull(kafka._timestamp_ms, now64(3)) AS received_at, kafka._topic AS _topic, toUInt32(kafka._partition) AS _partition, kafka._offset AS _offset,
    kafka._error = '' AND ifNull(`kafka`.`event_id` != '' AND isValidUTF8(`kafka`.`event_id`), 0)
    AND ifNull(match(`kafka`.`event_time`, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$') AND isNotNull(parseDateTime64BestEffortOrNull(`kafka`.`event_time`, 6, 'UTC')), 0)
    AND ifNull(`kafka`.`source_id` != '' AND isValidUTF8(`kafka`.`source_id`), 0)
    AND (isNull(`kafka`.`source_seq`) OR ifNull(match(`kafka`.`source_seq`, '^-?(0|[1-9][0-9]{0,77})$') AND ifNull(toString(toUInt64OrNull(`kafka`.`source_seq`)), '') = `kafka`.`source_seq`, 0))
    AND ifNull(`kafka`.`origin` IN ('live', 'backfill', 'replay', 'synthetic'), 0)
    AND (isNull(`kafka`.`run_id`) OR ifNull(`kafka`.`run_id` != '' AND isValidUTF8(`kafka`.`run_id`), 0))
    AND (isNull(`kafka`.`original_time`) OR ifNull(match(`kafka`.`original_time`, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$') AND isNotNull(parseDateTime64BestEffortOrNull(`kafka`.`original_time`, 6, 'UTC')), 0))
    AND ifNull(`kafka`.`user_id` != '' AND isValidUTF8(`kafka`.`user_id`), 0)
    AND ifNull(`kafka`.`status` IN ('active', 'restricted', 'suspended', 'closed'), 0)
    AND ifNull(`kafka`.`kyc_tier` != '' AND isValidUTF8(`kafka`.`kyc_tier`), 0)
    AND ifNull(`kafka`.`country` != '' AND isValidUTF8(`kafka`.`country`), 0)
    AND ifNull(match(`kafka`.`created_at`, '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$') AND isNotNull(parseDateTime64BestEffortOrNull(`kafka`.`created_at`, 6, 'UTC')), 0)
    AND ifNull(NOT (parseDateTime64BestEffortOrNull(kafka.event_time, 6, 'UTC') < toDateTime64('2000-01-01 00:00:00', 6, 'UTC')), 0)
    AND ifNull(NOT (parseDateTime64BestEffortOrNull(kafka.event_time, 6, 'UTC') > ifNull(kafka._timestamp_ms, now64(3)) + toIntervalHour(24) OR parseDateTime64BestEffortOrNull(kafka.event_time, 6, 'UTC') >= toDateTime64('2100-01-01 00:00:00', 6, 'UTC')), 0) AS _sound
FROM `ingest`.`users_kafka` AS kafka;
