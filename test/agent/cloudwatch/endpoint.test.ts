import { describe, expect, it } from "vitest";
import { type EndpointOptions, resolveEndpoint } from "../../../agent/cloudwatch/endpoint.ts";

const resolve = (options: Partial<EndpointOptions>) =>
  resolveEndpoint({ region: "eu-west-1", environment: {}, ...options }).href;

const fips = { useFips: true };
const dualStack = { useDualStack: true };

describe("endpoint", () => {
  it.each([
    ["eu-west-1", {}, "https://logs.eu-west-1.amazonaws.com/"],
    ["ap-southeast-7", {}, "https://logs.ap-southeast-7.amazonaws.com/"],
    ["xx-future-1", {}, "https://logs.xx-future-1.amazonaws.com/"],
    ["us-east-1", fips, "https://logs-fips.us-east-1.amazonaws.com/"],
    ["us-east-1", dualStack, "https://logs.us-east-1.api.aws/"],
    ["us-east-1", { ...fips, ...dualStack }, "https://logs-fips.us-east-1.api.aws/"],
    ["cn-north-1", {}, "https://logs.cn-north-1.amazonaws.com.cn/"],
    ["cn-north-1", fips, "https://logs-fips.cn-north-1.amazonaws.com.cn/"],
    ["cn-northwest-1", dualStack, "https://logs.cn-northwest-1.api.amazonwebservices.com.cn/"],
    ["us-gov-west-1", {}, "https://logs.us-gov-west-1.amazonaws.com/"],
    ["us-gov-west-1", fips, "https://logs.us-gov-west-1.amazonaws.com/"],
    ["us-gov-east-1", fips, "https://logs.us-gov-east-1.amazonaws.com/"],
    ["us-gov-east-1", { ...fips, ...dualStack }, "https://logs-fips.us-gov-east-1.api.aws/"],
    ["eusc-de-east-1", {}, "https://logs.eusc-de-east-1.amazonaws.eu/"],
    ["us-iso-east-1", {}, "https://logs.us-iso-east-1.c2s.ic.gov/"],
    ["us-isob-east-1", {}, "https://logs.us-isob-east-1.sc2s.sgov.gov/"],
    ["eu-isoe-west-1", {}, "https://logs.eu-isoe-west-1.cloud.adc-e.uk/"],
    ["us-isof-south-1", {}, "https://logs.us-isof-south-1.csp.hci.ic.gov/"],
  ])("of %s with %o is %s", (region, options, expected) => {
    const href = resolve({ region, ...options });

    expect(href).toBe(expected);
  });

  it.each([
    [{ AWS_ENDPOINT_URL: "http://one:1" }, "http://one:1/"],
    [
      { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: "http://two:2/logs", AWS_ENDPOINT_URL: "http://one:1" },
      "http://two:2/logs",
    ],
    [{ AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: "" }, "https://logs.eu-west-1.amazonaws.com/"],
    [
      { AWS_ENDPOINT_URL: "http://one:1", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
      "https://logs.eu-west-1.amazonaws.com/",
    ],
    [{ AWS_USE_FIPS_ENDPOINT: "true" }, "https://logs-fips.eu-west-1.amazonaws.com/"],
    [{ AWS_USE_FIPS_ENDPOINT: "False" }, "https://logs.eu-west-1.amazonaws.com/"],
    [{ AWS_USE_DUALSTACK_ENDPOINT: "TRUE" }, "https://logs.eu-west-1.api.aws/"],
  ])("with %o in the environment is %s", (environment, expected) => {
    const href = resolve({ environment });

    expect(href).toBe(expected);
  });

  it("prefers what the caller says to the environment", () => {
    const environment = { AWS_ENDPOINT_URL: "http://one:1", AWS_USE_FIPS_ENDPOINT: "true" };

    const href = resolve({ environment, endpoint: "http://three:3", useFips: false });

    expect(href).toBe("http://three:3/");
  });

  it.each([
    [{ endpoint: "http://one:1", useFips: true }, /"http:\/\/one:1" with FIPS/],
    [{ endpoint: "http://one:1", useDualStack: true }, /with dual stack/],
    [
      { environment: { AWS_ENDPOINT_URL: "http://one:1", AWS_USE_FIPS_ENDPOINT: "true" } },
      /with FIPS/,
    ],
    [{ environment: { AWS_USE_FIPS_ENDPOINT: "yes" } }, /AWS_USE_FIPS_ENDPOINT: "yes"/],
    [{ endpoint: "logs.example" }, /"logs.example": it is not a URL/],
    [{ endpoint: "ftp://one/" }, /must be http/],
    [{ endpoint: "http://one/?a=b" }, /must be http/],
    [{ region: "" }, /Cannot use region ""/],
    [{ region: "evil.example/#" }, /Cannot use region/],
  ])("is refused for %o", (options, message) => {
    const act = () => resolve(options);

    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: "ENDPOINT_INVALID" }));
  });

  it("does not repeat a password that stands in a URL", () => {
    const act = () => resolve({ endpoint: "http://someone:hunter2@one:1" });

    expect(act).toThrow(/must not contain credentials/);
    expect(act).not.toThrow(/hunter2/);
  });
});
