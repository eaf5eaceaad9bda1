import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("killed-spool-child.mjs", import.meta.url));

/**
 * Lets a process of its own append frames to a spool as fast as it can, and kills it once it has
 * acknowledged `acks` of them. Gives how far each device was told that its frames are stored.
 */
export const runKilledSpool = async (
  directory: string,
  acks: number,
): Promise<Map<string, number>> => {
  const child = spawn(process.execPath, [program, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
    if (output.split("\n").length > acks) child.kill("SIGKILL");
  });
  await once(child, "close");
  const acked = new Map<string, number>();
  for (const line of output.split("\n").slice(0, -1)) {
    const [device = "", next] = line.split(" ");
    acked.set(device, Number(next));
  }
  return acked;
};
