/** Web origins, each exact or with any subdomain (`https://*.shop.example`). Empty: contains all. */
export class OriginList {
  readonly #exact = new Set<string>();
  readonly #below: { scheme: string; suffix: string }[] = [];

  constructor(origins: readonly string[]) {
    for (const origin of origins) {
      const star = origin.indexOf('://*.');
      if (star === -1) this.#exact.add(origin.toLowerCase());
      else
        this.#below.push({
          scheme: origin.slice(0, star + 3).toLowerCase(),
          suffix: origin.slice(star + 4).toLowerCase(),
        });
    }
  }

  contains(origin: string): boolean {
    if (this.#exact.size === 0 && this.#below.length === 0) return true;
    const given = origin.toLowerCase();
    return (
      this.#exact.has(given) ||
      this.#below.some(
        ({ scheme, suffix }) =>
          given.startsWith(scheme) && given.endsWith(suffix) && given.length > scheme.length + suffix.length,
      )
    );
  }
}
