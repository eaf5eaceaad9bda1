import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteText, fromByteText, fromUtf8, putText, toUtf8 } from "../../../shared/codec/text.ts";
import { anyText } from "../../support/any-frame.ts";

const textOfHex = (hex: string): string => {
  const bytes = Buffer.from(hex, "hex");
  return fromUtf8(bytes, 0, bytes.length);
};

describe("text", () => {
  it("comes back as it was, code unit by code unit", () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const bytes = toUtf8(text);

        expect(fromUtf8(bytes, 0, bytes.length)).toBe(text);
      }),
    );
  });

  it("is UTF-8 wherever UTF-8 can hold it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(Buffer.from(toUtf8(text))).toEqual(Buffer.from(text, "utf8"));
      }),
    );
  });

  it("agrees with the platform's decoder on well-formed bytes", () => {
    const bytes = Buffer.from("\0 ÿ € 𝄞 \u{10ffff} \ufeff");

    expect(fromUtf8(bytes, 0, bytes.length)).toBe(bytes.toString("utf8"));
  });

  it("keeps a lone surrogate", () => {
    const bytes = toUtf8("\ud800");

    expect(Buffer.from(bytes).toString("hex")).toBe("eda080");
    expect(fromUtf8(bytes, 0, 3)).toBe("\ud800");
  });

  it.each([
    ["80", "\\x80"],
    ["41ff42", "A\\xffB"],
    ["c3", "\\xc3"],
    ["e282", "\\xe2\\x82"],
    ["e28241", "\\xe2\\x82A"],
    ["c080", "\\xc0\\x80"],
    ["e08080", "\\xe0\\x80\\x80"],
    ["f0808080", "\\xf0\\x80\\x80\\x80"],
    ["f4908080", "\\xf4\\x90\\x80\\x80"],
    ["f8888080", "\\xf8\\x88\\x80\\x80"],
  ])("shows the bytes %s, which are no UTF-8, as %s", (hex, text) => {
    expect(textOfHex(hex)).toBe(text);
  });

  it("reads only its own range", () => {
    const bytes = Buffer.from("before text after");

    expect(fromUtf8(bytes, 7, 11)).toBe("text");
  });

  it("never lets a character reach beyond its range", () => {
    const bytes = Buffer.from("€");

    expect(fromUtf8(bytes, 0, 2)).toBe("\\xe2\\x82");
  });

  it("holds 64 KiB", () => {
    const text = "é€𝄞a".repeat(6_554);

    const bytes = toUtf8(text);

    expect(fromUtf8(bytes, 0, bytes.length)).toBe(text);
  });
});

describe("byte text", () => {
  it("has a character for each byte of the text's UTF-8", () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(Buffer.from(byteText(text), "latin1")).toEqual(Buffer.from(toUtf8(text)));
      }),
    );
  });

  it("stands for its text", () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(fromByteText(byteText(text))).toBe(text);
      }),
    );
  });

  it("shows bytes that are no UTF-8", () => {
    expect(fromByteText("a\xff")).toBe("a\\xff");
  });

  it("goes into bytes as far as there is room", () => {
    const bytes = new Uint8Array(4);

    putText(bytes, "a\xffbc", 1);
    putText(bytes, "xyz", 9);

    expect(bytes).toEqual(new Uint8Array([0, 0x61, 0xff, 0x62]));
  });
});
