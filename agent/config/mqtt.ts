import { z } from "zod";
import { shardCount } from "../../shared/limits.ts";
import { defaultPrefix } from "../../shared/topic.ts";
import { leastConnections, limitsOf } from "../intake/client/limits.ts";
import type { MqttSettings } from "../settings.ts";
import { integer, isRuled, table } from "./rules.ts";

const loopback = ["127.0.0.1", "::1", "localhost"];

const path = z.string().regex(/^[^\n]+$/, "must be the path of a file");

/** A version may be written as a number, where it is one. */
const wholeAsText = (value: unknown): unknown => (Number.isInteger(value) ? String(value) : value);

/** Settings of the connection to a broker that runs elsewhere. */
const clientKeys = ["clientId", "connections", "limits", "ca", "alpn"] as const;

/** Of these, the ones that only TLS has. */
const tlsKeys = ["ca", "cert", "key", "alpn"] as const;

type ClientSettings = Pick<MqttSettings, (typeof clientKeys)[number] | "url" | "cert" | "key">;

/** What does not go together in the connection to a broker: the key at fault, and why. */
const clientFaults = (mqtt: ClientSettings): [keyof ClientSettings, string][] => {
  const { url, connections, limits } = mqtt;
  const given = clientKeys.filter((each) => mqtt[each] !== undefined);
  if (url === undefined) return given.map((each) => [each, "is only for a broker at mqtt.url"]);
  const faults: [keyof ClientSettings, string][] = [];
  if (!/^(mqtts|wss):/.test(url)) {
    const tls = tlsKeys.filter((each) => mqtt[each] !== undefined);
    for (const each of tls) faults.push([each, "needs an mqtts:// or wss:// URL in mqtt.url"]);
  }
  const least = leastConnections(limitsOf(url, limits));
  if (connections !== undefined && connections < least) {
    faults.push(["connections", `must be at least ${least} with the limits of AWS IoT Core`]);
  }
  return faults;
};

type BrokerSettings = Pick<MqttSettings, "allowAnonymous" | "cert" | "key" | "passwords" | "url">;

/** What does not go together at either end of TLS, or in the embedded broker. */
const brokerFaults = (mqtt: BrokerSettings): [keyof BrokerSettings, string][] => {
  const { allowAnonymous, cert, key, passwords, url } = mqtt;
  const faults: [keyof BrokerSettings, string][] = [];
  if (cert !== undefined && key === undefined) faults.push(["cert", "needs mqtt.key beside it"]);
  if (key !== undefined && cert === undefined) faults.push(["key", "needs mqtt.cert beside it"]);
  if (passwords === undefined) return faults;
  if (url !== undefined) faults.push(["passwords", "is only for the agent's own broker"]);
  if (allowAnonymous) faults.push(["allowAnonymous", "welcomes everyone beside mqtt.passwords"]);
  return faults;
};

export const mqttSchema: z.ZodType<MqttSettings> = table({
  host: z.string().min(1).default("127.0.0.1"),
  port: integer(0, 65_535).default(1883),
  allowAnonymous: z.boolean().default(false),
  passwords: path.optional(),
  maxConnections: integer(1, 1_000_000).default(16_384),
  url: z
    .string()
    .regex(/^(mqtts?|wss?):\/\/./, "is no mqtt://, mqtts://, ws:// or wss:// URL")
    .optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  prefix: z
    .string()
    .regex(/^[^+#]+[^+#/]$/, "is no topic prefix")
    .default(defaultPrefix),
  version: z.preprocess(wholeAsText, z.enum(["3.1.1", "5"])).default("3.1.1"),
  clientId: z
    .string()
    .regex(/^[^+#/]{1,120}$/, "is not 1 to 120 characters without + # /")
    .optional(),
  connections: integer(1, shardCount).optional(),
  limits: z.enum(["none", "aws-iot"]).optional(),
  ca: path.optional(),
  cert: path.optional(),
  key: path.optional(),
  alpn: z.string().min(1).max(255).optional(),
  keepAliveMs: integer(1_000, 1_200_000).default(30_000),
})
  .superRefine(
    (mqtt, context) => {
      for (const [key, message] of [...clientFaults(mqtt), ...brokerFaults(mqtt)]) {
        context.addIssue({ code: "custom", path: [key], message, input: mqtt });
      }
    },
    { when: isRuled(...clientKeys, "allowAnonymous", "cert", "key", "passwords", "url") },
  )
  .refine(
    ({ host, allowAnonymous, passwords, url }) =>
      loopback.includes(host) || allowAnonymous || passwords !== undefined || url !== undefined,
    {
      path: ["host"],
      error:
        "lets anyone on the network connect: set mqtt.passwords, or mqtt.allowAnonymous = true if that is meant, else 127.0.0.1",
      when: isRuled("host", "allowAnonymous", "passwords", "url"),
    },
  );
