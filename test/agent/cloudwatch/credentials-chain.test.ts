import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createCredentialSource } from "../../../agent/cloudwatch/credentials.ts";
import { scratchDirectory } from "../../support/local-endpoint.ts";

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const expiration = "2099-01-01T00:00:00Z";

interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** A loopback HTTP server that gives a text for each request, or 404. */
const startProvider = async (answer: (asked: Asked) => string | undefined) => {
  const requests: Asked[] = [];
  const server = createServer((incoming, response) => {
    let body = "";
    incoming.on("data", (chunk) => {
      body += String(chunk);
    });
    incoming.on("end", () => {
      const { method = "", url: path = "", headers } = incoming;
      const asked = { method, path, headers, body };
      requests.push(asked);
      const text = answer(asked);
      response.writeHead(text === undefined ? 404 : 200).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const get = () => createCredentialSource({ now: Date.now }).get();

describe("standard provider chain", () => {
  let folder = "";

  beforeEach(async () => {
    folder = await scratchDirectory();
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
    vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    vi.stubEnv("AWS_REGION", "us-east-1");
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"]) {
      vi.stubEnv(name, undefined);
    }
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("asks the process that a profile names", async () => {
    const program = join(folder, "keys.mjs");
    const given = { Version: 1, AccessKeyId: "FROMPROCESS", SecretAccessKey: secret };
    await writeFile(program, `console.log(${JSON.stringify(JSON.stringify(given))});`);
    await writeFile(
      join(folder, "config"),
      `[default]\ncredential_process = "${process.execPath}" "${program}"\n`,
    );

    const held = await get();

    expect(held).toMatchObject({ accessKeyId: "FROMPROCESS", secretAccessKey: secret });
  });

  it("asks the container's agent, with its token", async () => {
    const provider = await startProvider(() =>
      JSON.stringify({
        AccessKeyId: "FROMCONTAINER",
        SecretAccessKey: secret,
        Token: "session",
        Expiration: expiration,
      }),
    );
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${provider.url}/role`);
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer abc");

    const held = await get();

    expect(held).toEqual({
      accessKeyId: "FROMCONTAINER",
      secretAccessKey: secret,
      sessionToken: "session",
      expiration: new Date(expiration),
    });
    expect(provider.requests).toMatchObject([
      { path: "/role", headers: { authorization: "Bearer abc" } },
    ]);
  });

  it("asks for the role of a single sign-on", async () => {
    const startUrl = "https://fleet.awsapps.com/start";
    const provider = await startProvider(() =>
      JSON.stringify({
        roleCredentials: {
          accessKeyId: "FROMSIGNON",
          secretAccessKey: secret,
          sessionToken: "session",
          expiration: Date.parse(expiration),
        },
      }),
    );
    const cache = join(folder, ".aws/sso/cache");
    await mkdir(cache, { recursive: true });
    await writeFile(
      join(cache, `${createHash("sha1").update(startUrl).digest("hex")}.json`),
      JSON.stringify({ accessToken: "signed-on", expiresAt: expiration }),
    );
    await writeFile(
      join(folder, "config"),
      `[default]\nsso_start_url = ${startUrl}\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = fleetlog\n`,
    );
    vi.stubEnv("HOME", folder);
    vi.stubEnv("AWS_ENDPOINT_URL_SSO", provider.url);

    const held = await get();

    expect(held).toMatchObject({ accessKeyId: "FROMSIGNON", sessionToken: "session" });
    expect(provider.requests[0]?.headers).toMatchObject({
      "x-amz-sso_bearer_token": "signed-on",
    });
  });

  it("trades a web identity for a role", async () => {
    const provider = await startProvider(
      () => `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <Credentials>
      <AccessKeyId>FROMIDENTITY</AccessKeyId>
      <SecretAccessKey>${secret}</SecretAccessKey>
      <SessionToken>session</SessionToken>
      <Expiration>${expiration}</Expiration>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>`,
    );
    await writeFile(join(folder, "identity"), "signed.by.someone");
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", join(folder, "identity"));
    vi.stubEnv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/fleetlog");
    vi.stubEnv("AWS_ENDPOINT_URL_STS", provider.url);

    const held = await get();

    expect(held).toMatchObject({ accessKeyId: "FROMIDENTITY", sessionToken: "session" });
    expect(new URLSearchParams(provider.requests[0]?.body).get("WebIdentityToken")).toBe(
      "signed.by.someone",
    );
  });

  it("asks the instance's metadata service, by its second version", async () => {
    const role = JSON.stringify({
      AccessKeyId: "FROMINSTANCE",
      SecretAccessKey: secret,
      Token: "session",
      Expiration: expiration,
    });
    const answers: Record<string, string> = {
      "PUT /latest/api/token": "metadata-token",
      "GET /latest/meta-data/iam/security-credentials/": "fleetlog",
      "GET /latest/meta-data/iam/security-credentials/fleetlog": role,
    };
    const provider = await startProvider(({ method, path }) => answers[`${method} ${path}`]);
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", undefined);
    vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", provider.url);

    const held = await get();

    expect(held).toMatchObject({ accessKeyId: "FROMINSTANCE", sessionToken: "session" });
    expect(provider.requests.at(-1)?.headers).toMatchObject({
      "x-aws-ec2-metadata-token": "metadata-token",
    });
  });
});
