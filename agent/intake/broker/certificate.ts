import { readFile } from "node:fs/promises";
import { AgentError, messageOf } from "../../errors.ts";
import type { Time } from "../../time.ts";

/** PEM files of a certificate and of its key. */
export interface CertificateFiles {
  cert: string;
  key: string;
}

/** What the files hold. */
export interface CertificateText {
  cert: string;
  key: string;
}

/** Certificates are renewed weeks before they end. */
export const certificatePauseMs = 60_000;

const read = (key: "cert" | "key", path: string): Promise<string> =>
  readFile(path, "latin1").catch((cause: unknown) => {
    throw new AgentError("BROKER_LISTEN", `Cannot read "mqtt.${key}": ${messageOf(cause)}`, {
      cause,
    });
  });

/** Rejects with `BROKER_LISTEN`. */
export const readCertificate = async ({
  cert,
  key,
}: CertificateFiles): Promise<CertificateText> => ({
  cert: await read("cert", cert),
  key: await read("key", key),
});

export interface FollowOptions {
  files: CertificateFiles;
  /** As it is used so far. */
  text: CertificateText;
  /** Shows it to whoever connects from now on; throws where it is none, or the key is another's. */
  use(text: CertificateText): void;
  time: Time;
  onTrouble(message: string): void;
}

/**
 * Looks once a minute whether the files have changed, and uses what they hold. What cannot be used changes
 * nothing: the files are replaced one after the other. The returned function ends it.
 */
export const followCertificate = (options: FollowOptions): (() => void) => {
  const { files, time, use, onTrouble } = options;
  let { text } = options;
  let isStopped = false;
  let cancel = (): void => {};

  const look = async (): Promise<void> => {
    try {
      const found = await readCertificate(files);
      if (isStopped || (found.cert === text.cert && found.key === text.key)) return;
      use(found);
      text = found;
      onTrouble(`Devices that connect are shown the new certificate "${files.cert}"`);
    } catch (cause) {
      if (isStopped) return;
      onTrouble(
        `Cannot use certificate "${files.cert}" with key "${files.key}": ${messageOf(cause)}; the one before stays`,
      );
    }
  };
  const watch = (): void => {
    cancel = time.after(certificatePauseMs, async () => {
      await look();
      if (!isStopped) watch();
    });
  };
  watch();
  return () => {
    isStopped = true;
    cancel();
  };
};
