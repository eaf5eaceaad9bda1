import { describe, expect, it } from "vitest";
import {
  createOtherAgents,
  type OtherAgents,
} from "../../../../agent/intake/client/other-agents.ts";
import { fakeTime } from "../../../support/fake-time.ts";

/** Agents on one broker, which passes on what they announce. */
const startAgents = (...storeIds: number[]) => {
  const time = fakeTime();
  const announced: string[] = [];
  const troubles: string[][] = storeIds.map(() => []);
  const agents: OtherAgents[] = storeIds.map((storeId, index) =>
    createOtherAgents({
      storeId,
      prefix: "fleetlog/1",
      time,
      announce(payload) {
        announced.push(payload);
        time.after(1, () => {
          for (const agent of agents) agent.heard(Buffer.from(payload));
        });
      },
      onTrouble: (message) => troubles[index]?.push(message),
    }),
  );
  return { time, agents, announced, troubles };
};

describe("other agents", () => {
  it("with a store of their own are noticed by both sides as soon as the second one comes", () => {
    const { time, agents, troubles } = startAgents(0xcafe0001, 0x1f);
    agents[0]?.announce();
    time.advance(10_000);

    agents[1]?.announce();
    time.advance(1_000);

    expect(troubles[0]?.[0]).toContain("with store 0000001f where ours is cafe0001");
    expect(troubles[1]?.[0]).toContain("with store cafe0001 where ours is 0000001f");
  });

  it("are told of again each minute, and answered no more often", () => {
    const { time, agents, announced } = startAgents(1, 2, 3);
    for (const agent of agents) agent.announce();

    time.advance(600_000);

    expect(announced.length).toBeLessThanOrEqual(3 * 2 * 11);
    expect(announced.length).toBeGreaterThanOrEqual(3 * 10);
  });

  it("are none where an agent hears itself, or one with the same store", () => {
    const { time, agents, troubles } = startAgents(7, 7);
    for (const agent of agents) agent.announce();

    time.advance(600_000);

    expect(troubles).toEqual([[], []]);
  });

  it.each(["", "0000001", "0000001G", "cafe0001 and more"])("are none in %j", (payload) => {
    const { agents, troubles } = startAgents(7);

    agents[0]?.heard(Buffer.from(payload));

    expect(troubles[0]).toEqual([]);
  });

  it("are told nothing any more once this one is stopped", () => {
    const { time, agents, announced } = startAgents(7);
    agents[0]?.announce();

    agents[0]?.stop();
    time.advance(600_000);

    expect(announced).toHaveLength(1);
  });
});
