import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rangeOf } from "../../../../agent/spool/keys.ts";
import { createMirror } from "../../../../agent/spool/redis/mirror.ts";

const value = Uint8Array.of(1);

const mirrorOf = (keys: readonly string[]) => {
  const mirror = createMirror();
  mirror.apply(keys.map((key) => ({ type: "put", key, value })));
  return mirror;
};

const anyKey = fc
  .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 })
  .map((names) => names.join("/"));

describe("mirror", () => {
  it("gives what was put last, and nothing of what was deleted", () => {
    const mirror = mirrorOf(["b/pump/1", "b/pump/2"]);

    mirror.apply([
      { type: "put", key: "b/pump/1", value: Uint8Array.of(9) },
      { type: "del", key: "b/pump/2" },
      { type: "del", key: "b/pump/3" },
    ]);

    expect(mirror.get("b/pump/1")).toEqual(Uint8Array.of(9));
    expect(mirror.get("b/pump/2")).toBeUndefined();
    expect(mirror.keys(rangeOf("b/pump/"))).toEqual(["b/pump/1"]);
  });

  it("lists the keys of a folder and of those in it, in order", () => {
    const mirror = mirrorOf(["d/m/2", "d/e/7", "d/m/1", "dx/1", "b/d/1"]);

    expect(mirror.keys(rangeOf("d/"))).toEqual(["d/e/7", "d/m/1", "d/m/2"]);
    expect(mirror.keys({ ...rangeOf("d/m/"), reverse: true, limit: 1 })).toEqual(["d/m/2"]);
    expect(mirror.keys(rangeOf("n/"))).toEqual([]);
    expect(mirror.keys({ ...rangeOf(""), limit: 2 })).toEqual(["b/d/1", "d/e/7"]);
  });

  it("lists what a search through all keys finds", () => {
    fc.assert(
      fc.property(fc.array(anyKey), fc.array(anyKey), anyKey, (put, deleted, folder) => {
        const mirror = mirrorOf(put);

        mirror.apply(deleted.map((key) => ({ type: "del", key })));

        const left = [...new Set(put)].filter((key) => !deleted.includes(key));
        const wanted = left.filter((key) => key.startsWith(`${folder}/`)).sort();
        expect(mirror.keys(rangeOf(`${folder}/`))).toEqual(wanted);
      }),
    );
  });

  it("refuses ranges it would have to search for", () => {
    expect(() => mirrorOf([]).keys({ gte: "f/a/1", lt: "f/a/2" })).toThrow(
      'Cannot list keys from "f/a/1" to "f/a/2"',
    );
  });
});
