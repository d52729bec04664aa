SELECT Body, SeverityText, SeverityNumber, LogAttributes, TraceId, SpanId, ScopeName
FROM otel.otel_logs WHERE ServiceName = 'string-bodies' ORDER BY Timestamp FORMAT Vertical
