import { gzipSync } from "node:zlib";
import { AWSCloudWatchLogs, type ResponseTable } from "../../agent/cloudwatch/client.ts";
import {
  type CredentialProvider,
  createCredentialSource,
} from "../../agent/cloudwatch/credentials.ts";
import { resolveEndpoint } from "../../agent/cloudwatch/endpoint.ts";
import { createSigner } from "../../agent/cloudwatch/sign.ts";
import { createTransport } from "../../agent/cloudwatch/transport.ts";

export interface AccountOptions {
  region: string;
  /** URL of another endpoint than the Region's. */
  endpoint?: string | undefined;
  /** Default: the standard provider chain. */
  credentials?: CredentialProvider | undefined;
  /** The log group of this run; nothing else is changed. */
  group: string;
  /** How long what was stored may stay invisible. */
  visibleWithinMs: number;
}

/** An account of CloudWatch Logs, or the local endpoint. */
export interface Account {
  group: string;
  visibleWithinMs: number;
  call(action: string, params: object): Promise<ResponseTable>;
  /** A call with its body compressed, whatever its size, and never repeated without. */
  callCompressed(action: string, params: object): Promise<ResponseTable>;
  /** Epoch ms by the service's clock, as far as its answers tell. */
  nowMs(): number;
  close(): Promise<void>;
}

export const openAccount = (options: AccountOptions): Account => {
  const { region, endpoint, group, visibleWithinMs } = options;
  const environment = process.env;
  const { credentials } = options;
  const source = createCredentialSource({ provider: credentials, now: Date.now });
  const client = new AWSCloudWatchLogs(region, undefined, undefined, {
    endpoint,
    credentials,
    gzip: false,
  });
  const url = resolveEndpoint({ region, endpoint, environment });
  const transport = createTransport({ origin: url.origin, environment });
  const signer = createSigner({ region });
  const nowMs = (): number => Date.now() + (client.clockOffsetMs() ?? 0);
  return {
    group,
    visibleWithinMs,
    nowMs,
    call: (action, params) => client.action(action, params),
    async callCompressed(action, params) {
      const body = gzipSync(JSON.stringify(params));
      const headers = {
        "content-type": "application/x-amz-json-1.1",
        "content-encoding": "gzip",
        "x-amz-target": `Logs_20140328.${action}`,
      };
      const { host, pathname: path } = url;
      const request = { method: "POST", host, path, headers, body };
      const signed = await signer.sign(request, await source.get(), nowMs());
      const exchange = await transport.post({ path, headers: signed, body });
      return exchange.kind === "response" ? exchange : { error: exchange.error };
    },
    async close() {
      await client.close();
      await transport.close();
    },
  };
};
