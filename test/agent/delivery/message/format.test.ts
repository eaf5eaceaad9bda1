import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFormat } from "../../../../agent/delivery/message/format.ts";
import { render } from "../../../../shared/render.ts";
import { anyText, anyValue } from "../../../support/any-frame.ts";

const anyDirective = () =>
  fc.oneof(
    fc.constantFrom("%d", "%s", "%.1f", "%i", "%%", "%", "%q", "%.", "%5"),
    fc.stringMatching(/^%[-+ 0#]{0,2}([1-9]\d?)?(\.\d{0,2})?[diufFeEgGsxXocjbp%]$/),
  );

const anyFormat = () =>
  fc.array(fc.oneof(anyDirective(), anyText()), { maxLength: 6 }).map((parts) => parts.join(""));

describe("compiled format", () => {
  it("renders as `render` does, whatever the format and the values", () => {
    fc.assert(
      fc.property(anyFormat(), fc.array(anyValue(), { maxLength: 5 }), (format, values) => {
        expect(compileFormat(format)(values)).toBe(render(format, values));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["%d", -0],
    ["%d", 1e21],
    ["%d", 1.5],
    ["%d", true],
    ["%s", -0],
    ["%s", null],
    ["%.0f", 0.5],
    ["%.f", 2.5],
    ["%02x", 7],
    ["%#x", 255],
    ["100%% of %d%%", 3],
  ])("renders %s of %d as `render` does", (format, value) => {
    expect(compileFormat(format)([value])).toBe(render(format, [value]));
  });
});
