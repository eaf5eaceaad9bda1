import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ParamsOf } from "../../../agent/cloudwatch/actions.ts";
import {
  type AnswerTable,
  AWSCloudWatchLogs,
  type CloudWatchLogsOptions,
} from "../../../agent/cloudwatch/client.ts";
import { createEndpoint, type EndpointOptions } from "../../../agent/local/endpoint.ts";

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/EXAMPLE" };

/** A local endpoint with nothing in it, and a client that may use it. */
export const openAccount = async (
  endpointOptions: Partial<EndpointOptions> = {},
  clientOptions: CloudWatchLogsOptions = {},
) => {
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-account-"));
  const endpoint = await createEndpoint({ directory, ...keys, ...endpointOptions });
  const logs = new AWSCloudWatchLogs("us-east-1", keys.accessKeyId, keys.secretAccessKey, {
    endpoint: endpoint.url,
    environment: {},
    sleep: async () => {},
    ...clientOptions,
  });

  /** Performs an action that must be answered. */
  const answer = async <Action extends string>(
    action: Action,
    params: ParamsOf<Action>,
  ): Promise<AnswerTable> => {
    const table = await logs.action(action, params);
    if ("error" in table) throw new Error(table.error);
    return table;
  };

  return {
    endpoint,
    logs,
    answer,
    close: async () => {
      await logs.close();
      await endpoint.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

export type Account = Awaited<ReturnType<typeof openAccount>>;

/** What AWS says in an error. */
export const messageIn = ({ body }: AnswerTable): string => JSON.parse(body).message;
