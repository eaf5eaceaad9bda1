import { createKeyedSpool } from "../../agent/spool/keyed-spool.ts";
import type { KeyedStore } from "../../agent/spool/keyed-store.ts";
import { checkedStore, unseal } from "../../agent/spool/level/checked-store.ts";
import { isDamage } from "../../agent/spool/level/open-store.ts";
import { type Salvaged, salvage } from "../../agent/spool/level/salvage.ts";
import { decodeJson } from "../../agent/spool/record.ts";
import type { DeadLetter, Spool, SpoolLimits } from "../../agent/spool/spool.ts";
import type { Contents, Disk } from "./disk.ts";

/** The dead letters in a store that nobody has open. */
export const lettersIn = (contents: Contents): DeadLetter[] =>
  [...contents].flatMap(([key, sealed]) => {
    const value = key.startsWith("d/") ? unseal(key, sealed) : null;
    return value === null ? [] : [decodeJson<DeadLetter>(value)];
  });

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
