import { checkedStore } from "../../agent/spool/checked-store.ts";
import { createKeyedSpool } from "../../agent/spool/keyed-spool.ts";
import type { KeyedStore } from "../../agent/spool/keyed-store.ts";
import { createLetters } from "../../agent/spool/letters.ts";
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
  const { limitDeadLetters: limit, onEvicted } = limits;
  const checked = checkedStore(raw);
  const openLetters = async () => {
    const letters = await createLetters({ store: checked, limit, onEvicted });
    return (bytes: Uint8Array) =>
      letters.add({
        device: "unknown",
        reason: "its record changed on the agent's disk",
        epochMs: 0,
        content: { base64: Buffer.from(bytes).toString("base64") },
      });
  };
  const salvaged = await salvage({ raw, checked, openLetters });
  disk.noteRepair();
  onSalvaged(salvaged);
  return open();
};
