import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootsLimit, createSession } from "../../agent/session.ts";
import type { Boot } from "../../shared/frame.ts";
import { bootOf, headerOf, uncountedBoot } from "../support/any-receipt.ts";

const boot = bootOf(1);

/** A session that has stored the first `cursor` seqs of each boot. */
const sessionAt = (cursor: number, ...boots: Boot[]) => {
  const session = createSession([]);
  for (const stored of boots) session.advance(headerOf(stored, 0, cursor), false);
  return session;
};

describe("session", () => {
  it("takes a boot it never saw from its first seq", () => {
    const session = createSession([]);

    const receipt = session.judge(headerOf(boot, 0, 5));

    expect(receipt).toEqual({ kind: "new", from: 0, lost: 0 });
    expect(session.isEmpty()).toBe(true);
    expect(session.cursor(boot)).toBe(0);
  });

  it("moves the cursor behind what is stored", () => {
    const session = sessionAt(5, boot);

    const next = session.judge(headerOf(boot, 5, 3));

    expect(session.cursor(boot)).toBe(5);
    expect(session.isEmpty()).toBe(false);
    expect(next).toEqual({ kind: "new", from: 5, lost: 0 });
  });

  it("knows a frame that is stored already, even one of which the device holds nothing more", () => {
    const session = sessionAt(5, boot);

    expect(session.judge(headerOf(boot, 0, 5))).toEqual({ kind: "duplicate" });
    expect(session.judge(headerOf(boot, 4, 1, 4))).toEqual({ kind: "duplicate" });
  });

  it("trims what overlaps", () => {
    const session = sessionAt(5, boot);

    const receipt = session.judge(headerOf(boot, 3, 4));

    expect(receipt).toEqual({ kind: "new", from: 5, lost: 0 });
  });

  it("does not take a frame whose predecessor the device still holds", () => {
    const session = sessionAt(5, boot);

    expect(session.judge(headerOf(boot, 6, 1, 5))).toEqual({ kind: "gap" });
    expect(session.judge(headerOf(boot, 6, 1, 0))).toEqual({ kind: "gap" });
  });

  it("counts as lost what the device no longer holds and this agent never had", () => {
    const session = sessionAt(5, boot);

    const receipt = session.judge(headerOf(boot, 9, 1, 9));

    expect(receipt).toEqual({ kind: "new", from: 9, lost: 4 });
  });

  it("waits for the frames from base on, where others before them are lost", () => {
    const session = sessionAt(5, boot);

    expect(session.judge(headerOf(boot, 9, 1, 7))).toEqual({ kind: "gap" });
    expect(session.judge(headerOf(boot, 7, 2, 7))).toEqual({ kind: "new", from: 7, lost: 2 });
  });

  it("keeps boots apart by number and by nonce, while their frames interleave", () => {
    const boots = [bootOf(1), { ...bootOf(1), nonce: 5 }, { ...bootOf(1), number: 2 }];
    const session = createSession([]);

    for (const [index, each] of boots.entries())
      session.advance(headerOf(each, 0, index + 1), false);
    session.advance(headerOf(boots[0] as Boot, 1, 9), false);

    expect(boots.map(session.cursor)).toEqual([10, 2, 3]);
  });

  it("goes on from what was stored, and does not change it", () => {
    const first = sessionAt(5, boot).advance(headerOf(boot, 5), true).state;
    const session = createSession([first]);

    const { closes, state } = session.advance(headerOf(bootOf(2), 0), false);

    expect(session.cursor(boot)).toBe(6);
    expect(closes).toBeNull();
    expect(state.order).toBe(first.order + 1);
    expect(first).toMatchObject({ cursor: 6, isEnded: true });
  });

  it("knows how many definitions of a boot are held, and the dictionary it named first", () => {
    const session = sessionAt(5, boot);
    const before = session.definitions(boot);

    session.define(boot, 3, "3f00000000000001");
    const state = session.define(boot, 4, "3f00000000000002");

    expect(before).toBe(0);
    expect(session.definitions(boot)).toBe(4);
    expect(state).toMatchObject({ cursor: 5, definitions: 4, dictionary: "3f00000000000001" });
    expect(session.define(bootOf(2), 1)).toBeNull();
  });

  it("judges without taking: a boot that never had a frame stored leaves no trace", () => {
    const session = sessionAt(1, boot);

    for (let nonce = 0; nonce < 2 * bootsLimit; nonce++) {
      session.judge(headerOf(uncountedBoot(nonce), 3));
    }
    const { forgotten } = session.advance(headerOf(boot, 1), false);

    expect(forgotten).toEqual([]);
    expect(session.cursor(boot)).toBe(2);
  });
});

describe("session's newest boot", () => {
  it("is that of the highest number, else the one that came last, and none at first", () => {
    const counted = sessionAt(1, bootOf(2), bootOf(3), bootOf(1));
    const uncounted = sessionAt(1, uncountedBoot(7), uncountedBoot(5));

    expect(createSession([]).newest()).toBeNull();
    expect(counted.newest()).toEqual(bootOf(3));
    expect(uncounted.newest()).toEqual(uncountedBoot(5));
  });
});

describe("session's boots that end", () => {
  it("closes a boot that was cut off with the first frame of the next", () => {
    const session = sessionAt(5, boot);

    const first = session.advance(headerOf(bootOf(2), 0), false);
    const second = session.advance(headerOf(bootOf(2), 1), false);

    expect(first.closes).toEqual({ boot, next: 5 });
    expect(second.closes).toBeNull();
  });

  it("does not close a boot that said it ended", () => {
    const session = createSession([]);
    session.advance(headerOf(boot, 0, 3), true);

    const { closes } = session.advance(headerOf(bootOf(2), 0), false);

    expect(closes).toBeNull();
  });

  it("closes by arrival where nothing counts the boots", () => {
    const session = sessionAt(5, uncountedBoot(9), uncountedBoot(3));

    const { closes } = session.advance(headerOf(uncountedBoot(1), 0), false);

    expect(closes).toEqual({ boot: uncountedBoot(3), next: 5 });
  });

  it("closes nothing for an older boot whose frames come late, from flash", () => {
    const session = sessionAt(5, bootOf(5));

    const late = session.advance(headerOf(bootOf(4), 0), false);
    const next = session.advance(headerOf(bootOf(6), 0), false);

    expect(late.closes).toBeNull();
    expect(next.closes).toEqual({ boot: bootOf(5), next: 5 });
  });

  it("gives up the definitions of a boot that 8 others have followed, and says which", () => {
    const session = sessionAt(2, bootOf(1));
    session.define(bootOf(1), 5);

    const outdated = Array.from({ length: 9 }, (_, index) => {
      const header = headerOf(bootOf(index + 2), 0);
      return session.advance(header, false).outdated;
    });

    expect(outdated.slice(0, 7)).toEqual(Array(7).fill(null));
    expect(outdated[7]).toMatchObject({ boot: bootOf(1), cursor: 2, definitions: 0 });
    expect(outdated[8]).toBeNull();
    expect(session.definitions(bootOf(1))).toBe(0);
  });

  it("forgets the oldest boot beyond 64, and says which", () => {
    const boots = Array.from({ length: bootsLimit + 1 }, (_, index) => bootOf(index + 1));
    const session = sessionAt(2, ...boots.slice(0, -1));

    const { forgotten } = session.advance(headerOf(boots.at(-1) as Boot, 0), false);

    expect(forgotten).toEqual([bootOf(1)]);
    expect(session.cursor(bootOf(1))).toBe(0);
    expect(session.cursor(bootOf(2))).toBe(2);
  });
});

/** One send of the device's oldest unacked frames: which of them arrive, in what order, how often. */
const anyDelivery = fc.array(fc.nat(3), { maxLength: 8 });

describe("session and device", () => {
  it("store every seq once and in order, over loss, repetition and reordering", () => {
    const anyCounts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
    const anyJourney = fc.array(fc.record({ arrive: anyDelivery, isAckLost: fc.boolean() }), {
      minLength: 1,
      maxLength: 30,
    });
    const law = fc.property(anyCounts, anyJourney, (counts, journey) => {
      const session = createSession([]);
      const stored: number[] = [];
      let first = 0;
      let held = counts.map((count) => {
        const frame = { first, count };
        first += count;
        return frame;
      });
      const arrive = (index: number): void => {
        const frame = held[index];
        if (frame === undefined) return;
        const header = headerOf(boot, frame.first, frame.count, held[0]?.first);
        const receipt = session.judge(header);
        if (receipt.kind !== "new") return;
        session.advance(header, false);
        for (let seq = receipt.from; seq < header.first + header.count; seq++) stored.push(seq);
      };
      const ack = (): void => {
        held = held.filter((frame) => frame.first + frame.count > session.cursor(boot));
      };

      for (const { arrive: indexes, isAckLost } of journey) {
        indexes.forEach(arrive);
        if (!isAckLost) ack();
      }
      while (held.length > 0) {
        arrive(0);
        ack();
      }

      expect(stored).toEqual([...Array(first).keys()]);
    });

    fc.assert(law);
  });
});
