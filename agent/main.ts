import { type Agent, createAgent } from "./agent.ts";
import { messageOf } from "./errors.ts";
import { createLog, createTroubleFilter } from "./log.ts";
import type { Page } from "./page/server.ts";
import { createTroubles, type Troubles } from "./page/status.ts";
import type { Settings } from "./settings.ts";
import { systemTime } from "./time.ts";

const statusPauseMs = 60_000;

/** AWS tells its time in whole seconds, and its answers take a while. */
const clockWarningMs = 3_000;

/** Runs an agent until SIGINT or SIGTERM; gives the exit code of the process. */
export const runAgent = async (settings: Settings): Promise<number> => {
  const log = createLog();
  const stopped = stopSignal();
  const troubles = createTroubles(systemTime.epochMs);
  const agent = await createAgent(settings, {
    onTrouble: createTroubleFilter((message, heldBack) => {
      troubles.note(message);
      log.warn(heldBack > 0 ? { heldBack } : {}, message);
    }, systemTime),
    onRepeat(possiblyDuplicated) {
      log.warn({ possiblyDuplicated }, "sending events again that may have been delivered");
    },
    onFatal(cause) {
      log.fatal(messageOf(cause));
      process.exit(1);
    },
  });
  const page = await showPage(settings, agent, troubles);
  const { mqtt, cloudwatch } = settings;
  const { group, stream } = cloudwatch;
  log.info({ mqtt: agent.mqttUrl, page: page?.url, group, stream }, "ready");
  if (mqtt.allowAnonymous && mqtt.url === undefined) {
    log.warn(`Anyone who reaches ${agent.mqttUrl} can connect and log under any name`);
  }
  if (mqtt.passwords !== undefined && mqtt.cert === undefined && mqtt.url === undefined) {
    log.warn("Passwords of devices are sent in the clear: set mqtt.cert and mqtt.key");
  }
  const status = setInterval(() => {
    log.info({ ...countsOf(agent), online: agent.online().length }, "status");
    const { clockOffsetMs = 0 } = countsOf(agent);
    if (Math.abs(clockOffsetMs) >= clockWarningMs) log.warn(clockWarning(clockOffsetMs));
  }, statusPauseMs);
  const signal = await stopped;
  clearInterval(status);
  log.info({ signal, pending: agent.pending() }, "stopping");
  const isDrained = await agent.stop();
  await page?.stop();
  log.info({ ...countsOf(agent), isDrained }, "stopped");
  return 0;
};

/** Null where the settings name no port for it. */
const showPage = async (
  { cloudwatch: { group, stream }, fleet, page: { host, port } }: Settings,
  agent: Agent,
  troubles: Troubles,
): Promise<Page | null> => {
  if (port === undefined) return null;
  try {
    const { createPage } = await import("./page/server.ts");
    return await createPage({
      host,
      port,
      agent,
      fleet,
      group,
      stream,
      troubles,
      now: systemTime.epochMs,
    });
  } catch (cause) {
    await agent.stop();
    throw cause;
  }
};

const countsOf = (agent: Agent) => {
  const offsetMs = agent.clockOffsetMs();
  const clock = offsetMs === undefined ? {} : { clockOffsetMs: Math.round(offsetMs) };
  return { ...agent.metrics, pending: agent.pending(), ...clock };
};

/** Stamps are of this clock. */
const clockWarning = (offsetMs: number): string =>
  `The clock of this machine is ${Math.abs(offsetMs)} ms ${offsetMs > 0 ? "behind" : "ahead of"} AWS's, and so are all stamps: set it by NTP`;

const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
