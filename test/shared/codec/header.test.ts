import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHeader, writeHeader } from "../../../shared/codec/header.ts";
import { createReader } from "../../../shared/codec/reader.ts";
import { createWriter } from "../../../shared/codec/writer.ts";
import type { FrameHeader } from "../../../shared/frame.ts";
import { headerLimitBytes } from "../../../shared/limits.ts";
import { anyHeader, maxInteger } from "../../support/any-frame.ts";

const bytesOf = (header: FrameHeader): Uint8Array => {
  const writer = createWriter();
  writeHeader(writer, header, 1);
  return writer.bytes();
};

const faultOf = (hex: string): string | undefined => {
  const reader = createReader(Buffer.from(hex, "hex"), 0);
  readHeader(reader);
  return reader.fault()?.reason;
};

const hourMs = 3_600_000;

/** A device with a boot number below 128, all frames acked, the last one `ageMs` ago. */
const usual = (first: number, uptimeMs: number, ageMs: number): FrameHeader => ({
  boot: { nonce: 0x12345678, number: 0 },
  base: first,
  first,
  count: 50,
  sendUptimeMs: uptimeMs,
  ackId: Math.ceil(first / 50),
  ackUptimeMs: uptimeMs - ageMs,
});

describe("header", () => {
  it("comes back as it was, with the body's format", () => {
    fc.assert(
      fc.property(anyHeader(3), (header) => {
        const reader = createReader(bytesOf(header), 0);

        expect(readHeader(reader)).toStrictEqual({ header, bodyFormat: 1 });
        expect(reader.fault()).toBeNull();
      }),
    );
  });

  it("never exceeds the room that is kept for it", () => {
    const longest = {
      boot: { nonce: 0xffffffff, number: maxInteger },
      base: 0,
      first: maxInteger,
      count: maxInteger,
      sendUptimeMs: maxInteger,
      ackId: maxInteger,
      ackUptimeMs: 0,
    };

    expect(bytesOf(longest)).toHaveLength(headerLimitBytes);
  });

  it.each([
    { when: "the first frame of a boot", header: usual(0, 3_000, 0), bytes: 12 },
    { when: "the second, seconds later", header: usual(50, 8_000, 4_900), bytes: 14 },
    { when: "an hour of an event a second", header: usual(3_600, hourMs, 4_900), bytes: 17 },
    { when: "a day of it", header: usual(86_400, 24 * hourMs, 4_900), bytes: 19 },
    { when: "a year of it", header: usual(31_536_000, 8_760 * hourMs, 4_900), bytes: 22 },
  ])("takes $bytes bytes for $when", ({ header, bytes }) => {
    expect(bytesOf(header)).toHaveLength(bytes);
  });

  it.each([
    ["b178563412000000010500", "protocol byte 0xb1 is no fleetlog frame"],
    ["a178563412000000000500", "count of 0"],
    ["a178563412000102010500", "base below 0"],
    ["a17856341200000001050106", "ack before the boot"],
    ["a17856341200feffffffffffff0f00020500", "seq above 2^53 - 1"],
    ["a1785634", "ends too early, bytes missing: 1"],
  ])("refuses %s: %s", (hex, reason) => {
    expect(faultOf(hex)).toBe(reason);
  });
});
