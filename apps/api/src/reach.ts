import { isIP } from "node:net";
import { UniArmError } from "@uniarm/core/schema";

/** How browsers and programs get to this server: directly, or through proxies. */
export interface Reach {
  /** the address that people type; null: the one that a request was sent to */
  publicUrl: URL | null;
  /** "", or "/uniarm" where it shares its host with others */
  basePath: string;
  /** whose X-Forwarded-* headers are believed: addresses, networks, or names of both */
  trustedProxies: string[];
}

export interface ReachSettings {
  UNIARM_PUBLIC_URL?: string | undefined;
  UNIARM_BASE_PATH?: string | undefined;
  UNIARM_TRUST_PROXY?: string | undefined;
}

const NETWORKS = new Set(["loopback", "linklocal", "uniquelocal"]);
/** What a proxy may take away or leave is nothing that the server itself has. */
const OWN =
  /^\/(api|trpc|assets|health|ready|metrics|login|launch|runs|compare|fronts|playground|settings|trash)(\/|$)/;

/** @throws UniArmError settings-invalid */
export function reachOf(settings: ReachSettings): Reach {
  const publicUrl = publicUrlOf(settings.UNIARM_PUBLIC_URL);
  const ofUrl = pathOf("--public-url", publicUrl?.pathname ?? "");
  const basePath = settings.UNIARM_BASE_PATH ? pathOf("--base-path", settings.UNIARM_BASE_PATH) : ofUrl;
  if (publicUrl && basePath !== ofUrl)
    throw invalid(
      `--public-url ends with ${ofUrl || "/"} and --base-path is ${basePath || "/"}. Leave out --base-path, or name the same.`,
    );
  return { publicUrl, basePath, trustedProxies: proxiesOf(settings.UNIARM_TRUST_PROXY ?? "") };
}

function publicUrlOf(text: string | undefined): URL | null {
  if (!text) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash)
    throw invalid(
      `--public-url is the address that people type, such as https://lab.example.org/uniarm, not ${JSON.stringify(text)}.`,
    );
  return url;
}

function pathOf(flag: string, text: string): string {
  const path = `/${text}`.replaceAll(/\/+/g, "/").replace(/\/$/, "");
  if (!/^(\/[A-Za-z0-9._~-]+)*$/.test(path) || /\/\.{1,2}(\/|$)/.test(path))
    throw invalid(
      `${flag} has letters, digits and . _ ~ - between slashes, such as /uniarm, not ${JSON.stringify(text)}.`,
    );
  if (OWN.test(path))
    throw invalid(`${flag} ${path} is also an address of the server's own. Choose another, such as /uniarm.`);
  return path;
}

function proxiesOf(text: string): string[] {
  const proxies = text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
  const wrong = proxies.find((one) => !NETWORKS.has(one) && !isNetwork(one));
  if (wrong !== undefined)
    throw invalid(
      `--trust-proxy names the proxies' addresses, with commas: 10.0.0.5, 10.0.0.0/8, loopback, linklocal or uniquelocal; not ${JSON.stringify(wrong)}. Their number alone says nothing: whoever reaches the server directly could pretend to be one.`,
    );
  return proxies;
}

/** An address, or a network that does not hold all addresses. */
function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128))
  );
}

const invalid = (sentence: string): UniArmError => new UniArmError("settings-invalid", sentence);
