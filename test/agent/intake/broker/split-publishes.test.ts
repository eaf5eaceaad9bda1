import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSplitter, type Publish } from "../../../../agent/intake/broker/split-publishes.ts";

const packetOf = (type: number, body: Uint8Array): Buffer => {
  const head = [type];
  for (let rest = body.length; head.length === 1 || rest > 0; rest >>= 7) {
    head.push((rest & 127) | (rest > 127 ? 128 : 0));
  }
  return Buffer.concat([Buffer.from(head), body]);
};

const publishOf = (type: number, topic: string, text: string): Buffer =>
  packetOf(
    type,
    Buffer.concat([
      Buffer.from([0, topic.length]),
      Buffer.from(topic),
      Buffer.from((type & 6) > 0 ? [1, 2] : []),
      Buffer.from(text),
    ]),
  );

const textOf = ({ topic, payload, id }: Publish): string =>
  `${Buffer.from(topic)} ${Buffer.from(payload)} ${id}`;

const ping = Buffer.from([0xc0, 0]);

/** Pushes chunks one by one, asking until nothing is left; gives what happened, in order. */
const split = (chunks: readonly Uint8Array[], isTaken = true): string[] => {
  const seen: string[] = [];
  const splitter = createSplitter((publish) => {
    if (isTaken) seen.push(textOf(publish));
    return isTaken;
  });
  for (const chunk of chunks) {
    splitter.push(chunk);
    for (let bytes = splitter.next(); bytes !== null; bytes = splitter.next()) {
      seen.push(Buffer.from(bytes).toString("hex"));
    }
  }
  return seen;
};

describe("splitter", () => {
  it("takes messages at QoS 0 and 1, and those sent again", () => {
    const chunk = Buffer.concat([
      publishOf(0x30, "a", "one"),
      publishOf(0x32, "b", "two"),
      publishOf(0x3a, "c", "three"),
    ]);

    expect(split([chunk])).toEqual(["a one 0", "b two 258", "c three 258"]);
  });

  it.each([
    ["retained", publishOf(0x31, "a", "one")],
    ["at QoS 2", publishOf(0x34, "a", "one")],
    ["without an id at QoS 1", packetOf(0x32, Buffer.from([0, 1, 97, 0, 0, 1]))],
    ["whose topic exceeds them", packetOf(0x30, Buffer.from([0, 9, 97]))],
    ["that are no messages", ping],
  ])("leaves to the broker packets %s", (_what, packet) => {
    expect(split([packet])).toEqual([packet.toString("hex")]);
  });

  it("leaves to the broker what nobody takes", () => {
    const chunk = Buffer.concat([publishOf(0x30, "a", "one"), publishOf(0x30, "a", "two")]);

    expect(split([chunk], false).join("")).toBe(chunk.toString("hex"));
  });

  it("takes no message before the broker has asked again for what comes after its own packets", () => {
    const taken: string[] = [];
    const splitter = createSplitter((publish) => taken.push(textOf(publish)) > 0);
    splitter.push(Buffer.concat([ping, publishOf(0x30, "a", "one"), ping]));

    const first = splitter.next();
    const takenBefore = [...taken];
    const second = splitter.next();

    expect([first, second]).toEqual([ping, ping]);
    expect([takenBefore, taken]).toEqual([[], ["a one 0"]]);
  });

  it("gives the same however the bytes are cut", () => {
    const anyPacket = fc.oneof(
      fc.constant(ping),
      fc.nat(300).map((length) => publishOf(0x30, "a/b", "x".repeat(length))),
      fc.nat(300).map((length) => publishOf(0x32, "a/c", "y".repeat(length))),
      fc.nat(300).map((length) => packetOf(0x82, Buffer.alloc(length, 0x30))),
    );
    const anyPackets = fc.array(anyPacket, { maxLength: 12 });
    const anyCuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 9 });
    const law = fc.property(anyPackets, anyCuts, (packets, cuts) => {
      const stream = Buffer.concat(packets);
      const chunks: Buffer[] = [];
      for (let from = 0, cut = 0; from < stream.length; cut++) {
        const to = from + (cuts[cut % cuts.length] as number);
        chunks.push(stream.subarray(from, to));
        from = to;
      }
      const messages = (seen: string[]): string[] => seen.filter((each) => each.includes(" "));
      const others = (seen: string[]): string =>
        seen.filter((each) => !each.includes(" ")).join("");

      const whole = split([stream]);
      const cutUp = split(chunks);

      expect(messages(cutUp)).toEqual(messages(whole));
      expect(others(cutUp)).toBe(others(whole));
    });

    fc.assert(law);
  });
});
