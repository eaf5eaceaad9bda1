import { describe, expect, it } from "vitest";
import {
  createLine,
  lineLimit,
  pieceBytes,
  readLine,
  writeLine,
} from "../../../shared/codec/line.ts";
import { linesOf } from "../../support/damaged-line.ts";

const bytesOf = (length: number, byte = 7): Uint8Array => new Uint8Array(length).fill(byte);

/** Reads lines one after another; answers what they completed. */
const readAll = (text: string, limitBytes = 1_024): string[] => {
  const line = createLine();
  return text
    .split("\n")
    .filter((each) => readLine(line, each.slice(1), limitBytes))
    .map(() => `${line.kind} ${line.base64}`);
};

describe("line", () => {
  it("carries a short message in one line", () => {
    expect(linesOf("u", new Uint8Array([1, 2, 3]))).toMatch(/^~uAQID;\d+\n$/);
    expect(readAll(linesOf("u", new Uint8Array([1, 2, 3])))).toEqual(["u AQID"]);
  });

  it("carries a message without bytes", () => {
    expect(readAll(linesOf("o", bytesOf(0)))).toEqual(["o "]);
  });

  it("divides a longer one into pieces that are padded at its end alone", () => {
    const text = linesOf("u", bytesOf(2 * pieceBytes + 1));

    expect(text.match(/~./g)).toEqual(["~u", "~+", "~+"]);
    expect(text.match(/[,;]/g)).toEqual([",", ",", ";"]);
  });

  it("is never longer than its limit, and has no byte that stops a line", () => {
    for (let length = 0; length < 300; length++) {
      for (const line of linesOf("u", bytesOf(length, length)).split("\n")) {
        expect(line.length + 1).toBeLessThanOrEqual(lineLimit);
        expect(line).toMatch(/^[\x20-\x7e]*$/);
      }
    }
  });

  it("takes no piece for another message's", () => {
    const [first = ""] = linesOf("u", bytesOf(100, 1)).split("\n");
    const [, second = ""] = linesOf("u", bytesOf(100, 2)).split("\n");

    expect(readAll(`${first}\n${second}`)).toEqual([]);
  });

  it("takes a piece once", () => {
    const [first = "", second = ""] = linesOf("u", bytesOf(100)).split("\n");

    expect(readAll([first, second, second].join("\n"))).toHaveLength(1);
    expect(readAll([first, first, second].join("\n"))).toHaveLength(1);
  });

  it("gives up a message beyond the limit, and takes the next", () => {
    const text = linesOf("u", bytesOf(2_000)) + linesOf("d", bytesOf(1_024));

    expect(readAll(text).map((message) => message[0])).toEqual(["d"]);
  });

  it("bears whatever stands after the number", () => {
    const line = createLine();

    expect(readLine(line, `${writeLine(createLine(), "u", "AQID", true).slice(1, -1)}\r`, 9)).toBe(
      true,
    );
  });
});
