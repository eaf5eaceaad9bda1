import { addCommands } from "./commands.ts";
import { addMetric } from "./metric.ts";
import type { Parts } from "./parts.ts";

export const allParts: Parts = { addMetric, addCommands };
