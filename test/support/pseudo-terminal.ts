import { spawn } from "node:child_process";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { onTestFinished } from "vitest";

/** A serial port as the kernel makes it: what is written to `path` is read from `board`, and back. */
export interface PseudoTerminal {
  path: string;
  board: Duplex;
  /** Pulls the plug. */
  unplug(): void;
}

/** `script` is in every Debian; it has a program on a terminal of its own, and we are its keyboard. */
export const openPseudoTerminal = async (): Promise<PseudoTerminal> => {
  const program = "stty raw -echo; tty; exec sleep infinity";
  const child = spawn("script", ["-qfc", program, "/dev/null"], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  const unplug = (): void => {
    try {
      process.kill(-(child.pid as number), "SIGKILL");
    } catch {}
  };
  onTestFinished(unplug);
  const [path] = await once(child.stdout, "data");
  const board = Duplex.from({ readable: child.stdout, writable: child.stdin });
  board.on("error", () => {});
  return { path: String(path).trim(), board, unplug };
};
