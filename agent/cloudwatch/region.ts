import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "./endpoint.ts";

/** Empty where there is no such file, or it cannot be read. */
const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** The `region` of a section: `[default]`, `[profile name]`, in the credentials file `[name]`. */
const regionIn = (text: string, profile: string): string | undefined => {
  let isInside = false;
  for (const line of text.split("\n")) {
    const section = /^\s*\[\s*(?:profile\s+)?(.*?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) isInside = section.replaceAll(/^(["'])(.*)\1$/g, "$2") === profile;
    const region = /^region\s*=\s*([^\s#;]+)/.exec(line)?.[1];
    if (isInside && region !== undefined) return region;
  }
  return undefined;
};

/**
 * The Region that AWS's tools would use: `AWS_REGION`, `AWS_DEFAULT_REGION`, then that of the profile
 * (`AWS_PROFILE`, else `default`) in the configuration file, then in the credentials file.
 */
export const findRegion = (environment: Environment): string | undefined => {
  const named = environment.AWS_REGION || environment.AWS_DEFAULT_REGION;
  if (named) return named;
  const profile = environment.AWS_PROFILE || "default";
  const home = environment.HOME || environment.USERPROFILE;
  const files = [
    environment.AWS_CONFIG_FILE || (home && join(home, ".aws/config")),
    environment.AWS_SHARED_CREDENTIALS_FILE || (home && join(home, ".aws/credentials")),
  ];
  for (const path of files) {
    const region = path ? regionIn(textOf(path), profile) : undefined;
    if (region !== undefined) return region;
  }
  return undefined;
};
