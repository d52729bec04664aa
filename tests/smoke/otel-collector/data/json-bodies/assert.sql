SELECT mapSort(LogAttributes) AS attributes
FROM otel.otel_logs WHERE ServiceName = 'json-bodies' ORDER BY Timestamp FORMAT Vertical
