import { describe, expect, it } from "vitest";
import { createRemembered, textOfBoot } from "../../agent/remembered.ts";
import { bootText } from "../../shared/frame.ts";

describe("remembered names", () => {
  it("are made once", () => {
    const asked: string[] = [];
    const named = createRemembered((name) => {
      asked.push(name);
      return `<${name}>`;
    });

    const names = ["a", "b", "a", "a"].map(named);

    expect(names).toEqual(["<a>", "<b>", "<a>", "<a>"]);
    expect(asked).toEqual(["a", "b"]);
  });

  it("are made anew once there were too many", () => {
    let made = 0;
    const named = createRemembered((name) => `${name}${made++}`);
    named("first");

    for (let count = 0; count < 16_384; count++) named(`${count}`);

    expect(named("first")).not.toBe("first0");
  });
});

describe("text of a boot", () => {
  it("is that of each boot, whichever was asked for before", () => {
    const boots = [1, 2, 1].map((number) => ({ nonce: 7, number }));

    for (const boot of [...boots, ...boots]) expect(textOfBoot(boot)).toBe(bootText(boot));
  });
});
