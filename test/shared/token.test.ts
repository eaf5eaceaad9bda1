import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idOfToken, tokenOf } from "../../shared/token.ts";

const limit = 2 ** 31 - 1;

describe("token", () => {
  it("is the mark and the id in base 36", () => {
    expect([0, 10, 36, limit].map(tokenOf)).toEqual(["\x010", "\x01a", "\x0110", "\x01zik0zj"]);
  });

  it("gives back each id", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: limit }), (id) => idOfToken(tokenOf(id)) === id),
    );
  });

  it.each([
    "",
    "a",
    "\x01",
    "\x01A",
    "\x0100",
    "\x01-1",
    "\x01-0",
    "\x01 1",
    "\x011 ",
    "\x011.5",
    "\x01zik0zk",
    "\x01zzzzzzzzzzzzzzzzzzzzzzzz",
    "\x01temp %d",
    "0\x010",
  ])("is not %j", (format) => {
    expect(idOfToken(format)).toBeNull();
  });

  it("is nothing but what tokenOf gives", () => {
    const texts = fc.string({ unit: fc.constantFrom("\x01", "0", "1", "a", "z", "Z", "-", " ") });

    fc.assert(
      fc.property(texts, (text) => {
        const id = idOfToken(text);
        return id === null || tokenOf(id) === text;
      }),
    );
  });
});
