SELECT span.SpanName AS name, SpanKind, StatusCode, StatusMessage, SpanAttributes, parent.SpanName AS parent, written.lines AS lines,
    (SELECT uniqExact(TraceId) FROM otel.otel_traces WHERE ServiceName = 'emitter') AS traces
FROM otel.otel_traces AS span
LEFT JOIN (SELECT SpanId, SpanName FROM otel.otel_traces WHERE ServiceName = 'emitter') AS parent ON parent.SpanId = span.ParentSpanId
LEFT JOIN (SELECT SpanId, count() AS lines FROM otel.otel_logs WHERE ServiceName = 'emitter' GROUP BY SpanId) AS written ON written.SpanId = span.SpanId
WHERE ServiceName = 'emitter' ORDER BY name FORMAT Vertical
