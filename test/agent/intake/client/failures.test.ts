import { describe, expect, it } from "vitest";
import { createFailures, type Ending } from "../../../../agent/intake/client/failures.ts";

const url = "mqtt://broker";
const clientId = "fleetlog-cafe0001";

const start = () => {
  const troubles: string[] = [];
  const failures = createFailures({
    url,
    clientId,
    firstWaitMs: 2_000,
    random: () => 1,
    onTrouble: (message) => troubles.push(message),
  });
  return { failures, troubles };
};

const closedAfter = (livedMs: number): Ending => ({ cause: "it closed", kind: "closed", livedMs });
const refused: Ending = { cause: "not authorized", kind: "failed", livedMs: null };

describe("failures of a connection", () => {
  it("say why there is none, and wait longer each time", () => {
    const { failures, troubles } = start();

    const waits = [failures.ended(refused), failures.ended(refused), failures.ended(refused)];

    expect(waits).toEqual([2_000, 4_000, 8_000]);
    expect(troubles[0]).toBe(
      `Cannot connect to broker "${url}": not authorized, trying again, check "mqtt.url" and its credentials`,
    );
  });

  it("say when a connection is gone, and when there is one again", () => {
    const { failures, troubles } = start();
    failures.stands();

    failures.ended(closedAfter(100_000));
    failures.stands();
    failures.stands();

    expect(troubles).toEqual([
      `Broker "${url}" is gone, trying again: it closed`,
      `Broker "${url}" is back`,
    ]);
  });

  it("are forgotten once a connection has stood for a minute, and not before", () => {
    const { failures } = start();
    failures.ended(refused);
    failures.ended(refused);

    const soon = failures.ended(closedAfter(59_000));
    const later = failures.ended(closedAfter(60_000));

    expect([soon, later]).toEqual([8_000, 2_000]);
  });

  it("name the client id where the broker says that another client has it", () => {
    const { failures, troubles } = start();

    failures.ended({ ...closedAfter(100), kind: "taken" });

    expect(troubles[0]).toContain(`Another client has taken over client id "${clientId}"`);
  });

  it("suspect another agent when the broker closes three connections in a row within a minute", () => {
    const { failures, troubles } = start();

    for (const livedMs of [5_000, 10_000, 20_000]) failures.ended(closedAfter(livedMs));

    expect(troubles.slice(0, 2).join()).not.toContain("another agent");
    expect(troubles[2]).toContain(`client id "${clientId}" within a minute: perhaps another agent`);
  });

  it("go on suspecting although attempts fail in between", () => {
    const { failures, troubles } = start();

    for (const ending of [closedAfter(1), refused, closedAfter(1), refused, closedAfter(1)]) {
      failures.ended(ending);
    }

    expect(troubles.at(-1)).toContain("perhaps another agent");
  });

  it.each([
    ["the network failed", { ...closedAfter(1), kind: "failed" } as const],
    ["a connection stood for a minute", closedAfter(60_000)],
  ])("suspect nobody where meanwhile %s", (_what, between) => {
    const { failures, troubles } = start();

    for (const ending of [closedAfter(1), closedAfter(1), between, closedAfter(1)]) {
      failures.ended(ending);
    }

    expect(troubles.join()).not.toContain("another agent");
  });
});
