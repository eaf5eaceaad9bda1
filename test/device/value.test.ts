import { describe, expect, it } from "vitest";
import { leastBytes, toValue } from "../../device/value.ts";

describe("value", () => {
  it("keeps numbers, booleans and text as they are", () => {
    for (const value of [0, -1.5, 2 ** 53, Number.NaN, true, false, "", "€"]) {
      expect(toValue(value)).toBe(value);
    }
  });

  it("copies bytes, for the program may use its buffer again", () => {
    const bytes = new Uint8Array([0, 255]);

    const value = toValue(bytes);
    bytes[0] = 7;

    expect(value).toEqual(new Uint8Array([0, 255]));
  });

  it("takes null and undefined for null", () => {
    expect(toValue(null)).toBeNull();
    expect(toValue(undefined)).toBeNull();
  });

  it("names an error and says its message", () => {
    expect(toValue(new RangeError("too far"))).toBe("RangeError: too far");
  });

  it("names an exception of Espruino, which is no Error and has a type", () => {
    const thrown = { type: "TypeError", message: "not a function", stack: "at line 1" };

    expect(toValue(thrown)).toBe("TypeError: not a function");
  });

  it("takes no object for an error that has a stack and no message", () => {
    expect(toValue({ stack: "s" })).toEqual({ json: '{"stack":"s"}' });
    expect(toValue({ stack: "s", message: 1 })).toEqual({ json: '{"stack":"s","message":1}' });
  });

  it("gives arrays and objects their JSON", () => {
    expect(toValue([1, { a: "b" }])).toEqual({ json: '[1,{"a":"b"}]' });
    expect(toValue({ state: null })).toEqual({ json: '{"state":null}' });
  });

  it("says so when an object has no JSON", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const bomb = {
      toJSON() {
        throw new Error("no");
      },
    };
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
      },
    );

    for (const argument of [cycle, bomb, trap, { toJSON: () => undefined }, [1n]]) {
      expect(toValue(argument)).toBe("[unreadable]");
    }
  });

  it("gives functions, symbols and bigints a text", () => {
    expect(toValue(() => 1)).toBe("[function]");
    expect(toValue(Symbol("s"))).toBe("Symbol(s)");
    expect(toValue(12345678901234567890n)).toBe("12345678901234567890");
  });

  it("knows how many bytes a value takes at least", () => {
    expect([null, true, 7, "four", { json: "[1]" }, new Uint8Array(9)].map(leastBytes)).toEqual([
      1, 1, 1, 4, 3, 9,
    ]);
  });
});
