/** A record of `cdp.ingestion.rejected`: what was refused, and why, so that the sender can mend it. */
export interface RejectedEvent {
  id: string;
  tenantId: string;
  appId: string;
  /** Epoch milliseconds. */
  receivedAt: number;
  messageId?: string;
  code: string;
  /** Where the mistake is, as a JSON path in the call. */
  path: string;
  message: string;
  /** The call as it came, cut at 32 KB of JSON. */
  payload: string;
}
