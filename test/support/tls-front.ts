import { once } from "node:events";
import { connect } from "node:net";
import { createServer } from "node:tls";
import { type Certificate, loopbackCertificate } from "./certificate.ts";

/** A listener with TLS before one without, as a cloud's load balancer is. */
export interface TlsFront {
  port: number;
  certificate: Certificate;
  /** What each client said in its handshake: the protocol it asked for, and its certificate in PEM. */
  clients: { alpn: string | false | null; cert: string }[];
  stop(): Promise<void>;
}

const pemOf = (der: Buffer | undefined): string =>
  `-----BEGIN CERTIFICATE-----\n${der?.toString("base64")}\n-----END CERTIFICATE-----\n`;

/** Passes what comes in on to `port` of loopback. Takes any client certificate, for tests to look at. */
export const startTlsFront = async (port: number, alpn: string[]): Promise<TlsFront> => {
  const certificate = loopbackCertificate();
  const clients: TlsFront["clients"] = [];
  const options = { ...certificate, requestCert: true, rejectUnauthorized: false };
  const server = createServer({ ...options, ALPNProtocols: alpn }, (near) => {
    clients.push({ alpn: near.alpnProtocol, cert: pemOf(near.getPeerCertificate().raw) });
    const far = connect(port, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on("error", () => {});
      socket.once("close", () => other.destroy());
      socket.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    certificate,
    clients,
    async stop() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
