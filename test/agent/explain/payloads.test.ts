import { describe, expect, it } from "vitest";
import { type PayloadFormat, payloadsOf } from "../../../agent/explain/payloads.ts";
import { frameLimitBytes } from "../../../shared/limits.ts";

const read = (input: string | Uint8Array, format?: PayloadFormat): string[] =>
  payloadsOf(typeof input === "string" ? Buffer.from(input) : input, format).map((payload) =>
    payload.ok
      ? `${payload.line}: ${Buffer.from(payload.bytes).toString("hex")}`
      : `${payload.line}! ${payload.reason}`,
  );

describe("payloads", () => {
  it("reads hex with blanks, commas, 0x and capitals", () => {
    expect(read("A2 01,00\t0xed, 0x5e\n")).toEqual(["1: a20100ed5e"]);
  });

  it("leaves out comments, and what stands after two blanks", () => {
    const example = `
# from the protocol
a2                      body format 2
01 00 ed 5e             nonce = 1592590337
64                      100 ms ago
// end`;

    expect(read(example)).toEqual(["3: a20100ed5e64"]);
  });

  it("takes each line for a payload where each begins like one", () => {
    expect(read("a201\nb002\na303")).toEqual(["1: a201", "2: b002", "3: a303"]);
  });

  it("takes lines for one payload where one of them begins otherwise", () => {
    expect(read("a201\na0ff\n03")).toEqual(["1: a201a0ff03"]);
  });

  it("ends a payload at a blank line or a fence", () => {
    expect(read("```golden x\na201\n03\n```\ntext\n", "hex")).toEqual([
      "2: a20103",
      '5! "text" is not hex',
    ]);
    expect(read("a201\n03\n\nb0\n04")).toEqual(["1: a20103", "4: b004"]);
  });

  it("reads base64, in the alphabet of addresses too", () => {
    expect(read("ogE/+w==\n")).toEqual(["1: a2013ffb"]);
    expect(read("ogE_-w\nsAI=\n")).toEqual(["1: a2013ffb", "2: b002"]);
  });

  it("takes bytes that are no text for one payload", () => {
    expect(read(new Uint8Array([0xa2, 1, 10, 13, 10, 0]))).toEqual(["0: a2010a0d0a00"]);
  });

  it("obeys where the format is given", () => {
    expect(read("a201", "raw")).toEqual([`0: ${Buffer.from("a201").toString("hex")}`]);
    expect(read("a201", "base64")).toEqual(["1: 6b6d35"]);
    expect(read("ogE=", "hex")).toEqual(['1! "ogE=" is not hex']);
    expect(read(new Uint8Array([0xa2]), "hex")).toEqual(["1! it is no text, so no hex"]);
  });

  it("keeps what it can read around a line that is nothing", () => {
    expect(read("a201\na2 0\na303")).toEqual(["1: a201", '2! "a2 0" is not hex', "3: a303"]);
  });

  it("refuses more bytes than a payload may have", () => {
    const reason = `it has ${frameLimitBytes + 1} bytes, ${frameLimitBytes} is the limit of a payload`;

    expect(read(`a2${"00".repeat(frameLimitBytes)}`)).toEqual([`1! ${reason}`]);
    expect(read(new Uint8Array(frameLimitBytes + 1))).toEqual([`0! ${reason}`]);
  });

  it("finds none in nothing", () => {
    expect(read(" \n# nothing\n")).toEqual([]);
  });
});
