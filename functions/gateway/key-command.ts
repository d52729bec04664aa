// `npm run gateway-key`: makes a key for a producer. The key goes to its holder, the hash into the stack's secret configuration.
import { createKey, hashKey } from "./keys";

const key = createKey();
process.stdout.write(`key   ${key}\nhash  ${hashKey(key)}\n`);
process.stderr.write(
    "Give the key to its producer and put the hash into the producer's hashes in the secret config gatewayKeys. To replace a key, keep both hashes until the producer uses the new one.\n",
);
