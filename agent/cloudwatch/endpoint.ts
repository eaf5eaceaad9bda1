import { AgentError } from "../errors.ts";

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What decides where CloudWatch Logs is reached. */
export interface EndpointOptions {
  region: string;
  /** A URL that goes before everything in the environment. */
  endpoint?: string | undefined;
  /** Default: `AWS_USE_FIPS_ENDPOINT`. */
  useFips?: boolean | undefined;
  /** Default: `AWS_USE_DUALSTACK_ENDPOINT`. */
  useDualStack?: boolean | undefined;
  environment: Environment;
}

interface Partition {
  regions: RegExp;
  suffix: string;
  dualStackSuffix: string;
}

/** Partitions of AWS, from the endpoint rules its SDKs share (2026-08). The last fits any name. */
const partitions: readonly Partition[] = [
  {
    regions: /^cn-\w+-\d+$/,
    suffix: "amazonaws.com.cn",
    dualStackSuffix: "api.amazonwebservices.com.cn",
  },
  {
    regions: /^eusc-de-\w+-\d+$/,
    suffix: "amazonaws.eu",
    dualStackSuffix: "api.amazonwebservices.eu",
  },
  { regions: /^us-iso-\w+-\d+$/, suffix: "c2s.ic.gov", dualStackSuffix: "api.aws.ic.gov" },
  { regions: /^us-isob-\w+-\d+$/, suffix: "sc2s.sgov.gov", dualStackSuffix: "api.aws.scloud" },
  {
    regions: /^eu-isoe-\w+-\d+$/,
    suffix: "cloud.adc-e.uk",
    dualStackSuffix: "api.cloud-aws.adc-e.uk",
  },
  { regions: /^us-isof-\w+-\d+$/, suffix: "csp.hci.ic.gov", dualStackSuffix: "api.aws.hci.ic.gov" },
  { regions: /^/, suffix: "amazonaws.com", dualStackSuffix: "api.aws" },
];

/** Here the plain endpoint is itself the FIPS endpoint. */
const fipsByDefault: readonly string[] = ["us-gov-east-1", "us-gov-west-1"];

const fail = (message: string): never => {
  throw new AgentError("ENDPOINT_INVALID", message);
};

const readSwitch = (environment: Environment, name: string): boolean => {
  const text = environment[name]?.toLowerCase();
  if (text === undefined || text === "" || text === "false") return false;
  return text === "true" || fail(`Cannot read ${name}: "${text}" is neither true nor false`);
};

const parseCustom = (text: string): URL => {
  const url = URL.canParse(text)
    ? new URL(text)
    : fail(`Cannot use endpoint "${text}": it is not a URL`);
  if (url.username !== "" || url.password !== "") {
    fail(`Cannot use endpoint "${url.protocol}//${url.host}": it must not contain credentials`);
  }
  if (!["http:", "https:"].includes(url.protocol) || url.search !== "" || url.hash !== "") {
    fail(`Cannot use endpoint "${text}": it must be http(s)://host[:port][/path]`);
  }
  return url;
};

const customEndpoint = ({ endpoint, environment }: EndpointOptions): string | undefined => {
  if (endpoint !== undefined) return endpoint;
  if (environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === "true") {
    return undefined;
  }
  return environment.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS || environment.AWS_ENDPOINT_URL || undefined;
};

const hostOf = (region: string, useFips: boolean, useDualStack: boolean): string => {
  const partition = partitions.find(({ regions }) => regions.test(region)) as Partition;
  if (useDualStack) return `logs${useFips ? "-fips" : ""}.${region}.${partition.dualStackSuffix}`;
  const isPlain = !useFips || fipsByDefault.includes(region);
  return `logs${isPlain ? "" : "-fips"}.${region}.${partition.suffix}`;
};

/**
 * Where CloudWatch Logs is reached: the `endpoint` given, else `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`,
 * else `AWS_ENDPOINT_URL`, else the Region's own. Throws `ENDPOINT_INVALID` for a Region that is
 * no host name, a URL that cannot be used, and a custom endpoint together with FIPS or dual stack.
 */
export const resolveEndpoint = (options: EndpointOptions): URL => {
  const { region, environment } = options;
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(region)) {
    fail(`Cannot use region ${JSON.stringify(region)}: give one like "eu-west-1"`);
  }
  const useFips = options.useFips ?? readSwitch(environment, "AWS_USE_FIPS_ENDPOINT");
  const useDualStack =
    options.useDualStack ?? readSwitch(environment, "AWS_USE_DUALSTACK_ENDPOINT");
  const custom = customEndpoint(options);
  if (custom === undefined) return new URL(`https://${hostOf(region, useFips, useDualStack)}/`);
  if (useFips || useDualStack) {
    const which = useFips ? "FIPS" : "dual stack";
    fail(`Cannot use endpoint "${custom}" with ${which}: AWS allows only one of them`);
  }
  return parseCustom(custom);
};
