# Proves: the collector takes what comes with the token, over HTTP and gRPC, and nothing else: what it refuses is not stored either.

load helpers
setup_file() { load_variables && export DATA; }

@test "HTTP: the token is let in; no header, another token and a token without its scheme are not" {
    [ "$(emit logs refused)" = 401 ]
    [ "$(emit logs refused -H 'authorization: Bearer another')" = 401 ]
    [ "$(emit logs refused -H "authorization: $TOKEN")" = 401 ]
    [ "$(emit logs accepted -H "authorization: Bearer $TOKEN")" = 200 ]
    # What came later is there, so what came before would be.
    wait_for_rows otel_logs 1 accepted
    same_as_snapshot accepted
    [ "$(query "SELECT count() FROM otel.otel_logs WHERE ServiceName = 'refused'")" = 0 ]
}

@test "gRPC: the token is let in, no token and another are not" {
    run node --require tsx/cjs "$BATS_TEST_DIRNAME/grpc.ts" "$OTLP_GRPC" "" another "$TOKEN"
    [ "$status" -eq 0 ]
    [ "$output" = "UNAUTHENTICATED UNAUTHENTICATED OK" ]
}
