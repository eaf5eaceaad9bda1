import type { Boot } from "../../../shared/frame.ts";
import { isSame } from "../../session/boot-state.ts";
import { type ClosedBoot, closedBy } from "../../session/closing.ts";
import { decodeBoot } from "../boot-record.ts";
import type { KeyedStore } from "../keyed-store.ts";
import { bootPrefix, rangeOf } from "../keys.ts";
import type { BootOfDevice, BootRecord } from "../spool.ts";

/** Frames of a boot are missing before others. */
export interface Gap extends BootOfDevice {
  /** Boots of which frames of the boot that could be read tell that they are over. */
  told: Boot[];
}

const bootsOf = async (store: KeyedStore, device: string): Promise<BootRecord[]> => {
  const boots: BootRecord[] = [];
  for await (const [, value] of store.entries(rangeOf(bootPrefix(device)))) {
    boots.push(decodeBoot(value));
  }
  return boots;
};

const closesOf = (boots: readonly BootRecord[], { boot, told }: Gap): ClosedBoot[] => {
  const state = boots.find((other) => isSame(other.boot, boot));
  if (state === undefined) return [];
  const before = boots.filter(({ order }) => order < state.order);
  return closedBy(before, state).filter(
    (closed) => !told.some((other) => isSame(other, closed.boot)),
  );
};

/**
 * Which boots were over, as a missing frame may have told: one is the first of its boot, or shows that it
 * ran on. `store` has the records of all boots already mended.
 */
export const closesOfGaps = async (
  store: KeyedStore,
  gaps: readonly Gap[],
): Promise<Map<Gap, ClosedBoot[]>> => {
  const found = new Map<Gap, ClosedBoot[]>();
  const sorted = [...gaps].sort((left, right) => (left.device < right.device ? -1 : 1));
  let device: string | undefined;
  let boots: BootRecord[] = [];
  for (const gap of sorted) {
    if (gap.device !== device) boots = await bootsOf(store, gap.device);
    device = gap.device;
    const closes = closesOf(boots, gap);
    if (closes.length > 0) found.set(gap, closes);
  }
  return found;
};
