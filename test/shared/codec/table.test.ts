import { describe, expect, it } from "vitest";
import { textCrc32 } from "../../../shared/codec/crc32.ts";
import { createTable, type Table } from "../../../shared/codec/table.ts";
import { createRandom } from "../../support/random.ts";
import { siteMeaning } from "../../support/site-meaning.ts";

const meaning = (format: string): string => siteMeaning(1, 0, "", format);

const tableOf = (sites: number, texts = 0): Table => createTable({ sites, texts }, undefined);

/** Number of a site as an entry of `seq` uses it; -1 where it has no place. */
const numberOf = (table: Table, format: string, seq: number): number => {
  const place = table.site(meaning(format), seq);
  return place < 0 ? -1 : (table.numbers[place] as number);
};

const useText = (table: Table, text: string, seq: number): number =>
  table.text(text, textCrc32(text), seq);

/** Uses sites one after another, each acked at once; answers their numbers. */
const useAll = (table: Table, formats: string[], from = 0): number[] =>
  formats.map((format, index) => {
    table.settle(from + index);
    return numberOf(table, format, from + index);
  });

const onceOf = (count: number): string[] => Array.from({ length: count }, (_, at) => `once ${at}`);

describe("table", () => {
  it("numbers meanings as they come", () => {
    const numbers = useAll(tableOf(4), ["a", "b", "a", "c"]);

    expect(numbers).toEqual([0, 1, 0, 2]);
  });

  it("has the dictionary as its first definition, for ever", () => {
    const table = createTable({ sites: 1, texts: 0 }, "0123456789abcdef");

    const numbers = useAll(table, onceOf(20));

    expect(numbers).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(table.meanings[0]).toBe("\x070123456789abcdef");
  });

  it("gives no place while all are in use by entries that are held", () => {
    const table = tableOf(2);
    table.site(meaning("a"), 0);
    table.site(meaning("b"), 1);

    const numbers = [numberOf(table, "c", 2), numberOf(table, "a", 3)];

    expect(numbers).toEqual([-1, 0]);
  });

  it("takes a place again under a new number, and says which it had", () => {
    const table = tableOf(1);
    useAll(table, ["a", "b", "a"]);

    const place = table.site(meaning("a"), 2);

    expect(table.numbers[place]).toBe(2);
    expect(table.replaced[place]).toBe(1);
  });

  it("lets a site that never came back give way before older ones that did", () => {
    const good = Array.from({ length: 12 }, (_, at) => `good ${at}`);
    const table = tableOf(20);
    const numbers = useAll(table, [...good, ...good]).slice(0, 12);
    useAll(table, onceOf(200), 24);

    const after = useAll(table, good, 224);

    expect(after).toEqual(numbers);
  });

  it("keeps a site from its second sighting on", () => {
    const table = tableOf(16);
    const good = ["good 0", "good 1"];
    useAll(table, [...good, ...onceOf(14)]);
    const numbers = useAll(table, good, 16);

    useAll(table, onceOf(500).slice(14), 18);

    expect(useAll(table, good, 600)).toEqual(numbers);
  });

  it("lets the site give way that was not used for longest where all came back", () => {
    const table = tableOf(3);
    useAll(table, ["a", "b", "c", "a", "b", "c", "a", "b"]);

    const numbers = useAll(table, ["new", "a", "b", "c"], 8);

    expect(numbers).toEqual([3, 0, 1, 4]);
  });

  it("never lets sites that are used give way to formats that keep changing", () => {
    const lost: string[] = [];
    for (let seed = 0; seed < 200; seed++) {
      const random = createRandom(seed);
      const places = 9 + random.below(30);
      const good = Array.from({ length: 1 + random.below(places - 8) }, (_, at) => `good ${at}`);
      const table = tableOf(places);
      const numbers = useAll(table, [...good, ...good]).slice(0, good.length);
      let seq = 2 * good.length;
      for (let round = 0; round < 30; round++) {
        const offs = Array.from({ length: random.below(40) }, (_, at) => `off ${round} ${at}`);
        useAll(table, offs, seq);
        seq += offs.length;
        const after = useAll(table, good, seq);
        seq += good.length;
        if (after.join() !== numbers.join()) lost.push(`seed ${seed} round ${round}`);
      }
    }

    expect(lost).toEqual([]);
  });

  it("never takes a place from an entry that is held, nor a number twice", () => {
    const broken: string[] = [];
    for (let seed = 0; seed < 300; seed++) {
      const random = createRandom(seed);
      const table = tableOf(1 + random.below(12), random.below(4));
      const numbered = new Map<number, string>();
      let base = 0;
      const held: { seq: number; place: number; number: number }[] = [];
      for (let seq = 0; seq < 200; seq++) {
        const name = random.once(3) ? `once ${seq}` : `often ${random.below(15)}`;
        const isText = random.once(3);
        const place = isText ? useText(table, name, seq) : table.site(meaning(name), seq);
        if (place >= 0) {
          const number = table.numbers[place] as number;
          const means = `${isText} ${name}`;
          if ((numbered.get(number) ?? means) !== means)
            broken.push(`number ${number}, seed ${seed}`);
          numbered.set(number, means);
          held.push({ seq, place, number });
        }
        if (random.once(4)) base += random.below(seq - base + 2);
        table.settle(base);
        for (const use of held) {
          if (use.seq >= base && table.numbers[use.place] !== use.number) {
            broken.push(`place ${use.place}, seed ${seed}`);
          }
        }
      }
      if (table.assigned() !== numbered.size) broken.push(`numbers without use, seed ${seed}`);
    }

    expect(broken).toEqual([]);
  });

  it("defines a text as it comes again, not before", () => {
    const table = tableOf(2, 2);

    const places = [useText(table, "inlet", 0), useText(table, "inlet", 1)];

    expect(places).toEqual([-1, 0]);
    expect(table.meanings[0]).toBe("\x06inlet");
  });

  it("forgets a text that came once among 32 others", () => {
    const table = tableOf(2, 2);
    useText(table, "inlet", 0);
    for (let seq = 1; seq <= 32; seq++) useText(table, `text ${seq}`, seq);

    const place = useText(table, "inlet", 33);

    expect(place).toBe(-1);
  });

  it("gives texts no more places than they have, and none of a site's", () => {
    const table = tableOf(2, 2);
    useAll(table, ["a", "b"]);
    for (let seq = 2; seq < 50; seq++) {
      table.settle(seq);
      useText(table, `text ${seq >> 1}`, seq);
    }

    const kinds = table.meanings.map((text) => text.charCodeAt(0));

    expect(kinds).toEqual([1, 1, 6, 6]);
    expect(useAll(table, ["a", "b"], 50)).toEqual([0, 1]);
  });

  it("gives no places to texts where it has none for them", () => {
    const table = tableOf(2);
    useText(table, "inlet", 0);

    const place = useText(table, "inlet", 1);

    expect(place).toBe(-1);
  });

  it("gives no place to a meaning whose hash another has", () => {
    // CRC-32 of both is 0x4ddb0c25.
    const table = tableOf(2, 2);
    for (const seq of [0, 1]) useText(table, "plumless", seq);
    for (const seq of [2, 3]) useText(table, "buckeroo", seq);

    const texts = table.meanings.slice();

    expect(textCrc32("plumless")).toBe(textCrc32("buckeroo"));
    expect(texts).toEqual(["\x06plumless"]);
  });

  it("takes what an ack says, less or more, up to what it has numbered", () => {
    const table = tableOf(4);
    useAll(table, ["a", "b"]);

    const helds = [1, 2, 99, 0].map((count) => {
      table.acked(count);
      return table.held();
    });

    expect(helds).toEqual([1, 2, 2, 0]);
  });
});
