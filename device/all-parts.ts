import { adoptLevel, takeCommand } from "./commands.ts";
import { addMetric } from "./metric.ts";
import type { Parts } from "./parts.ts";

export const allParts: Parts = { addMetric, commands: { takeCommand, adoptLevel } };
