import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createDictionary,
  dictionaryText,
  type FoundFormat,
  hashOf,
  parseDictionary,
} from "../../../agent/dictionary/dictionary.ts";
import { anyText } from "../../support/any-frame.ts";

const foundAt = (format: string, place: Partial<FoundFormat> = {}): FoundFormat => ({
  format,
  level: "info",
  tag: "",
  file: "src/app.ts",
  line: 1,
  ...place,
});

const anyFound = (): fc.Arbitrary<FoundFormat[]> =>
  fc.array(
    fc.record({
      format: anyText(),
      level: fc.constantFrom("debug", "info", "fatal"),
      tag: fc.constantFrom(null, "", "wifi"),
      file: fc.constantFrom("a.ts", "b.ts"),
      line: fc.integer({ min: 1, max: 99 }),
    }),
  );

const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (thrown) {
    return (thrown as { code?: unknown }).code;
  }
  return undefined;
};

describe("dictionary", () => {
  it("gives equal formats one id, with each place", () => {
    const dictionary = createDictionary([
      foundAt("temp %d of %s", { line: 9 }),
      foundAt("boot"),
      foundAt("temp %d of %s", { level: "warn", tag: "wifi", line: 3 }),
    ]);

    expect(dictionary.entries).toEqual([
      {
        id: 0,
        format: "boot",
        arguments: [],
        places: [{ level: "info", tag: "", file: "src/app.ts", line: 1 }],
      },
      {
        id: 1,
        format: "temp %d of %s",
        arguments: ["integer", "any"],
        places: [
          { level: "warn", tag: "wifi", file: "src/app.ts", line: 3 },
          { level: "info", tag: "", file: "src/app.ts", line: 9 },
        ],
      },
    ]);
  });

  it("says of the values what the format says", () => {
    const [entry] = createDictionary([foundAt("%d %5.1f %s %x %c %j %e %%")]).entries;

    expect(entry?.arguments).toEqual([
      "integer",
      "number",
      "any",
      "integer",
      "character",
      "json",
      "number",
    ]);
  });

  it("has a hash of its ordered formats alone", () => {
    const hash = createDictionary([foundAt("b"), foundAt("a", { file: "/elsewhere.js" })]).hash;

    expect(hash).toBe(hashOf(["a", "b"]));
    // sha256 of ["a","b"]
    expect(hash).toBe("0473ef2dc0d324ab");
    expect(hashOf(["a,b"])).not.toBe(hash);
  });

  it("is the same in whatever order the formats are found", () => {
    fc.assert(
      fc.property(anyFound(), (found) => {
        const text = dictionaryText(createDictionary(found));
        return dictionaryText(createDictionary([...found].reverse())) === text;
      }),
    );
  });

  it("is read as it was written", () => {
    fc.assert(
      fc.property(anyFound(), (found) => {
        const dictionary = createDictionary(found);
        expect(parseDictionary(dictionaryText(dictionary), "d.json")).toEqual(dictionary);
      }),
    );
  });

  it("refuses what no agent would read", () => {
    const many = Array.from({ length: 65_537 }, (_, index) => foundAt(`format ${index}`));
    const wide = Array.from({ length: 129 }, (_, index) =>
      foundAt(`${index}${"x".repeat(65_000)}`),
    );

    expect(codeOf(() => createDictionary(many))).toBe("DICTIONARY_TOO_LARGE");
    expect(() => createDictionary([foundAt("x".repeat(65_537))])).toThrow(
      "Cannot build a dictionary: the format at src/app.ts:1 has 65537 characters, shorten it",
    );
    expect(codeOf(() => dictionaryText(createDictionary(wide)))).toBe("DICTIONARY_TOO_LARGE");
  });
});

describe("parseDictionary", () => {
  const good = dictionaryText(createDictionary([foundAt("a %d"), foundAt("b")]));

  it.each([
    ["it is not JSON", ""],
    ["it is not JSON", good.slice(0, -4)],
    ["it is no dictionary", "null"],
    ["it is no dictionary", "[]"],
    ["it is no dictionary", good.replace('"version":1', '"version":2')],
    ['"entries" is no array', good.replace('"entries"', '"entry"')],
    ["entry 1 is not", good.replace('"id":1', '"id":2')],
    ["entry 0 is not", good.replace('"info"', '"loud"')],
    ["entry 0 is not", good.replace('["integer"]', '["text"]')],
    ["entry 0 is not", good.replace('"a %d"', "7")],
    ["entry 0 is not", good.replace(/"places":\[.*?\]/, '"places":[null]')],
    ['its "hash" is not', good.replace('"a %d"', '"A %d"')],
    ['its "hash" is not', good.replace(/"hash":"\w+"/, '"hash":["0"]')],
    ["it has more than 8388608 bytes", `${good}${" ".repeat(8_388_608)}`],
    ["it is not JSON", "[".repeat(1_000_000)],
    ['"entries" is no array', `{"version":1,"entries":[0${",0".repeat(65_536)}]}`],
  ])("says of the file that %s", (reason, text) => {
    const read = (): unknown => parseDictionary(text, "app.json");

    expect(codeOf(read)).toBe("DICTIONARY_UNREADABLE");
    expect(read).toThrow(`Cannot read dictionary "app.json": ${reason}`);
    expect(read).toThrow("; build it again, or take it out of the folder");
  });

  it("gives a dictionary or names the fault, whatever the JSON", () => {
    const anyEdit = fc.tuple(fc.nat(good.length), fc.nat(9), fc.string());

    fc.assert(
      fc.property(fc.oneof(fc.json(), anyEdit), (given) => {
        const text =
          typeof given === "string"
            ? given
            : good.slice(0, given[0]) + given[2] + good.slice(given[0] + given[1]);
        const code = codeOf(() => parseDictionary(text, "app.json"));
        return code === undefined || code === "DICTIONARY_UNREADABLE";
      }),
    );
  });
});
