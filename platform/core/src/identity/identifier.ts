/** What may name a person: `userId`, `anonymousId`, `email`, `phone`, or a type of the tenant's own. */
export interface Identifier {
  type: string;
  value: string;
}
