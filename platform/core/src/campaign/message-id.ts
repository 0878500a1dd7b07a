import { hash } from 'node:crypto';

/** In the order of their codes, so that ids sort as the positions that they begin with. */
const DIGITS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const POSITION_DIGITS = 5;

const digest = (parts: readonly string[], length: number): string =>
  hash('sha256', parts.join('\0'), 'base64url').slice(0, length);

/**
 * Ids of the messages of a run: always the same for the same recipient, so that nothing can be made twice. They grow with the
 * position in the audience: rows are stored side by side in the order of their making, however many there are.
 */
export class MessageIds {
  readonly #run: string;

  constructor(tenantId: string, campaignId: string, runId: string) {
    this.#run = digest([tenantId, campaignId, runId], 12);
  }

  idFor(position: number, profileId: string, step: string, channel: string, target: string): string {
    let left = position;
    let text = '';
    for (let i = 0; i < POSITION_DIGITS; i++) {
      text = (DIGITS[left % 64] as string) + text;
      left = Math.floor(left / 64);
    }
    return this.#run + text + digest([this.#run, profileId, step, channel, target], 9);
  }
}
