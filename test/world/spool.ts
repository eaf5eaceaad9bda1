import { checkedStore } from "../../agent/spool/checked-store.ts";
import { createKeyedSpool } from "../../agent/spool/keyed-spool.ts";
import type { KeyedStore } from "../../agent/spool/keyed-store.ts";
import { isDamage } from "../../agent/spool/open-store.ts";
import { type Salvaged, salvage } from "../../agent/spool/salvage.ts";
import type { Spool, SpoolLimits } from "../../agent/spool/spool.ts";
import type { Disk } from "./disk.ts";

/** A spool on the simulated disk; one that is damaged is repaired, as `createLevelSpool` does. */
export const openSpool = async (
  raw: KeyedStore,
  disk: Disk,
  limits: SpoolLimits,
  onSalvaged: (salvaged: Salvaged) => void,
): Promise<Spool> => {
  const open = (): Promise<Spool> => createKeyedSpool(checkedStore(raw), limits);
  if (!disk.isDamaged()) {
    try {
      return await open();
    } catch (cause) {
      if (!isDamage(cause)) throw cause;
      disk.noteDamage();
    }
  }
  const salvaged = await salvage({ raw, limits, epochMs: () => 0 });
  disk.noteRepair();
  onSalvaged(salvaged);
  return open();
};
