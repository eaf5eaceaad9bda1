import { mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  createDictionary,
  type Dictionary,
  dictionaryText,
  type FoundFormat,
} from "../../../agent/dictionary/dictionary.ts";
import { createDictionaries } from "../../../agent/dictionary/folder.ts";
import type { Time } from "../../../agent/time.ts";
import { scratchDirectory } from "../../support/local-endpoint.ts";

const foundAt = (format: string): FoundFormat => ({
  format,
  level: "info",
  tag: null,
  file: "app.js",
  line: 1,
});
const dictionaryOf = (...formats: string[]): Dictionary => createDictionary(formats.map(foundAt));

/** A time with one timer, which fires when a test says so. */
const oneTimer = () => {
  let fire = (): void => {};
  let armed = (): void => {};
  const time: Time = {
    epochMs: () => 0,
    monotonicMs: () => 0,
    after(_delayMs, run) {
      fire = run;
      armed();
      return () => {
        fire = () => armed();
      };
    },
  };
  /** Lets the time pass until the next look is over. */
  const nextLook = (): Promise<void> =>
    new Promise((resolve) => {
      armed = resolve;
      fire();
    });
  return { time, nextLook };
};

describe("dictionaries of a folder", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await scratchDirectory();
  });

  const write = async (name: string, text: string, changedSeconds = 1_000): Promise<void> => {
    const path = join(directory, name);
    await writeFile(path, text);
    await utimes(path, changedSeconds, changedSeconds);
  };
  const open = async () => {
    const { time, nextLook } = oneTimer();
    const troubles: string[] = [];
    const arrived: string[] = [];
    const dictionaries = await createDictionaries({
      directory,
      onTrouble: ({ message }) => troubles.push(message),
      onChange: ({ hash }) => arrived.push(hash),
      time,
    });
    onTestFinished(() => dictionaries.close());
    return { ...dictionaries, troubles, arrived, nextLook };
  };

  it("finds each by its hash", async () => {
    const [one, other] = [dictionaryOf("a %d"), dictionaryOf("b", "c")];
    await write("one.json", dictionaryText(one));
    await write("other.json", dictionaryText(other));
    await write("notes.txt", "not a dictionary");

    const { find, troubles } = await open();

    expect(find(one.hash)).toEqual(one);
    expect(find(other.hash)).toEqual(other);
    expect(find(dictionaryOf("d").hash)).toBeUndefined();
    expect(troubles).toEqual([]);
  });

  it("sees files come, change and go, and tells of each new hash once", async () => {
    const [first, second, third] = [dictionaryOf("1"), dictionaryOf("2"), dictionaryOf("3")];
    await write("a.json", dictionaryText(first));
    const { find, arrived, nextLook } = await open();

    await nextLook();
    await write("a.json", dictionaryText(second));
    await write("b.json", dictionaryText(third));
    await nextLook();
    const isFirstHeld = find(first.hash) !== undefined;
    await rm(join(directory, "b.json"));
    await nextLook();

    expect(isFirstHeld).toBe(false);
    expect(find(second.hash)).toEqual(second);
    expect(find(third.hash)).toBeUndefined();
    expect([...arrived].sort()).toEqual([first.hash, second.hash, third.hash].sort());
  });

  it("knows a file that only has another name", async () => {
    const dictionary = dictionaryOf("1");
    await write("a.json", dictionaryText(dictionary));
    const { find, arrived, nextLook } = await open();

    await rename(join(directory, "a.json"), join(directory, "b.json"));
    await nextLook();

    expect(find(dictionary.hash)).toEqual(dictionary);
    expect(arrived).toEqual([dictionary.hash]);
  });

  it("tells of a broken file once, again when it has changed, and loads the others", async () => {
    const good = dictionaryOf("1");
    await write("good.json", dictionaryText(good));
    await write("broken.json", "{");
    const { find, troubles, nextLook } = await open();

    await nextLook();
    const before = [...troubles];
    await write("broken.json", "null!");
    await nextLook();

    expect(before).toHaveLength(1);
    expect(before[0]).toContain(
      `Cannot read dictionary "${join(directory, "broken.json")}": it is not JSON`,
    );
    expect(troubles).toHaveLength(2);
    expect(find(good.hash)).toEqual(good);
  });

  it("keeps what a file held until its new text can be read", async () => {
    const [first, second] = [dictionaryOf("1"), dictionaryOf("2")];
    await write("a.json", dictionaryText(first));
    const { find, nextLook } = await open();

    await write("a.json", dictionaryText(second).slice(0, -9));
    await nextLook();
    const between = find(first.hash);
    await write("a.json", dictionaryText(second));
    await nextLook();

    expect(between).toEqual(first);
    expect([find(first.hash), find(second.hash)]).toEqual([undefined, second]);
  });

  it("tells of what is no file, and of what is too large to be read", async () => {
    await mkdir(join(directory, "folder.json"));
    await write("large.json", " ".repeat(8_388_609));

    const { troubles } = await open();

    expect(troubles.map((text) => text.replace(directory, "")).sort()).toEqual([
      'Cannot read dictionary "/folder.json": it is not a file; mend it, or take it out of the folder',
      'Cannot read dictionary "/large.json": it has more than 8388608 bytes; mend it, or take it out of the folder',
    ]);
  });

  it("holds the 256 changed last, and tells once of those beyond", async () => {
    const all = Array.from({ length: 258 }, (_, index) => dictionaryOf(`format ${index}`));
    for (const [index, dictionary] of all.entries()) {
      await write(`${index}.json`, dictionaryText(dictionary), 1_000 + index);
    }
    const { find, troubles, nextLook } = await open();

    await nextLook();
    const held = all.map(({ hash }) => find(hash) !== undefined);
    await rm(join(directory, "257.json"));
    await nextLook();

    expect(held.indexOf(true)).toBe(2);
    expect(held.lastIndexOf(false)).toBe(1);
    expect(troubles).toHaveLength(2);
    expect(troubles[0]).toMatch(
      /^Cannot hold dictionary ".*\/1.json": newer ones take the 256 places/,
    );
    expect(find(all[1]?.hash ?? "")).toEqual(all[1]);
  });

  it("holds at most 64 MiB", async () => {
    const padding = " ".repeat(8_388_000);
    const all = Array.from({ length: 9 }, (_, index) => dictionaryOf(`format ${index}`));
    for (const [index, dictionary] of all.entries()) {
      await write(`${index}.json`, dictionaryText(dictionary) + padding, 1_000 + index);
    }

    const { find, troubles } = await open();

    expect(all.map(({ hash }) => find(hash) !== undefined).indexOf(true)).toBe(1);
    expect(troubles).toHaveLength(1);
  });

  it("waits for a folder that is not there, and says so once", async () => {
    await rm(directory, { recursive: true });
    const { find, troubles, nextLook } = await open();
    await nextLook();
    const dictionary = dictionaryOf("1");

    await mkdir(directory);
    await write("a.json", dictionaryText(dictionary));
    await nextLook();

    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain(`Cannot look for dictionaries in "${directory}": ENOENT`);
    expect(find(dictionary.hash)).toEqual(dictionary);
  });

  it("looks no more once it is closed", async () => {
    const { find, close, nextLook } = await open();

    close();
    const dictionary = dictionaryOf("1");
    await write("a.json", dictionaryText(dictionary));
    await nextLook();

    expect(find(dictionary.hash)).toBeUndefined();
  });
});
