import { once } from "node:events";
import { connect } from "node:net";
import { LOOPBACK } from "./loopback.ts";

const METADATA = 3;
const METADATA_VERSION = 1;
const HEADER_BYTES = 4;
/** After the answer's size and the request's number. */
const BROKERS_AT = 8;

/**
 * Rejects unless the broker answers and counts itself among the live ones: it answers earlier, but can hold no topic then.
 * The request is Kafka's Metadata for no topic (https://kafka.apache.org/protocol), since no client is worth a dependency here.
 */
export async function probeBroker(port: number): Promise<void> {
  const socket = connect(port, LOOPBACK);
  try {
    await once(socket, "connect");
    socket.write(metadataRequest());
    let answer = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < BROKERS_AT + HEADER_BYTES) continue;
      if (answer.readInt32BE(BROKERS_AT) > 0) return;
      throw new Error("kafka has no live broker yet");
    }
    throw new Error("kafka closed the connection");
  } finally {
    socket.destroy();
  }
}

/** Key and version of the request, its number, no client's name, no topics. */
function metadataRequest(): Buffer {
  const body = Buffer.alloc(14);
  body.writeInt16BE(METADATA, 0);
  body.writeInt16BE(METADATA_VERSION, 2);
  body.writeInt32BE(1, 4);
  body.writeInt16BE(-1, 8);
  body.writeInt32BE(0, 10);
  const size = Buffer.alloc(HEADER_BYTES);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}
