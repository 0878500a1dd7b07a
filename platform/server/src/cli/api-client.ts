import { CliError } from './cli-error.js';

export interface Target {
  url: string;
  token?: string | undefined;
  tenantId?: string | undefined;
}

interface Problem {
  detail?: string;
  errors?: { path: string; message: string }[];
  correlationId?: string;
}

const TIMEOUT_MS = 30_000;

/** Calls the platform over HTTP; every failure becomes a `CliError` that says what to do. */
export class ApiClient {
  readonly target: Target;

  constructor(target: Target) {
    this.target = target;
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path, {});
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>('POST', path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  }

  /** With the key of an app instead of a login. Uploads take as long as they take. */
  write<T>(method: 'GET' | 'POST', path: string, appKey: string, body?: FormData): Promise<T> {
    const authorization = `Basic ${Buffer.from(appKey.includes(':') ? appKey : `${appKey}:`).toString('base64')}`;
    return this.#call<T>(method, path, { headers: { authorization }, ...(body ? { body, signal: null } : {}) });
  }

  /** The answer as it is, for what is looked at whatever its status. */
  async fetch(path: string, options: RequestInit = {}): Promise<Response> {
    const url = `${this.target.url.replace(/\/+$/, '')}${path}`;
    try {
      return await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'manual', ...options });
    } catch (error) {
      throw new CliError(
        `${this.target.url} cannot be reached (${reasonOf(error)}). Is the platform running? Set CDP_URL or --url.`,
      );
    }
  }

  async #call<T>(method: string, path: string, options: RequestInit): Promise<T> {
    const { token, tenantId } = this.target;
    const own: Record<string, string> = {};
    if (token) own.authorization = `Bearer ${token}`;
    if (tenantId) own['x-tenant-id'] = tenantId;
    const response = await this.fetch(path, {
      ...options,
      method,
      headers: { ...own, ...(options.headers as object) },
    });
    const text = await response.text();
    if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
    throw new CliError(describe(method, path, response, text));
  }
}

function reasonOf(error: unknown): string {
  const { cause, message, name } = error as Error & { cause?: { code?: string; message?: string } };
  return name === 'TimeoutError'
    ? `no answer within ${TIMEOUT_MS / 1_000} s`
    : (cause?.code ?? cause?.message ?? message);
}

function describe(method: string, path: string, response: Response, text: string): string {
  let problem: Problem = {};
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    // Not ours: a proxy in between may answer with a page.
  }
  const lines = [`${method} ${path} answered ${response.status}: ${problem.detail ?? response.statusText}`];
  for (const { path: field, message } of problem.errors ?? [])
    if (field.toLowerCase() === 'x-tenant-id') lines.push('  Name the tenant by --tenant or CDP_TENANT.');
    else lines.push(`  ${field === '' ? '(body)' : field}: ${message}`);
  if (response.status === 401) lines.push('  Log in with: cdp login');
  if (response.status >= 500 && problem.correlationId) lines.push(`  correlationId: ${problem.correlationId}`);
  return lines.join('\n');
}
