import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootsLimit, heldBootsLimit } from "../../agent/session/keeping.ts";
import { createSession, type Session } from "../../agent/session.ts";
import type { Boot } from "../../shared/frame.ts";
import { bootOf, countedBoot, headerOf, replayed, uncountedBoot } from "../support/any-receipt.ts";

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

  it("counts what comes again of what was stored before a repair, and what it tells with it", () => {
    const session = createSession([
      { boot, cursor: 5, storedTo: 9, definitions: 0, order: 1, isEnded: false },
    ]);

    const again = session.judge(headerOf(boot, 5, 3));
    const besides = session.judge(headerOf(boot, 7, 5, 7));
    const beyond = session.judge(headerOf(boot, 9, 1, 9));

    expect(again).toEqual({ kind: "new", from: 5, lost: 0, repeated: 3 });
    expect(besides).toEqual({ kind: "new", from: 7, lost: 2, repeated: 3 });
    expect(beyond).toEqual({ kind: "new", from: 9, lost: 4 });
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
    expect(closes).toEqual([]);
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

/** What the first frame of a boot closes that says what its flash holds. */
const closesOf = (session: Session, number: number, heldFrom?: number) =>
  session.advance(
    headerOf(countedBoot(number), 0),
    false,
    heldFrom === undefined ? {} : { heldFrom },
  ).closes;

describe("session's newest boot", () => {
  it("is that of the highest number, else the one that came last, and none at first", () => {
    const counted = sessionAt(1, countedBoot(2), countedBoot(3), countedBoot(1));
    const uncounted = sessionAt(1, uncountedBoot(7), uncountedBoot(5));

    expect(createSession([]).newest()).toBeNull();
    expect(counted.newest()).toEqual(countedBoot(3));
    expect(uncounted.newest()).toEqual(uncountedBoot(5));
  });
});

describe("session's boots that end", () => {
  it("closes a boot that was cut off with the first frame of the next", () => {
    const session = sessionAt(5, boot);

    const first = session.advance(headerOf(bootOf(2), 0), false);
    const second = session.advance(headerOf(bootOf(2), 1), false);

    expect(first.closes).toEqual([{ boot, next: 5 }]);
    expect(second.closes).toEqual([]);
  });

  it("does not close a boot that said it ended", () => {
    const session = createSession([]);
    session.advance(headerOf(boot, 0, 3), true);

    const { closes } = session.advance(headerOf(bootOf(2), 0), false);

    expect(closes).toEqual([]);
  });

  it("closes by arrival where nothing counts the boots", () => {
    const session = sessionAt(5, uncountedBoot(9), uncountedBoot(3));

    const { closes } = session.advance(headerOf(uncountedBoot(1), 0), false);

    expect(closes).toEqual([{ boot: uncountedBoot(3), next: 5 }]);
  });

  it("closes by arrival what another flash has counted", () => {
    const session = sessionAt(5, { nonce: 7, number: 12 }, { nonce: 7, number: 13 });

    const closes = closesOf(session, 1, 1);
    const next = session.advance(headerOf(uncountedBoot(1), 0), false).closes;

    expect(closes).toEqual([
      { boot: { nonce: 7, number: 12 }, next: 5 },
      { boot: { nonce: 7, number: 13 }, next: 5 },
    ]);
    expect(next).toEqual([{ boot: countedBoot(1), next: 1 }]);
  });

  it("does not close a boot of the same flash that the device will settle", () => {
    const session = sessionAt(5, countedBoot(1), countedBoot(2));

    expect(closesOf(session, 3, 1)).toEqual([]);
    expect(closesOf(session, 4)).toEqual([]);
  });

  it("closes those of which flash holds nothing, with what they can have lost at most", () => {
    const session = sessionAt(5, countedBoot(1), countedBoot(2), countedBoot(3));

    const closes = closesOf(session, 4, 3);
    const next = closesOf(session, 5, 5);

    expect(closes).toEqual([
      { boot: countedBoot(1), next: 5, atMost: 59 },
      { boot: countedBoot(2), next: 5, atMost: 59 },
    ]);
    expect(next).toEqual([
      { boot: countedBoot(3), next: 5, atMost: 59 },
      { boot: countedBoot(4), next: 1, atMost: 63 },
    ]);
  });

  it("closes them again where a repair left nothing of the boot that had", () => {
    const session = createSession([
      { boot: countedBoot(1), cursor: 5, definitions: 0, order: 1, isEnded: false },
      {
        ...{ boot: countedBoot(2), cursor: 0, storedTo: 1, definitions: 0, order: 2 },
        ...{ isEnded: false, heldFrom: 2 },
      },
    ]);

    const first = session.advance(headerOf(countedBoot(2), 1, 1, 1), false);
    const second = session.advance(headerOf(countedBoot(2), 2, 1, 1), false);

    expect(first.closes).toEqual([{ boot: countedBoot(1), next: 5, atMost: 59 }]);
    expect(second.closes).toEqual([]);
    expect(session.newest()).toEqual(countedBoot(2));
  });

  it("closes them with the next one, where a repair left nothing of the boot that had", () => {
    const open = { definitions: 0, isEnded: false };
    const session = createSession([
      { boot: uncountedBoot(1), cursor: 5, order: 1, ...open },
      { boot: uncountedBoot(2), cursor: 0, storedTo: 9, order: 2, ...open },
    ]);

    const { closes, repeated } = session.advance(headerOf(uncountedBoot(3), 0), false);

    expect(closes).toEqual([
      { boot: uncountedBoot(1), next: 5 },
      { boot: uncountedBoot(2), next: 0 },
    ]);
    expect(repeated).toBe(1);
  });

  it("closes those of its flash with the next one, where a repair left nothing of the boot that had", () => {
    const open = { definitions: 0, isEnded: false };
    const session = createSession([
      { boot: countedBoot(5), cursor: 18, order: 1, heldFrom: 5, ...open },
      { boot: countedBoot(6), cursor: 0, storedTo: 1, order: 2, heldFrom: 6, ...open },
    ]);

    const begun = session.advance(headerOf(countedBoot(7), 0), false, { heldFrom: 7 });
    const next = session.advance(headerOf(countedBoot(8), 0), false, { heldFrom: 8 });

    expect(begun).toMatchObject({
      closes: [
        { boot: countedBoot(5), next: 18, atMost: 46 },
        { boot: countedBoot(6), next: 0, atMost: 64 },
      ],
      repeated: 1,
    });
    expect(next).toMatchObject({ closes: [{ boot: countedBoot(7), next: 1 }], repeated: 0 });
  });

  it("closes them once with the next one, where others had come before the repair", () => {
    const open = { definitions: 0, isEnded: false };
    const session = createSession([
      { boot: countedBoot(1), cursor: 2, order: 1, heldFrom: 1, ...open },
      { boot: countedBoot(3), cursor: 1, order: 3, heldFrom: 3, ...open },
      { boot: countedBoot(2), cursor: 0, storedTo: 2, order: 4, heldFrom: 2, ...open },
    ]);

    const begun = session.advance(headerOf(countedBoot(4), 0), false, { heldFrom: 4 });
    const next = session.advance(headerOf(countedBoot(5), 0), false, { heldFrom: 5 });

    const closed = begun.closes.map(({ boot: { number } }) => number);
    expect(closed).toContain(1);
    expect(closed).toContain(3);
    expect(next.closes).toEqual([{ boot: countedBoot(4), next: 1, atMost: 63 }]);
  });

  it("closes them again, once, where a repair lost frames of the boot that had, and none that came later", () => {
    const open = { definitions: 0, isEnded: false };
    const session = createSession([
      { boot: uncountedBoot(1), cursor: 5, order: 1, ...open },
      { boot: uncountedBoot(2), cursor: 3, storedTo: 9, order: 2, ...open },
      { boot: uncountedBoot(3), cursor: 1, order: 3, ...open },
    ]);

    const first = session.advance(headerOf(uncountedBoot(2), 3, 1, 1), false);
    const second = session.advance(headerOf(uncountedBoot(2), 4, 1, 1), false);

    expect(first).toMatchObject({ closes: [{ boot: uncountedBoot(1), next: 5 }], repeated: 1 });
    expect(second).toMatchObject({ closes: [], repeated: 0 });
    expect(session.newest()).toEqual(uncountedBoot(3));
  });

  it("knows no limit of what a boot lost that has used more than flash need not know of", () => {
    const session = sessionAt(64, countedBoot(1));

    expect(closesOf(session, 2, 2)).toEqual([{ boot: countedBoot(1), next: 64 }]);
  });

  it("tells once and together of boots it never heard of", () => {
    const session = sessionAt(64, countedBoot(1), countedBoot(6));

    const closes = closesOf(session, 9, 9);
    const next = closesOf(session, 12, 11);

    expect(closes).toEqual([
      { boot: countedBoot(8), next: 0, atMost: 6 * 64, boots: 6 },
      { boot: countedBoot(1), next: 64 },
      { boot: countedBoot(6), next: 64 },
    ]);
    expect(next).toEqual([
      { boot: countedBoot(10), next: 0, atMost: 64, boots: 1 },
      { boot: countedBoot(9), next: 1, atMost: 63 },
    ]);
  });

  it("claims nothing of boots before the first it heard of but how many there were", () => {
    const session = sessionAt(64, countedBoot(5));

    const fresh = closesOf(createSession([]), 900, 898);
    const later = closesOf(session, 9, 8);

    expect(fresh).toEqual([{ boot: countedBoot(897), next: 0, boots: 897 }]);
    expect(later).toEqual([
      { boot: countedBoot(4), next: 0, boots: 4 },
      { boot: countedBoot(7), next: 0, atMost: 128, boots: 2 },
      { boot: countedBoot(5), next: 64 },
    ]);
    expect(closesOf(createSession([]), 1, 1)).toEqual([]);
  });

  it("does not close again what is first heard of once it was told of", () => {
    const session = createSession([]);
    closesOf(session, 5, 5);

    const late = session.advance(headerOf(countedBoot(3), 0), false);

    expect(late.closes).toEqual([]);
    expect(closesOf(session, 6, 6)).toEqual([{ boot: countedBoot(5), next: 1, atMost: 63 }]);
  });

  it("tells of many boots together but for the last 16", () => {
    const boots = Array.from({ length: 40 }, (_, index) => countedBoot(index + 1));
    const session = sessionAt(60, ...boots);

    const closes = closesOf(session, 41, 41);

    expect(closes).toHaveLength(17);
    expect(closes[0]).toEqual({ boot: countedBoot(24), next: 60, atMost: 24 * 4, boots: 24 });
    expect(closes.at(-1)).toEqual({ boot: countedBoot(40), next: 60, atMost: 4 });
  });

  it("has a bounded answer to a number that none can reach", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const session = sessionAt(5, countedBoot(1));

    const [unheard] = closesOf(session, most, most);

    expect(unheard).toMatchObject({ next: 0, atMost: most, boots: most - 2 });
  });

  it("closes nothing for an older boot that is first heard of late, live or from flash", () => {
    const session = sessionAt(5, countedBoot(3));

    const late = session.advance(headerOf(countedBoot(2), 0), false);
    const older = session.advance(replayed(headerOf(countedBoot(1), 0)), false, { heldFrom: 1 });
    const next = closesOf(session, 4, 2);

    expect([late.closes, older.closes]).toEqual([[], []]);
    expect(next).toEqual([{ boot: countedBoot(1), next: 1, atMost: 63 }]);
  });

  it("closes a boot without a flash for the boot that sends earlier ones, not for those", () => {
    const session = sessionAt(5, uncountedBoot(9));

    const earlier = session.advance(replayed(headerOf(countedBoot(1), 0)), false);
    const closes = closesOf(session, 2, 1);

    expect(earlier.closes).toEqual([]);
    expect(closes).toEqual([{ boot: uncountedBoot(9), next: 5 }]);
  });

  it("knows after a restart which boots are closed, and their order", () => {
    const session = sessionAt(5, countedBoot(2));
    const states = [
      session.advance(headerOf(countedBoot(2), 5), false).state,
      session.advance(headerOf(countedBoot(5), 0), false, { heldFrom: 3 }).state,
      session.advance(replayed(headerOf(countedBoot(4), 0)), false).state,
    ];
    const restored = createSession(states);

    const closes = closesOf(restored, 6, 6);

    expect(closes).toEqual([
      { boot: countedBoot(3), next: 0, atMost: 64, boots: 1 },
      { boot: countedBoot(4), next: 1, atMost: 63 },
      { boot: countedBoot(5), next: 1, atMost: 63 },
    ]);
  });
});

describe("session's boots that are given up", () => {
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

  it("keeps the definitions of an old boot that a later one sends", () => {
    const session = sessionAt(
      2,
      ...Array.from({ length: 20 }, (_, index) => countedBoot(index + 1)),
    );
    const old = replayed(headerOf(countedBoot(3), 2));

    session.advance(old, false);
    session.define(countedBoot(3), 5);
    const outdated = [20, 19, 3, 18, 3, 20, 3].map((number) => {
      const header = headerOf(countedBoot(number), 9);
      return session.advance(number === 3 ? replayed(header) : header, false).outdated;
    });

    expect(outdated).toEqual(Array(7).fill(null));
    expect(session.isRecent(countedBoot(3))).toBe(true);
    expect(session.definitions(countedBoot(3))).toBe(5);
  });

  it("keeps the definitions of the newest boot, however many others a later one sends", () => {
    const boots = Array.from({ length: 20 }, (_, index) => countedBoot(index + 1));
    const session = sessionAt(2, ...boots);
    for (const each of boots.slice(12)) session.define(each, 5);

    const outdated = boots.slice(0, 10).map((each) => {
      const { state, ...advance } = session.advance(replayed(headerOf(each, 2)), false);
      session.define(state.boot, 1);
      return advance.outdated?.boot.number ?? null;
    });

    expect(outdated).toEqual([13, 14, 15, 16, 17, 18, 19, null, 1, 2]);
    expect(session.definitions(countedBoot(20))).toBe(5);
  });

  it("forgets the oldest boot beyond 64, and says which", () => {
    const boots = Array.from({ length: bootsLimit + 1 }, (_, index) => bootOf(index + 1));
    const session = sessionAt(2, ...boots.slice(0, -1));

    const { forgotten } = session.advance(headerOf(boots.at(-1) as Boot, 0), false);

    expect(forgotten).toEqual([bootOf(1)]);
    expect(session.cursor(bootOf(1))).toBe(0);
    expect(session.cursor(bootOf(2))).toBe(2);
  });

  it("forgets none of which flash may hold frames, up to 1,024", () => {
    const session = sessionAt(2, ...[1, 2, 3, 4].map(countedBoot));
    const forgotten: number[] = [];
    for (let number = 5; number <= heldBootsLimit + 6; number++) {
      const advance = session.advance(headerOf(countedBoot(number), 0), false, { heldFrom: 3 });
      forgotten.push(...advance.forgotten.map((each) => each.number));
    }

    expect(forgotten).toEqual([1, 2, 3, 4, 5, 6]);
    expect(session.cursor(countedBoot(heldBootsLimit + 6))).toBe(1);
  });

  it("forgets what flash held once nothing is left of it", () => {
    const session = sessionAt(
      2,
      ...Array.from({ length: 64 }, (_, index) => countedBoot(index + 1)),
    );
    session.advance(headerOf(countedBoot(65), 0), false, { heldFrom: 1 });

    const { forgotten } = session.advance(headerOf(countedBoot(66), 0), false, { heldFrom: 66 });

    expect(forgotten).toEqual([countedBoot(1), countedBoot(2)]);
  });

  it("keeps a boot that is first heard of late as long as its frames come", () => {
    const boots = Array.from({ length: bootsLimit }, (_, index) => countedBoot(index + 5));
    const session = sessionAt(2, ...boots);

    const { forgotten } = session.advance(headerOf(countedBoot(3), 0, 2), false);

    expect(forgotten).toEqual([countedBoot(5)]);
    expect(session.cursor(countedBoot(3))).toBe(2);
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
