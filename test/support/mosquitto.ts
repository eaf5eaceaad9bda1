import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, loopbackCertificate } from "./certificate.ts";
import { commandPath } from "./debian.ts";

/** A real Mosquitto. Devices have a listener of their own, which takes anyone. */
export interface Mosquitto {
  /** Of the listener for devices. */
  port: number;
  /** Of the listener for agents: the same, unless it asks for a password or a certificate. */
  agentPort: number;
  /** What an agent needs for a listener with TLS: files. */
  tls: { ca: string; cert: string; key: string };
  /** Takes this password for `agent` from now on. */
  setPassword(password: string): Promise<void>;
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts it anew, on the same ports; it has forgotten everything. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface MosquittoOptions {
  /** The agents' listener: open to anyone, or only with a password, or only with a certificate. */
  agents?: "anyone" | "password" | "certificate";
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
    socket.once("connect", () => socket.destroy());
  });

const program = (name: string): string => {
  const path = commandPath(name);
  if (path === undefined) throw new Error(`Cannot find ${name}: install Debian's mosquitto`);
  return path;
};

const writeCertificate = async (
  directory: string,
  name: string,
  { cert, key }: Certificate,
): Promise<{ cert: string; key: string }> => {
  const paths = { cert: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) };
  await writeFile(paths.cert, cert);
  await writeFile(paths.key, key);
  return paths;
};

export const startMosquitto = async (options: MosquittoOptions = {}): Promise<Mosquitto> => {
  const { agents = "anyone" } = options;
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-mosquitto-"));
  const passwords = join(directory, "passwords");
  const server = await writeCertificate(directory, "server", loopbackCertificate());
  const agent = await writeCertificate(directory, "agent", loopbackCertificate());
  const port = await freePort();
  const agentPort = agents === "anyone" ? port : await freePort();
  const rules = {
    anyone: [],
    password: [`listener ${agentPort} 127.0.0.1`, `password_file ${passwords}`],
    certificate: [
      `listener ${agentPort} 127.0.0.1`,
      "allow_anonymous true",
      "require_certificate true",
      `cafile ${agent.cert}`,
      `certfile ${server.cert}`,
      `keyfile ${server.key}`,
    ],
  };
  const config = [
    "user root",
    "per_listener_settings true",
    "sys_interval 1",
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    ...rules[agents],
  ];
  let child: ChildProcess;

  const setPassword = async (password: string): Promise<void> => {
    execFileSync(program("mosquitto_passwd"), ["-b", passwords, "agent", password]);
    child?.kill("SIGHUP");
  };
  const start = async (): Promise<void> => {
    child = spawn(program("mosquitto"), ["-c", join(directory, "mosquitto.conf")], {
      stdio: "ignore",
    });
    while (!(await isListening(port)) || !(await isListening(agentPort))) {
      if (child.exitCode !== null) throw new Error(`Mosquitto ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = once(child, "exit");
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await ended;
  };
  await writeFile(passwords, "");
  await writeFile(join(directory, "mosquitto.conf"), `${config.join("\n")}\n`);
  await start();
  return {
    port,
    agentPort,
    tls: { ca: server.cert, ...agent },
    setPassword,
    start,
    end,
    async stop() {
      await end("SIGKILL");
      await rm(directory, { recursive: true, force: true });
    },
  };
};
