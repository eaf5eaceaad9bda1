import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { espruinoHandle, serialPath } from "../support/espruino.ts";
import { eventsOf } from "../support/fake-agent.ts";
import { brokerWithAgent } from "../support/gateway-bench.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { scratchDirectory } from "../support/local-endpoint.ts";

const handle = espruinoHandle();

/** As the console takes it: a line each, without an echo. */
const program = `
require("Storage").write("fleetlog", require("fs").readFileSync(${JSON.stringify(serialPath)}));
var log = require("fleetlog").createLogger({ device: "board-1", link: USB, level: "debug" });
print("started ~ here");
for (var count = 0; count < 40; count++) log.debug("temp %d of %s", count, "inlet");
log.error("failed", { at: 5 });
setTimeout(function() { log.close(8000).then(function(all) { print("closed " + all); }); }, 3000);`
  .trim()
  .split("\n")
  .map((line) => `\x10${line}\n`)
  .join("");

if (handle === null) {
  describe("module for boards without network", () => {
    it("is plain ASCII and assigns its one export itself", async () => {
      const text = await readFile(serialPath, "utf8");

      expect(text).toMatch(/^[\x20-\x7e\n]*$/);
      expect(text.match(/exports\.\w+/g)).toEqual(["exports.createLogger"]);
    });
  });
} else {
  describe("module for boards without network", () => {
    it("delivers through the console that the board's own text goes to", async () => {
      const { server, agent } = await brokerWithAgent();
      const args = ["--serial", "-", "--repl", "USB", "--broker", server.url];
      const gateway = startGatewayProcess(...args);
      const board = spawn(handle.binary, [], { cwd: await scratchDirectory() });
      onTestFinished(() => void board.kill("SIGKILL"));
      board.stdin.on("error", () => {});

      board.stdin.write(program);
      board.stdout.pipe(gateway.child.stdin as NodeJS.WritableStream);
      gateway.child.stdout?.pipe(board.stdin);
      await gateway.said("closed ");

      expect(gateway.notes()).toContain("closed true");
      expect(gateway.notes()).toContain("started ~ here");
      const events = eventsOf(agent).map(({ site, values }) => [site.level, ...values]);
      expect(events).toEqual([
        ...Array.from({ length: 40 }, (_, count) => ["debug", count, "inlet"]),
        ["error", { json: '{"at":5}' }],
      ]);
    });
  });
}
