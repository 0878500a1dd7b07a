import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * True for an address of the public internet. Decided by what is allowed: loopback, private, link-local (cloud metadata), carrier-grade
 * NAT, multicast, documentation, benchmarking and every other special range of IANA's registries is out, and so is IPv6 that embeds an
 * IPv4 address for a translator (NAT64, 6to4, Teredo). An IPv4-mapped address counts as the IPv4 address that it is.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(GLOBAL_UNICAST_V6);
}
