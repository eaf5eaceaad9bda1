import type { Change } from "../group-commit.ts";
import type { KeyRange } from "../keys.ts";

/** Records of a store, kept whole in memory. */
export interface Mirror {
  get(key: string): Uint8Array | undefined;
  /** Keys of a range that holds all with a prefix, in order. Throws for a range of another kind. */
  keys(range: KeyRange): string[];
  apply(changes: readonly Change[]): void;
}

/** What is between two slashes of a key, and all that follows it. */
interface Folder {
  folders: Map<string, Folder>;
  /** Keys that end here. */
  keys: Set<string>;
}

const emptyFolder = (): Folder => ({ folders: new Map(), keys: new Set() });

const namesOf = (key: string): string[] => key.split("/").slice(0, -1);

const collect = ({ folders, keys }: Folder, found: string[]): string[] => {
  found.push(...keys);
  for (const folder of folders.values()) collect(folder, found);
  return found;
};

/** Keys are in folders, so that the records of one device are found without looking at all others. */
export const createMirror = (): Mirror => {
  const values = new Map<string, Uint8Array>();
  const root = emptyFolder();

  const add = (key: string): void => {
    let place = root;
    for (const name of namesOf(key)) {
      const next = place.folders.get(name) ?? emptyFolder();
      place.folders.set(name, next);
      place = next;
    }
    place.keys.add(key);
  };
  const take = (place: Folder, names: readonly string[], key: string): void => {
    const [name, ...rest] = names;
    const next = name === undefined ? undefined : place.folders.get(name);
    if (name === undefined) place.keys.delete(key);
    else if (next !== undefined) {
      take(next, rest, key);
      if (next.keys.size === 0 && next.folders.size === 0) place.folders.delete(name);
    }
  };
  return {
    get: (key) => values.get(key),
    keys({ gte, lt, limit, reverse }) {
      if (!/(^|\/)$/.test(gte) || lt !== `${gte}\uffff`) {
        throw new Error(`Cannot list keys from "${gte}" to "${lt}": they are no folder's`);
      }
      const folder = namesOf(gte).reduce<Folder | undefined>(
        (place, name) => place?.folders.get(name),
        root,
      );
      const found = folder === undefined ? [] : collect(folder, []).sort();
      return (reverse ? found.reverse() : found).slice(0, limit);
    },
    apply(changes) {
      for (const { key, ...change } of changes) {
        if (change.type === "put") {
          if (!values.has(key)) add(key);
          values.set(key, change.value);
        } else if (values.delete(key)) take(root, namesOf(key), key);
      }
    },
  };
};
