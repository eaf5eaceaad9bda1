import { describe, expect, it } from "vitest";
import {
  createDefinitions,
  definitionsLimit,
  definitionTextLimitBytes,
  textBytesOf,
} from "../../../agent/receive/definitions.ts";
import type { HeldDefinition } from "../../../agent/spool/spool.ts";
import type { Definition } from "../../../shared/definition.ts";
import { bootOf } from "../../support/any-receipt.ts";
import { definitionOf, headWith, meaningOf } from "../../support/headed-frame.ts";

const boot = bootOf(1);
const stored = { count: 0, isStored: true };
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);
const definitionsFrom = (from: number, to: number): Definition[] =>
  numbers(from, to).map((number) => definitionOf(number));
const create = (held: HeldDefinition[] = []) => createDefinitions(() => held);

describe("definitions", () => {
  it("takes what a head brings, and the count up to where it is settled", () => {
    const learned = create().learn(boot, headWith(0, 3, definitionsFrom(0, 3)), stored);

    expect(learned).toEqual({
      count: 3,
      change: { added: definitionsFrom(0, 3), retired: [], held: [0, 1, 2].map((n) => [n, 6]) },
      refused: 0,
    });
  });

  it("learns nothing from what it holds, nor from a head that rests on what it does not", () => {
    const definitions = create();
    definitions.learn(boot, headWith(0, 3, definitionsFrom(0, 3)), stored);

    const again = definitions.learn(boot, headWith(0, 3, definitionsFrom(0, 3)), {
      ...stored,
      count: 3,
    });
    const beyond = definitions.learn(boot, headWith(9, 10, [definitionOf(9)]), {
      ...stored,
      count: 3,
    });

    expect([again, beyond]).toEqual([null, null]);
  });

  it("keeps the first meaning of a number", () => {
    const definitions = create();
    definitions.learn(boot, headWith(0, 0, [definitionOf(5)]), stored);

    const learned = definitions.learn(
      boot,
      headWith(0, 0, [definitionOf(5, -1, meaningOf(99))]),
      stored,
    );

    expect(learned).toBeNull();
  });

  it("leaves out void numbers, which settle all the same", () => {
    const definitions = create();

    const void3 = definitions.learn(boot, headWith(0, 6, [definitionOf(5)]), stored);
    const onlyVoid = definitions.learn(boot, headWith(6, 8), { ...stored, count: 6 });

    expect(void3).toMatchObject({ count: 6, change: { added: [{ number: 5 }] } });
    expect(onlyVoid).toEqual({ count: 8, change: null, refused: 0 });
  });

  it("counts on over numbers that came before their turn", () => {
    const definitions = create();

    const early = definitions.learn(boot, headWith(0, 0, definitionsFrom(2, 4)), stored);
    const rest = definitions.learn(boot, headWith(0, 2, definitionsFrom(0, 2)), stored);

    expect(early?.count).toBe(0);
    expect(rest?.count).toBe(4);
  });

  it("retires what is replaced, with a frame that is stored and no other", () => {
    const definitions = create();
    definitions.learn(boot, headWith(0, 3, definitionsFrom(0, 3)), stored);
    const head = headWith(3, 5, [definitionOf(3, 1), definitionOf(4)]);

    const early = definitions.learn(boot, head, { count: 3, isStored: false });
    const taken = definitions.learn(boot, head, { count: 3, isStored: true });

    expect(early).toMatchObject({ count: 3, refused: 0, change: { added: [{ number: 4 }] } });
    expect(taken).toMatchObject({ count: 5, change: { added: [{ number: 3 }], retired: [1] } });
    expect(taken?.change?.held.map(([number]) => number).sort()).toEqual([0, 2, 3, 4]);
  });

  it("says which dictionary the head names, unless that is no name of one", () => {
    const named = (hash: string) =>
      headWith(0, 1, [definitionOf(0, -1, { kind: "dictionary", hash })]);

    const learned = create().learn(boot, named("3f00000000000001"), stored);
    const other = create().learn(boot, named("*/../x"), stored);

    expect(learned?.dictionary).toBe("3f00000000000001");
    expect(other?.dictionary).toBeUndefined();
    expect(other?.count).toBe(1);
  });

  it("goes on from what is stored, which it asks for once", () => {
    let asked = 0;
    const definitions = createDefinitions(() => {
      asked++;
      return [[0, 6]];
    });

    for (const number of [1, 2]) {
      definitions.learn(boot, headWith(number, number + 1, [definitionOf(number)]), {
        ...stored,
        count: number,
      });
    }
    const learned = definitions.learn(boot, headWith(3, 4, [definitionOf(3, 0)]), {
      ...stored,
      count: 3,
    });

    expect(asked).toBe(1);
    expect(learned?.change?.retired).toEqual([0]);
  });

  it("asks for nothing while frames define nothing", () => {
    const definitions = createDefinitions(() => {
      throw new Error("asked");
    });

    expect(definitions.learn(boot, headWith(3, 3), { ...stored, count: 3 })).toBeNull();
  });
});

describe("definitions' bounds", () => {
  it("refuses one definition too many, and counts no further", () => {
    const definitions = create();
    const all = definitionsFrom(0, definitionsLimit + 2);

    const learned = definitions.learn(boot, headWith(0, all.length, all), stored);

    expect(learned).toMatchObject({ count: definitionsLimit, refused: 2 });
  });

  it("refuses text beyond the limit, and takes what is short enough beside it", () => {
    const definitions = create();
    const long = meaningOf(0, { format: "x".repeat(definitionTextLimitBytes - 3) });
    const head = headWith(0, 3, [
      definitionOf(0, -1, long),
      definitionOf(1),
      definitionOf(2, -1, { kind: "text", text: "abc" }),
    ]);

    const learned = definitions.learn(boot, head, stored);

    expect(learned).toMatchObject({ count: 1, refused: 1 });
    expect(learned?.change?.added.map(({ number }) => number)).toEqual([0, 2]);
  });

  it("has room for what takes the place of another", () => {
    const definitions = create();
    definitions.learn(
      boot,
      headWith(0, definitionsLimit, definitionsFrom(0, definitionsLimit)),
      stored,
    );

    const learned = definitions.learn(
      boot,
      headWith(definitionsLimit, definitionsLimit + 1, [definitionOf(definitionsLimit, 7)]),
      { ...stored, count: definitionsLimit },
    );

    expect(learned).toMatchObject({ count: definitionsLimit + 1, refused: 0 });
    expect(learned?.change?.held).toHaveLength(definitionsLimit);
  });

  it("counts the bytes of texts, tags, formats and names of dictionaries", () => {
    const site = { level: "info", tag: "ä", format: "abc" } as const;

    expect(textBytesOf({ kind: "site", site, valueCount: 9 })).toBe(5);
    expect(textBytesOf({ kind: "text", text: "€" })).toBe(3);
    expect(textBytesOf({ kind: "dictionary", hash: "0123456789abcdef" })).toBe(16);
  });
});
