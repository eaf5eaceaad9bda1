import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../shared/codec/decode.ts";
import { decodeAck, encodeAck } from "../../shared/codec/downlink.ts";
import { encodeFrame } from "../../shared/codec/encode.ts";
import { dropReasons, levels } from "../../shared/event.ts";
import { bytesOf, goldens } from "./golden-files.ts";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("golden frames", () => {
  const frames = goldens.flatMap(({ frame, ...golden }) => (frame ? [{ ...golden, frame }] : []));

  it.each(frames)("decode to what the file says: $name", (golden) => {
    expect(decodeFrame(bytesOf(golden))).toStrictEqual({ ok: true, frame: golden.frame });
  });

  it.each(frames)("encode to the same bytes: $name", (golden) => {
    expect(hexOf(encodeFrame(golden.frame))).toBe(golden.hex);
  });

  it("show every level and every drop reason", () => {
    const text = JSON.stringify(frames);

    for (const name of [...levels, ...dropReasons]) expect(text).toContain(`"${name}"`);
  });
});

describe("golden acks", () => {
  const acks = goldens.flatMap(({ ack, ...golden }) => (ack ? [{ ...golden, ack }] : []));

  it.each(acks)("decode to what the file says: $name", (golden) => {
    expect(decodeAck(bytesOf(golden))).toStrictEqual({ ok: true, ack: golden.ack });
  });

  it.each(acks)("encode to the same bytes: $name", (golden) => {
    expect(hexOf(encodeAck(golden.ack))).toBe(golden.hex);
  });
});

describe("golden faults", () => {
  const faults = goldens.flatMap(({ fault, ...golden }) => (fault ? [{ ...golden, fault }] : []));

  it.each(faults)("are refused as the file says: $name", (golden) => {
    expect(decodeFrame(bytesOf(golden))).toMatchObject({ ok: false, ...golden.fault });
  });
});
