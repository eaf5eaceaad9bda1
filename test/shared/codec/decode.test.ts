import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, decodeHead, type FrameFault } from "../../../shared/codec/decode.ts";
import { encodeFrame } from "../../../shared/codec/encode.ts";
import type { Meaning } from "../../../shared/definition.ts";
import type { Frame } from "../../../shared/frame.ts";
import { anyDamage, anyFrame } from "../../support/any-frame.ts";

/** Header of a frame of one seq: boot 1, first 0, sent at uptime 5, no ack. */
const header = "01000000 00 00 00 01 05 00";

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");

const faultOf = (hex: string): FrameFault => {
  const decoded = decodeFrame(bytesOf(hex));
  if (decoded.ok) throw new Error("it can be read");
  return decoded;
};

const frameIn = (bytes: Uint8Array): Frame | string => {
  const decoded = decodeFrame(bytes);
  return decoded.ok ? decoded.frame : decoded.reason;
};

describe("decodeFrame", () => {
  it("decodes whatever it encodes", () => {
    fc.assert(
      fc.property(anyFrame(), (frame) => {
        expect(frameIn(encodeFrame(frame))).toStrictEqual(frame);
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

        if (decoded.ok) expect(frameIn(encodeFrame(decoded.frame))).toStrictEqual(decoded.frame);
        else expect(decoded.offset).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses a frame that is cut off anywhere, and keeps its header from the body on", () => {
    const bytes = bytesOf(`a2 ${header} 01 01 01 00 21 00 04 6869 03 40 c9 616263`);

    const faults = Array.from(bytes.keys(), (length) => decodeFrame(bytes.subarray(0, length)));

    expect(decodeFrame(bytes).ok).toBe(true);
    expect(faults.map((fault) => !fault.ok && fault.header !== null)).toEqual(
      Array.from(bytes.keys(), (length) => length >= 11),
    );
  });

  it("reads bytes that lie within a larger buffer", () => {
    const frame = bytesOf(`a2 ${header} 01 01 01 00 21 00 00 03 40 8b 000000000000f83f`);
    const whole = Buffer.concat([Buffer.alloc(3, 0xff), frame, Buffer.alloc(3, 0xff)]);

    const decoded = decodeFrame(whole.subarray(3, 3 + frame.length));

    expect(decoded).toMatchObject({
      ok: true,
      frame: { body: { entries: [{ uptimeMs: 3, values: [1.5] }] } },
    });
  });

  it("reads what the agent holds through a lookup, and what the frame brings before that", () => {
    const bytes = bytesOf(
      `a2 ${header.replace("01 05 00", "02 05 00")} 03 01 01 00 01 00 02 62 00 80 00 80 01`,
    );
    const held: Meaning = {
      kind: "site",
      site: { level: "warn", tag: "", format: "held" },
      valueCount: 0,
    };

    const decoded = decodeFrame(bytes, () => held);

    const formats = [{ site: { format: "held" } }, { site: { format: "b" } }];
    expect(decoded).toMatchObject({ ok: true, frame: { body: { entries: formats } } });
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
    [`a2 ${header}`, "body", 11, "ends too early, bytes missing: 1"],
    [`a2 ${header} 00 05`, "body", 12, "0 entries where the header says 1"],
    [
      `a2 ${header} 00 05 3f0000 0000 01 3f0000 0000 01`,
      "body",
      12,
      "2 entries where the header says 1",
    ],
    [
      `a3 ${header} 00 05 3f0000 0000 01`,
      "body",
      12,
      "the end of the boot where the format says otherwise",
    ],
    [`a0 ${header} 00 00 00`, "body", 13, "bytes after the last drop"],
    [`a0 ${header} 00 01 05 00 01`, "body", 13, "level 5 is not known"],
    [`a0 ${header} 00 01 04 08 01`, "body", 14, "drop reason 8 is not known"],
  ])("says of %s that its %s fails at byte %i: %s", (hex, fault, offset, reason) => {
    expect(faultOf(hex)).toMatchObject({ fault, offset, reason });
  });

  it.each([
    ["definitions", `a2 ${header} 01 00 ffffffffffffff0f`],
    ["values of a site", `a2 ${header} 01 01 01 00 e1 ffffffffffffff0f 00 00 05 40 00`],
    ["values of an event", `a2 ${header} 00 05 3f0200 00 ffffffffffffff0f 00 00`],
    ["drops", `a0 ${header} 00 ffffffffffffff0f`],
    ["bytes", `a2 ${header} 00 05 3f0200 00 01 00 00 93 ffffffffffffff0f`],
    ["characters", `a2 ${header} 00 05 3f0200 00 01 00 00 ff ffffffffffffff0f`],
  ])("takes no room for %s that are announced and missing", (_what, hex) => {
    expect(faultOf(hex)).toMatchObject({ fault: "body" });
  });
});

describe("decodeHead", () => {
  it("reads header and head, whatever follows", () => {
    const bytes = bytesOf(`a3 ${header} 05 03 01 00 21 00 04 6869 ffff`);

    const begun = decodeHead(bytes);

    const site = { level: "info", tag: "", format: "hi" };
    const definition = { number: 2, replaces: -1, meaning: { kind: "site", site, valueCount: 1 } };
    expect(begun).toMatchObject({
      ok: true,
      header: { first: 0, count: 1 },
      head: { needs: 2, settled: 5, definitions: [definition] },
      isEnd: true,
    });
  });

  it("finds no head in a tombstone", () => {
    expect(decodeHead(bytesOf(`a0 ${header} 00 00`))).toMatchObject({ ok: true, head: null });
  });

  it.each([
    ["7b", "header"],
    [`a1 ${header} 00`, "format"],
    [`a2 ${header} 01`, "body"],
  ])("says of %s what is wrong: %s", (hex, fault) => {
    expect(decodeHead(bytesOf(hex))).toMatchObject({ ok: false, fault });
  });

  it("agrees with decodeFrame", () => {
    fc.assert(
      fc.property(anyFrame(), (frame) => {
        const bytes = encodeFrame(frame);
        const decoded = decodeFrame(bytes);

        const begun = decodeHead(bytes);

        expect(begun.ok && begun.head).toStrictEqual(decoded.ok && decoded.head);
        expect(begun.header).toStrictEqual(frame.header);
      }),
    );
  });
});
