export { type Agent, type AgentPorts, createAgent } from "./agent.ts";
export * from "./cloudwatch/actions.ts";
export {
  type ActionCallback,
  AWSCloudWatchLogs,
  type CloudWatchLogsOptions,
  type ResponseTable,
} from "./cloudwatch/client.ts";
export type { CommandInput, HeldCommand } from "./commands/command.ts";
export { AgentError } from "./errors.ts";
export type { Metrics } from "./metrics.ts";
export type { Settings, SettingsInput } from "./settings.ts";
