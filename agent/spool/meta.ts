import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { AgentError } from "../errors.ts";
import { put } from "./changes.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { metaKey, rangeOf } from "./keys.ts";
import { decodeJson } from "./record.ts";

/** What the store says of itself. */
export interface Meta {
  format: typeof storeFormat;
  storeId: number;
  /** CRC-32 of the two, so that a changed byte is not taken for another version. */
  check: number;
}

const storeFormat = 5;

/** What an empty store, or one that was repaired, says of itself: devices must not take it for another. */
export const newMeta = (newStoreId: () => number = anyStoreId): Meta => {
  const storeId = newStoreId();
  return { format: storeFormat, storeId, check: checkOf(storeFormat, storeId) };
};

const anyStoreId = (): number => randomBytes(4).readUInt32LE();

const checkOf = (format: number, storeId: number): number => crc32(`${format} ${storeId}`);

const damaged = (what: string): AgentError =>
  new AgentError("SPOOL_DAMAGED", `Cannot read the spool: ${what}`);

const decodeMeta = (value: Uint8Array): Meta => {
  try {
    return decodeJson<Meta>(value);
  } catch {
    throw damaged("what it says of itself is no JSON");
  }
};

/** Another version may say it without a checksum. */
const isWhole = ({ format, storeId, check }: Meta): boolean =>
  check === undefined
    ? Number.isInteger(format) && format !== storeFormat
    : check === checkOf(format, storeId);

/** Says it for an empty store. Throws `SPOOL_FORMAT` for a store of another format, or `SPOOL_DAMAGED`. */
export const readMeta = async (
  store: KeyedStore,
  newStoreId: () => number = anyStoreId,
): Promise<Meta> => {
  const known = await store.get(metaKey);
  if (known === undefined) {
    const boots = await store.keys({ ...rangeOf("b/"), limit: 1 });
    if (boots.length > 0) throw damaged("it does not say what it is");
    const meta = newMeta(newStoreId);
    await store.write([put(metaKey, meta)], true);
    return meta;
  }
  const meta = decodeMeta(known);
  if (!isWhole(meta)) throw damaged("what it says of itself has changed");
  if (meta.format === storeFormat) return meta;
  const format = `its format is ${meta.format}, this version reads ${storeFormat}`;
  throw new AgentError(
    "SPOOL_FORMAT",
    `${format}; let the version that wrote it deliver what waits`,
  );
};
