import { Evaluation, EvaluationRequest, Oprf, POPRFClient, POPRFServer } from "@cloudflare/voprf-ts";
import { CryptoNoble } from "@cloudflare/voprf-ts/crypto-noble";

const SUITE = Oprf.Suite.RISTRETTO255_SHA512;

/** `@cloudflare/voprf-ts` in POPRF mode on its noble provider, from bytes to bytes as ours is. */
export function createVoprfTsServer(secretKey: Uint8Array) {
  const server = new POPRFServer(SUITE, secretKey, CryptoNoble);
  return {
    async blindEvaluateBatch(request: Uint8Array, info: Uint8Array): Promise<Uint8Array> {
      const decoded = EvaluationRequest.deserialize(SUITE, request, CryptoNoble);
      return (await server.blindEvaluate(decoded, info)).serialize();
    },
    evaluate: (input: Uint8Array, info: Uint8Array): Promise<Uint8Array> => server.evaluate(input, info),
  };
}

export function createVoprfTsClient(publicKey: Uint8Array) {
  const client = new POPRFClient(SUITE, publicKey, CryptoNoble);
  return {
    /** What to send, and how to make outputs of the answer. Throws if its proof does not hold. */
    async blind(inputs: readonly Uint8Array[]) {
      const [kept, request] = await client.blind([...inputs]);
      return {
        request: request.serialize(),
        finalize: (answer: Uint8Array, info: Uint8Array): Promise<Uint8Array[]> =>
          client.finalize(kept, Evaluation.deserialize(SUITE, answer, CryptoNoble), info),
      };
    },
  };
}

const ELEMENT_BYTES = 32;
const MODE = Uint8Array.of(Oprf.Mode.POPRF);

/** Its messages: elements behind their number in two bytes; an answer ends in the mode and the proof. */
export function requestOf(elements: readonly Uint8Array[]): Uint8Array {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(elements.length);
  return new Uint8Array(Buffer.concat([count, ...elements]));
}

export function answerOf(elements: readonly Uint8Array[], proof: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([requestOf(elements), MODE, proof]));
}

export function elementsOf(message: Uint8Array): Uint8Array[] {
  const count = Buffer.from(message).readUInt16BE();
  return Array.from({ length: count }, (_, index) =>
    message.slice(2 + index * ELEMENT_BYTES, 2 + (index + 1) * ELEMENT_BYTES),
  );
}

export function proofOf(answer: Uint8Array): Uint8Array {
  return answer.slice(2 + elementsOf(answer).length * ELEMENT_BYTES + MODE.length);
}
