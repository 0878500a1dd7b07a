import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** IP addresses and ranges of both versions; an IPv4 address written as IPv6 counts as what it is. Empty: contains all. */
export class AddressList {
  readonly #ranges: Range[];

  constructor(texts: readonly string[]) {
    this.#ranges = texts.map(rangeOf);
  }

  contains(address: string | undefined): boolean {
    if (this.#ranges.length === 0) return true;
    if (address === undefined || !ipaddr.isValid(address)) return false;
    const given = ipaddr.process(address);
    return this.#ranges.some(([base, bits]) => given.kind() === base.kind() && given.match(base, bits));
  }
}

function rangeOf(text: string): Range {
  const [base, bits] = text.includes('/') ? ipaddr.parseCIDR(text) : single(text);
  if (base.kind() === 'ipv6' && bits >= 96 && (base as ipaddr.IPv6).isIPv4MappedAddress())
    return [(base as ipaddr.IPv6).toIPv4Address(), bits - 96];
  return [base, bits];
}

function single(text: string): Range {
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
