import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, type FrameFault } from "../../../shared/codec/decode.ts";
import { encodeFrame } from "../../../shared/codec/encode.ts";
import type { Entry } from "../../../shared/event.ts";
import { frameLimitBytes } from "../../../shared/limits.ts";
import { anyDamage, anyFrame } from "../../support/any-frame.ts";

/** Header of a frame of one seq: boot 1, first 0, sent at uptime 5, no ack. */
const header = "01000000 00 00 00 01 05 00";

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");

const faultOf = (hex: string): FrameFault => {
  const decoded = decodeFrame(bytesOf(hex));
  if (decoded.ok) throw new Error("it can be read");
  return decoded;
};

describe("decodeFrame", () => {
  it("decodes whatever it encodes", () => {
    fc.assert(
      fc.property(anyFrame(), (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toStrictEqual({ ok: true, frame });
      }),
    );
  });

  it("encodes again, byte by byte, whatever it decoded", () => {
    fc.assert(
      fc.property(anyFrame(), (frame) => {
        const bytes = encodeFrame(frame);

        const decoded = decodeFrame(bytes);

        expect(decoded.ok && encodeFrame(decoded.frame)).toStrictEqual(bytes);
      }),
    );
  });

  it("answers with a fault or with a frame that encodes, whatever the damage", () => {
    const anyDamaged = anyFrame().chain((frame) => anyDamage(encodeFrame(frame)));

    fc.assert(
      fc.property(anyDamaged, (bytes) => {
        const decoded = decodeFrame(bytes);

        if (decoded.ok) expect(decodeFrame(encodeFrame(decoded.frame))).toStrictEqual(decoded);
        else expect(decoded.offset).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses a frame that is cut off anywhere, and keeps its header from the body on", () => {
    const bytes = bytesOf(`a1 ${header} 02 03 01 00 02 6869 01 05 03 616263`);

    const faults = Array.from(bytes.keys(), (length) => decodeFrame(bytes.subarray(0, length)));

    expect(decodeFrame(bytes).ok).toBe(true);
    expect(faults.map((fault) => !fault.ok && fault.header !== null)).toEqual(
      Array.from(bytes.keys(), (length) => length >= 11),
    );
  });

  it("reads bytes that lie within a larger buffer", () => {
    const frame = bytesOf(`a1 ${header} 02 03 01 00 00 01 04 000000000000f83f`);
    const whole = Buffer.concat([Buffer.alloc(3, 0xff), frame, Buffer.alloc(3, 0xff)]);

    const decoded = decodeFrame(whole.subarray(3, 3 + frame.length));

    expect(decoded).toMatchObject({
      ok: true,
      frame: { body: { entries: [{ uptimeMs: 3, values: [1.5] }] } },
    });
  });

  it("knows the header of a frame whose body is of a later version", () => {
    const fault = faultOf(`af ${header} ffff`);

    expect(fault).toMatchObject({
      fault: "format",
      offset: 0,
      reason: "body format 15 is not known",
      header: { boot: { nonce: 1, number: 0 }, first: 0, count: 1, sendUptimeMs: 5 },
    });
  });

  it.each([
    ["", "header", 0, "ends too early, bytes missing: 1"],
    ["7b22", "header", 0, "protocol byte 0x7b is no fleetlog frame"],
    [`a1 ${header}`, "body", 11, "0 entries where the header says 1"],
    [`a1 ${header} 01 00 01 00`, "body", 11, "2 entries where the header says 1"],
    [`a1 ${header} 03 00 00`, "body", 11, "site 0 is not defined"],
    [`a1 ${header} 02 00 06 00 00 00`, "body", 13, "level 6 is not known"],
    [`a1 ${header} 00 00 02 08 01`, "body", 14, "drop reason 8 is not known"],
    [`a1 ${header} 02 00 01 00 00 01 09`, "body", 17, "value of unknown kind 9"],
    [`a1 ${header} 02 00 01 09`, "body", 15, "ends too early, bytes missing: 9"],
    [`a0 ${header} 00 00 00`, "body", 13, "bytes after the last drop"],
    [
      `a1 01000000 00 00 00 02 05 00 01 ffffffffffffff0f 01 01`,
      "body",
      20,
      "uptime above 2^53 - 1",
    ],
  ])("says of %s that its %s fails at byte %i: %s", (hex, fault, offset, reason) => {
    expect(faultOf(hex)).toMatchObject({ fault, offset, reason });
  });

  it.each([
    ["values", `a1 ${header} 02 00 01 00 00 ffffffffffffff0f`],
    ["drops", `a0 ${header} 00 ffffffffffffff0f`],
    ["bytes", `a1 ${header} 02 00 01 00 00 01 06 ffffffffffffff0f`],
  ])("takes no room for %s that are announced and missing", (_what, hex) => {
    expect(faultOf(hex)).toMatchObject({ fault: "body" });
  });
});

/** Numerical Recipes' generator: the same bytes in every run. */
const createRandom = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
};

describe("decodeFrame under fuzz", () => {
  it("survives 50,000 mutations of frames of every kind", () => {
    const random = createRandom(7);
    const frames = fc.sample(anyFrame(), { seed: 7, numRuns: 100 }).map(encodeFrame);
    let readable = 0;

    for (let round = 0; round < 50_000; round++) {
      const bytes = new Uint8Array(frames[round % frames.length] as Uint8Array);
      for (let left = 1 + random(4); left > 0; left--) bytes[random(bytes.length)] = random(256);
      const cut = random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
      if (decodeFrame(cut).ok) readable++;
    }

    expect(readable).toBeGreaterThan(0);
    expect(readable).toBeLessThan(50_000);
  });

  it("survives 20,000 frames of random bytes", () => {
    const random = createRandom(11);

    for (let round = 0; round < 20_000; round++) {
      const bytes = Uint8Array.from({ length: 10 + random(80) }, () => random(256));
      bytes[0] = 0xa0 + random(2);
      bytes.fill(0, 5, 10);
      bytes[8] = 1 + random(3);

      expect(decodeFrame(bytes).ok).toBeTypeOf("boolean");
    }
  });

  it("decodes a frame full of the smallest entries there are", () => {
    const site = { level: "info" as const, tag: "", format: "" };
    const event: Entry = { kind: "event", uptimeMs: 0, site, values: [] };
    const entries = new Array<Entry>(21_000).fill(event);
    const boot = { nonce: 1, number: 0 };
    const place = { boot, base: 0, first: 0, count: entries.length };
    const frameHeader = { ...place, sendUptimeMs: 5, ackId: 0, ackUptimeMs: 5 };

    const bytes = encodeFrame({ header: frameHeader, body: { kind: "entries", entries } });

    expect(bytes.length).toBeLessThan(frameLimitBytes);
    expect(decodeFrame(bytes).ok).toBe(true);
  });
});
