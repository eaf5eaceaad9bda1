import type { Boot } from "../../shared/frame.ts";
import type { Device } from "../devices.ts";
import type { Metrics } from "../metrics.ts";
import type { Advance } from "../session.ts";
import type { OutdatedBoot, Spool } from "../spool/spool.ts";
import type { Arrival } from "./arrival.ts";
import type { Learned } from "./definitions.ts";

export interface LearningOptions {
  spool: Pick<Spool, "define">;
  laneOf(device: string, boot: Boot): string;
  metrics: Pick<Metrics, "definitionsRefused">;
}

/** What the frame brings to a boot whose definitions the agent has up to a count. */
export const learn = (
  { metrics }: LearningOptions,
  { definitions, session }: Device,
  { header: { boot }, head }: Arrival,
  isStored: boolean,
): Learned | null => {
  if (head === null || session.isDoubled(boot)) return null;
  const count = session.definitions(boot);
  const learned = definitions.learn(boot, head, { count, isStored });
  metrics.definitionsRefused += learned?.refused ?? 0;
  return learned;
};

/**
 * Takes the definitions of a frame that is not stored, and saves the clock where that is due; null
 * where there is nothing to write. A boot of which nothing is stored takes none: boots that are made
 * up leave no trace. Nor does one that was not heard of for long, for it does not keep any.
 */
export const learnAlone = (
  options: LearningOptions,
  device: Device,
  arrival: Arrival,
): Promise<void> | null => {
  const { boot } = arrival.header;
  const clock = device.clock(boot);
  if (clock === undefined || !device.session.isRecent(boot)) return null;
  const before = device.session.definitions(boot);
  const learned = learn(options, device, arrival, false);
  const isLearnt = learned !== null && (learned.change !== null || learned.count !== before);
  if (!isLearnt && !clock.isSaveDue()) return null;
  const state = device.session.define(boot, learned?.count ?? before, learned?.dictionary);
  if (state === null) return null;
  const saved = clock.state();
  const record = { ...state, clock: saved, device: device.id };
  const defined = options.spool.define(record, learned?.change ?? null);
  defined.then(
    () => clock.noteSaved(saved),
    () => {},
  );
  return defined;
};

/** Gives up the definitions of a boot with several others since. */
export const outdate = (
  { laneOf }: LearningOptions,
  { id, clock, definitions }: Device,
  { outdated }: Advance,
): OutdatedBoot | null => {
  const state = outdated && clock(outdated.boot)?.state();
  if (!outdated || !state) return null;
  definitions.forget(outdated.boot);
  return { record: { ...outdated, clock: state, device: id }, lane: laneOf(id, outdated.boot) };
};
