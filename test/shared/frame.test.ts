import { describe, expect, it } from "vitest";
import { bootText } from "../../shared/frame.ts";

describe("boot", () => {
  it("reads as its number and its nonce in 8 hex digits", () => {
    expect(bootText({ nonce: 0xdeadbeef, number: 42 })).toBe("42-deadbeef");
  });

  it("keeps the zeros of a small nonce", () => {
    expect(bootText({ nonce: 10, number: 0 })).toBe("0-0000000a");
  });
});
