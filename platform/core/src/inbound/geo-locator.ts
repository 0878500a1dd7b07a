export interface Place {
  /** ISO 3166-1 alpha-2. */
  country?: string;
  region?: string;
  city?: string;
  timeZone?: string;
}

/** Where an address is. No database ships with the platform; a deployment that has one adapts it here. */
export abstract class GeoLocator {
  /** Undefined where nothing is known. In memory: it stands on the path of every event. */
  abstract locate(ip: string): Place | undefined;
}

export class NoGeoLocator extends GeoLocator {
  override locate(): undefined {
    return undefined;
  }
}
