/** Which message a link belongs to, with what a click has to say of it without looking anything up. */
export interface MessageRef {
  tenantId: string;
  messageId: string;
  campaignId: string;
  profileId: string;
  channel: string;
  topic: string;
}

/** Makes the signed addresses of messages. Campaigns need them; tracking, which comes after them, makes and reads them. */
export abstract class MessageLinks {
  /** `index` tells the links of one message apart. `url` is the only place where the address can lead. */
  abstract click(message: MessageRef, index: number, url: string): string;
  abstract open(message: MessageRef): string;
  abstract unsubscribe(message: MessageRef): string;
  /** True for an address of the platform itself. */
  abstract isOwn(url: string): boolean;
}
