/** What may name a person: `userId`, `anonymousId`, `email`, `phone`, or a type of the tenant's own. */
export interface Identifier {
  type: string;
  value: string;
}

/** One text for an identifier, to key maps and caches by. */
export const identifierKey = ({ type, value }: Identifier): string => `${type}\u0000${value}`;
