SELECT SpanName, SpanKind, TraceId, SpanId, ParentSpanId, Duration, StatusCode, StatusMessage, SpanAttributes,
    Events.Name, Events.Attributes, Links.TraceId, ScopeName
FROM otel.otel_traces WHERE ServiceName = 'traces' ORDER BY Timestamp FORMAT Vertical
