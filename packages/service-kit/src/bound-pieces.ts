import type { IncomingMessage } from "node:http";

/**
 * Of one body. A piece is what arrived in one packet or one chunk: 1,024 are ten times what 64 KiB come in over the poorest
 * link. Each costs some 150 bytes and 10 us, whatever is in it, and Node's own bound counts only what is in them: a body sent in
 * chunks of a byte would take a hundred and fifty times the memory of its length.
 */
const MAX_PIECES = 1_024;

export class ExcessivePiecesError extends Error {
  override readonly name = "ExcessivePiecesError";
  readonly code = "EXCESSIVE_PIECES";
}

/** Calls `onExcess` once, for the first piece too many; that one and those behind it are dropped. */
export function boundPieces(incoming: IncomingMessage, onExcess: () => void): void {
  const push = incoming.push.bind(incoming);
  let pieces = 0;
  // What Node's parser hands a body's pieces to, before they are kept.
  incoming.push = (piece, encoding) => {
    if (piece === null) return push(piece);
    pieces += 1;
    if (pieces === MAX_PIECES + 1) onExcess();
    return pieces > MAX_PIECES ? false : push(piece, encoding);
  };
}
