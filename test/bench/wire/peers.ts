import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { encode as encodeMessagePack } from "@msgpack/msgpack";
import { encode as encodeCbor } from "cborg";
import type { Call } from "./corpus.ts";

/** Bytes of one frame in another encoding. None has a header: no boot, no seq, no ack. */
type Encode = (calls: readonly Call[]) => Uint8Array;

/** A JSON array of objects with exactly t, l, g, f, a as the corpus has them, without blanks. */
const jsonBytes: Encode = (calls) =>
  Buffer.from(JSON.stringify(calls.map(({ t, l, g, f, a }) => ({ t, l, g, f, a }))));

/** An array of arrays: no names of fields. */
const rowsOf = (calls: readonly Call[]): unknown[] =>
  calls.map(({ t, l, g, f, a }) => [t, l, g, f, a]);

/** Other encodings by name; all of them exact, with the whole text of each event inside. */
export const peers = {
  json50: jsonBytes,
  /** Floats in 2, 4 or 8 bytes, whatever is exact. */
  cbor50: (calls) => encodeCbor(rowsOf(calls)),
  msgpack50: (calls) => encodeMessagePack(rowsOf(calls)),
  gzip50: (calls) => gzipSync(jsonBytes(calls), { level: 9 }),
  brotli50: (calls) => {
    const json = jsonBytes(calls);
    return brotliCompressSync(json, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: json.length,
      },
    });
  },
} as const satisfies { [name: string]: Encode };

/** Bytes of all calls in frames of `frameEvents`. */
export const peerBytes = (calls: readonly Call[], encode: Encode, frameEvents: number): number => {
  let bytes = 0;
  for (let index = 0; index < calls.length; index += frameEvents) {
    bytes += encode(calls.slice(index, index + frameEvents)).length;
  }
  return bytes;
};
