import { addCommands } from "./commands.ts";
import { addMetric } from "./metric.ts";
import type { Parts } from "./parts.ts";

/** Those that need nothing of the host. */
export const allParts: Pick<Required<Parts>, "addMetric" | "addCommands"> = {
  addMetric,
  addCommands,
};
