SELECT if(Body LIKE '{%', JSONExtractString(Body, 'n'), Body) AS said, SeverityText, SeverityNumber
FROM otel.otel_logs WHERE ServiceName = 'severity' ORDER BY Timestamp FORMAT PrettyCompactMonoBlock
SETTINGS output_format_pretty_color = 0
