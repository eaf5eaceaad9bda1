import { describe, expect, it } from "vitest";
import { createSubscriptions } from "../../../../agent/intake/client/subscriptions.ts";

/** A client that writes down what it is asked for; answers come when the test says so. */
const fakeClient = () => {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const ask = (verb: string, filters: string | string[]): Promise<never> => {
    asked.push(`${verb} ${[filters].flat()}`);
    return new Promise<void>((resolve) => waiting.push(resolve)) as Promise<never>;
  };
  return {
    asked,
    client: {
      subscribeAsync: (filters: unknown) => ask("+", filters as string[]),
      unsubscribeAsync: (filters: string | string[]) => ask("-", filters),
    },
    async answer() {
      await new Promise((resolve) => setImmediate(resolve));
      for (const resolve of waiting.splice(0)) resolve();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

const start = (...first: string[]) => {
  const fake = fakeClient();
  const subscriptions = createSubscriptions(fake.client);
  let wanted: ReadonlySet<string> = new Set(first);
  return {
    ...fake,
    want(...filters: string[]) {
      wanted = new Set(filters);
    },
    follow: () => subscriptions.follow(() => wanted),
  };
};

describe("subscriptions", () => {
  it("are asked for 8 at a time", async () => {
    const { asked, answer, follow } = start(..."abcdefghij");

    const following = follow();
    await answer();
    await following;

    expect(asked).toEqual(["+ a,b,c,d,e,f,g,h", "+ i,j"]);
  });

  it("change by what is new, after what is gone", async () => {
    const { asked, answer, want, follow } = start("a", "b");
    const following = follow();
    await answer();
    await following;
    asked.length = 0;

    want("b", "c");
    const changing = follow();
    await answer();
    await answer();
    await changing;

    expect(asked).toEqual(["- a", "+ c"]);
  });

  it("follow what changes meanwhile, one answer after the other", async () => {
    const { asked, answer, want, follow } = start("a");

    const first = follow();
    want("b");
    const second = follow();
    for (let step = 0; step < 3; step++) await answer();
    await Promise.all([first, second]);

    expect(asked).toEqual(["+ a", "- a", "+ b"]);
  });

  it("ask for nothing where nothing has changed", async () => {
    const { asked, answer, follow } = start("a");
    const following = follow();
    await answer();
    await following;

    await follow();

    expect(asked).toEqual(["+ a"]);
  });
});
