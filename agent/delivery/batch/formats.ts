import type { Site } from "../../../shared/event.ts";
import { idOfToken } from "../../../shared/token.ts";

/** The formats of builds, by the hash of their dictionary. */
export interface FormatSource {
  find(hash: string): { entries: readonly { format: string }[] } | undefined;
}

/** Puts formats in the place of the tokens that stand for them. */
export interface Formats {
  /** The site itself, unless its format is a token: one that is not known is shown as such. */
  siteOf(hash: string, site: Site): Site;
  /** Whether `siteOf` gave this site for one whose token is not known. */
  isUnknown(site: Site): boolean;
}

export const createFormats = (source: FormatSource): Formats => {
  /** A site is of one boot, and that has one dictionary. */
  const expanded = new WeakMap<Site, Site>();
  const unknown = new WeakSet<Site>();
  let hasUnknown = false;

  const expand = (hash: string, site: Site, id: number): Site => {
    const dictionary = source.find(hash);
    const format = dictionary?.entries[id]?.format;
    const shown = format ?? `[unknown format ${id} of dictionary ${hash}]`;
    const whole = { ...site, format: shown };
    if (format === undefined) {
      unknown.add(whole);
      hasUnknown = true;
    }
    if (dictionary !== undefined) expanded.set(site, whole);
    return whole;
  };
  return {
    siteOf(hash, site) {
      const known = expanded.get(site);
      if (known !== undefined) return known;
      const id = idOfToken(site.format);
      return id === null ? site : expand(hash, site, id);
    },
    isUnknown: (site) => hasUnknown && unknown.has(site),
  };
};
