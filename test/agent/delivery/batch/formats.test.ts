import { describe, expect, it } from "vitest";
import { createFormats } from "../../../../agent/delivery/batch/formats.ts";
import type { Site } from "../../../../shared/event.ts";
import { tokenOf } from "../../../../shared/token.ts";

const hash = "3f00000000000001";
const siteWith = (format: string): Site => ({ level: "warn", tag: "net", format });
const start = (...formats: string[]) => {
  let finds = 0;
  const entries = formats.map((format) => ({ format }));
  const all = new Map([[hash, { entries }]]);
  const made = createFormats({
    find(asked) {
      finds++;
      return all.get(asked);
    },
  });
  return { ...made, all, entries, finds: () => finds };
};

describe("formats", () => {
  it("put a format in the place of its token, and give the same site for the same", () => {
    const { siteOf, isUnknown, finds } = start("off", "on %d");
    const site = siteWith(tokenOf(1));

    const whole = siteOf(hash, site);

    expect(whole).toEqual({ ...site, format: "on %d" });
    expect(siteOf(hash, site)).toBe(whole);
    expect(isUnknown(whole)).toBe(false);
    expect(finds()).toBe(1);
  });

  it("leave a format alone that is no token", () => {
    const { siteOf } = start("off");
    const site = siteWith("\x01 no token");

    expect(siteOf(hash, site)).toBe(site);
  });

  it("show what the dictionary does not have", () => {
    const { siteOf, isUnknown } = start("off");

    const whole = siteOf(hash, siteWith(tokenOf(17)));

    expect(whole.format).toBe(`[unknown format 17 of dictionary ${hash}]`);
    expect(isUnknown(whole)).toBe(true);
  });

  it("look again for a dictionary that was not there", () => {
    const { siteOf, all, entries } = start("off");
    const site = siteWith(tokenOf(0));
    all.clear();

    const before = siteOf(hash, site).format;
    all.set(hash, { entries });

    expect(before).toBe(`[unknown format 0 of dictionary ${hash}]`);
    expect(siteOf(hash, site).format).toBe("off");
  });
});
