import { crc32 } from "node:zlib";
import { AgentError } from "../../errors.ts";
import type { Change } from "../group-commit.ts";
import type { KeyedStore } from "../keyed-store.ts";
import { metaKey } from "../keys.ts";

const crcBytes = 4;

/** Frames have checksums of their own, and what a store says of itself is read by every version. */
const isBare = (key: string): boolean => key === metaKey || key.startsWith("f/");

/**
 * The CRC-32 of key and value in front of the value: LevelDB does not check what it reads, and a cursor
 * with one digit changed would lose events that nobody counts.
 */
export const seal = (key: string, value: Uint8Array): Uint8Array => {
  if (isBare(key)) return value;
  const sealed = Buffer.allocUnsafe(crcBytes + value.length);
  sealed.set(value, crcBytes);
  sealed.writeUInt32BE(crc32(value, crc32(key)), 0);
  return sealed;
};

/** What was sealed for this key; null where that is not what is there. */
export const unseal = (key: string, sealed: Uint8Array): Uint8Array | null => {
  if (isBare(key)) return sealed;
  if (sealed.length < crcBytes) return null;
  const value = sealed.subarray(crcBytes);
  const view = new DataView(sealed.buffer, sealed.byteOffset, crcBytes);
  return crc32(value, crc32(key)) === view.getUint32(0) ? value : null;
};

const open = (key: string, sealed: Uint8Array): Uint8Array => {
  const value = unseal(key, sealed);
  if (value !== null) return value;
  const message = `Cannot read "${key}" from the spool: its checksum is wrong, the disk has damaged it; start the agent again to repair the spool`;
  throw new AgentError("SPOOL_DAMAGED", message);
};

const sealChange = (change: Change): Change =>
  change.type === "put" && !isBare(change.key)
    ? { ...change, value: seal(change.key, change.value) }
    : change;

/** A store whose reads fail with `SPOOL_DAMAGED` where a value is not the one that was written. */
export const checkedStore = (store: KeyedStore): KeyedStore => ({
  ...store,
  async get(key) {
    const sealed = await store.get(key);
    return sealed === undefined ? undefined : open(key, sealed);
  },
  getSync(key) {
    const sealed = store.getSync(key);
    return sealed === undefined ? undefined : open(key, sealed);
  },
  async *entries(range) {
    for await (const [key, sealed] of store.entries(range)) yield [key, open(key, sealed)];
  },
  write: (changes, isSynced) => store.write(changes.map(sealChange), isSynced),
});
