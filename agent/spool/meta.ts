import { randomBytes } from "node:crypto";
import { put } from "./changes.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { metaKey } from "./keys.ts";
import { decodeJson } from "./record.ts";

/** What the store says of itself. */
export interface Meta {
  format: typeof storeFormat;
  storeId: number;
}

const storeFormat = 5;

/** Says it for an empty store. Throws for a store of another format. */
export const readMeta = async (store: KeyedStore): Promise<Meta> => {
  const known = await store.get(metaKey);
  if (known === undefined) {
    const meta: Meta = { format: storeFormat, storeId: randomBytes(4).readUInt32LE() };
    await store.write([put(metaKey, meta)], true);
    return meta;
  }
  const meta = decodeJson<Meta>(known);
  if (meta.format === storeFormat) return meta;
  const format = `its format is ${meta.format}, this version reads ${storeFormat}`;
  throw new Error(`${format}; let the version that wrote it deliver what waits`);
};
