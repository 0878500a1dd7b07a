/** The most messages that one person gets. */
export interface FrequencyCap {
  messages: number;
  /** Milliseconds back from now that count. */
  windowMs: number;
}

export interface SendingRules {
  /** False while the tenant is suspended or gone: nothing is fanned out and nothing is sent. */
  active: boolean;
  cap?: FrequencyCap;
}

/** What a tenant's own settings say about sending. Asked once for every page and batch: keep it cheap. */
export abstract class SendingPolicy {
  abstract of(tenantId: string): Promise<SendingRules>;
}
