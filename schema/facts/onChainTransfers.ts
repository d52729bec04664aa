// Transfers on public chains to and from watched addresses; a transfer removed by a reorganisation is a further row.
import { fact, integer, label, oneOf, optional, text } from "../dsl";

export const onChainTransfers = fact("on_chain_transfers", {
    description: "Transfer of a token on a chain, as seen from a watched address: between two of ours it is two rows",
    columns: {
        chain: label("Chain, e.g. ethereum, solana"),
        transaction_hash: text("Transaction hash or signature"),
        transfer_index: integer("Position of the transfer in the transaction", 32),
        status: oneOf(
            ["confirmed", "removed"],
            "removed: the block left the chain, the row compensates the earlier one",
        ),
        revision: optional(
            integer("How often the transfer was removed from this very block before; absent when never", 8),
        ),
        block_number: integer("Block or slot"),
        block_hash: optional(
            text("Hash of the block: part of the identity, since a reorganisation may bring the transfer back"),
        ),
        token: label("Token symbol, or the contract where it has none"),
        contract_address: optional(text("Token contract; absent for the chain's own coin")),
        decimals: integer("Decimals of the token", 8),
        from_address: text("Sender", { personal: true }),
        to_address: text("Receiver", { personal: true }),
        amount: integer("Amount in the token's smallest unit", 256),
        watched_address: text("Address of ours the transfer was found by"),
    },
    // The position is counted in what the explorer lists for one address, so it names a transfer only together with that address.
    identity: [
        ...(["chain", "transaction_hash", "transfer_index", "watched_address"] as const),
        ...(["block_hash", "status", "revision"] as const),
    ],
    entity: ["chain", "watched_address"],
    key: ["chain", "watched_address"],
    pace: "relaxed",
});
