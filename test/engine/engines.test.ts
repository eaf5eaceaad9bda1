import { describe, it } from "vitest";
import { engines } from "../support/engines.ts";
import { cases } from "./suite.ts";

for (const engine of engines()) {
  describe(`bundle on ${engine.name}`, () => {
    for (const { title, program, check } of cases) {
      it(title, { timeout: 120_000 }, async () => {
        await check(await engine.run(program));
      });
    }
  });
}
