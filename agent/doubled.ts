import { bootText } from "../shared/frame.ts";
import type { Arrival } from "./arrival.ts";
import type { Bury } from "./bury.ts";
import type { Device } from "./devices.ts";
import type { Metrics } from "./metrics.ts";
import type { Spool } from "./spool/spool.ts";

export interface DoubledOptions {
  spool: Pick<Spool, "define" | "synced">;
  metrics: Metrics;
  bury: Bury;
}

/**
 * A device whose flash was copied, or whose entropy repeats, uses the name of a boot twice. From when
 * that is noticed each frame with seqs that are stored may be of the other boot: it is no duplicate,
 * but a dead letter. Null where the boot is not known to be doubled; resolves once all is synced.
 */
export const keepDoubled = (
  options: DoubledOptions,
  device: Device,
  arrival: Arrival,
): Promise<unknown> | null => {
  const { firstCrc, header, payload } = arrival;
  const { boot, first } = header;
  const { clock, id, session } = device;
  if (first >= session.cursor(boot)) return null;
  const state = firstCrc === null ? null : session.double(boot, firstCrc);
  if (!session.isDoubled(boot)) return null;
  const { bury, metrics, spool } = options;
  metrics.framesDoubled++;
  const buried = bury(id, payload, `another boot has the name ${bootText(boot)}`);
  const saved = clock(boot)?.state();
  if (state === null || saved === undefined) return Promise.all([buried, spool.synced()]);
  return Promise.all([buried, spool.define({ ...state, clock: saved, device: id }, null)]);
};
