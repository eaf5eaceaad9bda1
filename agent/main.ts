import { type Agent, createAgent } from "./agent.ts";
import { messageOf } from "./errors.ts";
import { createLog, createTroubleFilter } from "./log.ts";
import type { Page } from "./page/server.ts";
import { createTroubles, type Troubles } from "./page/status.ts";
import type { Settings } from "./settings.ts";
import { systemTime } from "./time.ts";

const statusPauseMs = 60_000;

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
  const status = setInterval(() => {
    log.info(
      { ...agent.metrics, pending: agent.pending(), online: agent.online().length },
      "status",
    );
  }, statusPauseMs);
  const signal = await stopped;
  clearInterval(status);
  log.info({ signal, pending: agent.pending() }, "stopping");
  const isDrained = await agent.stop();
  await page?.stop();
  log.info({ ...agent.metrics, isDrained }, "stopped");
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

const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
