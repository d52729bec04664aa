SELECT SeverityText, SeverityNumber, Body, mapFilter((key, value) -> key != 'exception.stacktrace', LogAttributes) AS attributes, TraceId != '' AS traced
FROM otel.otel_logs WHERE ServiceName = 'emitter' AND Body NOT LIKE 'modules%' ORDER BY Body FORMAT Vertical
