/** What a client takes of voprf-ts to get tokens: an entry for the bundler. */
import { Oprf } from "@cloudflare/voprf-ts";
import { CryptoNoble } from "@cloudflare/voprf-ts/crypto-noble";

Oprf.Crypto = CryptoNoble;

export { Evaluation, EvaluationRequest, Oprf, POPRFClient } from "@cloudflare/voprf-ts";
