import { checkedStore, unseal } from "../../agent/spool/checked-store.ts";
import { createKeyedSpool } from "../../agent/spool/keyed-spool.ts";
import type { KeyedStore } from "../../agent/spool/keyed-store.ts";
import { createLetters } from "../../agent/spool/letters.ts";
import { isDamage } from "../../agent/spool/open-store.ts";
import { decodeJson } from "../../agent/spool/record.ts";
import { type Salvaged, salvage } from "../../agent/spool/salvage.ts";
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
  const { limitDeadLetters: limit, onEvicted } = limits;
  const letters = await createLetters({ store: raw, limit, onEvicted });
  const salvaged = await salvage({
    raw,
    checked: checkedStore(raw),
    keepDamaged: (bytes) =>
      letters.add({
        device: "unknown",
        reason: "its record changed on the agent's disk",
        epochMs: 0,
        content: { base64: Buffer.from(bytes).toString("base64") },
      }),
  });
  disk.noteRepair();
  onSalvaged(salvaged);
  return open();
};
