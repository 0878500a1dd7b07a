import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { HostError, type ResolvedAddress } from '@cdp/plugin-kit';
import { isPublicAddress } from './public-address.js';

/** Whether connections into private networks are made at all. */
export type PrivateNetwork = 'allow' | 'deny';

/** Asks the operating system for every address of a name. Replaced by tests that rebind a name. */
export type LookupAll = (hostname: string) => Promise<LookupAddress[]>;

const systemLookup: LookupAll = (hostname) =>
  new Promise((resolve, reject) => {
    lookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

/** Turns names into addresses that may be connected to. */
export class AddressGuard {
  readonly #privateNetwork: PrivateNetwork;
  readonly #lookup: LookupAll;

  constructor(privateNetwork: PrivateNetwork, lookupAll: LookupAll = systemLookup) {
    this.#privateNetwork = privateNetwork;
    this.#lookup = lookupAll;
  }

  /**
   * The address to connect to.
   *
   * @throws HostError `refused` when the name leads only to private addresses and those are denied, `unreachable` when to none.
   */
  async resolve(hostname: string): Promise<ResolvedAddress> {
    const [first] = await this.#allowed(hostname);
    return first as ResolvedAddress;
  }

  /**
   * For `net.connect`: what was checked is what is connected to, so a name cannot change in between. The system does not call it for a
   * literal address; check that by {@link checkLiteral}.
   */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#allowed(hostname).then(
      (addresses) => {
        if (options.all) callback(null, addresses);
        else callback(null, (addresses[0] as ResolvedAddress).address, (addresses[0] as ResolvedAddress).family);
      },
      (error: Error) => callback(error, []),
    );
  };

  /** @throws HostError `refused` when the host is a literal address that is private, and those are denied. */
  checkLiteral(host: string): void {
    const address = host.replace(/^\[|\]$/g, '');
    if (isIP(address) !== 0 && !this.#allows(address)) throw refusal(address);
  }

  async #allowed(hostname: string): Promise<ResolvedAddress[]> {
    const family = isIP(hostname);
    let found: LookupAddress[];
    try {
      found = family === 0 ? await this.#lookup(hostname) : [{ address: hostname, family }];
    } catch (error) {
      throw new HostError(
        'unreachable',
        `${hostname} has no address (${(error as NodeJS.ErrnoException).code ?? 'lookup failed'}).`,
        false,
      );
    }
    if (found.length === 0) throw new HostError('unreachable', `${hostname} has no address.`, false);
    const allowed = found.filter(({ address }) => this.#allows(address));
    if (allowed.length === 0) throw refusal(hostname);
    return allowed.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  }

  #allows(address: string): boolean {
    return this.#privateNetwork === 'allow' || isPublicAddress(address);
  }
}

/** Without the address: where a name leads inside this network is nobody's business outside. */
const refusal = (host: string): HostError =>
  new HostError('refused', `${host} leads to a private address, and connections to those are not allowed here.`, false);
