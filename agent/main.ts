import { createAgent } from "./agent.ts";
import { messageOf } from "./errors.ts";
import { createLog, createTroubleFilter } from "./log.ts";
import type { Settings } from "./settings.ts";
import { systemTime } from "./time.ts";

const statusPauseMs = 60_000;

/** Runs an agent until SIGINT or SIGTERM; gives the exit code of the process. */
export const runAgent = async (settings: Settings): Promise<number> => {
  const log = createLog();
  const stopped = stopSignal();
  const agent = await createAgent(settings, {
    onTrouble: createTroubleFilter(
      (message, heldBack) => log.warn(heldBack > 0 ? { heldBack } : {}, message),
      systemTime,
    ),
    onRepeat(possiblyDuplicated) {
      log.warn({ possiblyDuplicated }, "sending events again that may have been delivered");
    },
    onFatal(cause) {
      log.fatal(messageOf(cause));
      process.exit(1);
    },
  });
  const { mqtt, cloudwatch } = settings;
  log.info({ mqtt: agent.mqttUrl, group: cloudwatch.group, stream: cloudwatch.stream }, "ready");
  if (mqtt.allowAnonymous && mqtt.url === undefined) {
    log.warn(`Anyone who reaches ${agent.mqttUrl} can connect and log under any name`);
  }
  if (mqtt.passwords !== undefined && mqtt.cert === undefined && mqtt.url === undefined) {
    log.warn("Passwords of devices are sent in the clear: set mqtt.cert and mqtt.key");
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
  log.info({ ...agent.metrics, isDrained }, "stopped");
  return 0;
};

const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
