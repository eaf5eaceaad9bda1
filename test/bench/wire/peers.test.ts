import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { decode as decodeMessagePack } from "@msgpack/msgpack";
import { decode as decodeCbor } from "cborg";
import { describe, expect, it } from "vitest";
import type { Call } from "./corpus.ts";
import { peerBytes, peers } from "./peers.ts";

const calls: Call[] = [
  { t: 0, l: "I", g: "pump", f: "temp %d", a: [21] },
  { t: 9, l: "E", g: "", f: "%s %f %j", a: ["é", 0.1, { rpm: null }] },
];

const rows = calls.map(({ t, l, g, f, a }) => [t, l, g, f, a]);

describe("other encodings", () => {
  it("writes json50 as an array of objects without blanks", () => {
    expect(Buffer.from(peers.json50(calls)).toString()).toBe(
      '[{"t":0,"l":"I","g":"pump","f":"temp %d","a":[21]},' +
        '{"t":9,"l":"E","g":"","f":"%s %f %j","a":["é",0.1,{"rpm":null}]}]',
    );
  });

  it("decodes to what went in", () => {
    expect(decodeCbor(peers.cbor50(calls))).toEqual(rows);
    expect(decodeMessagePack(peers.msgpack50(calls))).toEqual(rows);
    expect(JSON.parse(gunzipSync(peers.gzip50(calls)).toString())).toEqual(calls);
    expect(JSON.parse(brotliDecompressSync(peers.brotli50(calls)).toString())).toEqual(calls);
  });

  it("begins a frame anew after so many events", () => {
    const both = peers.json50(calls).length;

    expect(peerBytes(calls, peers.json50, 2)).toBe(both);
    // two arrays have two more brackets, and no comma
    expect(peerBytes(calls, peers.json50, 1)).toBe(both + 1);
  });
});
