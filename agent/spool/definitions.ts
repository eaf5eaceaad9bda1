import type { Lookup, Meaning } from "../../shared/definition.ts";
import { type Boot, bootText } from "../../shared/frame.ts";
import type { Change, LateChange } from "./group-commit.ts";
import { createKept } from "./kept.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { definitionKey, definitionOwnerOf, heldKey } from "./keys.ts";
import { decodeJson, encodeJson } from "./record.ts";
import type { BootOfDevice, DefinitionsChange, HeldDefinition } from "./spool.ts";
import type { StaleRecords } from "./stale-records.ts";
import { createUnwritten } from "./unwritten.ts";

/**
 * The definitions of boots: a record each, so that a new one rewrites no other, and for each boot a
 * list of those that none has replaced. Those in use are also kept in memory.
 */
export interface StoredDefinitions {
  held(device: string, boot: Boot): readonly HeldDefinition[];
  lookup(device: string, boot: Boot): Lookup;
  /** Of a boot whose frames wait in `lane`; those retired stay until these frames are delivered. */
  change(owner: BootOfDevice, lane: string, change: DefinitionsChange): Change[];
  /** The boot is forgotten: all of its definitions go, once its frames are delivered. */
  forget(owner: BootOfDevice, lane: string): Change[];
  /** What of these changes may be made: a boot that was forgotten and came back holds its own. */
  swept(changes: readonly Change[]): Change[];
  /** Whether changes of definitions have not reached the store yet. */
  hasUnwritten(): boolean;
  /** These changes have reached the store. */
  written(changes: readonly (Change | LateChange)[]): void;
}

/** Of meanings in memory; the boot not used for longest gives way. */
const keptBytes = 67_108_864;

/** What a meaning, or a boot, takes in memory besides its text. */
const overheadBytes = 200;

/** The meanings of one boot that were asked for or have just come, by number. */
interface KeptBoot {
  name: string;
  meanings: Map<number, Meaning>;
  bytes: number;
}

const nameOf = (device: string, boot: Boot): string => `${device}/${bootText(boot)}`;

const none: readonly HeldDefinition[] = [];

export const createStoredDefinitions = (
  store: Pick<KeyedStore, "getSync">,
  stale: StaleRecords,
): StoredDefinitions => {
  const kept = createKept<KeptBoot>(keptBytes);
  const { read, begin, hasAny, end } = createUnwritten(store);

  const open = (device: string, boot: Boot): KeptBoot => {
    const name = nameOf(device, boot);
    const opened = kept.get(name) ?? { name, meanings: new Map(), bytes: overheadBytes };
    kept.set(name, opened, opened.bytes);
    return opened;
  };
  const keep = (boot: KeptBoot, number: number, meaning: Meaning, size: number): void => {
    if (!boot.meanings.has(number)) boot.bytes += size + overheadBytes;
    boot.meanings.set(number, meaning);
    kept.set(boot.name, boot, boot.bytes);
  };
  const heldBy = (owner: string): readonly HeldDefinition[] => {
    const record = read(heldKey(owner));
    return record === undefined ? none : decodeJson<HeldDefinition[]>(record);
  };
  const heldKeys = (owner: string): string[] =>
    heldBy(owner).map(([number]) => definitionKey(owner, number));
  return {
    held: (device, boot) => heldBy(nameOf(device, boot)),
    lookup(device, boot) {
      const opened = open(device, boot);
      return (number) => {
        const meaning = opened.meanings.get(number);
        if (meaning !== undefined) return meaning;
        const record = read(definitionKey(opened.name, number));
        if (record === undefined) return undefined;
        const found = decodeJson<Meaning>(record);
        keep(opened, number, found, record.length);
        return found;
      };
    },
    change({ device, boot }, lane, { added, retired, held: left }) {
      const opened = open(device, boot);
      const changes = added.map(({ number, meaning }): Change => {
        const value = encodeJson(meaning);
        keep(opened, number, meaning, value.length);
        return { type: "put", key: definitionKey(opened.name, number), value };
      });
      changes.push({ type: "put", key: heldKey(opened.name), value: encodeJson(left) });
      const gone = retired.map((number) => definitionKey(opened.name, number));
      return begin([...changes, ...stale.forget(lane, gone)]);
    },
    forget({ device, boot }, lane) {
      const owner = nameOf(device, boot);
      const keys = heldKeys(owner);
      if (keys.length === 0) return [];
      return begin([{ type: "del", key: heldKey(owner) }, ...stale.forget(lane, keys)]);
    },
    swept(changes) {
      const heldOf = new Map<string, ReadonlySet<string>>();
      return changes.filter(({ type, key }) => {
        const owner = type === "del" ? definitionOwnerOf(key) : null;
        if (owner === null) return true;
        const keys = heldOf.get(owner) ?? new Set(heldKeys(owner));
        heldOf.set(owner, keys);
        kept.drop(owner);
        return !keys.has(key);
      });
    },
    hasUnwritten: hasAny,
    written: end,
  };
};
