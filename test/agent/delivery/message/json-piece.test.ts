import { describe, expect, it } from "vitest";
import { createSiteTexts, type SiteText } from "../../../../agent/delivery/message/json-piece.ts";
import type { Site } from "../../../../shared/event.ts";

const siteOf = (format: string): Site => ({ level: "info", tag: "t", format });

/** Whether the site is still known after `count` others with formats of `length` characters. */
const isKeptAfter = (count: number, length: number): boolean => {
  const siteTextOf = createSiteTexts();
  const site = siteOf("temp %d");
  const first: SiteText = siteTextOf(site);
  for (let index = 0; index < count; index++) {
    siteTextOf(siteOf(String(index).padEnd(length, "%d")));
  }
  return siteTextOf(site) === first;
};

describe("site texts", () => {
  it("are the same for sites that say the same", () => {
    const siteTextOf = createSiteTexts();

    expect(siteTextOf(siteOf("temp %d"))).toBe(siteTextOf(siteOf("temp %d")));
    expect(siteTextOf(siteOf("temp %d"))).not.toBe(siteTextOf(siteOf("temp %s")));
  });

  it("are kept for 4,096 sites and 524,288 characters of them", () => {
    expect(isKeptAfter(4_000, 100)).toBe(true);
    expect(isKeptAfter(4_096, 10)).toBe(false);
    expect(isKeptAfter(8, 60_000)).toBe(true);
    expect(isKeptAfter(9, 60_000)).toBe(false);
  });
});
