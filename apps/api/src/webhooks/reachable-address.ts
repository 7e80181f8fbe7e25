import { lookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { UniArmError } from "@uniarm/core/schema";

/** Networks that are no part of the internet: this machine, the networks around it, what is reserved. */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  PRIVATE.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 96], // unspecified, loopback, and addresses that hold one of version 4
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 9],
  ["ff00::", 8],
] as const)
  PRIVATE.addSubnet(network, bits, "ipv6");

/** Whether an address is outside of the internet. ::ffff:10.0.0.1 is 10.0.0.1. */
export const isPrivate = (address: string): boolean => PRIVATE.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

const refused = (host: string, address: string): UniArmError =>
  new UniArmError(
    "webhook-private",
    `${host} is ${address === host ? "" : `at ${address}, `}an address of a private network, where this server sends nothing. Whoever operates it can allow that: uniarm serve --allow-private-webhooks`,
  );

/** Refuses an address that is written out; a name is looked at when it is resolved. @throws UniArmError webhook-private */
export function refusePrivateHost({ hostname }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && isPrivate(host)) throw refused(host, host);
  if (/(^|\.)localhost\.?$/i.test(host)) throw refused(host, "127.0.0.1");
}

/** Resolves a name for a connection, which then goes where this looked: a name that changes its address in between gains nothing. */
export const publicLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return done(error, "", 0);
    const inside = addresses.find(({ address }) => isPrivate(address));
    if (inside) return done(refused(host, inside.address), "", 0);
    if (options.all === true) return done(null, addresses);
    return done(null, addresses[0]!.address, addresses[0]!.family);
  });
};
