/** What a device watches about its sites: that none floods, and that formats come again. */
export interface SiteWatch {
  /** Events that a site may have in a window of `windowMs`. */
  events: number;
  windowMs: number;
  /** Uptime at which the window ends. */
  endMs: number;
  /** Events in this window by place + 1, at 0 those of all sites without a place; null for no limit. */
  counts: Uint8Array | Uint16Array | null;
  /** The writer has refused an event for this limit; for who asked to clear. */
  isReached: boolean;
  /** Uptime before which no other refusal is told. */
  tellMs: number;
  /** Once many sites gave way before they came a second time: format of the last; else empty. */
  unrepeated: string;
}

/** Begins another window. */
export const renewWindow = (watch: SiteWatch, uptimeMs: number): void => {
  watch.endMs = uptimeMs + watch.windowMs;
  (watch.counts as Uint8Array).fill(0);
};
